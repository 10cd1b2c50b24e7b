#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file that dlclose() takes away is not found any more; another one at its place is found with its own functions.
# What a reader has of it stays readable until its read section ends.  The same file again has a generation of its own.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
for v in a b; do
  { [ $v = a ] || echo 'int before (int v) { return v * 3; }'
    echo 'int number = 7; int fun (int v) { return v + 1; }'
    [ $v = b ] || echo 'int before (int v) { return v * 3; }'; } >$v.c
done
cat >prog.c <<'X'
#include <module.h>
#include <dlfcn.h>
#include <pthread.h>
#define ROUNDS 300
static uint64_t at_pc, stop;
static unsigned long lookups, found;
/* Looks at PCs of whatever is there, all the time. */
static void *
reader (void *arg)
{
  (void) arg;
  while (!__atomic_load_n (&stop, __ATOMIC_ACQUIRE))
    {
      uint64_t pc = __atomic_load_n (&at_pc, __ATOMIC_ACQUIRE);
      pctab_read_begin ();
      const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
      if (m)
        {
          struct pctab_func f = pctab_findfunc (&m->table, pc);
          EXPECT (m->lo <= pc && pc < m->hi && f.bits && pctab_func_entry (&m->table, f) <= pc && m->path[0]);
          found++;
        }
      lookups++;
      pctab_read_end ();
    }
  return NULL;
}
/* A PC in data of a file that is known is not looked for again. */
static void
in_data (const char *path)
{
  void *h = dlopen (path, RTLD_NOW), *at = dlsym (h, "number");
  EXPECT (h && at && look (dlsym (h, "fun")) == 2);
  pctab_read_begin ();
  const struct pctab_modules *list = pctab_modules ();
  for (int i = 0; i < 100; i++)
    EXPECT (!look (at));
  EXPECT (list == pctab_modules ());
  pctab_read_end ();
  dlclose (h);
}
static void
held (const char *path)
{
  void *h = dlopen (path, RTLD_NOW);
  uint64_t pc = (uintptr_t) dlsym (h, "fun"), start;
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
  EXPECT (m);
  struct pctab_module was = *m;
  EXPECT (!dlclose (h));
  for (int i = 0; i < 10; i++)
    pctab_module_update ();
  EXPECT (!pctab_find_module (pctab_modules (), pc));
  EXPECT (!memcmp (m, &was, sizeof was));
  struct pctab_func f = pctab_findfunc (&m->table, pc);
  EXPECT (pctab_func_entry (&m->table, f) == pc);
  pctab_pcvalue (&m->table, f, pc, &start);
  EXPECT (start == pc && !pctab_table_check_cold (&m->table));
  pctab_read_end ();
}
/* The same file at the same place again is another load of it, once a lookup found it gone. */
static unsigned
again (const char *path)
{
  uint64_t was_pc = 0, generation = 0;
  unsigned same = 0;
  for (int i = 0; i < 20; i++)
    {
      struct pctab_identity identity;
      void *h = dlopen (path, RTLD_NOW);
      uint64_t pc = (uintptr_t) dlsym (h, "fun");
      EXPECT (pctab_identify (pc, &identity) && identity.generation > generation);
      same += pc == was_pc;
      was_pc = pc, generation = identity.generation;
      EXPECT (!dlclose (h) && !pctab_identify (pc, &identity));
    }
  return same;
}
int
main (int argc, char **argv)
{
  pthread_t thread;
  uint64_t last[2] = { 0 };
  unsigned same = 0, other = 0;
  EXPECT (argc == 3 && !pthread_create (&thread, NULL, reader, NULL));
  for (unsigned i = 0; i < ROUNDS; i++)
    {
      void *h = dlopen (argv[1 + i % 2], RTLD_NOW);
      EXPECT (h);
      void *fun = dlsym (h, "fun"), *before = dlsym (h, "before");
      uint64_t low = (uintptr_t) (fun < before ? fun : before);
      __atomic_store_n (&at_pc, low + (i % 7), __ATOMIC_RELEASE);
      int found_fun = look (fun), found_before = look (before);
      /* The other thread may be the one that adds it just now. */
      for (unsigned k = 0; k < 1000 && (found_fun != 2 || found_before != 2); k++)
        {
          pctab_module_update ();
          found_fun = look (fun), found_before = look (before);
        }
      EXPECT (found_fun == 2 && found_before == 2 && look ((char *) fun + 1) == 1);
      same += low == last[0];
      other += (uintptr_t) fun != last[1] && low == last[0];
      last[0] = low, last[1] = (uintptr_t) fun;
      EXPECT (!dlclose (h));
      EXPECT (!look (fun) && !look (before));
    }
  __atomic_store_n (&stop, 1, __ATOMIC_RELEASE);
  pthread_join (thread, NULL);
  EXPECT (same && other && lookups);
  in_data (argv[1]);
  held (argv[1]);
  EXPECT (again (argv[1]));
  printf ("%d files, %d times at the same place, %d lookups beside it\n", ROUNDS, same, lookups > 0);
  return 0;
}
X
# try WHAT FLAGS...: the two files have the same size, so that one comes where the other was.
try () {
  local what=$1 v
  shift
  for v in a b; do
    "$CC" -O1 -fno-reorder-functions -fPIC -shared $v.c -o $v.so "$@" "$flags" || return
  done
  run timeout 60 ./prog ./a.so ./b.so
  like "$status $out" '^0 300 files, [1-9][0-9]* times at the same place, 1 ' "$what: $out"
}
"$CC" -g -O1 $include prog.c -o prog "$flags" $library -pthread
ok $? 'the program links'
try 'with build IDs' -Wl,--build-id
try 'without' -Wl,--build-id=none
try 'with the same build ID' -Wl,--build-id=0x0123456789
"$CC" -g -O1 $include prog.c -o prog "$flags" $archive -pthread
try 'with the archive' -Wl,--build-id
done_testing
