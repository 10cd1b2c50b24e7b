#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program finds its own table, those of shared objects that it was linked with, and those that dlopen() brings, with
# no call; dynamic, static and static-pie, 64 and 32 bits.  What it says of a PC is what the files say.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config nm readelf
built_library

cat >first.c <<'X'
int first_fun (int v) { return v + 1; }
X
cat >later.c <<'X'
int later_fun (int v) { return v + 2; }
int second_fun (int v) { return later_fun (v) * 2; }
X
cat >prog.c <<'X'
#include <module.h>
#include <dlfcn.h>
#ifdef FIRST
extern int first_fun (int);
#endif
static unsigned modules_cnt;
static bool
count (const struct pctab_module_info *info, void *arg)
{
  (void) arg;
  modules_cnt += info->module != NULL;
  EXPECT (!info->module == !!info->error);
  return true;
}
static void
say (const char *name, const void *at)
{
  struct pctab_identity id;
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), (uintptr_t) at);
  EXPECT (m && pctab_identify ((uintptr_t) at, &id));
  EXPECT (id.off == (uintptr_t) at - m->bias && id.generation == m->generation && m->generation);
  EXPECT (id.build_id_len == m->build_id_len && m->origin == PCTAB_ORIGIN_LINKED);
  const char *slash = strrchr (m->path, '/');
  printf ("%s %d %llx %s %s ", name, look (at), (unsigned long long) id.off, slash ? slash + 1 : m->path,
          m->permanent ? "stays" : "may go");
  for (unsigned i = 0; i < id.build_id_len; i++)
    printf ("%02x", id.build_id[i]);
  printf ("\n");
  pctab_read_end ();
}
/* A list of one's own is searched as the process' list. */
static void
own_list (const void *at)
{
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), (uintptr_t) at), low = { .lo = 16, .hi = 32 };
  const struct pctab_module *two[] = { &low, m };
  struct pctab_modules mine = { .at = two, .cnt = 2 }, none = { .cnt = 0 };
  EXPECT (pctab_find_module (&mine, (uintptr_t) at) == m && pctab_find_module (&mine, 16) == &low
          && pctab_find_module (&mine, 31) == &low && !pctab_find_module (&mine, 15) && !pctab_find_module (&mine, 32)
          && !pctab_find_module (&mine, m->hi) && !pctab_find_module (&none, 16));
  pctab_read_end ();
}
int
main (int argc, char **argv)
{
  int local;
  say ("main", (void *) main);
#ifdef FIRST
  say ("first_fun", (void *) first_fun);
#endif
  own_list ((void *) main);
  EXPECT (!look (&local) && !look (NULL) && !look ((void *) 1) && !look ((void *) -1L) && !look (malloc (1)));
  if (argc > 1)
    {
      void *h = dlopen (argv[1], RTLD_NOW);
      EXPECT (h);
      say ("later_fun", dlsym (h, "later_fun"));
      say ("second_fun", dlsym (h, "second_fun"));
      EXPECT (generation_of (dlsym (h, "later_fun")) != generation_of ((void *) main));
    }
  unsigned cnt = pctab_module_update ();
  pctab_module_each (count, NULL);
  EXPECT (cnt == modules_cnt);
  printf ("%u modules\n", cnt);
  return 0;
}
X
build_id () {
  readelf -n "$1" | awk '/Build ID/ { print $3 }'
}
# want NAME FILE STAYS: what the program should say of that function.
want () {
  printf '%s 2 %s %s %s %s\n' "$1" "$(nm "$2" | awk -v n="$1" '$3 == n { sub (/^0+/, "", $1); print $1 }')" "$2" "$3" "$(build_id "$2")"
}
# program WHAT CC...: links prog with $libs; the shared objects' flags are in $bits.
bits=
program () {
  local what=$1
  shift
  run "$@" -g -O1 $include prog.c -o prog "$flags,--build-id" $libs
  [ "$status" = 0 ] || { ok 1 "$what: links"; diag "$out"; return; }
  run ./prog $opened
  { want main prog stays
    case "$*" in *FIRST*) want first_fun libfirst.so stays ;; esac
    [ -z "$opened" ] || { want later_fun later.so 'may go'; want second_fun later.so 'may go'; }
    echo "$modules modules"; } >expected
  is "$out" "$(cat expected)" "$what: $(grep -c ' 2 ' expected) functions found, as nm and readelf have them"
}
shared () {
  "$CC" $bits -g -fPIC -shared first.c -o libfirst.so "$flags,--build-id" -Wl,-soname,libfirst.so &&
    "$CC" $bits -fPIC -shared later.c -o later.so "$flags,--build-id"
}
shared
ok $? 'shared objects link'
first='-L. -lfirst -Wl,-rpath,.'
opened=./later.so modules=2
libs="$library" program 'no-pie' "$CC" -no-pie -fno-pie
modules=3
libs="$first $library" program 'dynamic' "$CC" -DFIRST
libs="$first $archive" program 'dynamic, with the archive' "$CC" -DFIRST
libs="$first $library -Wl,-z,nodelete" program 'marked nodelete' "$CC" -DFIRST
opened='' modules=1
libs="$archive" program 'static' "$CC" -static
libs="$archive" program 'static-pie' "$CC" -static-pie
# Where the C library's 32-bit headers lack the kernel's, which are the same for both.
m32="-m32 -idirafter /usr/include/x86_64-linux-gnu"
echo 'int main (void) { return 0; }' >m32.c
if "$CC" -m32 m32.c -o m32 2>/dev/null && ./m32; then
  compile_library lib32.a "$CC" $m32 -O1 -fPIC
  bits=-m32
  rm -f ./*.so
  shared
  ok $? 'shared objects of 32 bits link'
  opened=./later.so modules=3
  libs="$first lib32.a" program '32 bits, dynamic' "$CC" $m32 -DFIRST
  opened='' modules=1
  libs="lib32.a" program '32 bits, static' "$CC" $m32 -static
  libs="lib32.a" program '32 bits, static-pie' "$CC" $m32 -static-pie
else
  skip '32 bits' 'gcc -m32 makes no program that runs'
fi
done_testing
