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

# A long function: 95 KiB, 3000 rows.
	.type	pages, @function
pages:	.cfi_startproc
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

# 600 values, rows far apart, pads.
	.macro	value
	.type	value\@, @function
value\@:
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
	.fill	\@ % 20, 1, 0xcc
	.endm
	.rept	300
	value
	.endr

# A function that crosses into a page, one that ends with one, one that is as long as one but 16 bytes.
	.balign	65536
	.fill	60000, 1, 0xcc
	.type	crossing, @function
crossing:
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
	.section .note.GNU-stack, "", @progbits
