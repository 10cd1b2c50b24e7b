/* SPDX-License-Identifier: MIT */
/* The crash handler: an owner of five signals that is asked last, when nothing is left but to die.
 *
 * Everything it needs is reserved when it is installed, so one crash is reported at a time.  A thread that crashes
 * meanwhile waits for the process to die of the first one, but not for ever.  A crash in the report itself ends the
 * report, not its signal: the process dies of the one it began with. */
#include "crash.h"
#include "signal_own.h"
#include "stay.h"
#include "unwinder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_DEFAULT 256
#define FRAMES_MAX (1u << 20)
#define BUFFER_MIN ((size_t) 256 << 10)
#define BUFFER_MAX ((size_t) 64 << 20)
#define WAIT_STEPS 1000 /* of 10 ms */
#define NESTED_MAX 3
#define OVERFLOW_BYTES 65536 /* how far from SP and the stack's end an access may be that is a stack's growth */

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
#define SIGNAL_CNT (sizeof crash_signals / sizeof *crash_signals)

static struct {
  _Atomic pid_t tid; /* who is crashing; 0: nobody */
  struct crash_out out;
  struct crash_walk walk;
  void *buf; /* for cold parts */
  size_t buf_len;
  sigjmp_buf back; /* where a crash in here goes on */
  volatile bool armed;
  volatile int nested_cnt, nested_signo;
  volatile uintptr_t nested_at;
} crash;

static pid_t
thread_id (void)
{
  return (pid_t) syscall (SYS_gettid);
}

/* False: another thread is at it, and has not brought the process to its end in all this time.  One that is gone was
 * the parent process' before fork(). */
static bool
claim (pid_t self)
{
  for (int i = 0; i < WAIT_STEPS; i++)
    {
      pid_t other = 0;
      if (atomic_compare_exchange_strong (&crash.tid, &other, self))
        return true;
      if (syscall (SYS_tgkill, getpid (), other, 0) && errno == ESRCH
          && atomic_compare_exchange_strong (&crash.tid, &other, self))
        return true;
      nanosleep (&(struct timespec){ 0, 10000000 }, NULL);
    }
  return false;
}

/* So that a crash in here is noticed: the kernel kills at a fault whose signal is blocked. */
static void
unblock_crashes (void)
{
  sigset_t set;
  sigemptyset (&set);
  for (size_t i = 0; i < SIGNAL_CNT; i++)
    sigaddset (&set, crash_signals[i]);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
}

static bool
has_address (const siginfo_t *info)
{
  return info->si_code > 0 && info->si_code != SI_KERNEL && info->si_signo != SIGABRT;
}

/* An access near SP, where the stack has ended. */
static bool
has_overflown (const siginfo_t *info, const void *ucontext)
{
  struct pctab_cursor c;
  struct pctab_stack stack;
  if ((info->si_signo != SIGSEGV && info->si_signo != SIGBUS) || !has_address (info))
    return false;
  pctab_unwind_context (&c, ucontext, NULL);
  pctab__stack_known (&stack);
  uint64_t at = (uintptr_t) info->si_addr, below = c.sp < OVERFLOW_BYTES ? 0 : c.sp - OVERFLOW_BYTES;
  if (at < below || at > c.sp + OVERFLOW_BYTES)
    return false;
  if (stack.hi && c.sp < stack.hi && c.sp + OVERFLOW_BYTES >= stack.lo)
    return at < stack.lo;
  return !pctab__probe (c.sp, 1) || !pctab__probe (at, 1);
}

static void
print_head (const struct pctab__signal *s)
{
  struct crash_out *o = &crash.out;
  const char *cause = pctab__signal_cause (s->signo, s->info->si_code);
  char name[17] = "";
  pctab__out_text (o, pctab__signal_name (s->signo));
  pctab__out_text (o, ": ");
  if (cause)
    pctab__out_text (o, cause);
  else
    {
      pctab__out_text (o, "si_code ");
      pctab__out_text (o, s->info->si_code < 0 ? "-" : "");
      pctab__out_decimal (o, s->info->si_code < 0 ? -(uint64_t) s->info->si_code : (uint64_t) s->info->si_code);
    }
  if (has_address (s->info))
    {
      pctab__out_text (o, ", address ");
      pctab__out_hex (o, (uintptr_t) s->info->si_addr);
    }
  else if (s->info->si_code <= 0)
    {
      pctab__out_text (o, ", by process ");
      pctab__out_decimal (o, (uint32_t) s->info->si_pid);
    }
  pctab__out_text (o, "; process ");
  pctab__out_decimal (o, (uint32_t) getpid ());
  pctab__out_text (o, ", thread ");
  pctab__out_decimal (o, (uint32_t) thread_id ());
  if (!prctl (PR_GET_NAME, name) && *name)
    {
      pctab__out_text (o, " ");
      pctab__out_text (o, name);
    }
  pctab__out_text (o, "\n");
  if (has_overflown (s->info, s->ucontext))
    pctab__out_text (o, "the stack has overflown\n");
  pctab__out_flush (o);
}

