#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same on the other machines, under qemu-user, which lacks some of the system calls: a static program finds its own
# table, also after fork() and in a handler; a dynamic one finds what dlopen() brings and not what dlclose() took; made
# code; reads of memory that isn't there.
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
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
extern bool pctab__memory_read (void *, uint64_t, size_t);
extern bool pctab__memory_readable (uint64_t);
extern bool pctab__memory_is (uint64_t, uint32_t);
static volatile int found; /* raise() is a leaf, says its header */
static void *where;
static void
handler (int sig)
{
  (void) sig;
  found = look (where);
}
static int
look_in_handler (void *at)
{
  where = at;
  found = 0;
  raise (SIGUSR1);
  return found;
}
static unsigned char table[1 << 20], code[1 << 20];
static void
memory (void)
{
  static const uint32_t here[4] = { 1, 0x01020304, 0xfffefdfc, 4 };
  long page = sysconf (_SC_PAGESIZE);
  uint32_t copy[4];
  uint64_t at = (uintptr_t) here;
  char *gone = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT (gone != MAP_FAILED && !mprotect (gone + page, page, PROT_NONE));
  uint64_t bad = (uintptr_t) gone + page;
  EXPECT (pctab__memory_read (copy, at, sizeof copy) && !memcmp (copy, here, sizeof copy));
  EXPECT (pctab__memory_readable (at) && pctab__memory_readable (at + 15));
  EXPECT (pctab__memory_is (at + 4, here[1]) && pctab__memory_is (at + 8, here[2]) && !pctab__memory_is (at, 2));
  EXPECT (!pctab__memory_read (copy, bad, 1) && !pctab__memory_read (copy, bad - 2, 4));
  EXPECT (!pctab__memory_read (copy, 16, 4));
  EXPECT (!pctab__memory_readable (bad) && pctab__memory_readable (bad - 1) && !pctab__memory_readable (16));
  EXPECT (!pctab__memory_is (bad, 0) && !pctab__memory_is (16, 0) && pctab__memory_is (bad - 4, 0));
  EXPECT (!pctab__memory_read (copy, UINT64_MAX - 2, 4) && !pctab__memory_readable (UINT64_MAX));
}
int
main (int argc, char **argv)
{
  uint64_t generation;
  int status;
  signal (SIGUSR1, handler);
  memory ();
  EXPECT (look ((void *) main) && look_in_handler ((void *) main));
  FILE *f = fopen (argv[1], "rb");
  size_t len;
  EXPECT (f && (len = fread (table, 1, sizeof table, f)) > 100);
  for (int i = 0; i < 100; i++)
    {
      EXPECT (!pctab_module_register ("made", code, sizeof code, table, len, &generation));
      EXPECT (generation_of (code + 4) == generation && !pctab_module_unregister (generation) && !generation_of (code));
    }
#ifdef DYNAMIC
  for (int i = 0; i < 4; i++)
    {
      void *h = dlopen (argv[2], RTLD_NOW), *at = dlsym (h, "fun");
      EXPECT (h && look_in_handler (at) && !dlclose (h) && !look_in_handler (at) && !look (at));
    }
#endif
  fflush (stdout);
  if (!fork ())
    _exit (!look ((void *) main) || !look_in_handler ((void *) main));
  EXPECT (wait (&status) > 0 && !status);
  printf ("found %d\n", argc);
  return 0;
}
X
cnt=0
# machine TRIPLET QEMU
machine () {
  local cc=$1-gcc how
  if ! have "$cc" "$2"; then
    skip "$1" "$cc or $2 is not installed"
    return
  fi
  cnt=$((cnt + 1))
  rm -f lib.a ./*.so table
  compile_library lib.a "$cc" -O1 -g -fPIC 2>err && "$cc" -O1 -g -fPIC -shared lib.c -o lib.so "$flags" && table_bytes lib.so >table
  ok $? "$1: the library is compiled"
  is "$(cat err)" '' "$1: in silence"
  for how in -static '-DDYNAMIC -pie -fPIE'; do
    # shellcheck disable=SC2086
    run "$cc" -O1 -g $how $include prog.c -o prog "$flags" lib.a
    if [ "$status" != 0 ]; then
      ok 1 "$1 $how: links"
      diag "$out"
      continue
    fi
    run timeout 60 "$2" -L "/usr/$1" -E "LD_LIBRARY_PATH=/usr/$1/lib" ./prog table ./lib.so
    is "$status $out" '0 found 3' "$1 $how: runs"
  done
}
machine i686-linux-gnu qemu-i386
machine aarch64-linux-gnu qemu-aarch64
machine arm-linux-gnueabihf qemu-arm
machine riscv64-linux-gnu qemu-riscv64
machine s390x-linux-gnu qemu-s390x
machine powerpc64le-linux-gnu qemu-ppc64le
machine mipsel-linux-gnu qemu-mipsel
diag "$cnt of 7 machines"
done_testing
