#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a table can't hold becomes "nothing known", and the program still links: pushes in a frame of 16 MiB, more shapes of
# frames than there are numbers for.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
[ "$(uname -m)" = x86_64 ] || skip_all 'needs x86-64 assembly'
pctab_verify=$tap_build/verify/pctab-verify

# program NAME BODY: main with BODY in its frame.
program () {
  { printf '  .text\n  .globl main\n  .type main, @function\nmain:\n  .cfi_startproc\n'
    printf '%s\n' "$2"
    printf '  xor %%eax, %%eax\n  ret\n  .cfi_endproc\n  .size main, . - main\n  .section .note.GNU-stack, "", @progbits\n'
  } >"$1.s"
  run "$CC" -o "$1" "$1.s" $flags
  ok "$status" "$1: links"
  [ "$status" = 0 ] || diag "$out"
  run "$pctab_verify" "$1"
  ok "$status" "$1: verify finds no error"
  [ "$status" = 0 ] || diag "$out"
}

program frame '  sub $0x1000000, %rsp
  .cfi_adjust_cfa_offset 0x1000000
  push %rax
  .cfi_adjust_cfa_offset 8
  push %rax
  .cfi_adjust_cfa_offset 8
  add $0x1000010, %rsp
  .cfi_adjust_cfa_offset -0x1000010'
is "$("$pctab_dump" frame | grep -A4 ' main ' | grep -c 'cfa ')" 3 'frame: three rows are left: before, in and behind what is too large'

program shapes "$(for i in $(seq 1 300); do printf '  nop\n  .cfi_offset rbp, -%d\n' $((8 * i)); done; printf '  nop\n  .cfi_restore rbp\n')"
rows=$("$pctab_dump" shapes | sed -n '/ main /,/^0x/p' | grep -c 'cfa rsp+8')
ok $((rows < 250 || rows > 256)) "shapes: $rows of 302 rows are known"
done_testing
