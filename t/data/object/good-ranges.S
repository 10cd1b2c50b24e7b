/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All of <pctab/asm.h>.  The labels say where each range has to be.  */
#include <pctab/asm.h>
	.text
	nop

	/* Entry, an unsafe range, restart ranges that touch, an unsafe range in one and across its end.  */
	.globl	ranges
PCTAB_FUNCTION ranges
ranges_b:
PCTAB_NOPREEMPT
PCTAB_WRITES_SP
entry_b:
	nop
	nop
entry_e:
PCTAB_RESTART_AT_ENTRY
	nop
unsafe1_b:
PCTAB_UNSAFE_BEGIN
	nop
	nop
PCTAB_UNSAFE_END
unsafe1_e:
	nop
restart1_b:
PCTAB_RESTART_BEGIN
	nop
PCTAB_RESTART_END
restart1_e:
restart2_b:
PCTAB_RESTART_BEGIN
	nop
unsafe2_b:
PCTAB_UNSAFE_BEGIN
	nop
PCTAB_UNSAFE_END
unsafe2_e:
PCTAB_RESTART_END
restart2_e:
	nop
restart3_b:
PCTAB_RESTART_BEGIN
	nop
unsafe3_b:
PCTAB_UNSAFE_BEGIN
	nop
PCTAB_RESTART_END
restart3_e:
	nop
PCTAB_UNSAFE_END
unsafe3_e:
	nop
ranges_e:
PCTAB_FUNCTION_END

	nop

	/* No end marks.  */
PCTAB_FUNCTION open_ended
PCTAB_PREEMPT
open_ended_b:
	nop
unsafe4_b:
PCTAB_UNSAFE_BEGIN
	nop
restart4_b:
PCTAB_RESTART_BEGIN
	nop
unsafe4_e:
restart4_e:
open_ended_e:
PCTAB_FUNCTION_END

	/* Frames of its own.  */
PCTAB_FUNCTION framed, nocfi
PCTAB_TOP_FRAME
framed_b:
frame_b:
	nop
row1_b:
PCTAB_FRAME 32, ra=-8, fp=-16
	nop
	nop
unsafe5_b:
PCTAB_UNSAFE_BEGIN
row2_b:
PCTAB_FRAME 48, fp=-24, base=fp
	nop
row3_b:
PCTAB_FRAME 16
	nop
PCTAB_UNSAFE_END
unsafe5_e:
	nop
frame_e:
framed_e:
PCTAB_FUNCTION_END

	/* In another section, in a function of one's own.  */
	.section .text.other,"ax",%progbits
	.type	other, %function
other:
unsafe6_b:
PCTAB_UNSAFE_BEGIN
	nop
PCTAB_UNSAFE_END
unsafe6_e:
	nop
	.size	other, . - other

	.section .text.group,"axG",%progbits,group,comdat
	.weak	group
PCTAB_FUNCTION group
group_b:
	nop
restart5_b:
PCTAB_RESTART_BEGIN
	nop
restart5_e:
PCTAB_RESTART_END
	nop
group_e:
PCTAB_FUNCTION_END
	.section .note.GNU-stack,"",%progbits
