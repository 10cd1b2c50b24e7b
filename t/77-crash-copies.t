#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two static copies of the library in one process, each with a crash handler: a crash is reported once, the program's own
# handler comes first.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
# shellcheck source=SCRIPTDIR/lib/crash.sh
. "$tap_src/t/lib/crash.sh"
need pkg-config
built_library
"$CC" -O1 "$crash_src/status.c" -o status || exit 99
cat >other.c <<'X'
#include <pctab/crash.h>
int other_install (void) { return pctab_crash_handler_install (0); }
X
cat >prog.c <<'X'
#include <dlfcn.h>
#include <pctab/crash.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
static char *volatile null;
static void
once (int signo)
{
  if (write (2, "mine\n", 5) == 5)
    signal (signo, SIG_DFL);
}
int
main (int argc, char **argv)
{
  int (*other) (void) = (int (*) (void)) dlsym (dlopen ("./other.so", RTLD_NOW), "other_install");
  int first = argc > 1 && !strcmp (argv[1], "first");
  if ((first && other ()) || pctab_crash_handler_install (0) || (!first && other ()))
    return 9;
  if (argc > 2)
    signal (SIGSEGV, once);
  *null = 1;
  return 0;
}
X
for hidden in -Wl,--exclude-libs,ALL ''; do
  # shellcheck disable=SC2086
  succeeds "$hidden compiles" "$CC" -O1 -fPIC -shared $include other.c -o other.so $archive $flags $hidden
  # shellcheck disable=SC2086
  succeeds "$hidden compiles" "$CC" -O1 -g $include prog.c -o prog $archive -ldl $flags
  for order in first last; do
    crash 20 ./prog $order
    is "${ended% core}" 'signal 11' "${hidden:-exported} $order: dies"
    is "$(grep -c '^SIGSEGV' err)" 1 "${hidden:-exported} $order: one report"
    crash 20 ./prog $order own
    is "${ended% core}" 'signal 11' "${hidden:-exported} $order, with a handler: dies"
    is "$(grep -E '^(mine|SIGSEGV)' err | cut -c1-7 | tr '\n' ' ')" 'mine SIGSEGV ' "${hidden:-exported} $order: the program's comes first"
  done
done
done_testing
