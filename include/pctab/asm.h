/* SPDX-License-Identifier: MIT */
/* <pctab/asm.h>: assembly (.S files) says what its functions are, how their frames are laid out, where a thread must
 * not be stopped, and where it may be started again.
 *
 * Each macro stands on a line of its own.  What they write are records beside the code (OBJECT-FORMAT) for the linker
 * with pctab: no byte more in what a program loads, no instruction, and nothing that a linker without pctab would
 * mind.  In the object a mark takes some 230 bytes.  For the GNU assembler 2.35 and later and clang's, ELF; amd64,
 * 386, arm64, arm (Thumb too), riscv64, s390x, ppc64le, mips.
 *
 *   PCTAB_FUNCTION name          begins a function
 *   PCTAB_NOPREEMPT              ... it must not be preempted
 *   PCTAB_PREEMPT                ... it may be, where pctab would refuse by default
 *   PCTAB_TOP_FRAME              ... it has no caller
 *   PCTAB_WRITES_SP              ... it sets SP in ways that its frame rules don't say
 *   PCTAB_FRAME ...              the frame, from here on
 *   PCTAB_RESTART_AT_ENTRY       up to here a stopped thread begins the function anew
 *   PCTAB_UNSAFE_BEGIN           here a thread is not stopped,
 *   PCTAB_UNSAFE_END             up to here
 *   PCTAB_RESTART_BEGIN          here a stopped thread resumes
 *   PCTAB_RESTART_END            if it was stopped before this
 *   PCTAB_FUNCTION_END           ends the function, and what is still open in it
 *
 *           .text
 *           .globl  next_ticket
 *   PCTAB_FUNCTION next_ticket           # amd64
 *           movq    counter(%rip), %rdx
 *   PCTAB_RESTART_BEGIN
 *           movq    (%rdx), %rax
 *           addq    $1, %rax
 *           movq    %rax, (%rdx)
 *   PCTAB_RESTART_END
 *           ret
 *   PCTAB_FUNCTION_END
 *
 * If PCTAB_NO_MARKS is defined before, the macros write .type, .size and .cfi_startproc alone.  */
#ifndef PCTAB_INCLUDE_ASM_H
#define PCTAB_INCLUDE_ASM_H

#ifndef __ASSEMBLER__
#error "<pctab/asm.h> is for assembly that is preprocessed (.S); C and C++ take <pctab/mark.h>"
#endif

/* Facts of the architecture: at a function's entry the CFA is SP + PCTAB__SP, and the return address at CFA +
 * PCTAB__RA_OFF (kind 1) or in register PCTAB__RA_REG (kind 2), in DWARF's numbers.  */
#define PCTAB__RA_KIND 2
#define PCTAB__RA_OFF 0
#define PCTAB__SP 0
#if defined __x86_64__
#undef PCTAB__RA_KIND
#undef PCTAB__RA_OFF
#undef PCTAB__SP
#define PCTAB__RA_KIND 1
#define PCTAB__RA_OFF -8
#define PCTAB__RA_REG 0
#define PCTAB__SP 8
#elif defined __i386__
#undef PCTAB__RA_KIND
#undef PCTAB__RA_OFF
#undef PCTAB__SP
#define PCTAB__RA_KIND 1
#define PCTAB__RA_OFF -4
#define PCTAB__RA_REG 0
#define PCTAB__SP 4
#elif defined __aarch64__
#define PCTAB__RA_REG 30
#elif defined __arm__
#define PCTAB__RA_REG 14
#elif defined __riscv
#define PCTAB__RA_REG 1
#elif defined __s390x__
#undef PCTAB__SP
#define PCTAB__RA_REG 14
#define PCTAB__SP 160
#elif defined __powerpc64__
#define PCTAB__RA_REG 65
#elif defined __mips__
#define PCTAB__RA_REG 31
#else
#error "<pctab/asm.h> does not know this architecture"
#endif

/* A pointer's size: x32 and n32 have 4 bytes in an object of 32 bits.  */
#if __SIZEOF_POINTER__ == 8
#define PCTAB__WORD 8
#define PCTAB__ADDRESS .8byte
#else
#define PCTAB__WORD 4
#define PCTAB__ADDRESS .4byte
#endif

