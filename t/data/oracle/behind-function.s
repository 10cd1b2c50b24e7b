# SPDX-License-Identifier: GPL-3.0-or-later
# Bytes 24 to 31 are padding: outer ends at 24 by its size and its frame.  So are 40 to 47: bare has no size, but its
# frame ends at 40.  LLVM lets a symbol without a size reach up to the next symbol.
#= 20 outer
#= 24 -
#! 24 inner_label
#= 39 bare
#= 40 -
#! 40 bare
#= 48 next
#r symbol 0 24 FUNC GLOBAL outer
#r symbol 16 0 NOTYPE LOCAL inner_label
#r symbol 32 0 FUNC GLOBAL bare
#r frame 0..24
#r frame 32..40
	.text
	.globl	outer
	.type	outer, %function
outer:	.cfi_startproc
	.skip	16, 0x90
inner_label:
	.skip	8, 0x90
	.cfi_endproc
	.size	outer, .-outer
	.skip	8, 0x90
	.globl	bare
	.type	bare, %function
bare:	.cfi_startproc
	.skip	8, 0x90
	.cfi_endproc
	.skip	8, 0x90
	.globl	next
	.type	next, %function
next:	.cfi_startproc
	.skip	16, 0x90
	.cfi_endproc
	.size	next, .-next
	.section .note.GNU-stack,"",%progbits
