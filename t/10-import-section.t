#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each kind of record (OBJECT-FORMAT) arrives in the model, in the place of what was imported from CFI and DWARF.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as ld objcopy
printer=$tap_build/t/tool/model_print
[ "$(uname -m)" = x86_64 ] || skip_all 'the cases are amd64 assembly'
compared=0

# build NAME [LD-OPTION...]: NAME.s, which includes records.inc, as a program at 0x401000.
build () {
  local name=$1
  shift
  as --64 -I "$tap_src/t/data/section" -o "$name.o" "$name.s" \
    && ld -e 0 -Ttext=0x401000 --build-id=none "$@" -o "$name" "$name.o" || exit 99
}

# same WHAT FILE WANT WHAT-IT-IS: model_print's lines.
same () {
  is "$("$printer" "$1" "$2" 2>&1)" "$3" "$4"
  compared=$((compared + $(printf '%s\n' "$3" | wc -l)))
}

cat >frames.s <<'S'
	.include "records.inc"
	.text
	function one
	.cfi_startproc
	.fill 4,1,0x90
.Lone:	.fill 4,1,0x90
.Lone4:	.fill 8,1,0x90
	.cfi_endproc
	function two
	.cfi_startproc
	.fill 4,1,0x90
	.cfi_def_cfa_offset 16
	.fill 4,1,0x90
	.cfi_endproc
.Ltwo:
	function three
.Lthree: .fill 8,1,0x90
.Lend:
	record 16 .Lone section=.pcsp
	.4byte .Lone4-.Lone,1
	row 0 1 0 1 0 0 0 0 0 24 0 -8 0
	row 1 2 0 1 0 1 0 0 0 16 0 -8 -16
	row 1 3 7 4 3 2 5 0 0 40 0 8 -24
	row 0 4 9 2 16 3 12 0 0 -16 32 0 0
	row 1 5 6 3 0 4 0 7 8 8 4 0 0
	row 1 0 0 0 0 0 0 0 0 0 0 0 0
	end
	record 16 .Lthree section=.pcsp
	.4byte .Lend-.Lthree,0
	row 0 1 0 1 0 0 0 0 0 8 0 -8 0
	row 2 1 0 1 0 0 0 0 0 8 0 -8 0
	end
	record 16 .Lend section=.pcsp
	.4byte 0,0
	row 0 1 0 1 0 0 0 0 0 8 0 -8 0
	end
S
build frames
same frames frames 'frame 401000 401004
401000 sp+8 c-8 s
frame 401004 401008 signal
401004 sp+24 c-8 s
401005 fp+16 c-8 c-16
401006 *(r9-16)+32 r16 r12
401007 *(r6+r7*8+8)+4 u ?
frame 401008 401010
401008 sp+8 c-8 s
frame 401010 401018
401010 sp+8 c-8 s
401014 sp+16 c-8 s
frame 401018 401020
401018 sp+8 c-8 s' \
  'frames: every kind of CFA, return address and frame pointer; a part of an imported one, one where none was'

cat >marks.s <<'S'
	.include "records.inc"
	.macro code name
	function \name
	.cfi_startproc
.L\name:	.fill 2,1,0x90
.L\name\()2: .fill 2,1,0x90
.L\name\()4: .fill 4,1,0x90
.L\name\()8: .fill 4,1,0x90
.L\name\()12: .fill 4,1,0x90
.L\name\()_end:
	.cfi_endproc
	.endm
	.text
	code values
	code marks
	code points
	code flag
	code plain
	record 1 .Lvalues
	.4byte 1, 4,7, 0,9, 2,-1, 10,-2147483648
	end
	record 1 .Lvalues
	.4byte 0, 3,-2, 5,-3, 4,-4, 4,-5
	end
	record 1 .Lvalues
	.4byte 4294967295
	end
	mark .Lmarks .Lmarks4 -3
	mark .Lmarks4 .Lmarks8 -3
	mark .Lmarks8 .Lmarks12 -5
	mark .Lmarks12 .Lmarks_end -2
	point .Lpoints2 1 77
	point .Lpoints_end 2 77
	flags .Lflag .Lplain 31-16
	name .Lmarks 9 "my table"
	name .Lplain 9 "my table"
	name .Lmarks 1 "pérdu"
S
build marks
same marks marks 'mark 401000 401004 7 table 1
mark 401004 401006 -1 table 1
mark 401006 401010 -2147483648 table 1
mark 401000 401003 -2 table 0
mark 401003 401008 -3 table 0
mark 401008 40100c -4 table 0
mark 40100c 401010 -5 table 0
mark 401010 401014 -3 table 0 single
mark 401014 401018 -3 table 0 single
mark 401018 40101c -5 table 0 single
mark 40101c 401020 -2 table 0 single
point 401022 begin 77
point 401030 end 77
table 1 pérdu
table 9 my table' 'values, marks, points and names of tables'
same frames marks 'frame 401000 401010 marked
401000 sp+8 c-8 s
frame 401010 401020 marked
401010 sp+8 c-8 s
frame 401020 401030 marked
401020 sp+8 c-8 s
frame 401030 401040 top spwrite asm nopreempt=3 marked
401030 sp+8 c-8 s
frame 401040 401050
401040 sp+8 c-8 s' 'flags of a function; who has a mark'

