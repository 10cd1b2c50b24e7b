#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Marks from the source to the table, on a machine with instructions of any length and on one with words: restart ranges
# around 20 bytes, and what a link says and leaves when one is wrong.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl
cnt=0

# attempt CC BODY...: function f with these lines, linked as prog; the output of the link in $out.
attempt () {
  local cc=$1
  shift
  cnt=$((cnt + 1))
  printf '%s\n' '#include <pctab/asm.h>' '.text' '.globl f' 'PCTAB_FUNCTION f' 'nop' "$@" 'PCTAB_FUNCTION_END' \
    '.globl _start' 'PCTAB_FUNCTION _start' 'nop' 'PCTAB_FUNCTION_END' '.section .note.GNU-stack,"",%progbits' >f.S
  rm -f prog
  "$cc" -I "$tap_src/include" -c f.S || exit 99
  run "$cc" -nostdlib -static f.o -o prog "$flags"
}

# values: the table's rows in f, "OFFSET VALUE, ..." from its start.
values () {
  "$pctab_dump" prog | perl -ne '
    if (/^0x([0-9a-f]+)-\S+  (\w+)/) { $in = $2 eq "f"; $start = hex $1; }
    push @rows, hex ($1) - $start . " $2" if $in && /^ +0x([0-9a-f]+)  UnsafePoint (-?\d+)/;
    END { print join (", ", @rows), "\n"; }'
}

accepted () {
  if [ "$status" != 0 ]; then
    ok 1 "$2"
    diag "$out"
    return
  fi
  is "$(values)" "$1" "$2"
}

refused () {
  [ "$status" != 0 ] && [ ! -e prog ]
  ok $? "$2: the link fails, and no output is left"
  like "$out" "prog: \.pcdata: f\.o: $1" "$2: object, function, offset, length"
}

# lengths TARGET CC NOP: NOP is the bytes of one.
lengths () {
  local what=$1 cc=$2 nop=$3 len
  if ! have "$cc"; then
    skip "$what" "$cc is not installed"
    return
  fi
  for len in 19 20 21 22; do
    # Data stand for instructions where those can't have the length; only a function's end can lie there.
    attempt "$cc" PCTAB_RESTART_BEGIN ".space $len"
    if [ $len -le 20 ]; then
      accepted "0 -1, $nop -3" "$what: $len bytes, up to the end of the function"
    else
      refused "f\\+0x$nop \\($len bytes\\): a restart range is longer than 20 bytes.*; " "$what: $len bytes"
    fi
  done
  attempt "$cc" PCTAB_RESTART_BEGIN ".space 20" PCTAB_RESTART_END PCTAB_RESTART_BEGIN ".space 20" PCTAB_RESTART_END nop
  accepted "0 -1, $nop -3, $((nop + 20)) -4, $((nop + 40)) -1" "$what: 20 and 20 bytes that touch"
  attempt "$cc" PCTAB_RESTART_BEGIN ".space 20" PCTAB_RESTART_END PCTAB_RESTART_BEGIN ".space 24" PCTAB_RESTART_END nop
  refused "f\\+0x$(printf %x $((nop + 20))) \\(24 bytes\\): a restart range is longer" \
    "$what: 24 bytes behind 20 that touch"
  attempt "$cc" PCTAB_UNSAFE_BEGIN ".space 8" PCTAB_UNSAFE_END PCTAB_RESTART_BEGIN ".space 8" PCTAB_RESTART_END nop
  accepted "0 -1, $nop -2, $((nop + 8)) -3, $((nop + 16)) -1" "$what: unsafe code and a range that touch"
}

lengths amd64 "$CC" 1
lengths arm64 aarch64-linux-gnu-gcc 4
diag "$cnt links"
done_testing
