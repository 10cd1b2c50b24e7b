#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Code made at run time: registered and unregistered 10,000 times, with lookups in other threads; memory stays bounded.
# Wrong arguments are refused with their reason.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
cat >lib.c <<'X'
int fun (int v) { return v + 1; }
int gun (int v) { return fun (v) * 3; }
X
cat >prog.c <<'X'
#include <module.h>
#include <pctab/build.h>
#include <elf.h>
#include <pthread.h>
#if defined __x86_64__
#define EM_NATIVE EM_X86_64
#define BUILDER
#endif
#define ROUNDS 10000
#define READERS 3
static unsigned char table[1 << 16], big[5 << 16];
static unsigned char *code = big;
static size_t table_len;
static int stop;
static unsigned long found[READERS];
static unsigned
pages (void)
{
  unsigned cnt = 0;
  FILE *f = fopen ("/proc/self/statm", "r");
  EXPECT (f && fscanf (f, "%u", &cnt) == 1);
  fclose (f);
  return cnt;
}
static void *
reader (void *arg)
{
  unsigned long *cnt = arg;
  uint64_t pc = (uintptr_t) code, start;
  while (!__atomic_load_n (&stop, __ATOMIC_ACQUIRE))
    {
      for (uint64_t at = pc; at < pc + (1 << 16); at += 64)
        {
          pctab_read_begin ();
          const struct pctab_module *m = pctab_find_module (pctab_modules (), at);
          if (m)
            {
              struct pctab_func f = pctab_findfunc (&m->table, at);
              EXPECT (m->origin == PCTAB_ORIGIN_MADE && m->bias == pc && !strcmp (m->path, "made") && m->generation);
              if (f.bits)
                {
                  pctab_pcvalue (&m->table, f, at, &start);
                  EXPECT (start <= at && pctab_func_entry (&m->table, f) <= start);
                }
              __atomic_fetch_add (cnt, 1, __ATOMIC_RELAXED);
            }
          pctab_read_end ();
        }
    }
  return NULL;
}
static void
wrong_arguments (uint64_t len)
{
  uint64_t generation = 77;
  static unsigned char bad[1 << 16];
  EXPECT (pctab_module_register ("x", code, 0, table, table_len, &generation) == PCTAB_ERROR_RANGE);
  EXPECT (pctab_module_register ("x", code, len - 1, table, table_len, &generation) == PCTAB_ERROR_RANGE);
  EXPECT (pctab_module_register ("x", (void *) -16L, 32, table, table_len, &generation) == PCTAB_ERROR_RANGE);
  EXPECT (pctab_module_register ("x", code, 1 << 16, table, 0, &generation) == PCTAB_ERROR_NOT_TABLE);
  EXPECT (pctab_module_register ("x", code, 1 << 16, "nothing", 7, &generation) == PCTAB_ERROR_NOT_TABLE);
  EXPECT (pctab_module_register ("x", code, 1 << 16, table, 60, &generation) == PCTAB_ERROR_TRUNCATED);
  memcpy (bad, table, table_len);
  bad[70] ^= 1;
  EXPECT (pctab_module_register ("x", code, 1 << 16, bad, table_len, &generation) == PCTAB_ERROR_DIGEST_HEAD);
  EXPECT (pctab_module_register ("x", (void *) ((uintptr_t) wrong_arguments & ~15ul), 1 << 16, table, table_len, &generation)
          == PCTAB_ERROR_RANGE);
  EXPECT (generation == 77 && pctab_module_unregister (0) == PCTAB_ERROR_RANGE
          && pctab_module_unregister (generation_of ((void *) wrong_arguments)) == PCTAB_ERROR_RANGE);
}
/* Neighbours, in any order; none may overlap. */
static void
neighbours (void)
{
  uint64_t g[5], again;
  static const int order[] = { 3, 0, 4, 1, 2 };
  for (int i = 0; i < 5; i++)
    {
      int at = order[i];
      EXPECT (!pctab_module_register (NULL, big + (at << 16), 1 << 16, table, table_len, &g[at]));
      EXPECT (pctab_module_register (NULL, big + (at << 16), 1 << 16, table, table_len, &again) == PCTAB_ERROR_RANGE);
    }
  for (int at = 0; at < 5; at++)
    for (int in = 0; in < 1 << 16; in += 1000)
      EXPECT (generation_of (big + (at << 16) + in) == g[at]);
  EXPECT (generation_of (big + sizeof big) != g[4]);
  for (int i = 0; i < 5; i++)
    {
      EXPECT (!pctab_module_unregister (g[order[i]]) && !generation_of (big + (order[i] << 16)));
      EXPECT (pctab_module_unregister (g[order[i]]) == PCTAB_ERROR_RANGE);
    }
}
/* A table from the builder, for code anywhere. */
static void
built (void)
{
#ifdef BUILDER
  struct pctab_builder *b = pctab_builder_new (EM_NATIVE, sizeof (void *) == 8, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, 64);
  struct pctab_rule rule = { .cfa = PCTAB_CFA_SP, .ra = PCTAB_RA_SAVED, .cfa_off = 8, .ra_off = -8 };
  enum pctab_error error = PCTAB_ERROR_OK;
  const char *text = NULL;
  uint64_t generation, start;
  size_t len;
  EXPECT (b);
  pctab_builder_func (b, "made_fun", 16, 32, 0);
  pctab_builder_rule (b, 16, &rule);
  void *image = pctab_builder_finish (b, &len, &error, &text);
  EXPECT (image && !pctab_module_register ("jit", big + 4, 64, image, len, &generation));
  free (image);
  pctab_builder_free (b);
  EXPECT (!look (big + 3) && look (big + 4) == 1 && look (big + 20) == 2 && look (big + 67) == 1 && !look (big + 68));
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), (uintptr_t) big + 30);
  struct pctab_func f = pctab_findfunc (&m->table, (uintptr_t) big + 30);
  pctab_pcvalue (&m->table, f, (uintptr_t) big + 30, &start);
  EXPECT (start == (uintptr_t) big + 20 && m->generation == generation);
  pctab_read_end ();
  EXPECT (!pctab_module_unregister (generation));
