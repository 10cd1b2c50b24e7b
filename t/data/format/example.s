# SPDX-License-Identifier: GPL-3.0-or-later
# The program of symtab/FORMAT's worked example: two functions with frames, a gap between them, one without.
	.text
	.globl	_start
	.type	_start, @function
_start:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	call	work
	hlt
	.cfi_endproc
	.size	_start, . - _start

	.p2align 5
	.type	work, @function
work:
	.cfi_startproc
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	pushq	%rbx
	.cfi_def_cfa_offset 24
	call	bare
	popq	%rbx
	.cfi_def_cfa_offset 16
	popq	%rbp
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size	work, . - work

	.type	bare, @function
bare:
	ret
	.size	bare, . - bare
	.section .note.GNU-stack,"",@progbits