#ifdef __mips__
#define PCTAB__NONE R_MIPS_NONE /* clang knows it by no other name */
#else
#define PCTAB__NONE BFD_RELOC_NONE
#endif

/* What is open: numbers that .set may change.  Labels' numbers are \@, which each use of a macro has for itself; what a
 * later one has to know of them is kept in macros that are defined anew.  */
	.set	.Lpctab_function, 0
	.set	.Lpctab_unsafe, 0
	.set	.Lpctab_restart, 0
	.set	.Lpctab_flags, 0
	.set	.Lpctab_frames, 0
	.macro	pctab__unsafe_label
	.endm
	.macro	pctab__restart_label
	.endm
	.macro	pctab__in_function what, first, last, kind
	.endm
	.macro	pctab__row first, last
	.endm

	/* A label in code.  Before an instruction gas for microMIPS and MIPS16 makes it odd; not before another section.  */
	.macro	pctab__label name
\name:
#if defined __mips_micromips || defined __mips16
	.pushsection .text
	.popsection
#endif
	.endm

	/* A record up to its address: SECTION, KIND, the label of its first code byte, a number for its own labels.  */
	.macro	pctab__open section, kind, at, n
	.pushsection \section,"o?","progbits",\at
.Lpctab_r\n:
	.byte	1, \kind, PCTAB__WORD, 0
	.4byte	.Lpctab_s\n - .Lpctab_r\n
	PCTAB__ADDRESS \at
	.endm

	.macro	pctab__close at, n
.Lpctab_s\n:
	.popsection
	.reloc	\at, PCTAB__NONE, .Lpctab_r\n
	.endm

#ifndef PCTAB_NO_MARKS
	.macro	pctab__mark at, end, n, value
	pctab__open .pcdata, 2, \at, \n
	.4byte	\end - \at, \value
	pctab__close \at, \n
	.endm
#else
	.macro	pctab__mark at, end, n, value
	.endm
#endif

/* PCTAB_FUNCTION name [, nocfi]
 *
 * Begins a function: its type, its label, and .cfi_startproc; .globl, alignment and the section are yours, before
 * it.  Its frame is what .cfi_* directives between say, as in any assembly.  With `nocfi` there is no call frame
 * information, neither in the object nor in the loaded program, and PCTAB_FRAME says it to pctab alone: for code that
 * has none, such as of kernels and firmware.  All of it is one section.  The table calls such a function assembly.
 *
 * PCTAB_FUNCTION_END ends it: .cfi_endproc and .size, and an unsafe or restart range that is still open ends there.  */
	.macro	PCTAB_FUNCTION name:req, cfi=cfi
	.if	.Lpctab_function
	.error	"PCTAB_FUNCTION in a function: PCTAB_FUNCTION_END is missing before"
	.endif
	.if	.Lpctab_unsafe | .Lpctab_restart
	.error	"PCTAB_FUNCTION in a range: PCTAB_UNSAFE_END or PCTAB_RESTART_END is missing before"
	.endif
	.set	.Lpctab_function, 1
	.set	.Lpctab_flags, 8
	.set	.Lpctab_frames, 0
	.purgem	pctab__in_function
	.macro	pctab__in_function what, first, last, kind
	\what	\name, .Lpctab_f\@, \@, \first, \last, \kind
	.endm
	pctab__label .Lpctab_f\@
	.type	\name, %function
\name:
	.ifc	\cfi,nocfi
	.set	.Lpctab_frames, 1
	pctab__frames .Lpctab_f\@, .Lpctab_z\@, \@
	.else
	.cfi_startproc
	.endif
	.endm

	.macro	PCTAB_FUNCTION_END
	.if	.Lpctab_function
	.if	.Lpctab_unsafe
	PCTAB_UNSAFE_END
	.endif
	.if	.Lpctab_restart
	PCTAB_RESTART_END
	.endif
	pctab__in_function pctab__end
	.else
	.error	"PCTAB_FUNCTION_END without PCTAB_FUNCTION"
	.endif
	.set	.Lpctab_function, 0
	.endm

	.macro	pctab__end name, at, n, first, last, kind
	pctab__label .Lpctab_z\n
	.if	.Lpctab_frames
#ifndef PCTAB_NO_MARKS
	.pushsection .pcsp,"o?","progbits",\at
