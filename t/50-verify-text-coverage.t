#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How much of the code the table knows: exact numbers for a program whose bytes are counted by hand.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
case $($CC -dumpmachine) in x86_64*) ;; *) skip_all 'the program is in assembly for amd64' ;; esac

# known: 10 bytes; 6 of padding; bare: 100, of them 30 behind its symbol's size; PLT: none.
cat >p.s <<'EOS'
  .text
  .globl _start
  .type _start, @function
_start:
  .cfi_startproc
  .cfi_undefined rip
  nop
  mov $60, %eax
  xor %edi, %edi
  syscall
  .cfi_endproc
  .size _start, . - _start
  .p2align 4
  .globl bare
  .type bare, @function
bare:
  .fill 70, 1, 0x90
  .size bare, . - bare
  .fill 30, 1, 0x90
  .globl other
  .type other, @function
other:
  .cfi_startproc
  .fill 90, 1, 0x90
  .cfi_endproc
  .size other, . - other
  .section .note.GNU-stack, "", @progbits
EOS
# shellcheck disable=SC2086
succeeds 'a program is linked' $CC -nostdlib -static -no-pie p.s -o good $flags
is "$(rules_of good)" '' 'nothing is asked: nothing is found'
is "$("$pctab_verify" --format=json good | grep -o '"coverage":{[^}]*}')" '"coverage":{"bytes":50.00,"functions":66.67}' \
  '100 of 200 bytes, 2 of 3 functions'
is "$(rules_of good --min-coverage=0)" PE206 'asked for, what is not known is listed'
is "$(sed -n 's/.* frames for: //p' verified)" '100 bytes of .text, with 1 functions [PE206]' 'without the padding before it'
is "$(rules_of good --min-coverage=50)" PE206 '50% are there'
is "$(rules_of good --min-coverage=50.1)" 'PE205 PE206' '50.1% of the bytes are not'
is "$("$pctab_verify" --min-coverage=50.1 good >/dev/null; echo $?)" 1 'and that is an error'
like "$(cat verified)" '50\.00% .* \(100 of 200\) .* 66\.67% .* \(2 of 3\)' 'the message has the numbers'

# Functions count by themselves.
sed 's/fill 70/fill 1/; s/fill 30/fill 0/' p.s >q.s
# shellcheck disable=SC2086
succeeds 'a program with a small one' $CC -nostdlib -static -no-pie q.s -o small $flags
is "$(rules_of small --min-coverage=70)" 'PE205 PE206' '99% of the bytes, 67% of the functions'

# Stripped, only call frame information says what is a function.
strip -o bare good
is "$("$pctab_verify" --format=json bare | grep -o '"coverage":{[^}]*}')" '"coverage":{"bytes":48.54,"functions":100.00}' \
  'stripped: what has neither symbol nor frame is no function, and padding before it can not be told'

# No more than ten pieces, the largest first.
{
  printf '  .text\n  .globl _start\n_start:\n'
  for i in $(seq 12); do
    printf '  .cfi_startproc\n  .fill 16, 1, 0x90\n  .cfi_endproc\n  .type f%d, @function\nf%d: .fill %d, 1, 0x90\n  .size f%d, . - f%d\n' \
      "$i" "$i" $((100 * i)) "$i" "$i"
  done
  printf '  .section .note.GNU-stack, "", @progbits\n'
} >many.s
# shellcheck disable=SC2086
succeeds 'a program with 12 pieces' $CC -nostdlib -static -no-pie many.s -o many $flags
rules_of many --min-coverage=0 >rules
is "$(sed -n 's/.* frames for: \([0-9]*\) bytes.*/\1/p' verified | tr '\n' ' ')" '1200 1100 1000 900 800 700 600 500 400 300 ' \
  'the ten largest pieces'
done_testing
