/* SPDX-License-Identifier: GPL-3.0-or-later */
/* This program's own work, interrupted at each instruction (x86's trap flag): each walk is the same by steps and at once,
 * from the handler and from the context, and the handler's path calls no malloc and takes no lock.
 *
 *     trap STEPS     at most so many */
#define _GNU_SOURCE
#include "walks.h"

#include <pthread.h>
#include <ucontext.h>

static volatile bool in_handler;
static unsigned long steps, steps_max;
static unsigned long stops[PCTAB_STOP_TOO_DEEP + 1];
static void *pcs[1000];
static struct walk found = { .pcs = pcs };
static struct pctab_stack bounds;

#define POISON(type, name, parameters, arguments)                    \
  extern type __libc_##name parameters;                              \
  type name parameters                                               \
  {                                                                  \
    if (in_handler)                                                  \
      fail (#name " in the handler", __LINE__);                      \
    return __libc_##name arguments;                                  \
  }
POISON (void *, malloc, (size_t n), (n))
POISON (void *, calloc, (size_t n, size_t m), (n, m))
POISON (void *, realloc, (void *p, size_t n), (p, n))
POISON (void, free, (void *p), (p))

int pthread_mutex_lock (pthread_mutex_t *m);
int
pthread_mutex_lock (pthread_mutex_t *m)
{
  extern int __pthread_mutex_lock (pthread_mutex_t *) __attribute__ ((weak));
  if (in_handler)
    fail ("pthread_mutex_lock in the handler", __LINE__);
  return __pthread_mutex_lock ? __pthread_mutex_lock (m) : 0;
}

static void
on_trap (int number, siginfo_t *info, void *context)
{
  (void) number, (void) info;
  ucontext_t *uc = context;
  struct pctab_cursor c;
  int saved = errno;
  in_handler = true;
  errno = 4711;
  pctab_unwind_context (&c, uc, &bounds);
  check_same (&c, &found, 1000);
  stops[found.stop]++;
  unsigned cnt = found.cnt;
  void *inner = pcs[0], *outer = pcs[cnt - 1];
  /* From here, by way of the signal's frame, the same. */
  pctab_unwind_here (&c, NULL);
  check_same (&c, &found, 1000);
  CHECK (found.cnt > cnt && pcs[found.cnt - cnt] == inner && pcs[found.cnt - 1] == outer);
  CHECK (errno == 4711);
  in_handler = false;
  errno = saved;
  if (++steps == steps_max)
    uc->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

static void
trap (bool on)
{
  if (on)
#ifdef __x86_64__
    __asm__ volatile ("sub $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
  else
    __asm__ volatile ("sub $128, %%rsp; pushfq; andl $~0x100, (%%rsp); popfq; add $128, %%rsp" ::: "memory", "cc");
#else
    __asm__ volatile ("pushf; orl $0x100, (%%esp); popf" ::: "memory", "cc");
  else
    __asm__ volatile ("pushf; andl $~0x100, (%%esp); popf" ::: "memory", "cc");
#endif
}

static int
compare (const void *a, const void *b)
{
  return *(const int *) a - *(const int *) b;
}

static APART long
work (int n)
{
  int at[40];
  char text[200];
  double sum = 0;
  for (int i = 0; i < 40; i++)
    at[i] = i * 7919 % 101;
  qsort (at, 40, sizeof *at, compare);
  for (int i = 0; i < n; i++)
    {
      snprintf (text, sizeof text, "%d %s %8.3f", at[i % 40], "text", (double) i / 3);
      sum += strtod (text, NULL) + (double) strlen (text);
      char *p = malloc ((size_t) i * 100 + 1);
      free (p);
      /* The library itself is interrupted, too. */
      void *first[50], *second[50];
      int cnt = pctab_backtrace (first, 50), again = pctab_backtrace (second, 50);
      if (cnt < 4 || cnt != again || memcmp (first + 1, second + 1, (size_t) (cnt - 1) * sizeof *first))
        fail ("backtraces that were interrupted differ", __LINE__);
    }
  return (long) sum;
}

int
main (int argc, char **argv)
{
  struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
  steps_max = argc > 1 ? strtoul (argv[1], NULL, 0) : 10000;
  CHECK (pctab_stack_self (&bounds));
  pctab_module_import_loaded ();
  sigaction (SIGTRAP, &sa, NULL);
  trap (true);
  long sum = work (100);
  trap (false);
  printf ("%lu steps, %lu checks, %ld;", steps, check_cnt, sum);
  for (unsigned i = 1; i <= PCTAB_STOP_TOO_DEEP; i++)
    if (stops[i])
      printf (" %s: %lu;", pctab_stop_text ((enum pctab_stop) i), stops[i]);
  printf ("\n");
  return 0;
}
