/* SPDX-License-Identifier: MIT */
#include "unwind_cache.h"

#ifdef PCTAB_UNWIND_CACHE

static struct unwind_entry cache[PCTAB_CACHE_CNT];

/* Where machines keep return addresses: PAIR: in the word above the caller's FP; else so many words from the CFA up. */
#if defined __aarch64__
#define PAIR 1
#define RETURN_AT 0
#else
#define PAIR 0
#if defined __s390x__
#define RETURN_AT (-6)
#elif defined __powerpc64__
#define RETURN_AT 2
#else
#define RETURN_AT (-1)
#endif
#endif
#if defined __s390x__
#define CFA_BIAS 160
#else
#define CFA_BIAS 0
#endif
#if defined __aarch64__
#define PC_MASK UINT64_C (0xffffffffffff) /* without a signature */
#else
#define PC_MASK UINT64_MAX
#endif
#define WORD sizeof (uint64_t)

static inline uint64_t
load (const uint64_t *at)
{
  return __atomic_load_n (at, __ATOMIC_RELAXED);
}

static inline void
store (uint64_t *at, uint64_t value)
{
  __atomic_store_n (at, value, __ATOMIC_RELAXED);
}

/* The rule as bits; 0: it doesn't fit. */
static uint64_t
pack (const struct pctab_rule *r)
{
  uint64_t cfa = (uint64_t) r->cfa_off / WORD, slot;
  if (r->ra == PCTAB_RA_UNDEFINED)
    return PCTAB_STEP_END;
  if ((r->cfa != PCTAB_CFA_SP && r->cfa != PCTAB_CFA_FP) || r->cfa_off <= 0 || r->cfa_off % WORD
      || cfa > PCTAB_STEP_CFA_MAX || r->ra != PCTAB_RA_SAVED || r->ra_off % (int) WORD
      || (r->fp != PCTAB_FP_SAME && r->fp != PCTAB_FP_SAVED))
    return 0;
  bool saved = r->fp == PCTAB_FP_SAVED;
  if (PAIR)
    slot = (uint64_t) (-(int64_t) r->ra_off / (int64_t) WORD + 1);
  else
    slot = saved ? (uint64_t) (-(int64_t) r->fp_off / (int64_t) WORD) : 1;
  if ((!PAIR && r->ra_off != RETURN_AT * (int) WORD) || (saved && (uint64_t) -(int64_t) r->fp_off != slot * WORD)
      || slot < 1 + PAIR || slot > PCTAB_STEP_SLOT_MAX)
    return 0;
  return PCTAB_STEP_VALID | (r->cfa == PCTAB_CFA_FP ? PCTAB_STEP_FP : 0) | (saved ? PCTAB_STEP_SAVED : 0)
         | cfa << PCTAB_STEP_CFA_SHIFT | slot << PCTAB_STEP_SLOT_SHIFT;
}

void
pctab__step_keep (const struct pctab_cursor *c, const struct pctab_rule *rule, unsigned flags)
{
  uint64_t key = step_key (c), start;
  if (!c->module->permanent || (c->modules && !c->modules->process) || c->bytes || key >> 48 || !(key >> PCTAB_CACHE_BITS)
      || flags & (PCTAB_FUNCFLAG_SIGNAL | PCTAB_FUNCFLAG_SPWRITE))
    return;
  uint64_t word = flags & PCTAB_FUNCFLAG_TOP ? PCTAB_STEP_END : pack (rule);
  if (!word)
    return;
  if (!(flags & PCTAB_FUNCFLAG_NOPREEMPT)
      && pctab_pcdatavalue (&c->module->table, c->func, PCTAB_TABLE_UNSAFEPOINT, key - 1, &start)
           == PCTAB_UNSAFEPOINT_SAFE)
    word |= PCTAB_STEP_SAFE;
  store (&cache[step_place (key)].word, key >> PCTAB_CACHE_BITS << PCTAB_STEP_KEY_SHIFT | word);
}

/* Bytes above SP that may be read; 0: not known, or nothing of this is. */
static inline uint64_t
room_above (const struct pctab_cursor *c)
{
  const struct pctab_stack *s = &c->stack;
  if (c->sp - s->lo >= s->hi - s->lo)
    {
      if (s->hi && c->sp == s->hi)
        return 0;
      s = &c->probed;
    }
  return c->sp - s->lo < s->hi - s->lo && !c->bytes && c->fp_known && c->sp % WORD == 0
             && (!c->modules || c->modules->process)
           ? s->hi - c->sp
           : 0;
}

static inline uint64_t
word_at (uint64_t addr)
{
  return *(const uint64_t *) (uintptr_t) addr;
}

