#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file that dlopen() brought has a static copy of the library, and dlclose() is called for it: a crash is still
# reported, and a thread that got its alternate stack from there exits well.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
# shellcheck source=SCRIPTDIR/lib/crash.sh
. "$tap_src/t/lib/crash.sh"
need pkg-config
built_library
"$CC" -O1 "$crash_src/status.c" -o status || exit 99
cat >agent.c <<'X'
#include <pctab/crash.h>
int install (void) { return pctab_crash_handler_install (0); }
int thread (void) { return pctab_thread_init (); }
X
cat >host.c <<'X'
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
static void *agent;
static char *volatile null;
static int
call (const char *name)
{
  return ((int (*) (void)) dlsym (agent, name)) ();
}
static void *
thread (void *arg)
{
  if (call ("thread") || dlclose (agent))
    exit (9);
  return arg;
}
int
main (int argc, char **argv)
{
  pthread_t t;
  agent = dlopen ("./agent.so", RTLD_NOW);
  if (!agent)
    return 8;
  if (argc > 1 && !strcmp (argv[1], "thread"))
    return pthread_create (&t, NULL, thread, NULL) || pthread_join (t, NULL) ? 7 : 0;
  if (call ("install") || dlclose (agent))
    return 6;
  *null = 1;
  return 0;
}
X
# shellcheck disable=SC2086
{
  succeeds 'a file with a static copy links' "$CC" -O1 -fPIC -shared $include agent.c -o agent.so $archive -pthread $flags
  succeeds 'the program links' "$CC" -O1 -g host.c -o host -pthread -ldl
}
crash 20 ./host thread
is "$ended" 'exit 0' 'a thread with an alternate stack exits well after dlclose()'
crash 20 ./host crash
is "${ended% core}" 'signal 11' 'a crash after dlclose() ends the program'
is "$(grep -c '^SIGSEGV: nothing is mapped there' err)" 1 'and is reported'
# In a static program nothing is said of dlopen().
echo '#include <pctab/crash.h>' >static.c
echo 'int main (void) { return pctab_crash_handler_install (0); }' >>static.c
# shellcheck disable=SC2086
is "$("$CC" -static $include static.c -o static $archive -pthread 2>&1)" '' 'a static link: no warning'
run ./static
is "$status" 0 'and the program runs'
done_testing
