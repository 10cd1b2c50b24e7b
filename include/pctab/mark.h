/* SPDX-License-Identifier: MIT */
/* <pctab/mark.h>: C and C++ say where a thread must not be stopped, and where it may be started again.
 *
 * Marks are records beside the code (OBJECT-FORMAT), for the linker with pctab.  They add no byte to what a program
 * loads and no instruction to its code, and mean nothing to a linker without pctab.  In the object each takes some
 * 230 bytes, a section among them; thousands in one file are slow to assemble with GNU as (10,000: seconds).  There are
 * three ways to give one, for three uses:
 *
 *   one asm statement  PCTAB_UNSAFE_ASM, PCTAB_RESTART_ASM   exact: these instructions and no others
 *   a whole function   PCTAB_UNSAFE_FUNCTION, PCTAB_NOPREEMPT, PCTAB_PREEMPT
 *   some statements    PCTAB_UNSAFE { ... }   volatile accesses and calls; see there what it does not hold
 *
 * For GCC 7 and later and clang 13 and later, with the GNU assembler 2.35 and later or clang's own, ELF; C99 and C++11.
 * Elsewhere, and if PCTAB_NO_MARKS is defined before, the same macros leave no records, and the same machine code. */
#ifndef PCTAB_INCLUDE_MARK_H
#define PCTAB_INCLUDE_MARK_H

/* PCTAB_UNSAFE_ASM ("instructions", : outputs : inputs : clobbers);
 *
 * As `asm volatile`, with a comma behind the template; where there are no operands `:` alone, as in
 * PCTAB_UNSAFE_ASM ("nop", :).  A thread is never stopped between the first of these instructions and the last.
 *
 * The template is extended asm's (% is %%); labels in it need %= or numbers, since the statement may be copied.  It
 * must hold an instruction and end in the section where it starts.  What is called from it is refused too, as the
 * caller of an unsafe point is.  Not for asm goto.
 *
 * Cost: none at run time.  The compiler counts the template's lines to know how far branches reach; where that matters
 * (AArch64's tbz, literal pools on ARM) nine lines more may make it choose a longer branch or another place, as nine
 * empty lines would.  Inlining is not affected.  */
#define PCTAB_UNSAFE_ASM(text, ...) PCTAB__ASM ("-2", text, __VA_ARGS__)

/* PCTAB_RESTART_ASM ("instructions", : outputs : inputs : clobbers);
 *
 * The same; but a thread may be stopped in it, and when it goes on it executes these instructions again from the first.
 * They must be 1 to 20 bytes, which the link checks, and bear to be begun anew at any of them: until the last one, the
 * one that counts, they change no memory that matters and no register that they read (so outputs are "=&r", and no "+r"
 * operand is written before), and leave the stack pointer and the frame alone.  What the last one does it must do in
 * one.  Load, change, compare and swap back with one instruction is the usual case.
 *
 * PCTAB_UNSAFE_ASM in another range, or a range in a range, does not come about: each is one statement.  */
#define PCTAB_RESTART_ASM(text, ...) PCTAB__ASM ("-3", text, __VA_ARGS__)

/* PCTAB_UNSAFE_FUNCTION, PCTAB_NOPREEMPT, PCTAB_PREEMPT: attributes before a function's declaration, e.g.
 *
 *   PCTAB_NOPREEMPT static void deliver (struct packet *p) { ... }
 *
 * PCTAB_UNSAFE_FUNCTION  A thread is not stopped in it: every PC is an unsafe point.
 * PCTAB_NOPREEMPT        The same, as a property of the function.  Prefer it: it takes no place in the tables.
 * PCTAB_PREEMPT          A thread may be stopped in it, where pctab would refuse by default (it uses thread-local data,
 *                        its archive defines malloc, ...; pctab-link(1)).
 *
 * What is inlined into the function is meant too; what it calls is refused while it runs, for the first two.  Not meant
 * are other functions made of its text: lambdas, nested functions, OpenMP's regions, a coroutine's parts.
 *
 * The function is not inlined, cloned, split or merged with others; it goes to a section of its own, .text.pctab.*,
 * which pctab's linker scripts collect; a script of your own needs the lines in pctab-link(1), LINKER SCRIPTS.  So it
 * takes no section attribute beside, and -ffunction-sections and --gc-sections see one function a section.  Give it
 * once, with the first declaration: each place is another section, and GCC refuses two.  Functions that are `inline`
 * may have it. GCC ignores it, without a word, on templates and their members, and refuses it on destructors: put
 * what matters into a function that is neither, or use PCTAB_UNSAFE_ASM and PCTAB_UNSAFE.
 *
 * Cost: what not being inlined costs.  */
#define PCTAB_UNSAFE_FUNCTION PCTAB__FUNCTION ("unsafe")
#define PCTAB_NOPREEMPT PCTAB__FUNCTION ("nopreempt")
#define PCTAB_PREEMPT PCTAB__FUNCTION ("preempt")

