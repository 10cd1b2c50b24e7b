# SPDX-License-Identifier: GPL-3.0-or-later
# What compilers seldom make: functions over pages, rows beyond a pair of lists, more than 256 values, CFA expressions,
# pads, code far away, a function without lines in its middle.  See 20-build-stranger.t.
	.text
	.globl	torture
	.type	torture, @function
torture:
	.cfi_startproc
	ret
	.cfi_endproc
	.size	torture, .-torture

# 8 bytes of code, LEN times.
	.macro	code len
	.fill	\len, 8, 0x841f0f
	.endm

# Records of OBJECT-FORMAT: their head; flags of a function; one restart range.
	.macro	head kind, len, at
	.byte	1, \kind, 8, 0
	.4byte	\len
	.8byte	\at
	.endm
	.macro	function at, len, flags
	head 4, 24, \at
	.4byte	\len, \flags
	.endm
	.macro	restart at, len
	head 2, 24, \at
	.4byte	\len, -3
	.endm

# A long function: 95 KiB, 3000 rows.
	.type	pages, @function
pages:	.cfi_startproc
.Lpages:
	.rept	1500
	push	%rax
	.cfi_adjust_cfa_offset 8
	code	5
	pop	%rax
	.cfi_adjust_cfa_offset -8
	code	2
	.byte	0x66, 0x90
	.endr
	ret
	.cfi_endproc
	.size	pages, .-pages

# More rows than lists hold, the last ones without SP.
	.type	rows, @function
rows:	.cfi_startproc
.Lrows:
	.rept	200
	push	%rax
	.cfi_adjust_cfa_offset 8
	.endr
	.cfi_def_cfa rbp, 16
	code	90
	.cfi_def_cfa rbp, 32
	code	90
	ret
	.cfi_endproc
	.size	rows, .-rows

# Each kind of rule.
	.type	shapes, @function
shapes:	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa rsp, 8
	.cfi_offset rip, -8
	nop
	.cfi_register rip, rax
	nop
	.cfi_escape 0x0f, 3, 0x77, 8, 6		# *(rsp + 8)
	nop
	.cfi_def_cfa rbx, 8
	nop
	.cfi_def_cfa rsp, 8
	.cfi_register rbp, r12
	nop
	.cfi_undefined rbp
	nop
	.cfi_undefined rip
	ret
	.cfi_endproc
	.size	shapes, .-shapes

# 600 values, rows far apart, pads; every third function has flags.
	.set	v, 0
	.macro	value
	.type	value\@, @function
value\@:
.Lvalue\@:
	.cfi_startproc
	.fill	3, 1, 0x90
	.cfi_def_cfa_offset 8*\@+800000
	code	40
	.cfi_def_cfa_offset 8*\@+900000
	code	40
	.cfi_def_cfa_offset 4
	.fill	3, 1, 0x90
	.cfi_endproc
	.size	value\@, .-value\@
.Lvalue_end\@:
	.fill	\@ % 20, 1, 0xcc
	.set	v, v + 1
	.if	v % 3 == 0
	.pushsection .pcdata, "o", @progbits, .Lpages
	function .Lvalue\@, .Lvalue_end\@-.Lvalue\@, 1+4*(v%2)
	.popsection
	.endif
	.endm
	.rept	300
	value
	.endr

# A function that crosses into a page, one that ends with one, one that is as long as one but 16 bytes.
	.balign	65536
	.fill	60000, 1, 0xcc
	.type	crossing, @function
crossing:
.Lcrossing:
	.cfi_startproc
	.fill	5, 1, 0x90
	.cfi_def_cfa_offset 24
	code	1125
	.cfi_def_cfa_offset 8
	ret
	.cfi_endproc
	.size	crossing, .-crossing
	.balign	65536
	.type	last, @function
last:	.cfi_startproc
	code	8189
	.fill	7, 1, 0x90
	.cfi_endproc
	.size	last, .-last
	.balign	65536
	.type	whole, @function
whole:	.cfi_startproc
	code	8190
	.cfi_endproc
	.size	whole, .-whole
	.type	bare, @function
bare:	nop
	ret
	.size	bare, .-bare
	.balign	65536, 0xcc

# Ranges of their own; the second one ends with its page.
	.section .far, "ax", @progbits
	.type	far, @function
far:	.cfi_startproc
.Lfar:
	ret
	.cfi_def_cfa_offset 80
	code	8195
	ret
	.cfi_endproc
	.size	far, .-far
label:	nop
	nop
	.section .farther, "ax", @progbits
	.type	farther, @function
farther:
	.cfi_startproc
	code	8191
	.fill	7, 1, 0x90
	ret
	.cfi_endproc
	.size	farther, .-farther

# A function whose middle has no lines: other files' code, without and with debug information.
	.section .span, "ax", @progbits
	.type	span, @function
span:	nop
	nop
	.size	span, 8

# Of the long function: 4000 values of four bytes, so in blocks; restart ranges side by side, some 300 in one page.  Of
# others: values of one and two bytes, far offsets alone, -1 between; flags, over pages too.
	.section .pcdata, "o", @progbits, .Lpages
	head 1, 20+8*4000, .Lpages
	.4byte	5
	.set	n, 0
	.rept	4000
	.set	n, n + 1
	.4byte	20, n * 7919 % 100003 - 50000
	.endr
	.set	n, 0
	.rept	300
	restart .Lpages+60*n+1, 20
	restart .Lpages+60*n+21, 20
	.set	n, n + 1
	.endr
	head 1, 20+8*5, .Lcrossing
	.4byte	1
	.4byte	2000, 5, 1000, -1, 3000, 6, 2, 127, 1, -128
	head 1, 20+8*60, .Lrows
	.4byte	5
	.set	n, 0
	.rept	60
	.set	n, n + 1
	.4byte	1 + n / 20, n % 2 * 1000 - 1
	.endr
	function .Lpages, 90001, 1+8
	function .Lcrossing, 9006, 4+8
	.macro	name table, text
	head 5, 20+.Lname_end\@-.Lname\@, .Lpages
	.4byte	\table
.Lname\@:
	.asciz	"\text"
.Lname_end\@:
	.endm
	name	5, "five"
	name	7, "nothing says anything in it"
	.section .pcdata, "o", @progbits, .Lfar
	head 1, 20+8*2, .Lfar
	.4byte	4000000000
	.4byte	1, 1, 65560, 2
	function .Lfar, 65562, 1+4+8
	.section .note.GNU-stack, "", @progbits
