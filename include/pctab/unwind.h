/* SPDX-License-Identifier: MIT */
/* <pctab/unwind.h>: walks a stack, frame by frame, at any instruction and in a signal handler.
 *
 * A frame's PC is the interrupted instruction in the innermost frame and behind a signal frame; everywhere else it is a
 * return address, which belongs to the call before it: lookups there take PC - 1 (pctab_lookup_pc()).
 *
 * Memory is read where it is known to be readable alone: inside the bounds of the stack, if they are given; else after
 * a page was probed by a system call that can't fault.
 *
 * A profiler calls pctab_module_import_loaded() once at its start, so that walks go through libc, and
 * pctab_stack_self() in each thread, so that no page is probed; its handler then
 *
 *   pctab_unwind_context (&c, ucontext, &stack_of_this_thread);
 *   sample.cnt = pctab_unwind_pcs (&c, sample.pcs, 64, &why);
 */
#ifndef PCTAB_INCLUDE_UNWIND_H
#define PCTAB_INCLUDE_UNWIND_H

#include <pctab/pctab.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Why a walk goes on or ends. */
enum pctab_stop {
#define STOP(name, text) PCTAB_STOP_##name,
#include <pctab/stop.def>
#undef STOP
};

/* Its text, in English; static, never NULL.  Signal: safe.  Threads: any. */
const char *pctab_stop_text (enum pctab_stop stop);

/* Readable memory [lo, hi) of one stack.  Both 0: not known, and pages are probed. */
struct pctab_stack {
  uint64_t lo, hi;
};

/* The stack this thread runs on by its creation, asked of the C library once and kept.  The first thread's is all
 * readable then, down to its limit: address space, not memory.  False: not known, as in the first thread where
 * there is no /proc or no free descriptor; then *STACK is {0, 0}.
 * Signal: not safe, except where it was called in this thread before.  Threads: any.  Cost: 10 us the first time. */
bool pctab_stack_self (struct pctab_stack *stack);

#define PCTAB_REGS_MAX 33

/* A walk: the frame where it is.  Bytes: about 500. */
struct pctab_cursor {
  uint64_t pc, sp, fp;   /* of this frame */
  bool exact;            /* pc is an instruction to be executed next, not a return address */
  bool fp_known;         /* else fp is undefined */
  const struct pctab_module *module; /* pc's, once pctab_unwind_step() has looked at this frame; NULL: none */
  struct pctab_func func;            /* the same; bits 0: none */
  /* Private */
  const struct pctab_modules *modules;
  struct pctab_stack stack, probed;
  const unsigned char *bytes; /* where stack.lo is in this process; NULL: there itself */
  uint8_t machine;            /* index in arch.def */
  uint8_t signals;            /* signal frames so far */
  uint8_t reads;              /* whose read section it is in */
  uint64_t known;             /* which of reg[], by DWARF number: the innermost frame's and behind a signal frame */
  uint64_t reg[PCTAB_REGS_MAX];
  uint64_t checked; /* generation of the last module that is not permanent and was found to be loaded */
};

/* The PC that lookups of this frame take.  Signal: safe. */
static inline uint64_t
pctab_lookup_pc (const struct pctab_cursor *c)
{
  return c->pc - !c->exact;
}

/* Starts at what a signal has interrupted: UCONTEXT is a handler's third argument.  STACK: NULL or {0, 0}: not known.
 * Signal: safe.  Threads: any.  Cost: copies the registers. */
void pctab_unwind_context (struct pctab_cursor *c, const void *ucontext, const struct pctab_stack *stack);

/* Starts at the caller: its frame is where the walk is, with the PC behind this call as a return address.
 * Signal: safe.  Threads: any.  Cost: some 5 ns. */
void pctab_unwind_here (struct pctab_cursor *c, const struct pctab_stack *stack);

/* Goes to the caller's frame.  PCTAB_STOP_NONE: it is there.  Else the walk has ended at this frame, which stays as it
 * is, with `module` and `func` set if they are known.
 * Signal: safe, in a read section.  Threads: a cursor is one thread's.  Cost: some 30 ns. */
enum pctab_stop pctab_unwind_step (struct pctab_cursor *c);

/* PCs of up to MAX frames from C on, innermost first; C is then where the walk ended, *STOP why.  PCTAB_STOP_TOO_DEEP:
 * there are more, and C is at the first of them.  The same as steps, and the way to be fast; but at PCTAB_STOP_END C's
 * `module` and `func` may not be set.  Opens a read section of its own.
 * Signal: safe; less than 4 KiB of stack.  Threads: any.  Cost: some 3 ns a frame, 40 for a PC that no thread has met
 * before; on 32-bit machines and in modules that can be unloaded always 40. */
unsigned pctab_unwind_pcs (struct pctab_cursor *c, void **pcs, unsigned max, enum pctab_stop *stop);

/* backtrace(3): up to SIZE return addresses of this thread's stack, from its caller on.  Where pctab_stack_self() was
 * never called in this thread, each page of the stack is asked about.
 * Signal: safe; less than 4 KiB of stack.  Threads: any.  Cost: as pctab_unwind_pcs(); 0.2 us a page. */
int pctab_backtrace (void **buffer, int size);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
