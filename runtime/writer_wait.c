/* SPDX-License-Identifier: MIT */
/* A writer that may wait: never in a handler.  Another one has all its signals blocked, so it is soon done. */
#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>

#include "memory.h"
#include "reader.h"

/* A writer that is no thread of this process was one of the process that forked us behind our back. */
static void
owner_bury (struct shared *s)
{
  uint32_t tid = __atomic_load_n (&s->owner, __ATOMIC_RELAXED);
  if (tid && pctab__memory_call (SYS_tgkill, (long) pctab__memory_pid (), (long) tid, 0, 0, 0, 0) == -ESRCH)
    __atomic_compare_exchange_n (&s->owner, &tid, 0, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

bool
pctab__writer_lock_within (struct shared *s, struct mask *mask, unsigned ms)
{
  for (unsigned i = 0; i < 100; i++)
    {
      if (pctab__writer_try (s, mask))
        return true;
      sched_yield ();
    }
  owner_bury (s);
  for (unsigned i = 0; i < ms; i++)
    {
      /* Not nanosleep(), where a thread may be cancelled. */
      static const long pause[] = { 0, 1000000 };
      if (pctab__writer_try (s, mask))
        return true;
      pctab__memory_call (SYS_nanosleep, (long) pause, 0, 0, 0, 0, 0);
    }
  return false;
}

void
pctab__writer_lock (struct shared *s, struct mask *mask)
{
  while (!pctab__writer_lock_within (s, mask, 1000))
    ;
}
