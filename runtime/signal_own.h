/* SPDX-License-Identifier: MIT */
/* The one owner of signal actions.
 *
 * For a signal that somebody here owns, the kernel's action is ours and stays ours, whatever the program does before or
 * after; the program sees and gets what it asked for.  Its handler runs first, as without us: with the same siginfo and
 * ucontext, the same mask, once if SA_RESETHAND, and it may jump away.  Then, or in place of the default action, the
 * owners are asked in their order; what they leave goes on as without us.
 *
 * Not seen, and so able to take a signal away from us: raw system calls, dlmopen() and RTLD_DEEPBIND, a library that
 * stands before this one and has a sigaction() of its own, and the C library's own uses: abort() sets SIG_DFL when
 * SIGABRT came back, system() ignores SIGINT and SIGQUIT while it waits, posix_spawn() resets in the child.  A child of
 * vfork() or _Fork() sets its actions directly.
 *
 * Another copy of this library is program code to this one: its handler is what the program has installed.  A shared
 * object with a copy in it that owns a signal must not be unloaded. */
#ifndef PCTAB_RUNTIME_SIGNAL_OWN_H
#define PCTAB_RUNTIME_SIGNAL_OWN_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What the program has done with a signal, or would have. */
enum pctab__signal_program {
  PCTAB__SIGNAL_DEFAULT,  /* it has no handler; also a fault where it ignores the signal: the kernel kills then */
  PCTAB__SIGNAL_IGNORED,  /* it ignores it */
  PCTAB__SIGNAL_RETURNED, /* its handler ran and returned */
};

/* One signal.  INFO and UCONTEXT are the kernel's; an owner may change the ucontext and say "handled". */
struct pctab__signal {
  int signo;
  siginfo_t *info;
  void *ucontext;
  enum pctab__signal_program program;
};

enum pctab__signal_answer {
  PCTAB__SIGNAL_GO_ON,   /* the next owner is asked; after the last, what would have happened without us happens */
  PCTAB__SIGNAL_HANDLED, /* nobody else is asked; the thread goes on as the ucontext says */
};

/* When an owner is called, bits. */
#define PCTAB__SIGNAL_AT_DEFAULT (1u << PCTAB__SIGNAL_DEFAULT)
/* Costs the program that ignores the signal: a system call that it comes in may end with EINTR, and exec() hands on
 * SIG_DFL instead of SIG_IGN.  For signals whose default is to be ignored that is as good as nothing. */
#define PCTAB__SIGNAL_AT_IGNORED (1u << PCTAB__SIGNAL_IGNORED)
#define PCTAB__SIGNAL_AT_RETURNED (1u << PCTAB__SIGNAL_RETURNED)

/* An owner of one signal, in static memory.  CALL runs in the handler, with all signals blocked, errno saved, on the
 * alternate stack if there is one and the program has no handler without SA_ONSTACK. */
struct pctab__signal_owner {
  int order; /* lower ones are asked first */
  unsigned wants;
  enum pctab__signal_answer (*call) (const struct pctab__signal *s, void *arg);
  void *arg;
  struct pctab__signal_owner *_Atomic next; /* private */
};

#define PCTAB__SIGNAL_ORDER_PREEMPT 10
#define PCTAB__SIGNAL_ORDER_PANIC 20
#define PCTAB__SIGNAL_ORDER_CRASH 30

/* Makes OWNER one of SIGNO's, for good.  0; EINVAL: no such signal, or one that stops the process; ENOMEM.
 * Signal: not safe.  Threads: any. */
int pctab__signal_own (int signo, struct pctab__signal_owner *owner);

/* sigaction(), and its like in signal_wrap.c, by way of this: what the program asks for.  Signals without an owner go
 * straight to the kernel.  Signal: safe. */
int pctab__signal_change (int signo, const struct sigaction *act, struct sigaction *old);

/* Does what the default action is, in a handler with UCONTEXT, to which it returns.  A signal that kills: the process
 * dies when the handler returns, of the same siginfo. */
void pctab__signal_default (int signo, siginfo_t *info, void *ucontext);

/* The kernel's action. */
int pctab__signal_real (int signo, const struct sigaction *act, struct sigaction *old);

/* All signals of this thread, also the C library's own, are blocked; what was is in *SAVED if that isn't NULL.  These
 * two are system calls, so that nothing in between sees them; errno stays. */
#define PCTAB__SIGNAL_MASK_BYTES ((_NSIG - 1 + 7) / 8)
struct pctab__signal_mask {
  unsigned char bytes[PCTAB__SIGNAL_MASK_BYTES] __attribute__ ((aligned (8)));
};
void pctab__signal_block (struct pctab__signal_mask *saved);
void pctab__signal_mask (const struct pctab__signal_mask *mask);

/* Whether the instruction that raised INFO will raise it again when the handler returns. */
bool pctab__signal_repeats (const siginfo_t *info);

#endif
