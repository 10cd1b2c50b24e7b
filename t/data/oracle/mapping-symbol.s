// SPDX-License-Identifier: GPL-3.0-or-later
// target: aarch64-linux-gnu
// $x says that instructions begin here (AAELF64, "Mapping symbols"); it names no function.
//= 0 first
//= 16 second
//! 16 $x
//r symbol 16 0 FUNC LOCAL second
//r symbol 16 0 NOTYPE LOCAL \$x
	.text
	.globl	first
	.type	first, %function
first:	.cfi_startproc
	nop
	.cfi_endproc
	.size	first, .-first
	.word	0, 0, 0
	.type	second, %function
second:	nop
	nop
	.section .note.GNU-stack,"",%progbits
