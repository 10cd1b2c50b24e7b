# SPDX-License-Identifier: GPL-3.0-or-later
# One of each kind of record, and several of one function, for t/fuzz/fuzz_records.c to damage.
	.include "records.inc"
	.file "fuzz.s"
	.text
	.file 1 "unit.c"
	.irp f,one,two,three,four
	function \f
	.loc 1 10
	.cfi_startproc
.L\f:	nop; nop; nop; nop
	.loc 1 11
	.cfi_def_cfa_offset 24
.L\f\()4: nop; nop; nop; nop
	.cfi_def_cfa_offset 8
.L\f\()8: .skip 8,0x90
.L\f\()16: .skip 24,0x90
	.cfi_endproc
.L\f\()_end:
	.size \f,.-\f
	.endr
	.irp f,one,three
	record 16 .L\f section=.pcsp
	.4byte .L\f\()16-.L\f,0
	row 0 1 0 1 0 0 0 0 0 8 0 -8 0
	row 1 2 0 1 0 1 0 0 0 16 0 -8 -16
	row 1 3 7 4 3 2 5 0 0 40 0 8 -24
	row 0 4 9 2 16 3 12 0 0 -16 32 0 0
	row 1 5 6 3 0 4 0 7 8 8 4 0 0
	end
	record 32 .L\f\()4 section=.pcln
	.4byte 12, 8f-7f, 3
7:	.asciz "other.c", "outer", "inner", "decl.h"
8:	.4byte 0,2,4,5,1,101, 1,3,4,6,1,103, 0,3,4,6,1,102
	.4byte 0,0,1,1, 1,1,1,2, 1,2,4,3, 3,3,0,9, 1,0,1,5
	end
	mark .L\f .L\f\()4 -3
	mark .L\f\()4 .L\f\()8 -3
	mark .L\f\()8 .L\f\()16 -5
	flags .L\f .L\f\()_end 14
	.endr
	.irp f,two,four
	record 16 .L\f\()8 section=.pcsp
	.4byte 8,1
	row 0 1 0 1 0 0 0 0 0 8 0 -8 0
	end
	record 32 .L\f section=.pcln
	.4byte 40, 8, 0
	.asciz "again.c"
	.4byte 0,0,1,7, 8,0,1,8, 8,0,0,0, 8,0,1,9
	end
	record 1 .L\f
	.4byte 3, 4,7, 0,9, 2,-1, 10,-2147483648
	end
	record 1 .L\f
	.4byte 0, 3,-2, 5,-3, 4,-4, 4,-5
	end
	point .L\f\()16 1 7
	point .L\f\()_end 2 7
	name .L\f 3 "table"
	.endr
