# SPDX-License-Identifier: GPL-3.0-or-later
# The PC lies in [outer, outer + 32) by outer's size; LLVM takes the label, which is no function: no type, no size.
#= 0 outer
#= 16 outer
#! 16 inner_label
#r symbol 0 32 FUNC GLOBAL outer
#r symbol 16 0 NOTYPE LOCAL inner_label
#r frame 0..32
	.text
	.globl	outer
	.type	outer, %function
outer:	.cfi_startproc
	.skip	16, 0x90
inner_label:
	.skip	16, 0x90
	.cfi_endproc
	.size	outer, .-outer
	.globl	next
	.type	next, %function
next:	.cfi_startproc
	.skip	16, 0x90
	.cfi_endproc
	.size	next, .-next
	.section .note.GNU-stack,"",%progbits
