#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Registers that only call frame information speaks of stay where they are in restart ranges.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
case $($CC -dumpmachine) in x86_64*) ;; *) skip_all 'the program is in assembly for amd64' ;; esac

# program NAME BEFORE IN: rbx is saved before the range, or in it; the CFA stays.
program () {
  cat >"$1.S" <<EOS
#include <pctab/asm.h>
  .text
  .globl _start
PCTAB_FUNCTION f
$4
  sub \$24, %rsp
  .cfi_def_cfa_offset 32
  $2
PCTAB_RESTART_BEGIN
  mov (%rdi), %rax
  $3
  inc %rax
  mov %rax, (%rdi)
PCTAB_RESTART_END
$5
  mov 8(%rsp), %rbx
  .cfi_restore 3
  add \$24, %rsp
  .cfi_def_cfa_offset 8
  ret
PCTAB_FUNCTION_END
PCTAB_FUNCTION _start
  .cfi_undefined 16
  call f
  hlt
PCTAB_FUNCTION_END
  .section .note.GNU-stack, "", @progbits
EOS
  # shellcheck disable=SC2086
  $CC -I"$tap_src/include" -nostdlib -static -no-pie "$1.S" -o "$1" $flags
}
save='mov %rbx, 8(%rsp); .cfi_offset 3, -24'
succeeds 'rbx is saved before the range' program before "$save" '' '' ''
is "$(rules_of before)" '' 'nothing is found'
succeeds 'rbx is saved in the range' program within '' "$save" '' ''
is "$(rules_of within)" PX108 'PX108: it is saved in the middle'
like "$(cat verified)" 'register 3 ' 'the message names the register'
is "$("$pctab_verify" within >/dev/null; echo $?)" 1 'it is an error'
succeeds 'only call frame information says so' program said '' '.cfi_offset 12, -16' '' ''
is "$(rules_of said)" PX108 'PX108: another register'

# Restart at entry: everything up to the mark's end resumes at the entry.
entry () {
  program "$1" "$2" "$3" '' 'PCTAB_UNSAFE_BEGIN
  nop
PCTAB_UNSAFE_END'
  sed -i 's/^PCTAB_RESTART_BEGIN//; s/^PCTAB_RESTART_END/PCTAB_RESTART_AT_ENTRY/; s/sub .24, %rsp/nop/; s/add .24, %rsp/nop/; /def_cfa/d' \
    "$1.S"
  # shellcheck disable=SC2086
  $CC -I"$tap_src/include" -nostdlib -static -no-pie "$1.S" -o "$1" $flags
}
succeeds 'restart at entry, before anything is saved' entry at '' ''
is "$(rules_of at)" '' 'nothing is found'
succeeds 'restart at entry, behind a save' entry behind '' '.cfi_offset 12, -16'
is "$(rules_of behind)" PX108 'PX108: behind the save'

# Where the whole frame moves the link fails.
fails 'a push in a range' 'the frame changes' program push '' 'push %rcx; .cfi_adjust_cfa_offset 8' '' ''
done_testing
