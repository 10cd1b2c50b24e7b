#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Cross links: the placeholder has the target's width, byte order, flags and attributes; the table lies on the target's
# pages; the linker warns of nothing.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
#include <stdio.h>
char zeros[5000];
int f (int v) { return v + zeros[v]; }
int main (int argc, char **argv) { (void) argv; printf ("%d\n", f (argc)); return 0; }
X
cnt=0
# target TRIPLET CLASS ORDER MACHINE PAGE
target () {
  local cc=$1-gcc mode
  if ! have "$cc"; then
    skip "$1" "$cc is not installed"
    return
  fi
  cnt=$((cnt + 1))
  for mode in '-pie -fPIE' -no-pie -static '-shared -fPIC'; do
    rm -f prog plain
    # shellcheck disable=SC2086
    { "$cc" -g $mode a.c -o plain; run "$cc" -g $mode a.c -o prog -Wl,--fatal-warnings $flags; }
    if [ "$status" != 0 ] || [ -n "$out" ]; then
      ok 1 "$1 $mode: links in silence"
      diag "$out"
      continue
    fi
    placed prog
    ok $? "$1 $mode: links in silence, the table is in its place"
    like "$facts" "align=$5 class=$2 order=$3 machine=$4 " "$1 $mode: $2 bits, $3 endian, pages of $5"
    is "$(readelf -h prog | grep Flags)" "$(readelf -h plain | grep Flags)" "$1 $mode: the same ELF flags"
    readelf -nA plain 2>/dev/null | grep -Ev 'Build ID|gp|Address|[0-9a-f]{8}' >want
    readelf -nA prog 2>/dev/null | grep -Ev 'Build ID|gp|Address|[0-9a-f]{8}' >got
    cmp want got
    ok $? "$1 $mode: the same notes and attributes ($(wc -l <want) lines)"
    symbols_of plain | grep -E '^(_?end|_?edata|__bss_start) ' | sort >want
    symbols_of prog | grep -E '^(_?end|_?edata|__bss_start) ' | sort >got
    cmp want got
    ok $? "$1 $mode: the linker's symbols are where they were ($(wc -l <want))"
  done
  "$cc" -c a.c && "$cc" -r a.o -o want.o && succeeds "$1 -r" "$cc" -r a.o -o got.o $flags && cmp want.o got.o
  ok $? "$1 -r: the same bytes"
}
target x86_64-linux-gnu 64 little 62 0x1000
target i686-linux-gnu 32 little 3 0x1000
target aarch64-linux-gnu 64 little 183 0x10000
target arm-linux-gnueabihf 32 little 40 0x1000
target riscv64-linux-gnu 64 little 243 0x1000
target s390x-linux-gnu 64 big 22 0x1000
target powerpc64le-linux-gnu 64 little 21 0x10000
target mipsel-linux-gnu 32 little 8 0x10000
diag "$cnt of 8 targets"
done_testing
