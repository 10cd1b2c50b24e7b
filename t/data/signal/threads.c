/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads install handlers while signals arrive in others: a handler runs with the mask and the flags that it was
 * installed with, never with another's; the owner is asked for whatever nobody handles. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "signal_own.h"

#define SENT 20000

static atomic_uint ran[4], wrong, owned_cnt, changes;
static atomic_bool stop;

static void
check (unsigned i)
{
  sigset_t mask;
  pthread_sigmask (SIG_BLOCK, NULL, &mask);
  atomic_fetch_add (&ran[i], 1);
  /* The fourth has SA_NODEFER, so any may have interrupted it. */
  for (unsigned j = 0; j < 4; j++)
    if (sigismember (&mask, (int) (SIGRTMIN + j)) != (i == j) && (j != 3 || i == 3))
      atomic_fetch_add (&wrong, 1);
  if (sigismember (&mask, SIGFPE) != (i != 3))
    atomic_fetch_add (&wrong, 1);
}

static void
run0 (int signo)
{
  (void) signo;
  check (0);
}

static void
run1 (int signo, siginfo_t *info, void *context)
{
  atomic_fetch_add (&wrong, info->si_signo != signo || !context);
  check (1);
}

static void
run2 (int signo)
{
  (void) signo;
  check (2);
}

static void
run3 (int signo)
{
  (void) signo;
  check (3);
}

static void
install (unsigned i)
{
  static void (*const runs[]) (int) = { run0, (void (*) (int)) (void (*) (void)) run1, run2, run3 };
  static const int flags[] = { SA_RESTART, SA_SIGINFO, (int) SA_RESETHAND, SA_NODEFER };
  struct sigaction a = { .sa_handler = SIG_DFL }, old;
  if (i < 4)
    {
      a.sa_handler = runs[i];
      a.sa_flags = flags[i];
      sigemptyset (&a.sa_mask);
      sigaddset (&a.sa_mask, (int) (SIGRTMIN + i));
    }
  else if (i == 4)
    a.sa_handler = SIG_IGN;
  if (sigaction (SIGFPE, &a, &old))
    abort ();
  /* What comes back is one action, not parts of two. */
  for (unsigned j = 0; j < 4; j++)
    if (old.sa_handler == runs[j] && (!sigismember (&old.sa_mask, (int) (SIGRTMIN + j)) || !(old.sa_flags & flags[j])))
      atomic_fetch_add (&wrong, 1);
  atomic_fetch_add (&changes, 1);
}

static void *
installer (void *arg)
{
  unsigned seed = *(unsigned *) arg;
  while (!atomic_load (&stop))
    install ((seed = seed * 1103515245u + 12345u) >> 16 & 7);
  return NULL;
}

static void *
victim (void *arg)
{
  while (!atomic_load (&stop))
    {
      /* A handler may install one too. */
      atomic_fetch_add ((atomic_uint *) arg, 1);
      sched_yield ();
    }
  return NULL;
}

static enum pctab__signal_answer
handle (const struct pctab__signal *s, void *arg)
{
  (void) s, (void) arg;
  atomic_fetch_add (&owned_cnt, 1);
  return PCTAB__SIGNAL_HANDLED;
}

int
main (void)
{
  static struct pctab__signal_owner owner = { 1, PCTAB__SIGNAL_AT_DEFAULT, handle, NULL, NULL };
  if (pctab__signal_own (SIGFPE, &owner))
    return 1;
  pthread_t installers[2], victims[2];
  static unsigned seeds[2] = { 1, 2 };
  static atomic_uint rounds[2];
  for (int i = 0; i < 2; i++)
    {
      pthread_create (&installers[i], NULL, installer, &seeds[i]);
      pthread_create (&victims[i], NULL, victim, &rounds[i]);
    }
  for (int i = 0; i < SENT; i++)
    {
      pthread_kill (victims[i & 1], SIGFPE);
      if (i % 16 == 0)
        sched_yield ();
      if (i % 1024 == 0)
        {
          pid_t pid = fork ();
          if (!pid)
            {
              /* Whatever another thread was about: here it works. */
              install (0);
              unsigned before = atomic_load (&ran[0]);
              raise (SIGFPE);
              _exit (atomic_load (&ran[0]) == before + 1 ? 0 : 1);
            }
          int status;
          if (waitpid (pid, &status, 0) != pid || status)
            atomic_fetch_add (&wrong, 1);
        }
    }
  atomic_store (&stop, true);
  for (int i = 0; i < 2; i++)
    {
      pthread_join (installers[i], NULL);
      pthread_join (victims[i], NULL);
    }
  install (1);
  unsigned before = atomic_load (&ran[1]);
  for (int i = 0; i < 100; i++)
    raise (SIGFPE);
  if (atomic_load (&ran[1]) != before + 100)
    atomic_fetch_add (&wrong, 1);
  printf ("%u changes, %u %u %u %u handled by the program, %u by the owner, %u wrong\n", atomic_load (&changes),
          atomic_load (&ran[0]), atomic_load (&ran[1]), atomic_load (&ran[2]), atomic_load (&ran[3]),
          atomic_load (&owned_cnt), atomic_load (&wrong));
  return atomic_load (&wrong) != 0;
}
