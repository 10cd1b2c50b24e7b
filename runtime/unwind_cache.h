/* SPDX-License-Identifier: MIT */
/* PCs of this process that a walk has passed before, each with what the step there needs.
 *
 * An entry's word is the PC and the rule, so it is of one PC whole, whoever writes it: threads need no lock.  PCs are of
 * modules that are never unloaded, so an entry is never wrong, and nothing is ever taken back; the oldest make room for
 * new ones.  Entries lie in the order in which they were made, that of the frames on some stack, and with each is a guess
 * where the caller's entry is.  So a walk over frames like those of an earlier one reads entries one behind the other,
 * and needn't wait for a return address to know which is the next: it looks later whether that was right.  Memory of the
 * stack and of the entries is waited for side by side, and little of the latter.
 *
 * Where a guess is wrong, an index of buckets finds the entry. */
#ifndef PCTAB_RUNTIME_UNWIND_CACHE_H
#define PCTAB_RUNTIME_UNWIND_CACHE_H

#include "unwinder.h"

/* A 32-bit machine can't write 64 bits at once: it keeps nothing, and looks each PC up. */
#define CACHE_KEEPS (UINTPTR_MAX > UINT32_MAX)
#define CACHE_BITS (CACHE_KEEPS ? 13 : 0)
#define CACHE_CNT (1u << CACHE_BITS) /* entries; 128 KiB, and 64 KiB of index */
#define BUCKET_WAYS 2

struct entry {
  uint64_t word;
  uint64_t next; /* the guess: the number of an entry; 0: none */
};
extern struct entry pctab__cache[CACHE_CNT] __attribute__ ((visibility ("hidden"))); /* number 0 is none: it stays 0 */

/* A word: its key, shifted, and a step. */
#define STEP_KEY_SHIFT 16
#define STEP_MASK 0xffff
#define STEP_CFA_SHIFT 5 /* 11 bits: the CFA's offset, words; 0: this frame is outermost */
#define STEP_CFA_MAX 2047
#define STEP_FP 16      /* the CFA counts from FP; else from SP */
#define STEP_SLOT_SHIFT 1 /* 3 bits: see step_slot() */
#define STEP_SAFE 1     /* it was looked up: the function is preemptible, this PC a safe point */
#define STEP_END (1 << STEP_SLOT_SHIFT)

/* Where code of this machine keeps a return address: in the word above the caller's FP (PAIR), or so many words up from
 * the CFA.  Its callers' FP is in a slot below the CFA, words: so many as the code says and BASE; but PAIR with a code of
 * SLOT_CFA, at the bottom of the frame.  A code of 1: FP is not saved. */
#define SLOT_CFA 7
#if defined __aarch64__
#define STEP_PAIR 1
#define STEP_RETURN 0
#define SLOT_BASE 0
#elif defined __s390x__
#define STEP_PAIR 0
#define STEP_RETURN (-6)
#define SLOT_BASE 7
#elif defined __powerpc64__
#define STEP_PAIR 0
#define STEP_RETURN 2
#define SLOT_BASE (-1)
#else
#define STEP_PAIR 0
#define STEP_RETURN (-1)
#define SLOT_BASE 0
#endif
#define STEP_WORD sizeof (void *)

/* Bytes from the slot up to the CFA, which is CFA_LEN bytes from the register that it counts from. */
static inline uint64_t
step_slot (uint64_t step, uint64_t cfa_len)
{
  uint64_t code = step >> STEP_SLOT_SHIFT & 7;
  return STEP_PAIR && code == SLOT_CFA ? cfa_len : (code + (uint64_t) (int64_t) SLOT_BASE) * STEP_WORD;
}

static inline bool
step_saves (uint64_t step)
{
  return step & (6 << STEP_SLOT_SHIFT);
}

/* The key of a frame: the PC behind its call.  pctab_lookup_pc() plus 1. */
static inline uint64_t
step_key (const struct pctab_cursor *c)
{
  return c->pc + c->exact;
}

/* WORD is KEY's.  None is 0's. */
static inline bool
step_is (uint64_t word, uint64_t key)
{
  return word >> STEP_KEY_SHIFT == key && key;
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

/* KEY's step: from its entry, or from the tables, and then kept if it may be.  *NUMBER: its entry's, or 0.  0: it is
 * pctab_unwind_step()'s.  In a read section, or with C's `reads` PCTAB_READS_LATER. */
uint64_t pctab__step_find (struct pctab_cursor *c, uint64_t key, unsigned *number);

/* STEP, KEY's, with STEP_SAFE if it is that.  In a read section. */
uint64_t pctab__step_point (struct pctab_cursor *c, uint64_t key, uint64_t step, unsigned number);

/* Forgets all: for benchmarks and tests. */
void pctab__step_forget (void);

#endif