.Lpctab_sp\n:
	.popsection
#endif
	.else
	.cfi_endproc
	.endif
	.size	\name, .Lpctab_z\n - \name
#ifndef PCTAB_NO_MARKS
	pctab__open .pcdata, 4, \at, f\n
	.4byte	.Lpctab_z\n - \at, .Lpctab_flags
	pctab__close \at, f\n
#endif
	.endm

/* PCTAB_NOPREEMPT, PCTAB_PREEMPT, PCTAB_TOP_FRAME, PCTAB_WRITES_SP
 *
 * Anywhere between PCTAB_FUNCTION and its end, for the whole function.  A thread is not stopped in a function that is
 * not preemptible, nor in what it calls.  PCTAB_PREEMPT takes back a default (pctab-link(1)), not
 * PCTAB_NOPREEMPT.  The frame of a top function is the last that an unwinder sees: for a thread's first
 * function.  One that writes SP can only be unwound from when it is the innermost: for switches of stacks.  */
	.macro	pctab__flag flag
	.ifeq	.Lpctab_function
	.error	"a flag of a function without PCTAB_FUNCTION"
	.endif
	.set	.Lpctab_flags, .Lpctab_flags | \flag
	.endm
	.macro	PCTAB_NOPREEMPT
	pctab__flag 1
	.endm
	.macro	PCTAB_TOP_FRAME
	pctab__flag 2
	.endm
	.macro	PCTAB_WRITES_SP
	pctab__flag 4
	.endm
	.macro	PCTAB_PREEMPT
	pctab__flag 16
	.endm

/* PCTAB_FRAME size [, ra=OFFSET] [, fp=OFFSET] [, base=fp]
 *
 * In a `nocfi` function: from here on the CFA is SP + size bytes, with base=fp the frame pointer + size.  The return
 * address is at CFA + ra, by default where it is at the entry (amd64, 386: on the stack; else in its register); the
 * caller's frame pointer is at CFA + fp, by default in its register still.  Each line says all of it.  At the entry
 * it is `PCTAB_FRAME 8` on amd64, 4 on 386, 160 on s390x, else 0, and need not be said.  Behind each instruction that
 * changes SP, and where a branch comes from elsewhere:
 *
 *   PCTAB_FUNCTION copy, nocfi                 # amd64              PCTAB_FUNCTION copy, nocfi          // arm64
 *           pushq   %rbp                                                   stp x29, x30, [sp, -32]!
 *   PCTAB_FRAME 16, fp=-16                                          PCTAB_FRAME 32, ra=-24, fp=-32
 *           call    work                                                   bl work
 *           popq    %rbp                                                   ldp x29, x30, [sp], 32
 *   PCTAB_FRAME 8                                                   PCTAB_FRAME 0
 *           ret                                                            ret
 *   PCTAB_FUNCTION_END                                              PCTAB_FUNCTION_END
 */
	.macro	PCTAB_FRAME size:req, ra=none, fp=none, base=sp
	.if	.Lpctab_frames & .Lpctab_function
	pctab__label .Lpctab_w\@
#ifndef PCTAB_NO_MARKS
	pctab__in_function pctab__frame, .Lpctab_w\@
	.purgem	pctab__row
	.macro	pctab__row next
	.4byte	\next - .Lpctab_w\@
	.endm
	.ifc	\base,fp
	.byte	2, 0
	.else
	.byte	1, 0
	.endif
	.ifc	\ra,none
	.byte	PCTAB__RA_KIND, PCTAB__RA_REG
	.else
	.byte	1, 0
	.endif
	.ifc	\fp,none
	.byte	0
	.else
	.byte	1
	.endif
	.byte	0, 0, 0
	.4byte	\size, 0
	.ifc	\ra,none
	.4byte	PCTAB__RA_OFF
	.else
	.4byte	\ra
	.endif
	.ifc	\fp,none
	.4byte	0
	.else
	.4byte	\fp
	.endif
	.popsection
#endif
	.else
	.error	"PCTAB_FRAME without PCTAB_FUNCTION name, nocfi"
	.endif
	.endm

	/* The next row's advance.  */
	.macro	pctab__frame name, at, n, first, last, kind
	.pushsection .pcsp,"o?","progbits",\at
	pctab__row \first
	.endm

	/* The record's head and the row of the entry.  */
	.macro	pctab__frames at, end, n
