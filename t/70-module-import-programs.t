#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Imports in programs: of files that come and go, beside threads that load, unload and look up; a file that has a table
# keeps it; a program that imports nothing and builds nothing has no encoder in it.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need nm readelf
shared=$tap_build/runtime/.libs/libpctab.so
archive=$tap_build/runtime/.libs/libpctab.a
[ -e "$shared" ] && [ -e "$archive" ] || skip_all 'libpctab is not built'
nm "$archive" 2>/dev/null | grep -q '__asan_\|__ubsan_' && skip_all 'the build has sanitizers in it'
cflags="-O1 -Wall -Werror -pthread -I$tap_src/include"

# encoder PROGRAM: how many functions that make tables it has.
encoder () {
  nm "$1" | grep -Ec ' [tTU] (pctab__(image_encode|cfi_|model_|huffman|import)|LZ4_compress)'
}
echo '#include <pctab/pctab.h>
  int main (void)
  {
    pctab_read_begin ();
    const struct pctab_module *m = pctab_find_module (pctab_modules (), (uintptr_t) main);
    struct pctab_func f = { 0 };
    if (m)
      f = pctab_findfunc (&m->table, (uintptr_t) main);
    pctab_read_end ();
    return IMPORT || !f.bits;
  }' >plain.c
# shellcheck disable=SC2086
"$CC" $cflags -DIMPORT=0 -o plain plain.c "$archive" $flags && ./plain
ok $? 'a program that looks up'
is "$(encoder plain)" 0 'has no encoder in it'
# shellcheck disable=SC2086
"$CC" $cflags -DIMPORT='pctab_module_import_loaded () < 1' -o imports plain.c "$archive" $flags && ./imports
ok $? 'a program that imports'
[ "$(encoder imports)" -gt 10 ]
ok $? "has $(encoder imports) functions of one"
is "$(readelf -d "$shared" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -Ev '^(libc|libpthread|ld-linux[^ ]*)\.so' | tr '\n' ' ')" '' \
  'libpctab.so needs libc and LZ4, nothing else'

cat >come.c <<'X'
#include <pctab/pctab.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void
check (int good, const char *what)
{
  if (good)
    return;
  printf ("wrong: %s\n", what);
  exit (1);
}

/* The generation of PC's module, if its function is NAME; 0: there is none. */
static uint64_t
look (uint64_t pc, const char *name, enum pctab_origin origin)
{
  uint64_t generation = 0;
  static char buf[1 << 20];
  struct pctab_cold c;
  struct pctab_record r;
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
  if (m)
    {
      struct pctab_func f = pctab_findfunc (&m->table, pc);
      check (f.bits != 0 && m->origin == origin, "its function or origin");
      check (!pctab_cold_open (&c, &m->table, buf, sizeof buf) && !pctab_find_record (&c, pc, &r) && r.end, "its record");
      check (r.name && !strcmp (r.name, name), "its name");
      check (!(pctab_funcflags (&m->table, f) & PCTAB_FUNCFLAG_NOPREEMPT) == (origin == PCTAB_ORIGIN_LINKED), "its flags");
      generation = m->generation;
    }
  pctab_read_end ();
  return generation;
}

static void
come_and_go (const char *path, enum pctab_origin origin)
{
  void *h = dlopen (path, RTLD_NOW);
  uint64_t pc = (uintptr_t) dlsym (h, "plain");
  check (origin == PCTAB_ORIGIN_LINKED || !look (pc, "plain", origin), "a module before the import");
  check (pctab_module_import_loaded () >= (origin == PCTAB_ORIGIN_IMPORTED), "the import");
  uint64_t first = look (pc, "plain", origin);
  check (first != 0, "no module after it");
  check (pctab_module_import_loaded () == 0, "a second import");
  dlclose (h);
  check (!look (pc, "plain", origin), "a module after dlclose()");
  pctab_module_update (); /* else the same file at the same place is the same module */
  h = dlopen (path, RTLD_NOW);
  pc = (uintptr_t) dlsym (h, "plain");
  check (pctab_module_import_loaded () == (origin == PCTAB_ORIGIN_IMPORTED), "another import");
  uint64_t second = look (pc, "plain", origin);
  check (second && second != first, "the generation");
  dlclose (h);
}

static atomic_bool done;
static atomic_ulong loads, lookups, imports;
static _Atomic uint64_t last_pc;

/* In turn, so that another file is where one was. */
static void *
load (void *arg)
{
  char **paths = arg;
  while (!done)
    {
      void *h = dlopen (paths[loads % 2], RTLD_NOW);
      last_pc = (uintptr_t) dlsym (h, "plain");
      /* Every other one stays for an import, others may go in the middle of one. */
      for (unsigned long now = imports; loads % 4 < 2 && imports < now + 2 && !done;)
        sched_yield ();
      loads++;
      dlclose (h);
    }
  return NULL;
}

static void *
find (void *arg)
{
  (void) arg;
  while (!done)
    {
      uint64_t start;
      pctab_read_begin ();
      const struct pctab_module *m = pctab_find_module (pctab_modules (), last_pc);
      struct pctab_func f = { 0 };
      if (m)
        f = pctab_findfunc (&m->table, last_pc);
      if (f.bits)
        pctab_pcvalue (&m->table, f, pctab_func_entry (&m->table, f), &start);
      pctab_read_end ();
      lookups++;
    }
  return NULL;
}

int
main (int argc, char **argv)
{
  pthread_t threads[2];
  int made = 0;
  if (argc != 4)
    return 2;
  come_and_go (argv[1], PCTAB_ORIGIN_IMPORTED);
  come_and_go (argv[3], PCTAB_ORIGIN_LINKED);
  pthread_create (&threads[0], NULL, load, argv + 1);
  pthread_create (&threads[1], NULL, find, NULL);
  time_t end = time (NULL) + 60;
  while (loads < 120 || lookups < 10000)
    {
      check (time (NULL) < end, "a thread is stuck");
      int now = pctab_module_import_loaded ();
      check (now >= 0, "an import beside others");
      made += now;
      imports++;
    }
  done = true;
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  printf ("%d imports beside %lu loads and %lu lookups\n", made, loads, lookups);
  return 0;
}
X
echo 'int table[64]; int plain (int n) { int v[n]; v[n / 2] = table[n]; return v[n / 2] * 2; }' >lib.c
# shellcheck disable=SC2086
"$CC" -O1 -fPIC -shared -o bare.so lib.c && "$CC" -O0 -fPIC -shared -o other.so lib.c && "$CC" -O1 -fPIC -shared -o linked.so lib.c $flags
ok $? 'two libraries without a table, one with'
for how in shared static; do
  rm -f come
  if [ $how = shared ]; then
    # shellcheck disable=SC2086
    "$CC" $cflags -o come come.c -L"${shared%/*}" -lpctab -Wl,-rpath,"${shared%/*}" -ldl
  else
    # shellcheck disable=SC2086
    "$CC" $cflags -o come come.c "$archive" -ldl
  fi
  succeeds "$how: files come and go, beside threads that load, unload and look up" ./come ./bare.so ./other.so ./linked.so
  diag "$out"
done
done_testing
