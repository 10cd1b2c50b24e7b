/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides where it is interrupted itself: in callbacks of the C library, in handlers, on other stacks, in plain loops.
 *
 * A timer's signal comes again and again; a case spins until one has found it spinning, so that the interrupted PC is
 * in the case's own loop.  The handler decides twice, by the process' cache and without it (the stack's bytes given):
 * both must say the same.  Prints "CASE VERDICT DEPTH" a line.
 *
 * usage: callbacks [--import] [PLUGIN]    --import: tables for libc first; PLUGIN: a library whose constructor spins */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "spin.h"
#include <pctab/decide.h>
#include <pctab/mark.h>

/* Where the rules' `reg` has LR. */
#if defined __aarch64__
#define LR 30
#elif defined __arm__ || defined __s390x__
#define LR 14
#elif defined __riscv
#define LR 1
#elif defined __mips__
#define LR 31
#elif defined __powerpc64__
#define LR 32
#endif

volatile int spinning, seen;
static struct pctab_thread self;
static struct pctab_decision by_cache, by_tables;
static uint64_t within_lo, within_hi = UINT64_MAX; /* only PCs in it count */

static void
on_signal (int number, siginfo_t *info, void *uc)
{
  struct pctab_cursor c;
  struct pctab_thread t = self;
  uint64_t lr = 0;
  (void) number, (void) info;
  if (!spinning || seen)
    return;
  pctab_unwind_context (&c, uc, &t.stack);
  if (c.pc < within_lo || c.pc >= within_hi)
    return;
#ifdef LR
  lr = c.reg[LR];
#endif
  t.fp = c.fp;
  t.reg = c.reg;
  memcpy (&t.mask, &((const ucontext_t *) uc)->uc_sigmask, sizeof t.mask);
  pctab_read_begin ();
  by_cache = pctab_async_safe_point (pctab_modules (), c.pc, c.sp, lr, &t);
  t.stack_bytes = (const unsigned char *) (uintptr_t) t.stack.lo;
  by_tables = pctab_async_safe_point (pctab_modules (), c.pc, c.sp, lr, &t);
  pctab_read_end ();
  seen = 1;
}

static int
is_same (void)
{
  /* Which frames are signal returns is seen by code alone that is in this process. */
  return (by_cache.verdict == by_tables.verdict
          || (by_cache.verdict == PCTAB_VERDICT_CALLER_SIGNAL && by_tables.verdict == PCTAB_VERDICT_CALLER_UNKNOWN))
         && by_cache.resume_pc == by_tables.resume_pc && by_cache.depth == by_tables.depth
         && by_cache.pc == by_tables.pc;
}

static void
report (const char *name)
{
  printf ("%s %s %u%s\n", name, pctab_verdict_name (by_cache.verdict), by_cache.depth,
          is_same () ? "" : " (without the cache: another)");
  fflush (stdout);
}

/* SIGURG each millisecond. */
static void
start_timer (void)
{
  struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
  struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGURG };
  struct itimerspec when = { { 0, 1000000 }, { 0, 1000000 } };
  timer_t timer;
  if (sigaction (SIGURG, &sa, NULL) || timer_create (CLOCK_MONOTONIC, &event, &timer)
      || timer_settime (timer, 0, &when, NULL))
    exit (1);
}

/* The cases. */

static int
compare (const void *a, const void *b)
{
  if (!seen)
    spin ();
  return *(const int *) a - *(const int *) b;
}

static void
once (void)
{
  spin ();
}

static void
on_alarm (int number)
{
  (void) number;
  spin ();
}

static ucontext_t here, there;

static void
coroutine (void)
{
  spin ();
}

static void
on_other_stack (void *stack, size_t len)
{
  getcontext (&there);
  there.uc_stack.ss_sp = stack;
  there.uc_stack.ss_size = len;
  there.uc_link = &here;
  makecontext (&there, coroutine, 0);
  swapcontext (&here, &there);
}

static __thread volatile int of_thread;

static void
thread_local_data (void)
{
  of_thread++;
  spin ();
  of_thread++;
}

static void
unsafe_range (void)
{
  PCTAB_UNSAFE
    {
      spin ();
    }
}

static __attribute__ ((noinline)) void
callee (void)
{
  spin ();
  __asm__ volatile ("");
}

static void
unsafe_caller (void)
{
  PCTAB_UNSAFE
    {
      callee ();
    }
}

#if defined __x86_64__ || defined __i386__
/* Two instructions that are done again from the first on. */
extern const char restart_from[], restart_to[];

