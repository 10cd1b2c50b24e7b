#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Frames against call frame information: single bytes of .eh_frame are changed behind the table's back.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
case $($CC -dumpmachine) in x86_64*) ;; *) skip_all 'the program is in assembly for amd64' ;; esac
need perl readelf

# f's instructions: 41 (1 byte on), 0e 10 (CFA SP+16), 86 02 (rbp at CFA-16).  Those before the first row are in a CIE of its
# own, behind the usual: 90 01 (r16 at CFA-8).
cat >p.S <<'EOS'
#include <pctab/asm.h>
  .text
  .globl f, g, signal, _start
PCTAB_FUNCTION f
  .cfi_offset 16, -8
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset 6, -16
  mov %rsp, %rbp
  nop
  pop %rbp
  .cfi_def_cfa_offset 8
  .cfi_restore 6
  ret
PCTAB_FUNCTION_END
PCTAB_FUNCTION g
  nop
  ret
PCTAB_FUNCTION_END
PCTAB_FUNCTION signal
  .cfi_signal_frame
  nop
  ret
PCTAB_FUNCTION_END
  .p2align 4
PCTAB_FUNCTION _start
  .cfi_undefined 16
  call f
  hlt
PCTAB_FUNCTION_END
bare:
  .fill 16, 1, 0x90
  .section .note.GNU-stack, "", @progbits
EOS
# shellcheck disable=SC2086
succeeds 'a program is linked' $CC -I"$tap_src/include" -nostdlib -static -no-pie p.S -o good $flags
is "$(rules_of good)" '' 'nothing is found in it'

# fde SYMBOL: its FDE's offset in .eh_frame; cie SYMBOL: that of its CIE.
fde () {
  readelf --debug-dump=frames good | sed -n "s/^\([0-9a-f]*\) .* FDE .*pc=0*$(addr "$1")\.\..*/0x\1/p"
}
cie () {
  readelf --debug-dump=frames good | sed -n "s/.* FDE cie=\([0-9a-f]*\) pc=0*$(addr "$1")\.\..*/0x\1/p"
}
addr () {
  nm good | sed -n "s/^0*\([0-9a-f]*\) . $1\$/\1/p"
}
f=$(fde f)
cp good same
edit same bytes .eh_frame+$((f + 17)) 410e108602 bytes .eh_frame+$(($(cie f) + 20)) 90019001
succeeds 'the bytes are where the test thinks' cmp good same
breaks PX101 good 'the CFA of a row' bytes .eh_frame+$((f + 19)) 18
breaks PX102 good 'the return address' bytes .eh_frame+$(($(cie f) + 23)) 03
breaks PX103 good 'the frame pointer' bytes .eh_frame+$((f + 21)) 05
breaks PX104 good 'a signal frame that is none' \
  bytes .eh_frame+$(($(fde signal) + 4)) "$(perl -e 'print unpack "H*", pack "l<", $ARGV[0]' -- $(($(fde signal) + 4 - $(cie g))))"
breaks PX104 good 'one that is none and is said to be' \
  bytes .eh_frame+$(($(fde _start) + 4)) "$(perl -e 'print unpack "H*", pack "l<", $ARGV[0]' -- $(($(fde _start) + 4 - $(cie signal))))"
breaks PX105 good 'an FDE longer than the table'"'"'s function' bytes .eh_frame+$(($(fde _start) + 12)) 10
breaks PX109 good 'an instruction that there is not' bytes .eh_frame+$((f + 17)) 3f
cp good broken
edit broken bytes .eh_frame+$((f + 17)) 42
is "$(rules_of broken)" 'PX101 PX103' 'a row that begins a byte later has another CFA and frame pointer'
cp good broken
edit broken bytes .eh_frame+$((f + 4)) 01
is "$(rules_of broken)" 'PX107 PX109' 'an FDE without CIE: it is said, and the table alone knows the function'
breaks PX110 good 'FDEs that lie over each other' bytes .eh_frame+$((f + 12)) 0b
is "$("$pctab_verify" broken >/dev/null; echo $?)" 0 'which is a note'
breaks PX107 good 'an FDE of no bytes, so that the table alone has the function' bytes .eh_frame+$(($(fde g) + 12)) 00
like "$(cat verified)" '1 functions and 0 rows' 'one is counted'

# What is not in call frame information at all.
sed 's/^PCTAB_FUNCTION g/&, nocfi/' p.S >own.S
sed -i '/^PCTAB_FUNCTION g/a PCTAB_FRAME 8' own.S
# shellcheck disable=SC2086
succeeds 'a program with a frame of its own' $CC -I"$tap_src/include" -nostdlib -static -no-pie own.S -o own $flags
is "$(rules_of own)" PX107 'PX107: a frame from a .pcsp record'
# What the format can't hold.
sed 's/def_cfa_offset 16/def_cfa_offset 0x1000000/' p.S >far.S
# shellcheck disable=SC2086
succeeds 'a program with a frame of 16 MiB' $CC -I"$tap_src/include" -nostdlib -static -no-pie far.S -o far $flags
is "$(rules_of far)" PX106 'PX106: beyond the format'"'"'s limit'
like "$(cat verified)" '1 of [0-9]+ rows' 'one row is counted'
done_testing
