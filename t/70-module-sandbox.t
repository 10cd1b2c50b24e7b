#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# In a sandbox that forbids process_vm_readv(), memfd_create() too, membarrier(), or all of them: what can be done
# without is done, and never does anything crash.
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
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <sys/syscall.h>
static unsigned char table[1 << 16], code[1 << 16];
static size_t table_len;
/* From now on these calls fail with EPERM. */
static void
forbid (int cnt, const int *calls)
{
  struct sock_filter f[16] = { BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)) };
  int at = 1;
  for (int i = 0; i < cnt; i++)
    {
      f[at++] = (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (unsigned) calls[i], 0, 1);
      f[at++] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
  f[at++] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = { (unsigned short) at, f };
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    {
      printf ("no seccomp\n");
      exit (77);
    }
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
int
main (int argc, char **argv)
{
  static const int all[] = { SYS_process_vm_readv, SYS_memfd_create, SYS_membarrier };
  int calls[3], cnt = 0, seen = 0;
  uint64_t generation;
  FILE *f = fopen (argv[1], "rb");
  EXPECT (f && (table_len = fread (table, 1, sizeof table, f)) > 100);
  for (const char *c = argv[2]; *c; c++)
    calls[cnt++] = all[*c - '0'];
  /* In a second life of the program they are forbidden from the start. */
  if (argc > 5 || !getenv ("FROM_START"))
    forbid (cnt, calls);
  if (argc > 5)
    {
      argv[5] = NULL;
      execv (argv[0], argv);
    }
  EXPECT (look ((void *) main) == 2);
  for (int i = 0; i < 20; i++)
    {
      void *h = dlopen (argv[3 + i % 2], RTLD_NOW);
      void *at = dlsym (h, "fun");
      EXPECT (h && at);
      seen += look (at) == 2;
      pctab_module_update ();
      EXPECT (look (at) == 2 && !dlclose (h) && !look (at));
    }
  unsigned before = pages ();
  for (int i = 0; i < 200; i++)
    {
      EXPECT (!pctab_module_register ("made", code, sizeof code, table, table_len, &generation));
      EXPECT (generation_of (code) == generation && !pctab_module_unregister (generation) && !look (code));
    }
  printf ("%d of 20 found at once, memory %s\n", seen, pages () < before + 100 ? "freed" : "held");
  return argc != 5;
}
X
"$CC" -g -O1 -fPIC -shared lib.c -o a.so "$flags" && table_bytes a.so >table
echo 'int before (int v) { return -v; } int fun (int v) { return v * 7; }' >b.c
"$CC" -g -O1 -fPIC -shared b.c -o b.so "$flags"
"$CC" -g -O1 $include prog.c -o prog "$flags" $library
ok $? 'the program links'
# try CALLS WANT WHAT
try () {
  run timeout 60 ./prog table "$1" ./a.so ./b.so
  if [ "$status" = 77 ]; then
    skip "$3" "$out"
  else
    is "$status $out" "0 $2" "$3"
  fi
}
try '' '20 of 20 found at once, memory freed' 'nothing is forbidden'
try 0 '20 of 20 found at once, memory freed' 'no process_vm_readv(): by a memory file'
try 01 '0 of 20 found at once, memory freed' 'no memfd_create() either: found by pctab_module_update() only'
try 2 '20 of 20 found at once, memory held' 'membarrier() is forbidden after the start: nothing can be freed'
try 012 '0 of 20 found at once, memory held' 'all three'
export FROM_START=1
# from_start CALLS WANT WHAT
from_start () {
  run timeout 60 ./prog table "$1" ./a.so ./b.so again
  if [ "$status" = 77 ]; then
    skip "$3" "$out"
  else
    is "$status $out" "0 $2" "$3"
  fi
}
from_start 2 '20 of 20 found at once, memory freed' 'no membarrier() from the start: readers fence'
from_start 012 '0 of 20 found at once, memory freed' 'all three from the start'
done_testing
