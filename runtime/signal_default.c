/* SPDX-License-Identifier: MIT */
/* What would have happened without us: default actions, and the system calls below all this. */
#include "signal_own.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifdef __GLIBC__
/* glibc's own name for it, which nothing interposes. */
int __sigaction (int signo, const struct sigaction *act, struct sigaction *old);

int
pctab__signal_real (int signo, const struct sigaction *act, struct sigaction *old)
{
  return __sigaction (signo, act, old);
}
#else
#error "The C library's sigaction() by a name that this library doesn't replace is needed here."
#endif

static void
set_mask (const void *mask, void *saved)
{
  int saved_errno = errno;
  syscall (SYS_rt_sigprocmask, SIG_SETMASK, mask, saved, PCTAB__SIGNAL_MASK_BYTES);
  errno = saved_errno;
}

void
pctab__signal_block (struct pctab__signal_mask *saved)
{
  struct pctab__signal_mask all;
  memset (&all, 0xff, sizeof all);
  set_mask (&all, saved);
}

void
pctab__signal_mask (const struct pctab__signal_mask *mask)
{
  set_mask (mask, NULL);
}

bool
pctab__signal_repeats (const siginfo_t *info)
{
  switch (info->si_signo)
    {
    case SIGSEGV:
    case SIGFPE:
    case SIGILL:
      return info->si_code > 0;
    case SIGBUS:
      /* A memory error found by the way is no fault of an instruction. */
      return info->si_code > 0 && info->si_code != BUS_MCEERR_AO;
    default:
      return false;
    }
}

static bool
ignored_by_default (int signo)
{
  return signo == SIGCHLD || signo == SIGURG || signo == SIGWINCH || signo == SIGCONT;
}

/* The same signal again, with all that was known of it; it is blocked here and comes when the handler returns. */
static void
send_again (int signo, siginfo_t *info)
{
  long pid = getpid (), tid = syscall (SYS_gettid);
  if (!syscall (SYS_rt_tgsigqueueinfo, pid, tid, signo, info) || !syscall (SYS_tgkill, pid, tid, signo))
    return;
  _exit (128 + signo);
}

void
pctab__signal_default (int signo, siginfo_t *info, void *ucontext)
{
  if (ignored_by_default (signo))
    return;
  struct sigaction def = { .sa_handler = SIG_DFL };
  pctab__signal_real (signo, &def, NULL);
  if (pctab__signal_repeats (info))
    return;
  send_again (signo, info);
  /* It may be blocked there: sigsuspend() lets it in with a mask that isn't restored. */
  sigdelset (&((ucontext_t *) ucontext)->uc_sigmask, signo);
}