#ifndef PCTAB_NO_MARKS
	.pushsection .pcsp,"o?","progbits",\at
.Lpctab_p\n:
	.byte	1, 16, PCTAB__WORD, 0
	.4byte	.Lpctab_sp\n - .Lpctab_p\n
	PCTAB__ADDRESS \at
	.4byte	\end - \at, 0
	.4byte	0
	.byte	1, 0, PCTAB__RA_KIND, PCTAB__RA_REG, 0, 0, 0, 0
	.4byte	PCTAB__SP, 0, PCTAB__RA_OFF, 0
	.popsection
	.reloc	\at, PCTAB__NONE, .Lpctab_p\n
	.purgem	pctab__row
	.macro	pctab__row next
	.4byte	\next - \at
	.endm
#endif
	.endm

/* PCTAB_RESTART_AT_ENTRY
 *
 * A thread that is stopped between the function's entry and here begins the function anew when it goes on: what stands
 * before may be done again (no stores that matter, arguments still in their registers), and SP and the frame are as at
 * the entry.  As long as one likes.  On ppc64le not with a .localentry of its own: who calls that one leaves r12 unset,
 * and the entry that is gone back to is the global one.  */
	.macro	PCTAB_RESTART_AT_ENTRY
	.if	.Lpctab_function
	pctab__label .Lpctab_b\@
	pctab__in_function pctab__entry, .Lpctab_b\@, \@
	.else
	.error	"PCTAB_RESTART_AT_ENTRY without PCTAB_FUNCTION"
	.endif
	.endm
	.macro	pctab__entry name, at, n, first, last, kind
	pctab__mark \at, \first, \last, -5
	.endm

/* PCTAB_UNSAFE_BEGIN, PCTAB_UNSAFE_END
 *
 * A thread is not stopped at an instruction between them, nor in what is called there.  Not one in another; in or
 * across a restart range as one likes, where unsafe counts.  At least one instruction.  In functions without
 * PCTAB_FUNCTION too; there both have to be said.  */
	.macro	PCTAB_UNSAFE_BEGIN
	.if	.Lpctab_unsafe
	.error	"PCTAB_UNSAFE_BEGIN after PCTAB_UNSAFE_BEGIN: PCTAB_UNSAFE_END is missing between"
	.endif
	.set	.Lpctab_unsafe, 1
	pctab__label .Lpctab_b\@
	pctab__mark .Lpctab_b\@, .Lpctab_e\@, \@, -2
	.purgem	pctab__unsafe_label
	.macro	pctab__unsafe_label
	pctab__label .Lpctab_e\@
	.endm
	.endm

	.macro	PCTAB_UNSAFE_END
	.if	.Lpctab_unsafe
	pctab__unsafe_label
	.else
	.error	"PCTAB_UNSAFE_END without PCTAB_UNSAFE_BEGIN"
	.endif
	.set	.Lpctab_unsafe, 0
	.endm

/* PCTAB_RESTART_BEGIN, PCTAB_RESTART_END
 *
 * A thread that is stopped between them executes them again from the first when it goes on: 1 to 20 bytes, which the
 * link checks, that bear it: until the last instruction, the one that counts, they change no memory that matters and
 * no register that they read, and leave SP and the frame alone; what the last one does it does in one.  Not one in
 * another; two may touch.  */
	.macro	PCTAB_RESTART_BEGIN
	.if	.Lpctab_restart
	.error	"PCTAB_RESTART_BEGIN after PCTAB_RESTART_BEGIN: PCTAB_RESTART_END is missing between"
	.endif
	.set	.Lpctab_restart, 1
	pctab__label .Lpctab_b\@
	pctab__mark .Lpctab_b\@, .Lpctab_e\@, \@, -3
	.purgem	pctab__restart_label
	.macro	pctab__restart_label
	pctab__label .Lpctab_e\@
	.endm
	.endm

	.macro	PCTAB_RESTART_END
	.if	.Lpctab_restart
	pctab__restart_label
	.else
	.error	"PCTAB_RESTART_END without PCTAB_RESTART_BEGIN"
	.endif
	.set	.Lpctab_restart, 0
	.endm

#endif
