/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames that are unlike others, for step_oracle: alloca, realigned stacks, large frames, nested functions, jumps
 * out of them, signals on the same stack and on another one, calls at a function's end that don't come back, sibling
 * calls. */
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALTSTACK_LEN 65536
#define APART __attribute__ ((noinline, noclone))

static volatile long sink;
static jmp_buf back;
static sigjmp_buf out;

static APART long
leaf (long a, long b)
{
  return a * 3 + b;
}

static APART long
many (long a, long b, long c, long d, long e, long f, long g, long h)
{
  long x = leaf (a, b), y = leaf (c, d), z = leaf (e, f), w = leaf (g, h);
  return x + leaf (y, z) + w + leaf (a + b + c, d + e + f);
}

static APART long
use_alloca (int n)
{
  char *p = alloca ((size_t) n);
  memset (p, n, (size_t) n);
  return p[n / 2] + leaf (n, n) + (n > 64 ? use_alloca (n / 2) : 0);
}

static APART long
use_vla (int n)
{
  long v[n];
  v[0] = n;
  for (int i = 1; i < n; i++)
    v[i] = leaf (v[i - 1], i);
  return v[n - 1];
}

static APART long
realigned (long a)
{
  long at __attribute__ ((aligned (64))) = a;
  sink = (long) &at % 64;
  return leaf (at, sink);
}

static APART long
realigned_alloca (int n)
{
  long at __attribute__ ((aligned (128))) = n;
  char *p = alloca ((size_t) n);
  memset (p, 1, (size_t) n);
  sink = (long) &at % 128;
  return leaf (at, p[n - 1]);
}

static APART long
large (long a)
{
  char room[20000];
  memset (room, (int) a, 100);
  sink = room[leaf (a, 1) % 100];
  return room[a % 100];
}

static APART long
variadic (int n, ...)
{
  va_list l;
  long sum = 0;
  va_start (l, n);
  for (int i = 0; i < n; i++)
    sum += leaf (va_arg (l, int), i);
  va_end (l);
  return sum;
}

static APART double
floats (double a, double b)
{
  return a * b + (double) leaf ((long) a, (long) b);
}

static APART long
sibling (long a, long b)
{
  return a > 0 ? sibling (a - 1, b + 1) : leaf (b, a);
}

static APART long
shrink_wrapped (long a, long b)
{
  if (a < b)
    return a;
  long x = leaf (a, b), y = leaf (b, x), z = leaf (x, y), v = leaf (y, z);
  return many (x, y, z, v, a, b, x, y);
}

static APART __attribute__ ((noreturn)) void
jump (int n)
{
  if (n)
    jump (n - 1);
  longjmp (back, 1);
}

/* The call is its last instruction. */
static APART void
no_return (int n)
{
  sink = leaf (n, n);
  jump (3);
}

static APART long
jumped (void)
{
  if (!setjmp (back))
    no_return (2);
  return leaf (1, 2);
}

static APART long
recursive (long n)
{
  return n ? recursive (n - 1) + leaf (n, n) : 0;
}

static void
on_signal (int number)
{
  sink = recursive (2) + number;
}

static void
on_info (int number, siginfo_t *info, void *uc)
{
  (void) info, (void) uc;
  sink = recursive (2) + number;
}

static void
on_jump (int number)
{
  (void) number;
  siglongjmp (out, 1);
}

static void
install (int number, void (*plain) (int), int flags)
{
  struct sigaction sa;
  memset (&sa, 0, sizeof sa);
  sa.sa_flags = flags;
  if (flags & SA_SIGINFO)
    sa.sa_sigaction = on_info;
  else
    sa.sa_handler = plain;
  sigaction (number, &sa, NULL);
}

static APART long
signals (char *stack)
{
  stack_t ss = { .ss_sp = stack, .ss_size = ALTSTACK_LEN };
  install (SIGUSR1, on_signal, 0);
  kill (getpid (), SIGUSR1);
  install (SIGUSR1, NULL, SA_SIGINFO);
  kill (getpid (), SIGUSR1);
  install (SIGUSR2, on_jump, 0);
  if (!sigsetjmp (out, 1))
    kill (getpid (), SIGUSR2);
  sigaltstack (&ss, NULL);
  install (SIGUSR1, NULL, SA_SIGINFO | SA_ONSTACK);
  kill (getpid (), SIGUSR1);
  return leaf (1, 1);
}

static int
compare (const void *a, const void *b)
{
  return *(const int *) a - *(const int *) b;
}

static APART long
nested (long n)
{
  int at[8] = { 5, 3, 7, 1, 8, 2, 6, 4 };
  qsort (at, 8, sizeof *at, compare);
  return leaf (at[n % 8], n);
}

int
main (void)
{
  char stack[ALTSTACK_LEN]; /* here, so that all that is on a stack is in one mapping */
  long sum = 0;
  for (long i = 0; i < 2; i++)
    {
      sum += many (i, 2, 3, 4, 5, 6, 7, 8) + use_alloca (100 + (int) i) + use_vla (5);
      sum += realigned (i) + realigned_alloca (50) + shrink_wrapped (2, 1);
      sum += large (i) + variadic (4, 1, 2, 3, 4) + (long) floats ((double) i, 2.5) + sibling (3, i);
      sum += jumped () + recursive (10) + signals (stack) + nested (i);
    }
  sink = sum;
  return 0;
}
