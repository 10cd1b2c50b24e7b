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

/* A 32-bit machine can't write 64 bits at once: it steps without. */
#if UINTPTR_MAX > UINT32_MAX
#define PCTAB_UNWIND_CACHE 1
#endif

#define PCTAB_CACHE_BITS 13 /* 8192 entries of 16 bytes */
#define PCTAB_CACHE_CNT (1u << PCTAB_CACHE_BITS)

/* A word: the key's bits from PCTAB_CACHE_BITS to 47 on top, then these. */
#define PCTAB_STEP_KEY_SHIFT 29
#define PCTAB_STEP_CFA_SHIFT 17   /* 12 bits: the CFA's offset, words */
#define PCTAB_STEP_SLOT_SHIFT 6   /* 11 bits: words from the slot of the caller's FP up to the CFA; see PAIR */
#define PCTAB_STEP_CFA_MAX 4095
#define PCTAB_STEP_SLOT_MAX 2047
#define PCTAB_STEP_VALID 1        /* it can be left by this */
#define PCTAB_STEP_FP 2           /* the CFA counts from FP; else from SP */
#define PCTAB_STEP_SAVED 4        /* the caller's FP is in its slot; else in its register still */
#define PCTAB_STEP_SAFE 8         /* the function is preemptible, and this PC a safe point */
#define PCTAB_STEP_END 16         /* the outermost frame; not VALID */

struct unwind_entry {
  uint64_t word;
  uint64_t next; /* the guess: its place; PCTAB_CACHE_CNT is added so that 0 is none */
};

/* The key of a frame: the PC behind the call.  pctab_lookup_pc() plus 1. */
static inline uint64_t
step_key (const struct pctab_cursor *c)
{
  return c->pc + c->exact;
}

static inline unsigned
step_place (uint64_t key)
{
  return (unsigned) (key ^ key >> PCTAB_CACHE_BITS) & (PCTAB_CACHE_CNT - 1);
}

/* Keeps what C's PC, in C's function, needs. */
void pctab__step_keep (const struct pctab_cursor *c, const struct pctab_rule *rule, unsigned flags);

/* Goes as many steps as it can, up to MAX, by what is known, and says how many; the PCs go to PCS.  Where it ends, the
 * next step is pctab_unwind_step()'s.  It may have gone to a frame whose PC is of no module. */
unsigned pctab__step_known (struct pctab_cursor *c, void **pcs, unsigned max);

/* C is known to be at an outermost frame.  False: it may be all the same. */
bool pctab__step_ends (const struct pctab_cursor *c);

/* The same through frames alone that have PCTAB_STEP_SAFE, the one that C is at included, up to one whose PC is in
 * [watch, watch + watch_len). */
unsigned pctab__step_safe (struct pctab_cursor *c, unsigned max, uint64_t watch, uint64_t watch_len);

/* Forgets all: for benchmarks and tests. */
void pctab__step_forget (void);

#endif
