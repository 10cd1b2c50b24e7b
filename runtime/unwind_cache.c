/* SPDX-License-Identifier: MIT */
#include "unwind_cache.h"

struct entry pctab__cache[CACHE_CNT];

/* The rule as bits; 0: it doesn't fit. */
static uint64_t
pack (const struct pctab_rule *r)
{
  const int word = (int) STEP_WORD;
  bool saved = r->fp == PCTAB_FP_SAVED;
  int64_t cfa = r->cfa_off / word, slot = STEP_PAIR ? 1 - r->ra_off / word : saved ? -r->fp_off / word : 1;
  if (r->ra == PCTAB_RA_UNDEFINED)
    return STEP_END;
  if ((r->cfa != PCTAB_CFA_SP && r->cfa != PCTAB_CFA_FP) || (r->fp != PCTAB_FP_SAME && !saved) || r->ra != PCTAB_RA_SAVED)
    return 0;
  if (r->cfa_off != cfa * word || cfa < 1 || cfa > STEP_CFA_MAX || slot < 1 + STEP_PAIR || slot > STEP_SLOT_MAX
      || (saved && r->fp_off != -slot * word) || r->ra_off != (STEP_PAIR ? 1 - slot : STEP_RETURN) * word)
    return 0;
  return STEP_VALID | (r->cfa == PCTAB_CFA_FP ? STEP_FP : 0) | (saved ? STEP_SAVED : 0)
         | (uint64_t) cfa << STEP_CFA_SHIFT | (uint64_t) slot << STEP_SLOT_SHIFT;
}

static uint64_t
look_up (const struct pctab_table *t, uint64_t pc)
{
  struct pctab_func f = pctab_findfunc (t, pc);
  unsigned flags = f.bits ? pctab_funcflags (t, f) : PCTAB_FUNCFLAG_SIGNAL;
  uint64_t start, word;
  if (flags & (PCTAB_FUNCFLAG_SIGNAL | PCTAB_FUNCFLAG_SPWRITE))
    return 0;
  struct pctab_rule rule;
  pctab_value_rule (t, pctab_pcvalue (t, f, pc, &start), &rule);
  word = flags & PCTAB_FUNCFLAG_TOP ? STEP_END : pack (&rule);
  if (!(flags & PCTAB_FUNCFLAG_NOPREEMPT)
      && pctab_pcdatavalue (t, f, PCTAB_TABLE_UNSAFEPOINT, pc, &start) == PCTAB_UNSAFEPOINT_SAFE)
    word |= STEP_SAFE;
  return word;
}

uint64_t
pctab__step_learn (struct pctab_cursor *c, uint64_t key)
{
  if (c->reads == PCTAB_READS_LATER)
    {
      pctab_read_begin ();
      c->reads = PCTAB_READS_NOW;
    }
  const struct pctab_module *m = key >> 48 || !(key >> CACHE_BITS) ? NULL : pctab__cursor_module (c, key - 1);
  uint64_t word = m && pctab__cursor_machine (c, m) ? look_up (&m->table, key - 1) : 0;
  if (!(word & (STEP_VALID | STEP_END)))
    return 0;
  word |= key >> CACHE_BITS << STEP_KEY_SHIFT;
  if (m->permanent)
    step_store (&pctab__cache[step_place (key)].word, word);
  return word;
}

void
pctab__step_forget (void)
{
  for (unsigned i = 0; i < CACHE_CNT; i++)
    {
      step_store (&pctab__cache[i].word, 0);
      step_store (&pctab__cache[i].next, 0);
    }
}
