#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# lua and sqlite as gcc -S writes them, linked twice: with frames and lines imported from .cfi and .loc, and with records of
# .pcsp and .pcln in their place, translated by oracle/gcc_native.pl, and no debug information.  Both tables answer the same
# at every byte of the text.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl gcc as readelf
[ "$(gcc -dumpmachine | cut -d - -f 1)" = x86_64 ] || skip_all "the directives are translated for x86-64"
corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}

# compile DIR FLAG... -- assembly source for each C file of DIR, in the current directory
compile () {
  local dir=$1 here=$PWD
  shift
  # shellcheck disable=SC2016
  (cd "$dir" && printf '%s\n' ./*.c | xargs -P 2 -I '{}' sh -c 'f=$1 out=$2; shift 2; gcc -S "$@" "$f" -o "$out/$f.s"' \
    sh '{}' "$here" "$@")
}

# Objects of both kinds.
assemble () {
  local f
  for f in *.c.s; do
    as "$f" -o "$f.o" && perl "$tap_src/t/oracle/gcc_native.pl" <"$f" >native.s 2>>said && as native.s -o "$f.native" || return 1
  done
}

prepare () {
  compile "$@" && assemble
}

# same NAME DIR LIBS COMPARE FLAG...: NAME is also the corpus' program that the sources come from.
same () {
  local what=$1 name=${1%% *} dir=$2 libs=$3 how=$4
  shift 4
  run sh "$tap_src/t/corpus/build.sh" "$corpus" "$name"
  if [ "$status" = 77 ]; then
    skip "$what" "$(printf '%s\n' "$out" | tail -n 1)"
    return
  fi
  rm -rf work && mkdir work && cd work || exit 99
  succeeds "$what: gcc -S, and its translation assembles" prepare "$corpus/$dir" "$@"
  diag "$(awk '{ n++; f += $1; s += $3; r += $7 } END { print n " files, " f " functions, " s " steps of lines, " r " rows" }' said)"
  gcc ./*.s.o -o imported $flags $libs && placed imported && gcc ./*.s.native -o native $flags $libs && placed native
  ok $? "$what: both link"
  ! readelf -SW ./*.s.native | grep -Eq '\.(eh_frame|debug_)'
  ok $? "$what: the second has no call frame and no debug information"
  run perl "$tap_src/t/oracle/native_compare.pl" --dump="$pctab_dump" $how imported native
  ok "$status" "$what: the tables answer the same"
  diag "$out"
  succeeds "$what: both verify" "$tap_build/verify/pctab-verify" -q imported native
  cd ..
}

lua='-g -std=gnu99 -DLUA_USE_LINUX -DLUA_COMPAT_5_3'
same "lua without inlining" lua/tree "-Wl,-E -lm -ldl" "" -O2 -fno-inline $lua
same "lua" lua/tree "-Wl,-E -lm -ldl" --innermost -O2 $lua
same "sqlite" sqlite/obj "-lm -lpthread -ldl" --innermost -O2 -g -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE
done_testing