/* PCTAB_UNSAFE { statements }
 *
 * A thread is not stopped in the statements, as far as the compiler leaves them in their place: it keeps volatile
 * accesses, calls that are not inlined, and asm volatile between begin and end, and no other access to memory that
 * others can see is moved over either.  It does not keep plain arithmetic, nor loads and stores of locals
 * whose address is not known elsewhere: those may be computed before or after.  Where that matters, PCTAB_UNSAFE_ASM
 * and PCTAB_UNSAFE_FUNCTION hold exactly what they say.
 *
 * What is marked is the code that lies between begin and end in memory, in each copy of the statements that inlining
 * and unrolling make.  Statements in a straight line, of volatile accesses and of calls that don't throw, stay together
 * whatever the compiler does.  A condition or a loop among them, or a call that can throw, divides them into pieces: an
 * unlikely one may be laid out elsewhere, in another section even, and is not marked then; and where the compiler
 * copies one piece or puts the last before the first (seen with a condition that is tested again behind the block, and
 * with GCC -O1 in loops) begin and end don't pair, and the link fails, naming the function.  Then move the condition
 * out of the block, or the statements into a function: called from the block, or with PCTAB_UNSAFE_FUNCTION.
 *
 * `continue` ends the block; don't leave it by return, break, goto, throw or longjmp: if no path reaches the end, the
 * compiler drops it, and the link fails; so it does when nothing is between them.  Blocks may be nested.
 *
 * Cost: none but that of a compiler barrier, asm volatile ("" : : : "memory"), at begin and end.  */
#define PCTAB_UNSAFE PCTAB__UNSAFE (__LINE__, __COUNTER__)

/* From here on: how.  Lines off and on are as many, so that a compiler, which counts them, gives the same code.  */

#if !defined PCTAB_NO_MARKS && (!defined __ELF__ || !defined __GNUC__)
#define PCTAB_NO_MARKS 1
#endif

#if __SIZEOF_POINTER__ == 8
#define PCTAB__WORD "8"
#define PCTAB__SIZE "24"
#else
#define PCTAB__WORD "4"
#define PCTAB__SIZE "20"
#endif

/* A label in code.  Before an instruction gas for microMIPS and MIPS16 makes it odd; not before another section.  */
#if defined __mips_micromips || defined __mips16
#define PCTAB__LABEL(name) ".Lpctab_" name "%=:\n.pushsection .text\n.popsection\n"
#else
#define PCTAB__LABEL(name) ".Lpctab_" name "%=:\n"
#endif

#ifdef __mips__
#define PCTAB__NONE "R_MIPS_NONE" /* clang knows it by no other name */
#else
#define PCTAB__NONE "BFD_RELOC_NONE"
#endif

/* %= is a number that is no other copy's.  The name of the type stands in quotes: % and @ mean something else in one
 * place or another.  The .reloc keeps lld --icf=all from folding marked code into unmarked.  */
#ifndef PCTAB_NO_MARKS
#define PCTAB__OPEN ".pushsection .pcdata,\"o?\",\"progbits\",.Lpctab_b%=\n"
#define PCTAB__CLOSE ".popsection\n"
#define PCTAB__TIE ".reloc .Lpctab_b%=," PCTAB__NONE ",.Lpctab_r%=\n"
#define PCTAB__SECTION ".text.pctab."
#else
#define PCTAB__OPEN ".if 0\n"
#define PCTAB__CLOSE ".endif\n"
#define PCTAB__TIE ".Lpctab_n%=:\n"
#define PCTAB__SECTION ".text.nomark."
#endif

#define PCTAB__RECORD(kind, last)                                                                      \
  PCTAB__OPEN ".Lpctab_r%=: .byte 1," kind "," PCTAB__WORD ",0\n\t"                                     \
              ".4byte " PCTAB__SIZE "\n\t." PCTAB__WORD "byte .Lpctab_b%=\n\t.4byte " last "\n" PCTAB__CLOSE PCTAB__TIE

/* `asm inline`: the template's lines don't count as so many instructions when the compiler thinks of inlining.  */
#if defined __clang__ ? __clang_major__ >= 11 : __GNUC__ >= 9
#define PCTAB__ASM_INLINE __asm__ __volatile__ __inline__
#else
#define PCTAB__ASM_INLINE __asm__ __volatile__
#endif

#define PCTAB__ASM(value, text, ...)                                                                    \
  PCTAB__ASM_INLINE (PCTAB__LABEL ("b") "\t" text "\n" PCTAB__LABEL ("e")                                   \
                     PCTAB__RECORD ("2", ".Lpctab_e%=-.Lpctab_b%=," value) __VA_ARGS__)

#define PCTAB__STRING(x) PCTAB__STRING_ (x)
#define PCTAB__STRING_(x) #x

#ifdef __has_attribute
#if __has_attribute(__noclone__)
#define PCTAB__NOCLONE __noclone__,
#endif
#if __has_attribute(__no_icf__)
#define PCTAB__NO_ICF __no_icf__,
#endif
#endif
#ifndef PCTAB__NOCLONE
#define PCTAB__NOCLONE
#endif
#ifndef PCTAB__NO_ICF
#define PCTAB__NO_ICF
#endif

#define PCTAB__FUNCTION(what)                            \
  __attribute__ ((__noinline__, PCTAB__NOCLONE PCTAB__NO_ICF \
                  __section__ (PCTAB__SECTION what "." PCTAB__STRING (__LINE__) "." PCTAB__STRING (__COUNTER__))))

/* A number a place: that of the end has to be that of the begin.  */
#define PCTAB__POINT(what, line, counter)                                                       \
  __extension__({                                                                               \
    PCTAB__ASM_INLINE (PCTAB__LABEL ("b")                                                        \
                       PCTAB__RECORD ("3", what ",(" #line "*4096+" #counter ")&0xffffffff") : : : "memory"); \
  })

#define PCTAB__UNSAFE(line, counter) PCTAB__UNSAFE_ (line, counter)
#define PCTAB__UNSAFE_(line, counter)                                                           \
  for (int pctab__once##counter = (PCTAB__POINT ("1", line, counter), 1); pctab__once##counter; \
       PCTAB__POINT ("2", line, counter), pctab__once##counter = 0)

#endif
