#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A thread that is stopped inside a read section, in a handler, holds up nobody: dlclose(), unregistering and
# registering go on beside it.  What it has in its hands stays as it was, and is freed after it has gone on.
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
#include <signal.h>
#include <unistd.h>
static unsigned char table[1 << 16], code[1 << 16];
static size_t table_len;
static int go[2], come[2];
static const void *pc_linked, *pc_made = code;
static const struct pctab_module *held[2];
static struct pctab_module was[2];
static void
handler (int sig)
{
  char c = 'x';
  (void) sig;
  pctab_read_begin ();
  held[0] = pctab_find_module (pctab_modules (), (uintptr_t) pc_linked);
  held[1] = pctab_find_module (pctab_modules (), (uintptr_t) pc_made);
  EXPECT (held[0] && held[1]);
  was[0] = *held[0], was[1] = *held[1];
  EXPECT (write (come[1], &c, 1) == 1);
  EXPECT (read (go[0], &c, 1) == 1);
  for (int i = 0; i < 2; i++)
    {
      uint64_t pc = (uintptr_t) (i ? pc_made : pc_linked);
      EXPECT (!memcmp (held[i], &was[i], sizeof was[i]));
      pctab_findfunc (&held[i]->table, pc);
      EXPECT (!pctab_table_check_cold (&held[i]->table));
    }
  pctab_read_end ();
}
static void *
thread (void *arg)
{
  char c = 'x';
  (void) arg;
  raise (SIGUSR1);
  EXPECT (write (come[1], &c, 1) == 1 && read (go[0], &c, 1) == 1);
  return NULL;
}
static unsigned
pages (void)
{
  unsigned cnt = 0;
  FILE *f = fopen ("/proc/self/statm", "r");
  EXPECT (f && fscanf (f, "%u", &cnt) == 1);
  fclose (f);
  return cnt;
}
static uint64_t
make (void)
{
  uint64_t generation;
  EXPECT (!pctab_module_register ("made", code, sizeof code, table, table_len, &generation));
  return generation;
}
int
main (int argc, char **argv)
{
  pthread_t t;
  char c;
  FILE *f = fopen (argv[argc - 1], "rb");
  EXPECT (f && (table_len = fread (table, 1, sizeof table, f)) > 100 && !pipe (go) && !pipe (come));
  void *h = dlopen ("./lib.so", RTLD_NOW);
  EXPECT (h && (pc_linked = dlsym (h, "fun")));
  uint64_t generation = make ();
  signal (SIGUSR1, handler);
  EXPECT (!pthread_create (&t, NULL, thread, NULL) && read (come[0], &c, 1) == 1);
  /* It is stopped now. */
  EXPECT (!dlclose (h) && !pctab_module_unregister (generation));
  EXPECT (!look (pc_linked) && !look (pc_made));
  unsigned before = pages ();
  for (int i = 0; i < 500; i++)
    EXPECT (!pctab_module_unregister (make ()));
  unsigned held_pages = pages () - before;
  EXPECT (held_pages >= 500);
  EXPECT (write (go[1], "x", 1) == 1 && read (come[0], &c, 1) == 1);
  /* It is outside, and still there. */
  EXPECT (!pctab_module_unregister (make ()) && !pctab_module_unregister (make ()));
  EXPECT (pages () < before + 100);
  EXPECT (write (go[1], "x", 1) == 1 && !pthread_join (t, NULL));
  printf ("done\n");
  return 0;
}
X
"$CC" -g -O1 -fPIC -shared lib.c -o lib.so "$flags" && table_bytes lib.so >table
"$CC" -g -O1 $include prog.c -o prog "$flags" $library -pthread
ok $? 'the program links'
run timeout 60 ./prog table
is "$status $out" '0 done' 'dlclose() and 501 times unregistering went on; memory was held, then freed'
done_testing
