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

/* UP bytes from SP to the CFA are more than none, and what is read there is among the ROOM that there is. */
static inline bool
has_room (uint64_t up, uint64_t room)
{
  const uint64_t above = STEP_RETURN < 0 ? 0 : (STEP_RETURN + 1) * STEP_WORD;
  if (CFA_BIAS || STEP_RETURN > 0)
    return up > CFA_BIAS && up <= room && room - up > above;
  return up - 1 < room;
}

/* Goes up to MAX steps and says how many; the PCs go to PCS.  SAFE: only from frames that are that.  The next step is
 * pctab_unwind_step()'s, or (*END) there is none. */
static inline __attribute__ ((always_inline)) unsigned
walk (struct pctab_cursor *c, void **pcs, unsigned max, bool safe, uint64_t watch, uint64_t watch_len, bool *end)
{
  uint64_t pc = c->pc, key = step_key (c), sp = c->sp, fp = c->fp, room = room_above (c), step;
  unsigned cnt = 0, number;
  bool mended = false;
  *end = false;
  if (!room)
    return 0;
  step = pctab__step_find (c, key, &number);
  while (cnt < max)
    {
      if (safe && !(step & STEP_SAFE))
        {
          step = pctab__step_point (c, key, step, number);
          if (!(step & STEP_SAFE))
            break;
        }
      uint64_t guess = step_load (&pctab__cache[number].next) & (CACHE_CNT - 1);
      uint64_t next = step_load (&pctab__cache[guess].word);
      uint64_t cfa_len = (step >> STEP_CFA_SHIFT) * STEP_WORD, slot = step_slot (step, cfa_len);
      uint64_t up = (step & STEP_FP ? fp - sp : 0) + cfa_len;
      if (!has_room (up, room) || slot > up || up % STEP_WORD)
        break;
      uint64_t cfa = sp + up, saved = word_at (cfa - slot);
      uint64_t ra = word_at (STEP_PAIR ? cfa - slot + STEP_WORD : cfa + (uint64_t) (STEP_RETURN * (int) STEP_WORD));
      ra &= PC_MASK;
      bool right = step_is (next, ra);
      next &= STEP_MASK; /* of the entry, not of the return address: it needn't wait for that */
      if (__builtin_expect (!right, 0))
        {
          unsigned found;
          if (!ra)
            break;
          next = pctab__step_find (c, ra, &found);
          /* Once a walk: threads with different callers of the same code would take the line from each other. */
          if (number && (!mended || !guess))
            step_store (&pctab__cache[number].next, found);
          mended = true;
          guess = found;
        }
      fp = step_saves (step) ? saved : fp;
      sp = cfa - CFA_BIAS;
      room -= up - CFA_BIAS;
      pc = key = ra;
      if (pcs)
        pcs[cnt] = (void *) (uintptr_t) ra;
      cnt++;
      step = next;
      number = (unsigned) guess;
      if (ra - watch < watch_len)
        break;
    }
  *end = step >> STEP_CFA_SHIFT == 0 && step;
  if (cnt)
    pctab__cursor_go (c, pc, sp, fp);
  return cnt;
}

unsigned
pctab__step_safe (struct pctab_cursor *c, unsigned max, uint64_t watch, uint64_t watch_len)
{
  bool end;
  return walk (c, NULL, max, true, watch, watch_len, &end);
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
      cnt += walk (c, pcs + cnt, max - cnt, false, 0, 0, &end);
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
