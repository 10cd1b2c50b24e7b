/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program dies of, as a tracer sees it: the last siginfo, and the wait status.  With -DOURS the signals have an
 * owner that says "go on". */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef OURS
#include "signal_own.h"
static enum pctab__signal_answer
owner (const struct pctab__signal *s, void *arg)
{
  (void) s, (void) arg;
  return PCTAB__SIGNAL_GO_ON;
}

static void
own (int signo)
{
  static struct pctab__signal_owner owners[8];
  static unsigned cnt;
  owners[cnt] = (struct pctab__signal_owner){ 10, PCTAB__SIGNAL_AT_DEFAULT | PCTAB__SIGNAL_AT_IGNORED, owner, NULL,
                                              NULL };
  if (pctab__signal_own (signo, &owners[cnt++]))
    _exit (94);
}
#else
#define own(signo) ((void) 0)
#endif

static const char *const ways[]
  = { "fault", "fault ignored", "divide", "illegal", "trap", "abort", "raise", "kill", "queue", "timer", "suspend",
      "thread", "blocked fault", "none", "noncanonical", "raise term", "in handler", "bus" };
static char *page;
static volatile int zero, seven = 7;

static void
fault_in (int signo)
{
  (void) signo;
  *(volatile char *) page = 1;
}

static void *
fault_thread (void *arg)
{
  (void) arg;
  *(volatile char *) page = 1;
  return NULL;
}

static void
die (const char *way)
{
  sigset_t set;
  sigfillset (&set);
  if (!strcmp (way, "fault"))
    *(volatile char *) page = 1;
  else if (!strcmp (way, "fault ignored"))
    signal (SIGSEGV, SIG_IGN), *(volatile char *) page = 1;
  else if (!strcmp (way, "divide"))
    {
#if defined __x86_64__ || defined __i386__
      zero = seven / zero;
#endif
      raise (SIGFPE);
    }
  else if (!strcmp (way, "illegal"))
    __builtin_trap ();
  else if (!strcmp (way, "trap"))
    {
#if defined __x86_64__ || defined __i386__
      __asm__ volatile ("int3");
#endif
      raise (SIGTRAP);
    }
  else if (!strcmp (way, "abort"))
    abort ();
  else if (!strcmp (way, "raise"))
    raise (SIGSEGV);
  else if (!strcmp (way, "kill"))
    kill (getpid (), SIGBUS);
  else if (!strcmp (way, "queue"))
    sigqueue (getpid (), SIGFPE, (union sigval){ .sival_int = 42 });
  else if (!strcmp (way, "timer"))
    {
      timer_t t;
      struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGTERM, .sigev_value.sival_int = 43 };
      timer_create (CLOCK_MONOTONIC, &e, &t);
      timer_settime (t, 0, &(struct itimerspec){ .it_value.tv_nsec = 1000000 }, NULL);
      for (int i = 0; i < 1000; i++)
        nanosleep (&(struct timespec){ 0, 10000000 }, NULL);
    }
  else if (!strcmp (way, "suspend"))
    {
      sigprocmask (SIG_BLOCK, &set, NULL);
      raise (SIGTERM);
      sigdelset (&set, SIGTERM);
      sigsuspend (&set);
    }
  else if (!strcmp (way, "thread"))
    {
      pthread_t t;
      pthread_create (&t, NULL, fault_thread, NULL);
      pthread_join (t, NULL);
    }
  else if (!strcmp (way, "blocked fault"))
    sigprocmask (SIG_BLOCK, &set, NULL), *(volatile char *) page = 1;
  else if (!strcmp (way, "noncanonical"))
    *(volatile char *) (~(uintptr_t) 0 / 15 * 8) = 1;
  else if (!strcmp (way, "raise term"))
    raise (SIGTERM);
  else if (!strcmp (way, "in handler"))
    signal (SIGUSR1, fault_in), raise (SIGUSR1);
  else if (!strcmp (way, "bus"))
    {
      char name[] = "./bus-XXXXXX";
      int fd = mkstemp (name);
      unlink (name);
      page = mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      *(volatile char *) page = 1;
    }
}

static void
child (const char *way)
{
  struct rlimit none = { 0, 0 };
  setrlimit (RLIMIT_CORE, &none);
  page = mmap ((void *) 0x10000000, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGTERM };
  for (unsigned i = 0; i < 7; i++)
    own (signals[i]);
  if (ptrace (PTRACE_TRACEME, 0, 0, 0))
    _exit (93);
  raise (SIGSTOP);
  die (way);
  _exit (0);
}

static void
follow (pid_t pid, const char *way)
{
  siginfo_t last = { 0 }, info;
  int status, end = -1;
  for (pid_t who; (who = waitpid (-1, &status, __WALL)) > 0;)
    {
      if (WIFEXITED (status) || WIFSIGNALED (status))
        {
          if (who == pid)
            end = status;
          continue;
        }
      int signo = WSTOPSIG (status);
      if (signo == SIGSTOP || status >> 16)
        {
          ptrace (PTRACE_SETOPTIONS, who, 0, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
          signo = 0;
        }
      else if (!ptrace (PTRACE_GETSIGINFO, who, 0, &info)
               && (signo != SIGTRAP || info.si_code <= 0 || info.si_code == SI_KERNEL))
        last = info;
      ptrace (PTRACE_CONT, who, 0, (long) signo);
    }
  printf ("%s: %d code %d", way, last.si_signo, last.si_code);
  if (last.si_code <= 0)
    printf (" from %s value %d", last.si_pid == pid ? "itself" : last.si_code == SI_TIMER ? "timer" : "other",
            last.si_code == SI_QUEUE || last.si_code == SI_TIMER ? last.si_value.sival_int : 0);
  else if (last.si_signo == SIGSEGV)
    printf (" at %lx", (long) last.si_addr);
  printf (" status %x\n", end);
}

int
main (void)
{
  for (unsigned w = 0; w < sizeof ways / sizeof *ways; w++)
    {
      fflush (stdout);
      pid_t pid = fork ();
      if (!pid)
        {
          alarm (20);
          child (ways[w]);
        }
      follow (pid, ways[w]);
    }
  return 0;
}
