#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Linker scripts of one's own: before, after, with PHDRS, without .bss; what lies behind or beside the table.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.s <<'X'
  .globl _start
_start:
X
case $("$CC" -dumpmachine) in
x86_64-*) printf '  mov $60,%%eax\n  xor %%edi,%%edi\n  syscall\n' >>a.s ;;
aarch64-*) printf '  mov x8, #93\n  mov x0, #0\n  svc #0\n' >>a.s ;;
*) skip_all 'no exit call written for this machine' ;;
esac
cat >>a.s <<'X'
  .data
  .quad 1
  .bss
  .skip 100
  .section .mine,"aw",%progbits
  .fill 9000,1,1
  .section .foo,"aw",%progbits
  .quad 5
  .section .readonly,"a",%progbits
  .quad 6
  .section .note.GNU-stack,"",%progbits
X
as a.s -o a.o
sed '/^  .bss/,/skip/d' a.s >nobss.s && as nobss.s -o nobss.o
# A table of more than a few pages.
awk 'BEGIN { for (i = 0; i < 4000; i++) printf ".type function_%d,%%function\nfunction_%d: .fill %d,1,0\n.size function_%d,%d\n", i, i, 4 + i % 5 * 4, i, 4 + i % 5 * 4
             print ".section .note.GNU-stack,\"\",%progbits" }' >many.s
as many.s -o many.o
plugin="-plugin $pctab_so"
script="-T $pctab_ld"

object=a.o
# links NAME ARGUMENTS...
links () {
  local name=$1
  shift
  succeeds "$name: links" ld "$object" -o prog "$@"
  placed prog && ./prog
  ok $? "$name: runs, and the table is in its place"
  diag "$facts"
}

# refused NAME PATTERN ARGUMENTS...
refused () {
  local name=$1 pattern=$2
  shift 2
  rm -f prog
  fails "$name" "$pattern" ld "$object" -o prog "$@"
  [ ! -e prog ]
  ok $? "$name: no output"
}

# shellcheck disable=SC2086
{
links 'the default script' $script $plugin
links 'another place of .bss' $script $plugin -Tbss=0x800000
links 'another place of .data' $script $plugin -Tdata=0x40e000
links 'another place of .text' $script $plugin -Ttext=0x10000000
links 'a section far behind' $script $plugin --section-start=.foo=0x10000000
links 'a section right before' $script $plugin --section-start=.foo=0x408000

ld --verbose | sed -n '/^====/,/^====/p' | sed '1d;$d' >whole.ld
links 'a whole script behind ours' $script $plugin -T whole.ld
refused 'a whole script before ours' '.stab not found for insert' -T whole.ld $script $plugin

echo 'SECTIONS { .mine ALIGN(4096) : { *(.mine) } } INSERT AFTER .bss;' >insert.ld
links 'an INSERT of one'"'"'s own behind ours' $script $plugin -T insert.ld
links 'an INSERT of one'"'"'s own before ours' -T insert.ld $script $plugin

cat >phdrs.ld <<'X'
PHDRS { headers PT_PHDR PHDRS; text PT_LOAD FILEHDR PHDRS; data PT_LOAD; }
SECTIONS
{
  . = 0x400000 + SIZEOF_HEADERS;
  .text : { *(.text*) *(.rodata*) *(.readonly) } :text
  . = ALIGN (0x1000);
  .data : { *(.data*) *(.mine) *(.foo) } :data
  .bss : { *(.bss*) } :data
}
X
refused 'PHDRS, ours before' '.stab not found for insert' $script $plugin -T phdrs.ld
refused 'PHDRS, without lines for the table' '.pctab: is not alone in its segment' $plugin -T phdrs.ld
# The lines to paste, from the manual page.
sed 's/\\-/-/g; s/\\&//g' "$tap_src/man/pctab-link.1" >page
grep -qxF '.pctab ALIGN (CONSTANT (MAXPAGESIZE)) + CONSTANT (MAXPAGESIZE) : { KEEP (*(.pctab)) }' page &&
  grep -qxF '.pctab ALIGN (CONSTANT (MAXPAGESIZE)) + CONSTANT (MAXPAGESIZE) : { KEEP (*(.pctab)) } :pctab' page &&
  grep -qF ' pctab PT_LOAD FLAGS (4); }' page
ok $? 'the lines pasted here are those of the manual page'
sed 's/data PT_LOAD; }/data PT_LOAD; pctab PT_LOAD FLAGS (4); }/
     s/^  .bss .*/&\n  .pctab ALIGN (CONSTANT (MAXPAGESIZE)) + CONSTANT (MAXPAGESIZE) : { KEEP (*(.pctab)) } :pctab/' phdrs.ld >pasted.ld
links 'PHDRS, with the lines pasted' $plugin -T pasted.ld
sed 's/ :pctab$/ :data/' pasted.ld >wrong.ld
refused 'PHDRS, pasted into the wrong segment' '.pctab: is not alone in its segment: .data lies there too' $plugin -T wrong.ld
sed 's/FLAGS (4)/FLAGS (6)/' pasted.ld >wrong.ld
refused 'PHDRS, pasted with a writable segment' '.pctab: its segment is writable, not read-only' $plugin -T wrong.ld

object=nobss.o
links 'the default script without .bss' $script $plugin
sed '/^PHDRS/d; /^  .bss/d; s/ :text$//; s/ :data$//' phdrs.ld >nobss.ld
refused 'no .bss, ours before' '.stab not found for insert' $script $plugin -T nobss.ld
sed 's/^  .data .*/&\n  .pctab ALIGN (CONSTANT (MAXPAGESIZE)) + CONSTANT (MAXPAGESIZE) : { KEEP (*(.pctab)) }/' nobss.ld >pasted.ld
links 'no .bss, with the lines pasted' $plugin -T pasted.ld
sed 's/ + CONSTANT (MAXPAGESIZE)//' pasted.ld >wrong.ld
refused 'no free page before it' '.pctab: is not alone in its segment: .* lies there too' $plugin -T wrong.ld
sed 's/KEEP (.*pctab))/*(.text.none)/; s/^}/  \/DISCARD\/ : { *(.pctab) }\n}/' pasted.ld >wrong.ld
fails 'a script that discards it' 'has no .pctab section: no placeholder was linked, or a linker script discards it' \
  ld a.o -o prog $plugin -T wrong.ld

object=a.o
echo 'SECTIONS { .mine ALIGN(4096) : { *(.mine) } } INSERT AFTER .pctab;' >behind.ld
refused 'a section on the next page' '.pctab: .mine at 0x[0-9a-f]+ is in the way of the table, which needs \[0x' \
  many.o $script $plugin -T behind.ld
refused '-N' '.pctab: its segment is aligned to 0x[0-9a-f]+ bytes, so it can.t be mapped' $script $plugin -N
links 'a large table' many.o $script $plugin
addr=$(printf '%s\n' "$facts" | sed -n 's/.* addr=\(0x[0-9a-f]*\).*/\1/p')
refused 'a large table, and a section two pages behind its start' '.pctab: .foo at 0x[0-9a-f]+ is in the way' \
  many.o $script $plugin --section-start=.foo="$(printf '%#x' $((addr + 0x2010)))"
links 'a large table, and a section a MiB behind its start' \
  many.o $script $plugin --section-start=.foo="$(printf '%#x' $((addr + 0x100010)))"
} 2>&1
done_testing
