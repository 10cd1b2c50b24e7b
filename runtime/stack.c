/* SPDX-License-Identifier: MIT */
/* The bounds of a thread's stack.
 *
 * A thread's is all there from its start, less the guard, and the C library knows it.  The first thread's grows when
 * it is touched, down to the limit: whether it can go so far is asked by reading its lowest page in the kernel,
 * which makes it grow (in address space; pages come when they are used), so that all of it is readable from then on. */
#include "unwinder.h"

#include <pthread.h>
#include <unistd.h>

static __thread struct pctab_stack known __attribute__ ((tls_model ("initial-exec")));

#define PAGE_BYTES UINT64_C (4096)
#define FIRST_MAX (UINT64_C (64) << 20) /* of a first stack without a limit, this much is taken */

/* The lowest readable address of a stack that reaches from LO to HI and is readable at HERE. */
static uint64_t
find_low (uint64_t lo, uint64_t hi, uint64_t here)
{
  if (hi - lo > FIRST_MAX)
    lo = hi - FIRST_MAX;
  lo = (lo + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  here &= ~(PAGE_BYTES - 1);
  while (lo < here && !pctab__probe (lo, 1))
    lo += ((here - lo) / 2 + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
  return lo < here ? lo : here;
}

static bool
ask (struct pctab_stack *stack)
{
  pthread_attr_t attr;
  void *at = NULL;
  size_t len = 0;
  if (pthread_getattr_np (pthread_self (), &attr))
    return false;
  bool good = pthread_attr_getstack (&attr, &at, &len) == 0;
  pthread_attr_destroy (&attr);
  uint64_t lo = (uintptr_t) at, hi = lo + len, here = (uintptr_t) __builtin_frame_address (0);
  if (!good || here < lo || here >= hi)
    return false;
  *stack = (struct pctab_stack){ find_low (lo, hi, here), hi };
  return true;
}

void
pctab__stack_known (struct pctab_stack *stack)
{
  *stack = known.hi ? known : (struct pctab_stack){ 0, 0 };
}

bool
pctab_stack_self (struct pctab_stack *stack)
{
  pctab__stack_known (stack);
  if (stack->hi || !ask (stack))
    return stack->hi;
  known.lo = stack->lo;
  __atomic_signal_fence (__ATOMIC_RELEASE); /* a handler sees all of it or nothing */
  known.hi = stack->hi;
  return true;
}
