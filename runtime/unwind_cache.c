/* SPDX-License-Identifier: MIT */
#include "unwind_cache.h"

struct entry pctab__cache[CACHE_CNT];

/* Where a key's entry is: by its hash, each way 16 bits of the hash and the entry's number. */
static uint32_t buckets[CACHE_CNT][BUCKET_WAYS];
static unsigned made; /* entries so far; the next one's place */

static inline uint64_t
hash (uint64_t key)
{
  return key * UINT64_C (0x9e3779b97f4a7c15);
}

static inline uint32_t *
bucket_of (uint64_t h)
{
  return buckets[h >> (64 - CACHE_BITS - !CACHE_BITS) & (CACHE_CNT - 1)];
}

static inline uint32_t
tag_of (uint64_t h)
{
  return (uint32_t) (h >> 16 & 0xffff) << 16;
}

static unsigned
find_entry (uint64_t key, uint64_t *step)
{
  uint64_t h = hash (key);
  const uint32_t *bucket = bucket_of (h);
  for (unsigned way = 0; way < BUCKET_WAYS; way++)
    {
      uint32_t at = __atomic_load_n (&bucket[way], __ATOMIC_RELAXED);
      if ((at ^ tag_of (h)) >> 16)
        continue;
      unsigned number = at & (CACHE_CNT - 1);
      uint64_t word = step_load (&pctab__cache[number].word);
      *step = word & STEP_MASK;
      if (step_is (word, key))
        return number;
    }
  return 0;
}

static unsigned
make_entry (uint64_t key, uint64_t step)
{
  uint64_t h = hash (key);
  uint32_t *bucket = bucket_of (h);
  unsigned number = __atomic_fetch_add (&made, 1, __ATOMIC_RELAXED) % (CACHE_CNT - !!CACHE_BITS) + 1;
  step_store (&pctab__cache[number].word, 0);
  step_store (&pctab__cache[number].next, 0);
  step_store (&pctab__cache[number].word, key << STEP_KEY_SHIFT | step);
  /* The newer one comes first; of two threads that do this at once, one's entry is forgotten, or an older one. */
  for (unsigned way = BUCKET_WAYS - 1; way; way--)
    __atomic_store_n (&bucket[way], __atomic_load_n (&bucket[way - 1], __ATOMIC_RELAXED), __ATOMIC_RELAXED);
  __atomic_store_n (&bucket[0], tag_of (h) | number, __ATOMIC_RELAXED);
  return number;
}

/* The code of a frame that keeps FP, or doesn't, so many words below the CFA; 0: there is none. */
static unsigned
slot_code (const struct pctab_rule *r, int cfa, int slot, bool saved)
{
  if (STEP_PAIR)
    return r->ra_off != (1 - slot) * (int) STEP_WORD || !saved ? 0 : slot == cfa ? SLOT_CFA : slot > 1 && slot < 7 ? (unsigned) slot : 0;
  if (r->ra_off != STEP_RETURN * (int) STEP_WORD)
    return 0;
  int code = slot - SLOT_BASE;
  return !saved ? 1 : code >= 2 && code <= 7 ? (unsigned) code : 0;
}

/* The rule as a step; 0: it doesn't fit. */
static uint64_t
pack (const struct pctab_rule *r)
{
  const int word = (int) STEP_WORD;
  bool saved = r->fp == PCTAB_FP_SAVED;
  int cfa = r->cfa_off / word, slot = -(r->fp_off / word);
  if (r->ra == PCTAB_RA_UNDEFINED)
    return STEP_END;
  if ((r->cfa != PCTAB_CFA_SP && r->cfa != PCTAB_CFA_FP) || (r->fp != PCTAB_FP_SAME && !saved) || r->ra != PCTAB_RA_SAVED
      || r->cfa_off != cfa * word || cfa < 1 || cfa > STEP_CFA_MAX || (saved && r->fp_off % word))
    return 0;
  uint64_t code = slot_code (r, cfa, slot, saved);
  return code ? (uint64_t) cfa << STEP_CFA_SHIFT | (r->cfa == PCTAB_CFA_FP ? STEP_FP : 0) | code << STEP_SLOT_SHIFT : 0;
}

/* The module that KEY is of, and in it the function; NULL: it is of none that is C's. */
static const struct pctab_module *
look_up (struct pctab_cursor *c, uint64_t key, struct pctab_func *f)
{
  const struct pctab_module *m = key >> 48 || !key ? NULL : pctab__cursor_module (c, key - 1);
  if (!m || !pctab__cursor_machine (c, m))
    return NULL;
  *f = pctab_findfunc (&m->table, key - 1);
  return f->bits ? m : NULL;
}

static uint64_t
learn (struct pctab_cursor *c, uint64_t key, unsigned *number)
{
  struct pctab_func f;
  struct pctab_rule rule;
  uint64_t start;
  const struct pctab_module *m = look_up (c, key, &f);
  unsigned flags = m ? pctab_funcflags (&m->table, f) : PCTAB_FUNCFLAG_SIGNAL;
  if (flags & (PCTAB_FUNCFLAG_SIGNAL | PCTAB_FUNCFLAG_SPWRITE))
    return 0;
  pctab_value_rule (&m->table, pctab_pcvalue (&m->table, f, key - 1, &start), &rule);
  uint64_t step = flags & PCTAB_FUNCFLAG_TOP ? STEP_END : pack (&rule);
  if (step && CACHE_KEEPS && m->permanent)
    *number = make_entry (key, step);
  return step;
}

uint64_t
pctab__step_find (struct pctab_cursor *c, uint64_t key, unsigned *number)
{
  uint64_t step = 0;
  *number = CACHE_KEEPS ? find_entry (key, &step) : 0;
  if (*number)
    return step;
  if (c->reads == PCTAB_READS_LATER)
    {
      pctab_read_begin ();
      c->reads = PCTAB_READS_NOW;
    }
  return learn (c, key, number);
}

uint64_t
pctab__step_point (struct pctab_cursor *c, uint64_t key, uint64_t step, unsigned number)
{
  struct pctab_func f;
  uint64_t start;
  const struct pctab_module *m = look_up (c, key, &f);
  if (!m || pctab_funcflags (&m->table, f) & PCTAB_FUNCFLAG_NOPREEMPT
      || pctab_pcdatavalue (&m->table, f, PCTAB_TABLE_UNSAFEPOINT, key - 1, &start) != PCTAB_UNSAFEPOINT_SAFE)
    return step;
  step |= STEP_SAFE;
  if (number)
    step_store (&pctab__cache[number].word, key << STEP_KEY_SHIFT | step);
  return step;
}

void
pctab__step_forget (void)
{
  for (unsigned i = 0; i < CACHE_CNT; i++)
    {
      step_store (&pctab__cache[i].word, 0);
      step_store (&pctab__cache[i].next, 0);
      for (unsigned way = 0; way < BUCKET_WAYS; way++)
        __atomic_store_n (&buckets[i][way], 0, __ATOMIC_RELAXED);
    }
  made = 0;
}