static inline __attribute__ ((always_inline)) unsigned
walk (struct pctab_cursor *c, void **pcs, unsigned max, uint64_t want, uint64_t watch, uint64_t watch_len)
{
  uint64_t key = step_key (c), sp = c->sp, fp = c->fp, room = room_above (c);
  struct unwind_entry *e = &cache[step_place (key)];
  uint64_t word = load (&e->word), pc = 0;
  unsigned cnt = 0;
  bool repaired = false;
  if (!room || word >> PCTAB_STEP_KEY_SHIFT != key >> PCTAB_CACHE_BITS)
    return 0;
  while (cnt < max)
    {
      uint64_t up = (word & PCTAB_STEP_FP ? fp - sp : 0) + (word >> PCTAB_STEP_CFA_SHIFT & PCTAB_STEP_CFA_MAX) * WORD;
      uint64_t slot = (word >> PCTAB_STEP_SLOT_SHIFT & PCTAB_STEP_SLOT_MAX) * WORD, next = load (&e->next);
      if ((word & want) != want || up + (RETURN_AT > 0 ? (RETURN_AT + 1) * WORD : 0) > room || up > room || slot > up
          || up <= CFA_BIAS || up % WORD)
        break;
      uint64_t cfa = sp + up, saved = word_at (cfa - slot);
      uint64_t ra = word_at (PAIR ? cfa - slot + WORD : cfa + (uint64_t) RETURN_AT * WORD) & PC_MASK;
      struct unwind_entry *guess = &cache[next & (PCTAB_CACHE_CNT - 1)];
      uint64_t guessed = load (&guess->word);
      unsigned place = step_place (ra);
      bool known = true;
      if (guessed >> PCTAB_STEP_KEY_SHIFT != ra >> PCTAB_CACHE_BITS || place != (next & (PCTAB_CACHE_CNT - 1)))
        {
          if (!(ra >> PCTAB_CACHE_BITS))
            break;
          if (!repaired || !next)
            store (&e->next, place + PCTAB_CACHE_CNT);
          repaired = true;
          guess = &cache[place];
          guessed = load (&guess->word);
          known = guessed >> PCTAB_STEP_KEY_SHIFT == ra >> PCTAB_CACHE_BITS;
        }
      fp = word & PCTAB_STEP_SAVED ? saved : fp;
      sp = cfa - CFA_BIAS;
      room -= up - CFA_BIAS;
      pc = ra;
      if (pcs)
        pcs[cnt] = (void *) (uintptr_t) ra;
      cnt++;
      e = guess;
      word = guessed;
      if (!known || ra - 1 - watch < watch_len)
        break;
    }
  if (cnt)
    {
      c->pc = pc;
      c->sp = sp;
      c->fp = fp;
      c->exact = false;
      c->known = 0;
      c->module = NULL;
      c->func = (struct pctab_func){ 0 };
    }
  return cnt;
}

unsigned
pctab__step_known (struct pctab_cursor *c, void **pcs, unsigned max)
{
  return walk (c, pcs, max, PCTAB_STEP_VALID, 0, 0);
}

void
pctab__step_forget (void)
{
  for (unsigned i = 0; i < PCTAB_CACHE_CNT; i++)
    {
      store (&cache[i].word, 0);
      store (&cache[i].next, 0);
    }
}

bool
pctab__step_ends (const struct pctab_cursor *c)
{
  uint64_t key = step_key (c), word = load (&cache[step_place (key)].word);
  return word & PCTAB_STEP_END && word >> PCTAB_STEP_KEY_SHIFT == key >> PCTAB_CACHE_BITS && !c->bytes
         && (!c->modules || c->modules->process);
}

unsigned
pctab__step_safe (struct pctab_cursor *c, unsigned max, uint64_t watch, uint64_t watch_len)
{
  return walk (c, NULL, max, PCTAB_STEP_VALID | PCTAB_STEP_SAFE, watch, watch_len);
}

#else

void
pctab__step_forget (void)
{
}

bool
pctab__step_ends (const struct pctab_cursor *c)
{
  (void) c;
  return false;
}

void
pctab__step_keep (const struct pctab_cursor *c, const struct pctab_rule *rule, unsigned flags)
{
  (void) c, (void) rule, (void) flags;
}

unsigned
pctab__step_known (struct pctab_cursor *c, void **pcs, unsigned max)
{
  (void) c, (void) pcs, (void) max;
  return 0;
}

unsigned
pctab__step_safe (struct pctab_cursor *c, unsigned max, uint64_t watch, uint64_t watch_len)
{
  (void) c, (void) max, (void) watch, (void) watch_len;
  return 0;
}

#endif
