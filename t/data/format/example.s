# SPDX-License-Identifier: GPL-3.0-or-later
# The program of symtab/FORMAT's worked example: two functions with frames, a gap between them, one without.  The first
# may not be preempted; in the second two instructions are unsafe, and table 2, named "depth", has values.
	.text
	.globl	_start
	.type	_start, @function
_start:	.Lstart:
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	call	work
	hlt
.Lstart_end:	.cfi_endproc
	.size	_start, . - _start

	.p2align 5
	.type	work, @function
work:	.Lwork:
	.cfi_startproc
	pushq	%rbp
.Lpushed:	.cfi_def_cfa_offset 16
	.cfi_offset 6, -16
	pushq	%rbx
	.cfi_def_cfa_offset 24
	call	bare
.Lcalled:	popq	%rbx
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

# Records: OBJECT-FORMAT.
	.macro	record kind, words, at
	.reloc	\at, BFD_RELOC_NONE, .Lrecord\@
.Lrecord\@:
	.byte	1, \kind, 8, 0
	.4byte	\words
	.8byte	\at
	.endm
	.section .pcdata, "o", @progbits, .Lstart
	record	4, 24, .Lstart
	.4byte	.Lstart_end - .Lstart, 1 + 8
	record	2, 24, .Lpushed
	.4byte	.Lcalled - .Lpushed, -2
	record	5, 26, .Lwork
	.4byte	2
	.asciz	"depth"
	record	1, 36, .Lwork
	.4byte	2
	.4byte	.Lpushed - .Lwork, 300
	.4byte	.Lcalled - .Lpushed, 7
	.section .note.GNU-stack,"",@progbits
