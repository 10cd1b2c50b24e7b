/* SPDX-License-Identifier: MIT */
/* <pctab/decide.h>: may a thread that a signal has interrupted be stopped right there, and where does it go on?
 *
 * One pure function of modules, registers and what the thread says of itself: it reads the stack and the tables, sends
 * nothing, changes nothing, and runs as well without any signal, or for another architecture.  After Go's
 * isAsyncSafePoint (runtime/preempt.go) and wantAsyncPreempt. */
#ifndef PCTAB_INCLUDE_DECIDE_H
#define PCTAB_INCLUDE_DECIDE_H

#include <pctab/unwind.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* What this code is compiled for: ELF e_machine, and whether it is 64-bit. */
#if defined __x86_64__
#define PCTAB_MACHINE_NATIVE 62
#elif defined __i386__
#define PCTAB_MACHINE_NATIVE 3
#elif defined __aarch64__
#define PCTAB_MACHINE_NATIVE 183
#elif defined __arm__
#define PCTAB_MACHINE_NATIVE 40
#elif defined __riscv
#define PCTAB_MACHINE_NATIVE 243
#elif defined __s390__
#define PCTAB_MACHINE_NATIVE 22
#elif defined __powerpc64__
#define PCTAB_MACHINE_NATIVE 21
#elif defined __mips__
#define PCTAB_MACHINE_NATIVE 8
#else
#define PCTAB_MACHINE_NATIVE 0 /* none that tables are for */
#endif
#define PCTAB_IS64_NATIVE (__SIZEOF_POINTER__ == 8)

/* The verdicts: OK, and one for each reason to refuse, in the order in which they are looked for. */
enum pctab_verdict {
#define VERDICT(name, text) PCTAB_VERDICT_##name,
#include <pctab/verdict.def>
#undef VERDICT
  PCTAB_VERDICT_CNT
};

/* "UNSAFE_POINT", and what it means; static, never NULL.  Signal: safe.  Threads: any. */
const char *pctab_verdict_name (enum pctab_verdict verdict);
const char *pctab_verdict_text (enum pctab_verdict verdict);

enum pctab_status { PCTAB_STATUS_IDLE, PCTAB_STATUS_RUNNING, PCTAB_STATUS_SYSCALL, PCTAB_STATUS_SCHEDULER };

/* What the thread says of itself.  Addresses are its own. */
struct pctab_thread {
  uint16_t machine;   /* its code's: PCTAB_MACHINE_NATIVE */
  bool is64;          /* PCTAB_IS64_NATIVE */
  uint8_t status;     /* enum pctab_status */
  bool wanted;        /* its preemption was asked for */
  uint32_t held;      /* locks and off-scopes that it is in */
  uint64_t mask, base_mask; /* signals blocked when it was interrupted (bit N - 1 for signal N); those that must be */
  uint64_t shadow_sp; /* its shadow stack pointer; 0: it has none */
  struct pctab_stack stack; /* all of its task's stack: not {0, 0} */
  const unsigned char *stack_bytes; /* where stack.lo's bytes are in this process; NULL: there itself */
  uint32_t room;      /* bytes that must be free below SP, red zone included */
  uint32_t depth_max; /* frames looked at before TOO_DEEP; 0: PCTAB_DECISION_DEPTH */
  uint64_t end;       /* (uintptr_t) of the task's first function, not of who calls that: the walk ends well in it; it
                       * calls itself nowhere; 0: where the tables say that a frame has no caller */
  uint64_t fp;        /* the frame pointer when it was interrupted */
  const uint64_t *reg; /* all registers by DWARF number, PCTAB_REGS_MAX; NULL: not known */
};
#define PCTAB_DECISION_DEPTH 128

struct pctab_decision {
  enum pctab_verdict verdict;
  uint64_t resume_pc; /* OK: where it goes on; else the PC */
  uint32_t depth;     /* the frame that decided: 0 is the interrupted one; OK: the last that was looked at */
  uint64_t pc;        /* that frame's PC */
};

/* Decides.  SP, LR: registers when it was interrupted; LR is 0 where there is no link register.
 * Cheapest and most frequent refusals first, in the order of verdict.def.
 * Signal: safe, in a read section; 1 KiB of stack.  Threads: any.  Cost: some 60 ns and 3 for each frame whose PC was
 * passed before, 50 for another; refused for what the thread says, 5 ns. */
struct pctab_decision pctab_async_safe_point (const struct pctab_modules *modules, uint64_t pc, uint64_t sp,
                                              uint64_t lr, const struct pctab_thread *thread);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
