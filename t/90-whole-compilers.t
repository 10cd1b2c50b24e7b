#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One program by two compilers, at several levels of optimisation and of debug information, linked in several ways: every
# answer of pctab-dump agrees with llvm-symbolizer and readelf at every instruction.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objdump readelf llvm-symbolizer
corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
run sh "$tap_src/t/corpus/build.sh" "$corpus" lua
[ "$status" != 77 ] || skip_all "$(printf '%s\n' "$out" | tail -n 1)"
ok "$status" "lua's objects are there"

# agrees WHAT COMPILER CFLAGS LDFLAGS
agrees () {
  local what="$2 $3 $4"
  if ! have "$2"; then
    skip "$what" "$2 is not installed"
    return
  fi
  rm -rf objects && mkdir objects
  sed -n 's|.*/\(.*\)\.c\.o$|\1|p' "$corpus/lua/objects" |
    xargs -P 2 -I '{}' sh -c "$2 $3 -DLUA_COMPAT_5_3 -DLUA_USE_POSIX -c '$corpus/lua/tree/{}.c' -o 'objects/{}.o'" &&
    "$2" $3 $4 objects/*.o -o "$1" -lm $flags 2>/dev/null && placed "$1"
  ok $? "$what: compiles and links"
  run perl "$tap_src/t/oracle/lookup.pl" --dump="$pctab_dump" --sample=100000 --addr2line=200 "$1"
  ok "$status" "$what: all answers agree"
  diag "$out"
}

agrees O0 gcc '-O0 -g' ''
agrees O1 gcc '-O1 -g -gdwarf-4' '-no-pie'
agrees O3 gcc '-O3 -g -fno-omit-frame-pointer -mavx512f' ''
agrees Os gcc '-Os -g1 -ffunction-sections' '-Wl,--gc-sections'
agrees plain gcc -O2 '-static-pie'
agrees lto gcc '-O2 -g -gz -flto' '-Wl,--emit-relocs'
agrees clang0 clang '-O0 -g' ''
agrees clang2 clang '-O2 -g' '-Wl,-z,separate-code'
agrees clang3 clang '-O3 -gdwarf-4 -fdebug-types-section' ''
done_testing
