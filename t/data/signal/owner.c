/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What owners get and may do. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "signal_own.h"

static unsigned checks;
#define EXPECT(x)                                                \
  do                                                             \
    {                                                            \
      checks++;                                                  \
      if (!(x))                                                  \
        {                                                        \
          printf ("line %d: %s is not so\n", __LINE__, #x);      \
          exit (1);                                              \
        }                                                        \
    }                                                            \
  while (0)

static volatile unsigned calls[3], second_calls, handler_calls;
static volatile enum pctab__signal_answer answer;
static int failing = 1;
static char *page;

static enum pctab__signal_answer
count (const struct pctab__signal *s, void *arg)
{
  calls[s->program]++;
  EXPECT (arg == (void *) calls && s->ucontext && s->info->si_signo == s->signo);
  errno = failing;
  return answer;
}

static enum pctab__signal_answer
count_second (const struct pctab__signal *s, void *arg)
{
  (void) s, (void) arg;
  second_calls++;
  return PCTAB__SIGNAL_HANDLED;
}

static enum pctab__signal_answer
mend_page (const struct pctab__signal *s, void *arg)
{
  (void) arg;
  EXPECT (s->signo == SIGSEGV && s->info->si_addr == page);
  mprotect (page, 4096, PROT_READ | PROT_WRITE);
  second_calls++;
  return PCTAB__SIGNAL_HANDLED;
}

static void
handler (int signo)
{
  (void) signo;
  handler_calls++;
}

static struct pctab__signal_owner first = { 10, 7, count, (void *) calls, NULL },
                                  second = { 20, 7, count_second, NULL, NULL },
                                  mender = { 20, PCTAB__SIGNAL_AT_DEFAULT, mend_page, NULL, NULL };

static void
signals_that_are_none (void)
{
  static struct pctab__signal_owner none = { 1, 7, count, NULL, NULL };
  static const int bad[] = { 0, -1, _NSIG, SIGKILL, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, 32, 33 };
  for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
    EXPECT (pctab__signal_own (bad[i], &none) == EINVAL);
}

static void
all_three_times (void)
{
  EXPECT (!pctab__signal_own (SIGURG, &second) && !pctab__signal_own (SIGURG, &first));
  errno = 5;
  raise (SIGURG);
  EXPECT (calls[PCTAB__SIGNAL_DEFAULT] == 1 && second_calls == 1 && errno == 5);
  EXPECT (signal (SIGURG, SIG_IGN) == SIG_DFL);
  raise (SIGURG);
  EXPECT (calls[PCTAB__SIGNAL_IGNORED] == 1 && second_calls == 2 && errno == 5);
  EXPECT (signal (SIGURG, handler) == SIG_IGN);
  raise (SIGURG);
  EXPECT (calls[PCTAB__SIGNAL_RETURNED] == 1 && second_calls == 3 && handler_calls == 1 && errno == 5);
  answer = PCTAB__SIGNAL_HANDLED;
  raise (SIGURG);
  EXPECT (calls[PCTAB__SIGNAL_RETURNED] == 2 && second_calls == 3 && handler_calls == 2);
  EXPECT (signal (SIGURG, SIG_DFL) == handler);
}

static void
handled (void)
{
  page = mmap (NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  second_calls = 0;
  EXPECT (!pctab__signal_own (SIGSEGV, &mender));
  *(volatile char *) page = 1;
  EXPECT (second_calls == 1 && *page == 1);
  EXPECT (signal (SIGSEGV, SIG_IGN) == SIG_DFL);
  struct sigaction now;
  EXPECT (!pctab__signal_real (SIGSEGV, NULL, &now) && now.sa_handler == SIG_IGN);
  signal (SIGSEGV, SIG_DFL);
  EXPECT (!pctab__signal_real (SIGSEGV, NULL, &now) && now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN);
}

static sigset_t seen_mask;

static void
see_mask (int signo)
{
  (void) signo;
  sigprocmask (SIG_BLOCK, NULL, &seen_mask);
}

/* More actions than there are entries: each is shown, and runs, as it was asked for. */
static void
many_actions (void)
{
  struct sigaction a = { .sa_handler = see_mask }, was;
  answer = PCTAB__SIGNAL_GO_ON;
  for (int round = 0; round < 3; round++)
    for (int i = 34; i < 64; i++)
      {
        sigemptyset (&a.sa_mask);
        sigaddset (&a.sa_mask, i);
        EXPECT (!sigaction (SIGURG, &a, NULL) && !sigaction (SIGURG, NULL, &was));
        EXPECT (was.sa_handler == see_mask && sigismember (&was.sa_mask, i) && !sigismember (&was.sa_mask, SIGURG));
        kill (getpid (), SIGURG);
        __asm__ volatile ("" ::: "memory");
        for (int j = 34; j < 64; j++)
          EXPECT (sigismember (&seen_mask, j) == (j == i));
        EXPECT (sigismember (&seen_mask, SIGURG));
      }
}

static bool in_fork;

static void
before_ours (void)
{
  if (in_fork)
    signal (SIGURG, handler);
}

static void
child_keeps_owner (void)
{
  signal (SIGURG, SIG_DFL);
  in_fork = true;
  pid_t pid = fork ();
  if (!pid)
    {
      calls[PCTAB__SIGNAL_RETURNED] = handler_calls = 0;
      raise (SIGURG);
      EXPECT (handler_calls == 1 && calls[PCTAB__SIGNAL_RETURNED] == 1);
      EXPECT (signal (SIGURG, SIG_DFL) == handler);
      calls[PCTAB__SIGNAL_DEFAULT] = 0;
      raise (SIGURG);
      EXPECT (calls[PCTAB__SIGNAL_DEFAULT] == 1);
      _exit (3);
    }
  int status;
  waitpid (pid, &status, 0);
  EXPECT (WIFEXITED (status) && WEXITSTATUS (status) == 3);
  in_fork = false;
  EXPECT (signal (SIGURG, SIG_DFL) == SIG_DFL);
}

/* A child that shares our memory, or has no pthread_atfork() handlers, changes its own action alone. */
static void
child_alone (bool shares)
{
  signal (SIGURG, handler);
  calls[PCTAB__SIGNAL_RETURNED] = handler_calls = 0;
  pid_t pid = shares ? vfork () : fork ();
  if (!pid)
    {
      sigset_t none;
      sigemptyset (&none);
      signal (SIGURG, SIG_DFL);
      signal (SIGURG, SIG_IGN);
      _exit (signal (SIGURG, SIG_DFL) == SIG_IGN ? 3 : 4);
    }
  int status;
  waitpid (pid, &status, 0);
  EXPECT (WIFEXITED (status) && WEXITSTATUS (status) == 3);
  raise (SIGURG);
  EXPECT (handler_calls == 1 && calls[PCTAB__SIGNAL_RETURNED] == 1 && signal (SIGURG, SIG_DFL) == handler);
}

struct sigvec {
  void (*sv_handler) (int);
  int sv_mask, sv_flags;
};
int sigvec (int signo, const struct sigvec *vec, struct sigvec *old);

static void
by_sigvec (void)
{
  struct sigvec v = { handler, 1 << (SIGUSR1 - 1), 4 | 2 }, old;
  struct sigaction a;
  handler_calls = 0;
  EXPECT (!sigvec (SIGURG, &v, &old) && old.sv_handler == SIG_DFL);
  EXPECT (!sigaction (SIGURG, NULL, &a) && a.sa_handler == handler && sigismember (&a.sa_mask, SIGUSR1)
          && !(a.sa_flags & SA_RESTART) && a.sa_flags & (int) SA_RESETHAND);
  raise (SIGURG);
  EXPECT (!sigvec (SIGURG, NULL, &old) && old.sv_handler == SIG_DFL && handler_calls == 1);
  EXPECT (old.sv_mask == v.sv_mask && old.sv_flags == v.sv_flags);
  EXPECT (sigvec (-1, &v, NULL) == -1 && errno == EINVAL);
}

int
main (void)
{
  pthread_atfork (NULL, NULL, before_ours);
  signals_that_are_none ();
  all_three_times ();
  handled ();
  many_actions ();
  child_keeps_owner ();
  child_alone (true);
  child_alone (false);
  by_sigvec ();
  printf ("%u checks\n", checks);
  return 0;
}