#endif
}
int
main (int argc, char **argv)
{
  pthread_t threads[READERS];
  FILE *f = fopen (argv[1], "rb");
  unsigned before = 0, rounds = argc > 2 ? (unsigned) atoi (argv[2]) : ROUNDS;
  uint64_t last = 0, generation = 0, len = 0;
  EXPECT (f && (table_len = fread (table, 1, sizeof table, f)) > 100);
  EXPECT (!pctab_module_register ("made", code, 1 << 16, table, table_len, &generation));
  pctab_read_begin ();
  len = pctab_find_module (pctab_modules (), (uintptr_t) code)->table.first.len;
  pctab_read_end ();
  EXPECT (!pctab_module_unregister (generation));
  wrong_arguments (len);
  neighbours ();
  built ();
  for (int i = 0; i < READERS; i++)
    EXPECT (!pthread_create (&threads[i], NULL, reader, &found[i]));
  for (unsigned i = 0; i < rounds; i++)
    {
      EXPECT (!pctab_module_register ("made", code, 1 << 16, table, table_len, &generation));
      EXPECT (generation > last && generation_of (code + 16) == generation);
      last = generation;
      EXPECT (!pctab_module_unregister (generation) && !generation_of (code + 16));
      if (i == rounds / 10)
        before = pages ();
    }
  unsigned after = pages ();
  /* Until each reader has found something, however late it started. */
  EXPECT (!pctab_module_register ("made", code, 1 << 16, table, table_len, &generation));
  for (int i = 0; i < READERS; i++)
    while (!__atomic_load_n (&found[i], __ATOMIC_RELAXED))
      sched_yield ();
  __atomic_store_n (&stop, 1, __ATOMIC_RELEASE);
  for (int i = 0; i < READERS; i++)
    EXPECT (!pthread_join (threads[i], NULL));
  EXPECT (!pctab_module_unregister (generation));
#ifndef __SANITIZE_THREAD__
  EXPECT (after < before + 2000);
#endif
  printf ("%u times\n", rounds);
  return 0;
}
X
"$CC" -g -O1 -fPIC -shared lib.c -o lib.so "$flags" && table_bytes lib.so >table
"$CC" -g -O1 $include prog.c -o prog "$flags" $library -pthread
ok $? 'the program links'
run timeout 100 ./prog table
is "$status $out" '0 10000 times' 'registered and unregistered, with 3 threads looking'

echo 'int main (void) { return 0; }' >tsan.c
if "$CC" -fsanitize=thread tsan.c -o tsan 2>/dev/null && ./tsan 2>/dev/null; then
  sed -i 's/^#define BUILDER//' prog.c
  compile_library tsan.a "$CC" -fsanitize=thread -Wno-tsan -g -O1 -fPIC &&
    "$CC" -g -O1 -fsanitize=thread $include prog.c -o prog "$flags" tsan.a -pthread
  ok $? 'built with ThreadSanitizer'
  run timeout 100 ./prog table 300
  is "$status $out" '0 300 times' 'ThreadSanitizer sees no race'
else
  skip 'ThreadSanitizer' "$CC -fsanitize=thread makes no program that runs here"
fi
done_testing
