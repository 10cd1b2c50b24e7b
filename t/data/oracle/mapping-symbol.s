# SPDX-License-Identifier: GPL-3.0-or-later
# target: riscv64-linux-gnu
# $x and an ISA string say that instructions begin here (riscv-elf-psabi, "Mapping Symbol"); they name no function.  LLVM
# prefers neither of two symbols without a size.
#= 0 first
#= 4 first
#! 0 \$x.*
#r symbol 0 0 FUNC LOCAL first
#r symbol 0 0 NOTYPE LOCAL \$x.*
	.text
	.type	first, %function
first:	nop
	nop
	nop
	nop
	.globl	next
	.type	next, %function
next:	nop
	nop
	.size	next, .-next
	.section .note.GNU-stack,"",%progbits
