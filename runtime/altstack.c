/* SPDX-License-Identifier: MIT */
/* Threads' alternate stacks: a mapping with a guard page below it, kept by a key of the thread whose destructor takes
 * it down again. */
#include <pctab/crash.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stay.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define GUARD_BYTES ((size_t) 64 << 10) /* the largest page of any machine */

static pthread_key_t key;
static int key_error;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

/* What the kernel pushes grows with the CPU's registers, and is no business of PCTAB_ALTSTACK_BYTES. */
static size_t
stack_bytes (void)
{
  size_t frame = getauxval (AT_MINSIGSTKSZ);
  return PCTAB_ALTSTACK_BYTES + (frame < (1 << 20) ? (frame + GUARD_BYTES - 1) & ~(GUARD_BYTES - 1) : 0);
}

/* A thread that exits while it is on this stack, or has another one by now, keeps it mapped, or takes only it down. */
static void
remove_stack (void *guard)
{
  char *stack = (char *) guard + GUARD_BYTES, *here = __builtin_frame_address (0);
  if (here >= stack && here < stack + stack_bytes ())
    return;
  stack_t none = { .ss_flags = SS_DISABLE }, now;
  if (!sigaltstack (NULL, &now) && now.ss_sp == stack && sigaltstack (&none, NULL))
    return;
  munmap (guard, GUARD_BYTES + stack_bytes ());
}

static void
make_key (void)
{
  pctab__stay ();
  key_error = pthread_key_create (&key, remove_stack);
}

static int
add_stack (void)
{
  size_t len = stack_bytes ();
  int error = pthread_once (&key_once, make_key);
  if (error || key_error)
    return error ? error : key_error;
  char *guard = mmap (NULL, GUARD_BYTES + len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (guard == MAP_FAILED)
    return errno;
  stack_t stack = { .ss_sp = guard + GUARD_BYTES, .ss_size = len };
  if (mprotect (guard + GUARD_BYTES, len, PROT_READ | PROT_WRITE) || sigaltstack (&stack, NULL))
    error = errno;
  else
    error = pthread_setspecific (key, guard);
  if (error)
    remove_stack (guard);
  return error;
}

int
pctab_thread_init (void)
{
  stack_t now;
  struct pctab_stack bounds;
  int saved_errno = errno, error = 0;
  pctab_stack_self (&bounds);
  if (sigaltstack (NULL, &now))
    error = errno;
  else if (now.ss_flags & SS_DISABLE)
    error = add_stack ();
  errno = saved_errno;
  return error;
}