static void
print_nested (void)
{
  struct crash_out *o = &crash.out;
  o->len = o->len <= sizeof o->buf ? o->len : 0;
  pctab__out_text (o, "\n");
  pctab__out_text (o, pctab__signal_name (crash.nested_signo));
  pctab__out_text (o, " in the crash handler itself, address ");
  pctab__out_hex (o, crash.nested_at);
  pctab__out_text (o, ": the rest is left out\n");
  pctab__out_flush (o);
}

static void
report (const struct pctab__signal *s)
{
  crash.armed = true;
  int nested = sigsetjmp (crash.back, 0);
  unblock_crashes ();
  if (nested && crash.nested_cnt < NESTED_MAX)
    print_nested ();
  else if (!nested)
    {
      print_head (s);
      pctab_read_begin ();
      pctab__crash_walk (&crash.walk, s->info, s->ucontext);
      pctab__crash_print (&crash.out, &crash.walk, crash.buf, crash.buf_len);
      pctab_read_end ();
      pctab__out_flush (&crash.out);
    }
  crash.armed = false;
}

static enum pctab__signal_answer
crash_owner (const struct pctab__signal *s, void *arg)
{
  (void) arg;
  pid_t self = thread_id ();
  if (atomic_load (&crash.tid) == self)
    {
      if (!crash.armed)
        return PCTAB__SIGNAL_GO_ON;
      crash.nested_cnt++;
      crash.nested_signo = s->signo;
      crash.nested_at = has_address (s->info) ? (uintptr_t) s->info->si_addr : 0;
      siglongjmp (crash.back, 1);
    }
  if (claim (self))
    report (s);
  return PCTAB__SIGNAL_GO_ON;
}

/* The most that a module's cold part can need. */
static bool
measure (const struct pctab_module_info *info, void *arg)
{
  size_t *max = arg, len = info->module ? pctab_cold_size (&info->module->table) : 0;
  if (len > *max)
    *max = len;
  return true;
}

static void *
reserve (size_t len)
{
  void *p = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

static int
reserve_all (unsigned frames_max)
{
  crash.walk.half = frames_max / 2;
  crash.walk.first = reserve (frames_max * sizeof *crash.walk.first);
  crash.walk.last = crash.walk.first + crash.walk.half;
  crash.buf_len = BUFFER_MIN;
  pctab_module_each (measure, &crash.buf_len);
  if (crash.buf_len > BUFFER_MAX)
    crash.buf_len = BUFFER_MAX;
  crash.buf = reserve (crash.buf_len);
  if (!crash.buf && crash.buf_len > BUFFER_MIN)
    crash.buf = reserve (crash.buf_len = BUFFER_MIN);
  return crash.walk.first && crash.buf ? 0 : ENOMEM;
}

int
pctab_crash_handler_install (const struct pctab_crash_options *options)
{
  static struct pctab__signal_owner owners[SIGNAL_CNT];
  static atomic_bool installed;
  unsigned frames_max = options && options->frames_max ? options->frames_max : FRAMES_DEFAULT;
  if (atomic_exchange (&installed, true))
    return EALREADY;
  frames_max = frames_max < 2 ? 2 : frames_max > FRAMES_MAX ? FRAMES_MAX : frames_max;
  crash.out.fd = options && options->fd > 0 ? options->fd : STDERR_FILENO;
  pctab__stay ();
  int error = pctab_thread_init ();
  if (!options || !options->no_import)
    pctab_module_import_loaded ();
  if (!error)
    error = reserve_all (frames_max);
  for (size_t i = 0; i < SIGNAL_CNT && !error; i++)
    {
      owners[i] = (struct pctab__signal_owner){ PCTAB__SIGNAL_ORDER_CRASH, PCTAB__SIGNAL_AT_DEFAULT, crash_owner, NULL,
                                                NULL };
      error = pctab__signal_own (crash_signals[i], &owners[i]);
    }
  return error;
}
