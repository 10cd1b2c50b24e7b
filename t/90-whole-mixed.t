#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Units of all sorts in one program: with -g, -g1, without -g, of other DWARF versions and compilers, split, compressed;
# frames with alloca, realigned stacks, vectors of 64 bytes; assembly with CFI and without.  Every answer agrees with
# llvm-symbolizer and readelf, and what each sort is there for is really in the program.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objdump readelf llvm-symbolizer
[ "$("$CC" -dumpmachine | cut -d- -f1)" = x86_64 ] || skip_all 'the assembly is for x86-64'
cp "$tap_src/t/data/whole/unit.c" "$tap_src/t/data/whole/cxx.cc" .
echo 'int other (char *p, int v) { return p ? v + *p : v; } int main (void) { return 0; }' >main.c
# As OpenSSL's: CFI by hand, the CFA by an expression while a register saves SP; a local function; data in the text; and
# without CFI, without size or type.
cat >hand.s <<'X'
  .text
  .globl by_hand
  .type by_hand, @function
  .align 32
by_hand:
  .cfi_startproc
  movq %rsp, %rax
  .cfi_def_cfa_register %rax
  pushq %rbx
  .cfi_offset %rbx, -16
  pushq %rbp
  .cfi_offset %rbp, -24
  subq $0x88, %rsp
  andq $-64, %rsp
  movq %rax, 0x78(%rsp)
  .cfi_escape 0x0f, 0x06, 0x77, 0xf8, 0x00, 0x06, 0x23, 0x08
  call inner
  movq 0x78(%rsp), %rsi
  .cfi_def_cfa %rsi, 8
  movq -16(%rsi), %rbp
  .cfi_restore %rbp
  movq -8(%rsi), %rbx
  .cfi_restore %rbx
  leaq (%rsi), %rsp
  .cfi_def_cfa_register %rsp
  ret
  .cfi_endproc
  .size by_hand, . - by_hand
  .type inner, @function
  .align 16
inner:
  .cfi_startproc
  subq $24, %rsp
  .cfi_adjust_cfa_offset 24
  .cfi_remember_state
  testl %edi, %edi
  jz 1f
  addq $24, %rsp
  .cfi_adjust_cfa_offset -24
  ret
1:.cfi_restore_state
  addq $24, %rsp
  .cfi_adjust_cfa_offset -24
  ret
  .cfi_endproc
  .size inner, . - inner
  .globl no_cfi
  .type no_cfi, @function
no_cfi:
  pushq %rbx
  call inner
  popq %rbx
  ret
  .size no_cfi, . - no_cfi
  .globl signal_frame
  .type signal_frame, @function
  .cfi_startproc
  .cfi_signal_frame
  nop
signal_frame:
  movl $15, %eax
  syscall
  .cfi_endproc
  .size signal_frame, . - signal_frame
  .section .note.GNU-stack, "", @progbits
X
as hand.s -o hand.o

# unit NAME COMPILER FLAGS...: one of the program's units, if that compiler is there.
objects=
keep=-Wl,--gc-sections,-u,cxx,-u,by_hand,-u,no_cfi
sorts=0
unit () {
  local name=$1
  shift
  have "$1" || { diag "$name: $1 is not installed"; return; }
  "$@" -DUNIT="$name" -c unit.c -o "$name.o" 2>err || { diag "$name: $(head -n 1 err)"; return; }
  objects="$objects $name.o"
  keep=$keep,-u,${name}_plain
  sorts=$((sorts + 1))
}
unit g gcc -O2 -g
unit g1 gcc -O2 -g1
unit none gcc -O2
unit dwarf4 gcc -O1 -gdwarf-4
unit dwarf2 gcc -O2 -gdwarf-2 -gstrict-dwarf
unit wide gcc -O2 -gdwarf64
unit zlib gcc -O2 -g -gz=zlib
unit missing gcc -O2 -gdwarf-4 -gsplit-dwarf && rm -f missing.dwo
unit o0 gcc -O0 -g
unit o3 gcc -O3 -g -mavx512f -mprefer-vector-width=512
unit fp gcc -O2 -g -fno-omit-frame-pointer
unit fpnone gcc -O2 -fno-omit-frame-pointer -mavx512f
unit ff gcc -Os -g -ffunction-sections
unit llvm clang -O2 -g
unit llvm4 clang -O1 -gdwarf-4 -gline-tables-only
unit llvmnone clang -O3 -mavx512f
unit llvm0 clang -O0 -g -fno-omit-frame-pointer
g++ -O2 -g -c cxx.cc -o cxx1.o && objects="$objects cxx1.o"
"$CC" -O1 -c main.c

for mode in '' "-no-pie $keep" -static; do
  # shellcheck disable=SC2086
  run g++ $mode main.o $objects hand.o -o prog $flags,-plugin-opt=stats
  mode=${mode%%,-u*}
  is "$status $(printf '%s\n' "$out" | wc -l)" '0 1' "$sorts sorts of units, $mode: links"
  diag "$out"
  placed prog && ./prog
  ok $? "$mode: runs, and the table is in its place"
  run perl "$tap_src/t/oracle/lookup.pl" --dump="$pctab_dump" --sample=1000000 --addr2line=200 prog
  ok "$status" "$mode: all answers agree"
  diag "$out"
done

