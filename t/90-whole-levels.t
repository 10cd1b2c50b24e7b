#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# C and C++ by gcc and clang at -O0 to -O3, with and without frame pointers, with vectors of 64 bytes: every rule of the
# frames and every line agrees with readelf and llvm-symbolizer, and no rule is unknown.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objdump readelf llvm-symbolizer
cp "$tap_src/t/data/whole/unit.c" "$tap_src/t/data/whole/cxx.cc" .
echo 'int other (char *p, int v) { return p ? v + *p : v; } int main (void) { return 0; }' >main.c
gcc -c main.c || skip_all 'gcc is not installed'
frames=0

# agrees COMPILER FLAGS...: two variants of the same units in one program.
agrees () {
  local cc=$1 cxx=$2 what
  shift 2
  what="$cc $*"
  if ! { "$cc" "$@" -DUNIT=lean -c unit.c -o lean.o && "$cc" "$@" -fno-omit-frame-pointer -DUNIT=fp -c unit.c -o fp.o &&
    "$cxx" "$@" -c cxx.cc; } 2>err; then
    skip "$what" "$(head -n 1 err)"
    return
  fi
  succeeds "$what: links" g++ main.o lean.o fp.o cxx.o -o prog $flags,-plugin-opt=stats
  like "$out" 'cfi unknown 0, cfi skipped 0$' "$what: no rule of the frames is unknown"
  run perl "$tap_src/t/oracle/lookup.pl" --dump="$pctab_dump" --sample=1000000 --addr2line=0 prog
  ok "$status" "$what: $(printf '%s\n' "$out" | sed -n 's/.* - prog: //; s/;.*//p' | tail -n 1)"
  [ "$status" = 0 ] || diag "$out"
  frames=$((frames + $(printf '%s\n' "$out" | sed -n 's/.*; \([0-9]*\) functions. frames.*/\1/p')))
}

for level in 0 1 2 3; do
  for pair in gcc:g++ clang:clang++; do
    if ! have "${pair%:*}" "${pair#*:}"; then
      skip "${pair%:*} -O$level" "${pair%:*} is not installed"
      continue
    fi
    agrees "${pair%:*}" "${pair#*:}" -O$level -g
    [ "$("$CC" -dumpmachine | cut -d- -f1)" != x86_64 ] ||
      agrees "${pair%:*}" "${pair#*:}" -O$level -gdwarf-4 -mavx512f
  done
done
diag "$frames functions' frames"
done_testing
