/* SPDX-License-Identifier: MIT */
/* PCs of this process that a walk has passed before, with what the step there needs, packed into a word.
 *
 * One array for the process, direct-mapped, of PCs in modules that are never unloaded: an entry is never wrong, so
 * nothing is ever taken back, and threads write it without a lock.  A word holds the bits of its PC that its place does
 * not say, and the rule: it is of that PC or another one, never half of each.
 *
 * A step would wait for the return address to come from memory, then for the entry of that.  So an entry also has a
 * guess: where the caller's entry was last time.  The walk goes on from there at once, and looks later whether the return
 * address is that entry's PC; memory of the stack and of the cache is then waited for side by side. */
#ifndef PCTAB_RUNTIME_UNWIND_CACHE_H
#define PCTAB_RUNTIME_UNWIND_CACHE_H

#include "unwinder.h"

/* A 32-bit machine can't write 64 bits at once: it packs, and uses at once, but keeps nothing. */
#define CACHE_KEEPS (UINTPTR_MAX > UINT32_MAX)
#define CACHE_BITS 13 /* 8192 entries of 16 bytes */
#define CACHE_CNT (1u << CACHE_BITS)

struct entry {
  uint64_t word;
  uint64_t next; /* the guess: its place, plus CACHE_CNT, so that 0 is none */
};
extern struct entry pctab__cache[CACHE_CNT];

/* A word: its key's bits CACHE_BITS to 47 on top, then these. */
#define STEP_KEY_SHIFT 29
#define STEP_CFA_SHIFT 17 /* 12 bits: the CFA's offset, words */
#define STEP_CFA_MAX 4095
#define STEP_SLOT_SHIFT 6 /* 11 bits: words from a slot of the frame up to the CFA: where the caller's FP is, if SAVED */
#define STEP_SLOT_MAX 2047
#define STEP_VALID 1 /* it can be left by this */
#define STEP_FP 2    /* the CFA counts from FP; else from SP */
#define STEP_SAVED 4 /* the caller's FP is in its slot; else in its register still */
#define STEP_SAFE 8  /* the function is preemptible, and this PC a safe point */
#define STEP_END 16  /* the outermost frame; not VALID */

/* Where code of this machine keeps return addresses: in the word above the slot (PAIR), or so many words up from the
 * CFA. */
#if defined __aarch64__ || defined __arm__
#define STEP_PAIR 1
#define STEP_RETURN 0
#elif defined __s390x__
#define STEP_PAIR 0
#define STEP_RETURN (-6)
#elif defined __powerpc64__
#define STEP_PAIR 0
#define STEP_RETURN 2
#else
#define STEP_PAIR 0
#define STEP_RETURN (-1)
#endif
#define STEP_WORD sizeof (void *)

/* The key of a frame: the PC behind its call.  pctab_lookup_pc() plus 1. */
static inline uint64_t
step_key (const struct pctab_cursor *c)
{
  return c->pc + c->exact;
}

static inline unsigned
step_place (uint64_t key)
{
  return (unsigned) (key ^ key >> CACHE_BITS) & (CACHE_CNT - 1);
}

static inline uint64_t
step_load (const uint64_t *at)
{
  return CACHE_KEEPS ? __atomic_load_n (at, __ATOMIC_RELAXED) : 0;
}

static inline void
step_store (uint64_t *at, uint64_t value)
{
  if (CACHE_KEEPS)
    __atomic_store_n (at, value, __ATOMIC_RELAXED);
}

/* The word of KEY from the tables, kept if it may be; 0: none, the step is pctab_unwind_step()'s.  In a read section, or
 * with C's `reads` PCTAB_READS_LATER. */
uint64_t pctab__step_learn (struct pctab_cursor *c, uint64_t key);

/* Forgets all: for benchmarks and tests. */
void pctab__step_forget (void);

#endif