# What the sorts are there for.  --static is the last one linked.
g++ main.o $objects hand.o -o prog $flags
"$pctab_dump" --json prog >json
# about WHAT PATTERN FUNCTION: its line of --json.
about () {
  like "$(grep "\"name\":\"$3\"" json)" "$2" "$3: $1"
}
# at WHAT PATTERN FUNCTION OFFSET: the lookup at an offset into it.
at () {
  run "$pctab_dump" --lookup prog "$(printf '%#x' $((0x$(nm prog | sed -n "s/ [Tt] $3\$//p") + $4)))"
  like "$out" "$2" "$3+$4: $1"
}
for name in g o3 none; do
  about 'the largest SP delta is unbounded' '"maxspdelta":"?(unbounded|null)' ${name}_alloca
  about 'the largest SP delta is a number' '"maxspdelta":[0-9]+' ${name}_many
done
about 'the largest SP delta is unknown where the CFA counts from the frame pointer' '"maxspdelta":null' fp_many
about 'has lines' '"lines":true' g_plain
about 'has inlined calls' '"inlined":[1-9]' g_plain
about 'has lines' '"lines":true' g1_plain
about 'has lines' '"lines":true' llvm4_plain
about 'has no lines' '"lines":false' none_plain
about 'has a frame' '"framed":true' none_plain
at 'a caller by name alone' '"frames":\[\{"func":"none_plain","file":null,"line":0\}\]' none_plain 4
grep -q 'zmm' <(objdump -d prog)
ok $? 'vectors of 64 bytes are used'
readelf -wF prog 2>/dev/null | grep -q ' exp '
ok $? 'readelf shows a CFA by an expression'
at 'the CFA counts from another register while SP is moved' '"cfa":(null|\{"base":"(expr|fp)")' by_hand 4
at 'the CFA is an expression in the realigned frame' '"cfa":\{"base":"expr"' by_hand 26
at 'the return address is known there' '"ra":\{"saved":-8\}' by_hand 26
at 'the CFA counts from SP' '"cfa":\{"base":"sp","offset":32\}' inner 4
at 'without CFI the name is known' '"func":"no_cfi"' no_cfi 1
at 'without CFI the frame is not' '"cfa":null,"ra":null' no_cfi 1
about 'is a signal frame' '"signal":true' signal_frame
run "$pctab_dump" --lookup prog "0x$(readelf -SW prog | sed -n 's/.* \.plt  *PROGBITS  *\([0-9a-f]*\) .*/\1/p')"
like "$out" '"func":null,"entry":null,"frames":\[\]' 'a PC in the PLT: nothing known'

# What can't be expressed is an explicit "unknown", and counted; names at one address: global before weak before local.
cat >odd.s <<'X'
  .text
  .globl zz_global
  .weak aa_weak, ww_weak
  .type zz_global, @function
  .type aa_weak, @function
  .type ww_weak, @function
  .type aa_local, @function
  .type ll_local, @function
aa_local:
aa_weak:
zz_global:
  .cfi_startproc
  nop
  .cfi_escape 0x0f, 0x03, 0x77, 0x08, 0x1f # CFA: the negative of rsp + 8
  nop
  .cfi_def_cfa %rsp, 24
  nop
  .cfi_endproc
  .size zz_global, . - zz_global
  .size aa_weak, . - aa_weak
  .size aa_local, . - aa_local
ll_local:
ww_weak:
  nop
  .size ww_weak, . - ww_weak
  .size ll_local, . - ll_local
  .section .note.GNU-stack, "", @progbits
X
as odd.s -o odd.o
run gcc main.o odd.o -o prog $flags,-plugin-opt=stats
like "$out" 'cfi unknown 1,' 'an expression that no table can hold: --stats counts it'
"$pctab_dump" --json prog >json
like "$(cat json)" '"unknown_cfa_rows":1,' 'pctab-dump counts it'
at 'known before it' '"cfa":\{"base":"sp","offset":8\}' zz_global 0
at 'unknown there' '"func":"zz_global".*"cfa":null,.*"spdelta":null' zz_global 1
at 'known behind it' '"cfa":\{"base":"sp","offset":24\}' zz_global 2
is "$(grep -c '"name":"aa_' json)" 0 'a global name goes before a weak and a local one'
run "$pctab_dump" --lookup prog "$(printf '%#x' $((0x$(nm prog | sed -n 's/ W ww_weak$//p'))))"
like "$out" '"func":"ww_weak"' 'a weak name goes before a local one'

# llvm-symbolizer 14 does not read DW_AT_ranges in .dwo files: those are held against the same unit with its debug
# information in the object.
for v in 4 5; do
  unit split gcc -O2 -gdwarf-$v -gsplit-dwarf && gcc main.o split.o g1.o -o split $flags
  mv split.dwo found.dwo
  gcc main.o split.o g1.o -o lost $flags
  unit split gcc -O2 -gdwarf-$v && gcc main.o split.o g1.o -o inside $flags
  objdump -d inside | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' >pcs
  for file in split lost inside; do "$pctab_dump" --lookup $file <pcs >answers.$file; done
  cmp answers.split answers.inside && [ "$(grep -c '},{.*"file":"' answers.split)" -gt 30 ]
  ok $? "DWARF $v, a .dwo file that is there: the answers of the unit without, at $(wc -l <pcs) PCs"
  sed 's/"frames":.*\],//' answers.split >want
  sed 's/"frames":.*\],//' answers.lost >got
  cmp want got && ! cmp -s answers.lost answers.split
  ok $? "DWARF $v, a .dwo file that is not there: the same names and frames"
done
done_testing
