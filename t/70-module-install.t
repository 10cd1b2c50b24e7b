#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is installed is enough for users in C and C++, dynamic and static, by pkg-config; each public header stands
# alone.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
need make
[ -e "$tap_build/Makefile" ] || skip_all "$tap_build is no configured build tree"
succeeds 'make install' env -u MAKEFLAGS -u MAKELEVEL make -C "$tap_build" install-libLTLIBRARIES install-pctabincludeHEADERS \
  install-pkgconfigDATA DESTDIR="$PWD/stage"
libdir=$(PKG_CONFIG_PATH=$tap_build/runtime pkg-config --variable=libdir pctab)
prefix=$(PKG_CONFIG_PATH=$tap_build/runtime pkg-config --variable=prefix pctab)
pc () {
  PKG_CONFIG_PATH=$PWD/stage$libdir/pkgconfig pkg-config --define-variable=prefix="$PWD/stage$prefix" \
    --define-variable=libdir="$PWD/stage$libdir" --define-variable=includedir="$PWD/stage$prefix/include" "$@" pctab
}
cat >user.c <<'X'
#include <pctab/pctab.h>
#include <pctab/build.h>
#include <stdio.h>
static int
look (uint64_t pc)
{
  const struct pctab_module *m;
  int found = 0;
  pctab_read_begin ();
  m = pctab_find_module (pctab_modules (), pc);
  if (m)
    {
      struct pctab_func f = pctab_findfunc (&m->table, pc);
      found = f.bits != 0 && pctab_func_entry (&m->table, f) == pc;
    }
  pctab_read_end ();
  return found;
}
int
main (void)
{
  struct pctab_identity id;
  uint64_t pc = (uint64_t) (uintptr_t) (void *) &look;
  printf ("%d %d %s\n", look (pc), (int) pctab_identify (pc, &id), pctab_error_text (PCTAB_ERROR_OK));
  return 0;
}
X
cp user.c user.cc
# user WHAT COMPILER FILE FLAGS...
user () {
  local what=$1
  shift
  have "$1" || { skip "$what" "$1 is not installed"; return; }
  succeeds "$what: links" "$@" -o user "$flags" || return
  run env LD_LIBRARY_PATH="$PWD/stage$libdir" ./user
  is "$status $out" '0 1 1 no error' "$what: runs"
}
user 'C, the library' "$CC" -Wall -Wextra -Werror user.c $(pc --cflags --libs)
user 'C, static' "$CC" -Wall -Wextra -Werror -static user.c $(pc --cflags --libs --static)
user 'C, static-pie' "$CC" -Wall -Wextra -Werror -static-pie user.c $(pc --cflags --libs --static)
user 'C++, the library' g++ -Wall -Wextra -Werror user.cc $(pc --cflags --libs)
user 'C++, static' g++ -Wall -Wextra -Werror -static user.cc $(pc --cflags --libs --static)
user 'clang' clang -Wall -Wextra -Werror user.c $(pc --cflags --libs)
cnt=0
for h in stage"$prefix"/include/pctab/*.h; do
  name=pctab/${h##*/}
  [ "$name" != pctab/asm.h ] || continue
  printf '#include <%s>\nextern int one;\n' "$name" >h.c
  cp h.c h.cc
  for how in "$CC -std=c99 -c h.c" "$CC -std=gnu11 -c h.c" 'g++ -std=c++11 -c h.cc' 'g++ -std=c++20 -c h.cc' 'clang -c h.c'; do
    have "${how%% *}" || continue
    run $how $(pc --cflags) -Wall -Wextra -Wpedantic -Werror -o h.o
    [ "$status" = 0 ] && cnt=$((cnt + 1)) || { ok 1 "$name alone, by $how"; diag "$out"; }
  done
done
[ "$cnt" -gt 10 ]
ok $? "public headers alone, by several compilers and standards: $cnt compilations"
is "$(find stage -name '*.la' -path '*pctab.la' | wc -l)" 1 'libtool description'
done_testing
