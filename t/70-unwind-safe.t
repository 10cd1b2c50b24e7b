#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a walk is made of calls no lock, no malloc, no stdio, touches no thread-local data but the stack's bounds, by
# initial-exec access, and takes a stated amount of stack, also where the library has just been loaded by dlopen().
# shellcheck source=SCRIPTDIR/lib/unwind.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/unwind.sh"
need pkg-config nm readelf
built_library

# only NAME ALLOWED: undefined symbols of the object.
only () {
  local f
  f=$(ls "$library_dir"/*"-$1.o" "$library_dir/$1.o" 2>/dev/null | head -n 1)
  [ -n "$f" ] || { ok 1 "$1: its object is there"; return; }
  nm -u "$f" | awk '{ print $2 }' |
    grep -Evx "mem(cpy|cmp|set)|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|pctab_[a-z_]*|$2" >more
  is "$(tr '\n' ' ' <more)" '' "$1: calls only what it may"
  is "$(readelf -rW "$f" | sed '/^Relocation section .*debug/,/^$/d' | grep -Ec 'TLSGD|TLSLD|DTPOFF|TLSDESC')" 0 \
    "$1: no thread-local data that could have to be allocated"
}
for name in unwind unwind_cache unwind_context unwind_fast unwind_memory unwind_plt; do
  only $name 'pctab__[a-z_]*'
done
only stack 'pctab__[a-z_]*|pthread_self|pthread_getattr_np|pthread_attr_getstack|pthread_attr_destroy'

cat >prog.c <<'X'
/* In a new thread, of a library that dlopen() has just brought: the stack that a walk takes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pctab/unwind.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
static void (*start) (struct pctab_cursor *, const void *, const struct pctab_stack *);
static unsigned (*walk) (struct pctab_cursor *, void **, unsigned, enum pctab_stop *);
static char stack[65536] __attribute__ ((aligned (64)));
static char *low, *high;
static unsigned cnt;
static void
on_signal (int number, siginfo_t *info, void *uc)
{
  static struct pctab_cursor c;
  static void *pcs[100];
  enum pctab_stop stop;
  (void) number, (void) info;
  high = __builtin_frame_address (0);
  memset (stack, 0x5a, (size_t) (high - 512 - stack));
  start (&c, uc, NULL);
  cnt = walk (&c, pcs, 100, &stop);
  for (low = stack; *low == 0x5a; low++)
    ;
}
static void *
run (void *arg)
{
  stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
  sigaltstack (&ss, NULL);
  raise (SIGUSR1);
  return arg;
}
int
main (int argc, char **argv)
{
  struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
  pthread_t t;
  void *lib = dlopen (argv[1], RTLD_NOW);
  if (argc != 2 || !lib)
    return 2;
  *(void **) &start = dlsym (lib, "pctab_unwind_context");
  int (*import) (void);
  *(void **) &import = dlsym (lib, "pctab_module_import_loaded");
  import ();
  *(void **) &walk = dlsym (lib, "pctab_unwind_pcs");
  sigaction (SIGUSR1, &sa, NULL);
  pthread_create (&t, NULL, run, NULL);
  pthread_join (t, NULL);
  printf ("%u %ld\n", cnt, (long) (high - low));
  return 0;
}
X
# shellcheck disable=SC2086
"$CC" -O2 -w -pthread $include prog.c -o prog $flags
run ./prog "$library_dir/libpctab.so"
[ "$status" = 0 ] && [ "${out%% *}" -ge 4 ] && [ "${out##* }" -lt 4096 ]
ok $? "a walk of ${out%% *} frames, the first in its thread, took ${out##* } bytes of stack, of 4096 that are stated"
done_testing
