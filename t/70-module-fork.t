#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fork(): the child finds what the parent did, also when other threads were looking, or registering, at that moment, and
# when a read section was open; what it retires is freed.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
cat >lib.c <<'X'
int fun (int v) { return v + 1; }
X
cat >prog.c <<'X'
#include <module.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
static unsigned char table[1 << 16], code[1 << 16];
static size_t table_len;
static int stop;
int main (int argc, char **argv);
static unsigned
mappings (void)
{
  unsigned cnt = 0;
  FILE *f = fopen ("/proc/self/statm", "r");
  EXPECT (f && fscanf (f, "%u", &cnt) == 1);
  fclose (f);
  return cnt;
}
static void
make_and_take (void)
{
  uint64_t generation;
  EXPECT (!pctab_module_register ("made", code, sizeof code, table, table_len, &generation));
  EXPECT (generation_of (code) == generation);
  EXPECT (!pctab_module_unregister (generation));
}
static void *
writer (void *arg)
{
  (void) arg;
  static unsigned char own[1 << 16];
  uint64_t generation;
  while (!__atomic_load_n (&stop, __ATOMIC_ACQUIRE))
    {
      EXPECT (!pctab_module_register ("own", own, sizeof own, table, table_len, &generation));
      EXPECT (!pctab_module_unregister (generation));
      /* The other thread stays in its section: nothing is freed. */
      usleep (100);
    }
  return NULL;
}
static int inside;
static void *
reader (void *arg)
{
  (void) arg;
  pctab_read_begin ();
  __atomic_store_n (&inside, 1, __ATOMIC_RELEASE);
  while (!__atomic_load_n (&stop, __ATOMIC_ACQUIRE))
    usleep (1000);
  pctab_read_end ();
  return NULL;
}
static int open_sections;
static void
child (void)
{
  alarm (60);
  if (open_sections)
    pctab_read_end ();
  EXPECT (look ((void *) main) == 2);
  void *h = dlopen ("./lib.so", RTLD_NOW);
  EXPECT (h && look (dlsym (h, "fun")) == 2);
  EXPECT (!dlclose (h));
  make_and_take ();
  unsigned before = mappings ();
  for (int i = 0; i < 200; i++)
    make_and_take ();
  EXPECT (mappings () < before + 50);
  if (!fork ())
    {
      make_and_take ();
      _exit (look ((void *) main) != 2);
    }
  int status;
  EXPECT (wait (&status) > 0 && !status);
  fflush (stdout);
  _exit (0);
}
static void
fork_once (bool raw)
{
  fflush (stdout);
  pid_t pid = raw ? (pid_t) syscall (SYS_clone, 17, 0, 0, 0, 0) : fork ();
  int status;
  EXPECT (pid >= 0);
  if (!pid && raw)
    _exit (look ((void *) main) != 2);
  if (!pid)
    child ();
  EXPECT (waitpid (pid, &status, 0) == pid && !status);
}
/* Handlers of the program's own, called while the library's hold its lock, or before them in the child. */
static void
own_handler (void)
{
  make_and_take ();
  EXPECT (look ((void *) main) == 2);
}
static void
own_early (void)
{
  if (table_len)
    own_handler ();
}
/* Before the library's: prepared after it, called before it in the child. */
__attribute__ ((constructor (101))) static void
early (void)
{
  pthread_atfork (own_early, own_early, own_early);
}
int
main (int argc, char **argv)
{
  pthread_t threads[2];
  FILE *f = fopen (argv[argc - 1], "rb");
  EXPECT (f && (table_len = fread (table, 1, sizeof table, f)) > 100);
  EXPECT (!pthread_atfork (own_handler, own_handler, own_handler));
  fork_once (false);
  pctab_read_begin ();
  open_sections = 1;
  fork_once (false);
  open_sections = 0;
  pctab_read_end ();
  EXPECT (!pthread_create (&threads[0], NULL, reader, NULL) && !pthread_create (&threads[1], NULL, writer, NULL));
  while (!__atomic_load_n (&inside, __ATOMIC_ACQUIRE))
    usleep (1000);
  for (int i = 0; i < 30; i++)
    fork_once (false);
  for (int i = 0; i < 10; i++)
    fork_once (true);
  __atomic_store_n (&stop, 1, __ATOMIC_RELEASE);
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  make_and_take ();
  printf ("42 forks\n");
  return 0;
}
X
"$CC" -g -O1 -fPIC -shared lib.c -o lib.so "$flags" && table_bytes lib.so >table
try () {
  local what=$1
  shift
  run "$CC" -g -O1 $include prog.c -o prog "$flags" "$@" -pthread
  [ "$status" = 0 ] || diag "$out"
  run timeout 90 ./prog table
  is "$status $out" '0 42 forks' "fork: $what"
}
try 'with the library' $library
try 'with the archive' $archive
# A static program can't be sure to load anything.
sed -i 's/h && look (dlsym (h, "fun")) == 2/true/; s/!dlclose (h)/true/' prog.c
try 'static' -static $archive
done_testing
