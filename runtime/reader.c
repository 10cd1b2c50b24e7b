/* SPDX-License-Identifier: MIT */
/* Read sections.  A thread marks its own slot by plain stores; whoever wants to free something has the kernel put a
 * barrier into all threads that run (membarrier), and then looks at each slot, without waiting: what is retired goes
 * when every thread has been seen outside a section, or in another one, since.  So a reader pays two stores, and a
 * thread stopped in a section holds up memory but nobody.
 *
 * The slot of a thread is found by one word of initial-exec TLS, which needs no allocation at its first touch.  A
 * thread takes a slot at its first section, without a lock, since that may be in a handler; no one tells of its end,
 * so a slot whose thread is dead is found by asking the kernel for that thread. */
#include "reader.h"

#include "memory.h"

#define SLOT_FEW 16 /* from here on a dead thread's slot is looked for before another one is taken */

/* Bits of `self` below the slot's address. */
#define SELF_SLOW 1  /* look further; alone: no slot yet */
#define SELF_CROWD 2 /* the crowd's slot: atomic */

static __thread uintptr_t self __attribute__ ((tls_model ("initial-exec"))) = SELF_SLOW;

static inline struct slot *
slot_of (uintptr_t at)
{
  return (struct slot *) (at & ~(uintptr_t) (SELF_SLOW | SELF_CROWD));
}

static inline void
nest_store (struct slot *slot, uint32_t nest, int order)
{
  if (order == __ATOMIC_RELEASE)
    __atomic_store_n (&slot->nest, nest, __ATOMIC_RELEASE);
  else
    __atomic_store_n (&slot->nest, nest, __ATOMIC_RELAXED);
}

static inline void
enter (struct slot *slot)
{
  nest_store (slot, __atomic_load_n (&slot->nest, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
}

static inline void
leave (struct slot *slot)
{
  uint32_t nest = __atomic_load_n (&slot->nest, __ATOMIC_RELAXED) - 1;
  nest_store (slot, nest, __ATOMIC_RELEASE);
  if (!nest)
    __atomic_store_n (&slot->left, __atomic_load_n (&slot->left, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

/* Makes the slot TID's if its key is still OLD. */
static bool
slot_take (struct slot *slot, uint32_t old, uint32_t tid)
{
  uint32_t key = ((old >> KEY_TID) + 1) << KEY_TID | tid;
  return __atomic_compare_exchange_n (&slot->key, &old, key, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* A slot that is free, or whose thread is dead; one look. */
static struct slot *
slot_inherit (struct shared *s, uint32_t tid, uint32_t cnt)
{
  struct slot *slot = &s->slot[__atomic_fetch_add (&s->hand, 1, __ATOMIC_RELAXED) % cnt];
  uint32_t key = __atomic_load_n (&slot->key, __ATOMIC_ACQUIRE);
  if (((key & KEY_TID_MASK) && !pctab__thread_is_dead (s, key & KEY_TID_MASK)) || !slot_take (slot, key, tid))
    return NULL;
  nest_store (slot, 0, __ATOMIC_RELEASE);
  return slot;
}

/* The slot that another copy of the library took for this thread. */
static struct slot *
slot_mine (struct shared *s, uint32_t tid, uint32_t cnt)
{
  for (uint32_t i = 0; i < cnt; i++)
    {
      uint32_t key = __atomic_load_n (&s->slot[i].key, __ATOMIC_ACQUIRE);
      if ((key & KEY_TID_MASK) == tid && slot_take (&s->slot[i], key, tid))
        return &s->slot[i];
    }
  return NULL;
}

/* One that was never taken. */
static struct slot *
slot_new (struct shared *s, uint32_t tid)
{
  for (uint32_t cnt; (cnt = __atomic_load_n (&s->slot_cnt, __ATOMIC_RELAXED)) < SLOT_CNT;)
    if (__atomic_compare_exchange_n (&s->slot_cnt, &cnt, cnt + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      return slot_take (&s->slot[cnt], 0, tid) ? &s->slot[cnt] : NULL;
  return NULL;
}

/* When all have been taken: looks at each once, for one that is free or a dead thread's. */
static struct slot *
slot_search (struct shared *s, uint32_t tid)
{
  struct slot *slot = NULL;
  for (uint32_t i = 0; i < SLOT_CNT && !slot; i++)
    slot = slot_inherit (s, tid, SLOT_CNT);
  return slot;
}

/* This thread's slot, as `self` has it.  A handler that comes in between may have taken one too: that one holds. */
static uintptr_t
claim (struct shared *s)
{
  uint32_t tid = pctab__memory_tid (), cnt = __atomic_load_n (&s->slot_cnt, __ATOMIC_ACQUIRE);
  struct slot *slot = __atomic_load_n (&s->copies, __ATOMIC_RELAXED) > 1 ? slot_mine (s, tid, cnt) : NULL;
  if (!slot && cnt >= SLOT_FEW)
    slot = slot_inherit (s, tid, cnt);
  if (!slot)
    slot = slot_new (s, tid);
  if (!slot)
    slot = slot_search (s, tid);
  uintptr_t at = slot ? (uintptr_t) slot | (s->fenced ? SELF_SLOW : 0) : (uintptr_t) &s->crowd | SELF_SLOW | SELF_CROWD;
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
  if (self != SELF_SLOW)
    {
      if (slot && slot != slot_of (self))
        __atomic_store_n (&slot->key, __atomic_load_n (&slot->key, __ATOMIC_RELAXED) & ~KEY_TID_MASK, __ATOMIC_RELEASE);
      return self;
    }
  return self = at;
}

static __attribute__ ((noinline)) void
begin_slow (uintptr_t at)
{
  if (at == SELF_SLOW)
    {
      struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
      if (!s)
        return;
      at = claim (s);
    }
  if (at & SELF_CROWD)
    __atomic_fetch_add (&slot_of (at)->nest, 1, __ATOMIC_SEQ_CST);
  else
    enter (slot_of (at));
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
}

static __attribute__ ((noinline)) void
end_slow (uintptr_t at)
{
  if (at == SELF_SLOW)
    return;
  if (at & SELF_CROWD)
    __atomic_fetch_sub (&slot_of (at)->nest, 1, __ATOMIC_RELEASE);
  else
    leave (slot_of (at));
}

void
pctab_read_begin (void)
{
  uintptr_t at = self;
  if (__builtin_expect (at & SELF_SLOW, 0))
    begin_slow (at);
  else
    enter ((struct slot *) at);
}

void
pctab_read_end (void)
{
  uintptr_t at = self;
  if (__builtin_expect (at & SELF_SLOW, 0))
    end_slow (at);
  else
    leave ((struct slot *) at);
}

void
pctab__reader_forked (struct shared *s, uint32_t tid)
{
  s->pid = pctab__memory_pid ();
  for (uint32_t i = 0; i < s->slot_cnt; i++)
    {
      struct slot *slot = &s->slot[i];
      if (!(slot->key & KEY_TID_MASK))
        continue;
      bool own = (slot->key & KEY_TID_MASK) == tid;
      slot->key = (slot->key & ~KEY_TID_MASK) | (own ? pctab__memory_tid () : 0);
      slot->nest = own ? slot->nest : 0;
      slot->waits = own && slot->waits;
    }
  if (!(self & SELF_CROWD))
    s->crowd.nest = 0;
}