static __attribute__ ((noinline)) void
restart_range (void)
{
  within_lo = (uintptr_t) restart_from;
  within_hi = (uintptr_t) restart_to;
  spinning = 1;
  PCTAB_RESTART_ASM ("restart_from:\n1: cmpl $0, %0\nje 1b\nrestart_to:\n", : : "m" (seen) : "cc", "memory");
  spinning = 0;
  within_lo = 0;
  within_hi = UINT64_MAX;
  if (by_cache.resume_pc != (uintptr_t) restart_from)
    printf ("restart-range: it goes on elsewhere\n");
}
#endif

static void
plain_loop (void)
{
  spin ();
}

static __attribute__ ((noinline)) void
deep_loop (volatile int depth)
{
  if (depth)
    deep_loop (depth - 1);
  else
    spin ();
  __asm__ volatile ("");
}

/* The task's first function: each case is called from here. */

static void
sort (void)
{
  int numbers[] = { 5, 3, 8, 1 };
  qsort (numbers, 4, sizeof *numbers, compare);
}

static void
do_once (void)
{
  static pthread_once_t control = PTHREAD_ONCE_INIT;
  pthread_once (&control, once);
}

static void
own_handler (void)
{
  struct sigaction sa = { .sa_handler = on_alarm };
  sigaction (SIGALRM, &sa, NULL);
  raise (SIGALRM);
}

/* Of a handler that leaves all signals unblocked, what is left of it is its frame. */
static void
own_handler_nodefer (void)
{
  struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_NODEFER };
  sigaction (SIGALRM, &sa, NULL);
  raise (SIGALRM);
}

static void
on_alternate_stack (void)
{
  static char alternate[1 << 16];
  stack_t ss = { .ss_sp = alternate, .ss_size = sizeof alternate };
  struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_NODEFER | SA_ONSTACK };
  sigaltstack (&ss, NULL);
  sigaction (SIGALRM, &sa, NULL);
  raise (SIGALRM);
}

static void
own_coroutine (void)
{
  static char stack[1 << 16];
  on_other_stack (stack, sizeof stack);
}

/* One whose stack is a piece of the thread's. */
static void
inner_coroutine (void)
{
  char stack[1 << 16];
  on_other_stack (stack, sizeof stack);
}

static void
with_mask (void)
{
  sigset_t set;
  sigemptyset (&set);
  sigaddset (&set, SIGUSR2);
  sigprocmask (SIG_BLOCK, &set, NULL);
  spin ();
  sigprocmask (SIG_UNBLOCK, &set, NULL);
}

static const struct {
  const char *name;
  void (*run) (void);
} cases[] = {
  { "plain-loop", plain_loop },
  { "qsort-callback", sort },
  { "pthread-once", do_once },
  { "own-handler", own_handler },
  { "own-handler-nodefer", own_handler_nodefer },
  { "handler-on-its-stack", on_alternate_stack },
  { "coroutine", own_coroutine },
  { "coroutine-inside", inner_coroutine },
  { "thread-local", thread_local_data },
  { "unsafe-range", unsafe_range },
  { "unsafe-caller", unsafe_caller },
#if defined __x86_64__ || defined __i386__
  { "restart-range", restart_range },
#endif
  { "blocked-signal", with_mask },
};

static __attribute__ ((noinline)) void
task (const char *plugin)
{
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      seen = 0;
      cases[i].run ();
      report (cases[i].name);
    }
  seen = 0;
  deep_loop (20);
  report ("deep-loop");
#ifndef WITHOUT_DLOPEN
  seen = 0;
  if (plugin && dlopen (plugin, RTLD_NOW))
    report ("dlopen-constructor");
#else
  (void) plugin;
#endif
}

static void
at_exit (void)
{
  seen = 0;
  spin ();
  report ("atexit-handler");
}

int
main (int argc, char **argv)
{
  sigset_t base;
  sigprocmask (SIG_BLOCK, NULL, &base);
  self = (struct pctab_thread){ .machine = PCTAB_MACHINE_NATIVE, .is64 = PCTAB_IS64_NATIVE, .wanted = true,
                                .status = PCTAB_STATUS_RUNNING, .room = 4096, .end = (uintptr_t) task };
  memcpy (&self.base_mask, &base, sizeof self.base_mask);
  if (!pctab_stack_self (&self.stack))
    return 1;
  if (argc > 1 && !strcmp (argv[1], "--import"))
    {
#ifndef WITHOUT_IMPORT
      if (pctab_module_import_loaded () < 0)
        return 1;
#endif
      argc--;
      argv++;
    }
  start_timer ();
  alarm (60);
  atexit (at_exit);
  task (argc > 1 ? argv[1] : NULL);
  return 0;
}
