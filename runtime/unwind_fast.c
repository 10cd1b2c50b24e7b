/* SPDX-License-Identifier: MIT */
/* Many steps: by the words of unwind_cache.h as far as these go, by pctab_unwind_step() where they don't.
 *
 * The loop keeps to registers, and to one order: what can be waited for is asked for first, and looked at when the next
 * frame is on its way already. */
#include "unwind_cache.h"

#if defined __s390x__
#define CFA_BIAS 160
#else
#define CFA_BIAS 0
#endif
#if defined __aarch64__
#define PC_MASK UINT64_C (0xffffffffffff) /* without a signature */
#elif defined __arm__ || defined __mips__
#define PC_MASK UINT64_C (0xfffffffe)
#else
#define PC_MASK UINT64_MAX
#endif

/* Bytes above SP that may be read; 0: not known, or this can't be walked so. */
static inline uint64_t
room_above (const struct pctab_cursor *c)
{
  const struct pctab_stack *s = &c->stack;
  if (c->sp - s->lo >= s->hi - s->lo && c->sp != s->hi)
    s = &c->probed;
  bool good = c->sp - s->lo < s->hi - s->lo && !c->bytes && c->fp_known && c->sp % STEP_WORD == 0
              && (!c->modules || c->modules->process);
  return good ? s->hi - c->sp : 0;
}

static inline uint64_t
word_at (uint64_t addr)
{
  return *(const uintptr_t *) (uintptr_t) addr;
}

static inline bool
is_word_of (uint64_t word, uint64_t key)
{
  return word >> STEP_KEY_SHIFT == key >> CACHE_BITS;
}

/* Goes up to MAX steps, through frames that have all of WANT, and says how many; the PCs go to PCS.  The next one is
 * pctab_unwind_step()'s, or (*END) there is none. */
static inline __attribute__ ((always_inline)) unsigned
walk (struct pctab_cursor *c, void **pcs, unsigned max, uint64_t want, uint64_t watch, uint64_t watch_len, bool *end)
{
  uint64_t pc = c->pc, sp = c->sp, fp = c->fp, room = room_above (c);
  unsigned cnt = 0, place = step_place (step_key (c));
  bool mended = false;
  *end = false;
  if (!room)
    return 0;
  uint64_t word = step_load (&pctab__cache[place].word);
  if (!is_word_of (word, step_key (c)))
    word = pctab__step_learn (c, step_key (c));
  while (cnt < max && (word & want) == want)
    {
      struct entry *e = &pctab__cache[place];
      unsigned guess = (unsigned) step_load (&e->next) & (CACHE_CNT - 1);
      uint64_t up = (word & STEP_FP ? fp - sp : 0) + (word >> STEP_CFA_SHIFT & STEP_CFA_MAX) * STEP_WORD;
      uint64_t slot = (word >> STEP_SLOT_SHIFT & STEP_SLOT_MAX) * STEP_WORD;
      uint64_t next = step_load (&pctab__cache[guess].word);
      if (up > room || (STEP_RETURN > 0 && room - up < (STEP_RETURN + 1) * STEP_WORD) || slot > up || up <= CFA_BIAS
          || up % STEP_WORD)
        break;
      uint64_t cfa = sp + up, saved = word_at (cfa - slot);
      uint64_t ra = word_at (STEP_PAIR ? cfa - slot + STEP_WORD : cfa + (uint64_t) (STEP_RETURN * (int) STEP_WORD)) & PC_MASK;
      if (!is_word_of (next, ra) || guess != step_place (ra))
        {
          guess = step_place (ra);
          if (!ra)
            break;
          /* Once a walk: threads with different callers of the same code would take the line from each other. */
          if (!mended || !step_load (&e->next))
            step_store (&e->next, guess + CACHE_CNT);
          mended = true;
          next = step_load (&pctab__cache[guess].word);
          if (!is_word_of (next, ra))
            next = pctab__step_learn (c, ra);
        }
      fp = word & STEP_SAVED ? saved : fp;
      sp = cfa - CFA_BIAS;
      room -= up - CFA_BIAS;
      pc = ra;
      if (pcs)
        pcs[cnt] = (void *) (uintptr_t) ra;
      cnt++;
      word = next;
      place = guess;
      if (ra - 1 - watch < watch_len)
        break;
    }
  *end = word & STEP_END;
  if (cnt)
    pctab__cursor_go (c, pc, sp, fp);
  return cnt;
}

unsigned
pctab__walk_safe (struct pctab_cursor *c, unsigned max, uint64_t watch, uint64_t watch_len)
{
  bool end;
  return walk (c, NULL, max, STEP_VALID | STEP_SAFE, watch, watch_len, &end);
}

unsigned
pctab_unwind_pcs (struct pctab_cursor *c, void **pcs, unsigned max, enum pctab_stop *stop)
{
  unsigned cnt = 0;
  enum pctab_stop why = PCTAB_STOP_TOO_DEEP;
  c->reads = PCTAB_READS_LATER;
  while (cnt < max)
    {
      bool end;
      pcs[cnt++] = (void *) (uintptr_t) c->pc;
      cnt += walk (c, pcs + cnt, max - cnt, STEP_VALID, 0, 0, &end);
      if (!end && c->reads == PCTAB_READS_LATER)
        {
          pctab_read_begin ();
          c->reads = PCTAB_READS_NOW;
        }
      why = end ? PCTAB_STOP_END : pctab_unwind_step (c);
      if (why)
        break;
      why = PCTAB_STOP_TOO_DEEP;
    }
  if (c->reads == PCTAB_READS_NOW)
    pctab_read_end ();
  c->reads = PCTAB_READS_OPEN;
  *stop = why;
  return cnt;
}
