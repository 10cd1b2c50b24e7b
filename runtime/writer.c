/* SPDX-License-Identifier: MIT */
/* The writers' side: one at a time, and what is freed when.  A handler may come to be a writer, so nobody waits here:
 * whoever finds another one goes without. */
#include <errno.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <sys/syscall.h>

#include "memory.h"
#include "reader.h"

static void
signals_block (struct mask *old)
{
  static const struct mask all = { .bits = { UINT64_MAX, UINT64_MAX } };
  pctab__memory_call (SYS_rt_sigprocmask, SIG_BLOCK, (long) &all, (long) old, KERNEL_MASK_BYTES, 0, 0);
}

static void
signals_restore (const struct mask *mask)
{
  pctab__memory_call (SYS_rt_sigprocmask, SIG_SETMASK, (long) mask, 0, KERNEL_MASK_BYTES, 0, 0);
}

bool
pctab__writer_try (struct shared *s, struct mask *mask)
{
  uint32_t owner = 0, tid = pctab__memory_tid ();
  mask->again = false;
  signals_block (mask);
  if (__atomic_compare_exchange_n (&s->owner, &owner, tid, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    return true;
  /* Another handler of pthread_atfork(), between two of ours, maybe in the child already. */
  mask->again = __atomic_load_n (&s->depth, __ATOMIC_RELAXED)
                && (owner == tid || s->pid != pctab__memory_pid ());
  if (!mask->again)
    signals_restore (mask);
  return mask->again;
}

void
pctab__writer_unlock (struct shared *s, const struct mask *mask)
{
  if (!mask->again)
    __atomic_store_n (&s->owner, 0, __ATOMIC_RELEASE);
  signals_restore (mask);
}

/* Whether the thread with that number is none of this process.  A process that was forked behind our back can't tell:
 * its only thread has another number than its slot. */
bool
pctab__thread_is_dead (const struct shared *s, uint32_t tid)
{
  uint32_t pid = pctab__memory_pid ();
  return pid == s->pid && pctab__memory_call (SYS_tgkill, (long) pid, (long) tid, 0, 0, 0, 0) == -ESRCH;
}

/* What is retired.  In `waiting` is what was retired before the writer looked at all slots and noted who was in a
 * section; in `retired` what came later, whose turn comes next. */

void
pctab__block_retire (struct shared *s, struct block *b)
{
  b->next = s->retired;
  s->retired = b;
}

static bool
membarrier (int command)
{
  return pctab__memory_call (SYS_membarrier, command, 0, 0, 0, 0, 0) >= 0;
}

bool
pctab__reader_register (void)
{
  return membarrier (MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

/* Notes who is in a section now.  False: that can't be found out. */
static bool
note_readers (struct shared *s)
{
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  if (!s->fenced && !membarrier (MEMBARRIER_CMD_PRIVATE_EXPEDITED)
      && !(pctab__reader_register () && membarrier (MEMBARRIER_CMD_PRIVATE_EXPEDITED)))
    return false;
  for (uint32_t i = 0, cnt = __atomic_load_n (&s->slot_cnt, __ATOMIC_SEQ_CST); i <= cnt; i++)
    {
      struct slot *slot = i < cnt ? &s->slot[i] : &s->crowd;
      slot->waits = __atomic_load_n (&slot->nest, __ATOMIC_ACQUIRE) != 0;
      slot->seen = __atomic_load_n (&slot->left, __ATOMIC_ACQUIRE);
    }
  return true;
}

/* Whether that reader may still be in the section that was noted. */
static bool
reader_stays (struct shared *s, struct slot *slot)
{
  uint32_t key = __atomic_load_n (&slot->key, __ATOMIC_ACQUIRE), tid = key & KEY_TID_MASK;
  if (!__atomic_load_n (&slot->nest, __ATOMIC_ACQUIRE))
    return false;
  return slot == &s->crowd
         || (__atomic_load_n (&slot->left, __ATOMIC_ACQUIRE) == slot->seen && tid && !pctab__thread_is_dead (s, tid));
}

static bool
readers_stay (struct shared *s)
{
  bool stay = false;
  for (uint32_t i = 0, cnt = __atomic_load_n (&s->slot_cnt, __ATOMIC_ACQUIRE); i <= cnt; i++)
    {
      struct slot *slot = i < cnt ? &s->slot[i] : &s->crowd;
      if (slot->waits)
        stay |= slot->waits = reader_stays (s, slot);
    }
  return stay;
}

static void
free_waiting (struct shared *s)
{
  struct block *next;
  for (struct block *b = s->waiting; b; b = next)
    {
      next = b->next;
      if (b->len)
        pctab__memory_unmap (b, b->len);
    }
  s->waiting = NULL;
}

void
pctab__block_reclaim (struct shared *s)
{
  if (s->waiting && !readers_stay (s))
    free_waiting (s);
  if (s->waiting || !s->retired || !note_readers (s))
    return;
  s->waiting = s->retired;
  s->retired = NULL;
  if (!readers_stay (s))
    free_waiting (s);
}