cat >ranges.s <<'S'
	.include "records.inc"
	.text
	.irp f,a,b,c,d,e
	function \f
	.cfi_startproc
.L\f:	nop
.L\f\()1: .fill 3,1,0x90
	.cfi_endproc
	.endr
.Lend:
	flags .La1 .Lb1 16
	flags .Lc .Lend 8
	flags .Ld .Ld 0
	flags .Ld .Le 4
	.section .text.pctab.unsafe,"ax",%progbits
	.irp f,u,v
	function \f
	.cfi_startproc
	.fill 4,1,0x90
	.cfi_endproc
	.endr
	.section .text.pctab.nopreempt,"ax",%progbits
	function w
	.cfi_startproc
	.fill 4,1,0x90
	.cfi_endproc
	.section .text.pctab.preempt,"ax",%progbits
	function x
	.cfi_startproc
	.fill 4,1,0x90
	.cfi_endproc
S
cat >ranges.ld <<'S'
SECTIONS
{
  . = 0x401000;
  .text : { *(.text) }
  .text.pctab.unsafe : { *(.text.pctab.unsafe) }
  .text.pctab.nopreempt : { *(.text.pctab.nopreempt) }
  .text.pctab.preempt : { *(.text.pctab.preempt) }
}
S
build ranges -T ranges.ld
frames=$("$printer" frames ranges | grep frame)
is "$frames" 'frame 401000 401004 preempt marked
frame 401004 401008 preempt marked
frame 401008 40100c asm marked
frame 40100c 401010 spwrite asm marked
frame 401010 401014 asm marked
frame 401014 401018 marked
frame 401018 40101c marked
frame 40101c 401020 nopreempt=3 marked
frame 401020 401024 preempt marked' 'flags of several functions; sections of code that are marked as a whole'
same marks ranges 'mark 401014 401018 -2 table 0 made
mark 401018 40101c -2 table 0 made' 'unsafe sections: a mark for each function'

# Lines: what DWARF says of f, h and j, and records for the second half of f, all of g and h.
cat >lines.s <<'S'
	.include "records.inc"
	.file "unit.c"
	.text
	.file 1 "unit.c"
	.irp f,f,g,h,j
	function \f
	.loc 1 10
	.cfi_startproc
.L\f:	nop; nop; nop; nop
	.loc 1 11
.L\f\()4: nop; nop; nop; nop
	.cfi_endproc
	.size \f,.-\f
	.endr
	record 32 .Lf4 section=.pcln
	.4byte 4, 8f-7f, 0
7:	.asciz "new.c"
8:	.4byte 0,0,1,40, 2,0,1,41
	end
	record 32 .Lg section=.pcln
	.4byte 8, 8f-7f, 4
7:	.asciz "other.c", "", "outer", "inner", "sister", "decl.h"
# Calls: 1 outer, 2 sister, 3 inner in outer, 4 inner in inner.
8:	.4byte 0,3,6,5,1,101
	.4byte 0,5,6,6,1,102
	.4byte 1,4,6,7,1,103
	.4byte 3,4,6,7,2,0
	.4byte 0,0,1,1, 1,1,1,2, 1,3,6,3, 0,4,0,9, 2,2,6,4, 1,0,1,5, 2,0,1,5, 1,0,1,6
	end
	record 32 .Lh section=.pcln
	.4byte 8, 0, 0
	.4byte 0,0,0,0
	end
S
as --64 -gdwarf-5 --debug-prefix-map="$PWD"=/src -I "$tap_src/t/data/section" -o lines.o lines.s \
  && ld -e 0 -Ttext=0x401000 --build-id=none -o lines lines.o || exit 99
same lines lines "$(sed 's/^ *//' <<'W'
sequence 401000 401004
line 401000 /src/unit.c:10
sequence 401018 401020
line 401018 /src/unit.c:10
line 40101c /src/unit.c:11
sequence 401004 401008
line 401004 new.c:40
line 401006 new.c:41
sequence 401008 401010
line 401008 other.c:1
line 401009 other.c:2
line 40100a ?:0
line 40100c decl.h:4
line 40100d other.c:5
sequence 401010 401018
line 401010 ?:0
range 401000 401008 f
range 401008 401010 g
range 401010 401018 h
range 401018 401020 j
range 401004 401008 f
range 401008 401010 g
range 401009 40100a outer in g at other.c:101
range 40100a 40100c inner in inner at :0 in outer at other.c:103 in g at other.c:101
range 40100c 40100d sister in g at other.c:102
range 401010 401018 h
W
)" 'lines and calls in the place of those of the debug information'
objcopy --remove-section .pcln lines plain
like "$("$printer" lines plain)" '^line 40100c /src/unit.c:11' 'which are there without the records'

succeeds 'require=lines is content with records' sh -c '
  ld -e f -Ttext=0x401000 -o alone '"$tmp/lines.o"' -S -T "$0" -plugin "$1" -plugin-opt=require=lines' "$pctab_ld" "$pctab_so"
diag "$compared lines compared"
done_testing
