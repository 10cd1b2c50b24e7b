/* SPDX-License-Identifier: MIT */
/* sigaction(), signal() and their kin, in the place of the C library's, so that signal.c sees what the program asks
 * for.
 *
 * Weak: a program that has a function of such a name keeps it, also in a static link.  What only changes the mask
 * (sighold(), sigblock()) is of no interest here. */
#include "signal_own.h"

#include <errno.h>
#include <string.h>

#define WRAPPED __attribute__ ((weak, visibility ("default")))

typedef void (*handler) (int);

WRAPPED int sigaction (int signo, const struct sigaction *act, struct sigaction *old);
WRAPPED handler signal (int signo, handler h);
WRAPPED handler bsd_signal (int signo, handler h);
WRAPPED handler ssignal (int signo, handler h);
WRAPPED handler sysv_signal (int signo, handler h);
WRAPPED handler __sysv_signal (int signo, handler h);
WRAPPED handler sigset (int signo, handler h);
WRAPPED int sigignore (int signo);
WRAPPED int siginterrupt (int signo, int interrupt);

/* 4.2BSD's; no header has it any more, but programs linked before glibc 2.21 may. */
struct sigvec {
  handler sv_handler;
  int sv_mask, sv_flags;
};
#define SV_ONSTACK 1
#define SV_INTERRUPT 2
#define SV_RESETHAND 4
WRAPPED int sigvec (int signo, const struct sigvec *vec, struct sigvec *old);

/* Those that siginterrupt() has set, by signal minus 1: signal() installs them without SA_RESTART from then on. */
static _Atomic uint32_t interrupts[4];

int
sigaction (int signo, const struct sigaction *act, struct sigaction *old)
{
  return pctab__signal_change (signo, act, old);
}

static handler
set_handler (int signo, handler h, int flags, bool mask_itself)
{
  struct sigaction act = { .sa_flags = flags }, old;
  if (h == SIG_ERR || signo < 1 || signo >= _NSIG)
    {
      errno = EINVAL;
      return SIG_ERR;
    }
  act.sa_handler = h;
  if (mask_itself)
    sigaddset (&act.sa_mask, signo);
  return pctab__signal_change (signo, &act, &old) ? SIG_ERR : old.sa_handler;
}

static handler
set_restartable (int signo, handler h)
{
  unsigned bit = (unsigned) signo - 1;
  bool interrupt = bit < _NSIG - 1 && atomic_load (&interrupts[bit / 32]) >> bit % 32 & 1;
  return set_handler (signo, h, interrupt ? 0 : SA_RESTART, true);
}

handler
signal (int signo, handler h)
{
  return set_restartable (signo, h);
}

handler
bsd_signal (int signo, handler h)
{
  return set_restartable (signo, h);
}

handler
ssignal (int signo, handler h)
{
  return set_restartable (signo, h);
}

static handler
set_once (int signo, handler h)
{
  return set_handler (signo, h, (int) SA_RESETHAND | SA_NODEFER | SA_INTERRUPT, false);
}

handler
__sysv_signal (int signo, handler h)
{
  return set_once (signo, h);
}

handler
sysv_signal (int signo, handler h)
{
  return set_once (signo, h);
}

handler
sigset (int signo, handler h)
{
  sigset_t one, was;
  sigemptyset (&one);
  if (sigaddset (&one, signo))
    return SIG_ERR;
  handler old;
  if (h == SIG_HOLD)
    {
      struct sigaction act;
      if (sigprocmask (SIG_BLOCK, &one, &was) || pctab__signal_change (signo, NULL, &act))
        return SIG_ERR;
      old = act.sa_handler;
    }
  else
    {
      old = set_handler (signo, h, 0, false);
      if (old == SIG_ERR || sigprocmask (SIG_UNBLOCK, &one, &was))
        return SIG_ERR;
    }
  return sigismember (&was, signo) ? SIG_HOLD : old;
}

int
sigignore (int signo)
{
  struct sigaction act = { .sa_handler = SIG_IGN };
  return pctab__signal_change (signo, &act, NULL);
}

int
siginterrupt (int signo, int interrupt)
{
  struct sigaction act;
  unsigned bit = (unsigned) signo - 1;
  if (pctab__signal_change (signo, NULL, &act))
    return -1;
  if (bit < _NSIG - 1)
    {
      if (interrupt)
        atomic_fetch_or (&interrupts[bit / 32], UINT32_C (1) << bit % 32);
      else
        atomic_fetch_and (&interrupts[bit / 32], ~(UINT32_C (1) << bit % 32));
    }
  if (interrupt)
    act.sa_flags &= ~SA_RESTART;
  else
    act.sa_flags |= SA_RESTART;
  return pctab__signal_change (signo, &act, NULL);
}

int
sigvec (int signo, const struct sigvec *vec, struct sigvec *old)
{
  struct sigaction act = { 0 }, was;
  if (vec)
    {
      act.sa_handler = vec->sv_handler;
      for (int i = 1; i <= 32; i++)
        if ((unsigned) vec->sv_mask >> (i - 1) & 1)
          sigaddset (&act.sa_mask, i);
      act.sa_flags = (vec->sv_flags & SV_ONSTACK ? SA_ONSTACK : 0) | (vec->sv_flags & SV_INTERRUPT ? 0 : SA_RESTART)
                     | (vec->sv_flags & SV_RESETHAND ? (int) SA_RESETHAND : 0);
    }
  if (pctab__signal_change (signo, vec ? &act : NULL, &was))
    return -1;
  if (old)
    {
      int flags = was.sa_flags;
      *old = (struct sigvec){ was.sa_handler, 0,
                              (flags & SA_ONSTACK ? SV_ONSTACK : 0) | (flags & SA_RESTART ? 0 : SV_INTERRUPT)
                                | (flags & (int) SA_RESETHAND ? SV_RESETHAND : 0) };
      for (int i = 1; i <= 32; i++)
        if (sigismember (&was.sa_mask, i) == 1)
          old->sv_mask |= (int) (1u << (i - 1));
    }
  return 0;
}
