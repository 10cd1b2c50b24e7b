/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crashes as its argument says.  Lines of interest carry a mark for the test: MARK name. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <assert.h>
#include <fcntl.h>
#include <pctab/crash.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifndef __cplusplus
#define EXTERN
#else
#define EXTERN extern "C"
#endif

#define NOINLINE __attribute__ ((noinline, noclone))
static const char *what;
static volatile int zero, one = 1;
static char *volatile null;
static void (*volatile null_function) (void);
static sigjmp_buf jump;
static char *page;

static inline __attribute__ ((always_inline)) void
poke (char *p)
{
  *(volatile char *) p = 1; /* MARK poke */
}

static inline __attribute__ ((always_inline)) void
poke_twice (char *p)
{
  poke (p + zero); /* MARK poke_twice */
}

NOINLINE static void
fault (void)
{
  poke_twice (null); /* MARK fault */
}

NOINLINE static int
recurse (int n, char *from)
{
  volatile char frame[64];
  frame[0] = (char) n;
  if (n == 0 && from)
    fault ();
  return (n == 0 ? 0 : recurse (n - 1, from)) + frame[0]; /* MARK recurse */
}

static void *
in_thread (void *arg)
{
  if (pctab_thread_init ())
    _exit (90);
  if (arg)
    zero = recurse (-1, NULL);
  fault (); /* MARK in_thread */
  zero++;
  return NULL;
}

/* May be read, but not executed; with a return instruction it would seem to come back. */
static char not_code[64] = { (char) 0xc3 };

/* The crash handler's own poll(), which crashes the first time or always. */
static int poll_faults;

EXTERN int
poll (struct pollfd *fds, nfds_t cnt, int ms)
{
  (void) fds, (void) cnt, (void) ms;
  if (poll_faults)
    {
      poll_faults -= poll_faults == 1;
      *(volatile char *) null = 1;
    }
  return 1;
}

static void *
together (void *arg)
{
  pthread_barrier_wait ((pthread_barrier_t *) arg);
  fault ();
  return NULL;
}

static void
mend (int signo)
{
  (void) signo;
  mprotect (page, 4096, PROT_READ | PROT_WRITE);
}

static void
jump_away (int signo)
{
  siglongjmp (jump, signo);
}

NOINLINE static void
crash_in_handler (int signo)
{
  (void) signo;
  fault (); /* MARK in_handler */
  zero++;
}

/* malloc()'s own lists, as a program overwrites them that writes behind its blocks. */
NOINLINE static void
smash_heap (void)
{
  char *p[64];
  for (int i = 0; i < 64; i++)
    p[i] = (char *) malloc (2000);
  for (int i = 0; i < 64; i += 2)
    free (p[i]);
  for (int i = 0; i < 63; i++)
    memset (p[i], 0x41, 2000 + 64);
  for (int i = 0; i < 10000; i++) /* MARK smash */
    p[i % 64] = (char *) malloc ((size_t) (100 + i * 7 % 5000)), free (p[(i * 5) % 64]);
}

NOINLINE static void
smash_stack (char *p)
{
  /* Everything above this frame that the walk would need. */
  memset (p, 0x55, 400);
  fault ();
}

NOINLINE static void
many_threads (void)
{
  pthread_t t[8];
  pthread_barrier_t barrier;
  pthread_barrier_init (&barrier, NULL, 8);
  for (int i = 0; i < 8; i++)
    pthread_create (&t[i], NULL, together, &barrier);
  for (int i = 0; i < 8; i++)
    pthread_join (t[i], NULL);
}

NOINLINE static void
other_thread (void *arg)
{
  pthread_t t;
  pthread_create (&t, NULL, in_thread, arg);
  pthread_join (t, NULL);
}

NOINLINE static void
past_end (void)
{
  char name[] = "/tmp/pctab-bus-XXXXXX";
  int fd = mkstemp (name);
  unlink (name);
  char *p = (char *) mmap (NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  poke (p); /* MARK bus */
}

NOINLINE static int
divide (void)
{
  return one / zero; /* MARK divide */
}

NOINLINE static void
do_it (void)
{
#define IF(name) else if (!strcmp (what, name))
  if (!strcmp (what, "segv"))
    fault (); /* MARK segv */
  IF ("bus") past_end ();
  IF ("fpe") zero = divide ();
  IF ("ill") __builtin_trap (); /* MARK ill */
  IF ("abort") abort (); /* MARK abort */
  IF ("assert") assert (!one); /* MARK assert */
  IF ("raise") raise (SIGSEGV);
  IF ("kill") kill (getpid (), SIGBUS);
  IF ("call") null_function (); /* MARK call */
  IF ("wild") ((void (*) (void)) 0x123456) (); /* MARK wild */
  IF ("data") ((void (*) (void)) (uintptr_t) not_code) (); /* MARK data */
  IF ("deep") zero = recurse (20000, (char *) 1);
  IF ("overflow") zero = recurse (-1, NULL);
  IF ("overflow thread") other_thread ((void *) 1);
  IF ("thread") other_thread (NULL);
  IF ("threads") many_threads ();
  IF ("heap") smash_heap ();
  IF ("stack")
  {
    char c[64];
    smash_stack (c);
  }
  IF ("handler")
  {
    signal (SIGUSR1, crash_in_handler);
    raise (SIGUSR1); /* MARK raise */
  }
  IF ("mend")
  {
    signal (SIGSEGV, mend);
    *(volatile char *) page = 1;
  }
  IF ("jump")
  {
    signal (SIGSEGV, jump_away);
    for (int i = 0; i < 3; i++)
      if (!sigsetjmp (jump, 1))
        fault ();
  }
  IF ("ignored")
  {
    signal (SIGSEGV, SIG_IGN);
    raise (SIGSEGV);
  }
  IF ("once")
  {
    struct sigaction a;
    memset (&a, 0, sizeof a);
    a.sa_handler = mend;
    a.sa_flags = (int) SA_RESETHAND;
    sigaction (SIGSEGV, &a, NULL);
    *(volatile char *) page = 1;
    fault ();
  }
  IF ("nested") poll_faults = 1, fault ();
  IF ("nested always") poll_faults = 2, fault ();
  IF ("fork")
  {
    pid_t pid = fork ();
    if (!pid)
      fault ();
    while (waitpid (pid, NULL, 0) < 0)
      ;
  }
}

int
main (int argc, char **argv)
{
  what = argc > 1 ? argv[1] : "";
  page = (char *) mmap (NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#ifndef PLAIN
  struct pctab_crash_options options;
  memset (&options, 0, sizeof options);
  options.fd = -1;
  options.frames_max = argc > 2 ? (unsigned) atoi (argv[2]) : 0;
  if (pctab_crash_handler_install (&options))
    return 91;
#endif
  do_it (); /* MARK main */
  return 0;
}
