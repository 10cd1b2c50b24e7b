/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Flags for ranges of functions.  Ranges may hold any number of frames each and overlap, so they are counted where they
 * begin and end, and one pass over the frames sets all. */
#include "record.h"

#include <stdlib.h>

#include "blame.h"
#include "format.h"

enum {
#define REASON(number, name, text) REASON_##name = number,
#include "nopreempt.def"
#undef REASON
};

static const uint16_t flag_of[RECORD_FLAG_CNT]
  = { FRAME_TOP, FRAME_SPWRITE, FRAME_ASM, FRAME_NOPREEMPT, FRAME_PREEMPT, FRAME_MARKED, RECORD_UNSAFE };

/* The first frame that ends behind OFF. */
static size_t
first_frame (struct record_reader *rr, uint32_t off)
{
  size_t found = pctab__record_frame_at (rr, off), lo = 0, hi = rr->m->frames.cnt;
  if (found < hi)
    return found;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (rr->m->frames.at[mid].end <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

bool
pctab__record_flags_add (struct record_reader *rr, struct record_flags *flags, uint32_t off, uint32_t end,
                         uint16_t what)
{
  size_t cnt = rr->m->frames.cnt;
  if (off >= end)
    return true;
  size_t first = first_frame (rr, off), stop = first_frame (rr, end - 1);
  stop += stop < cnt && rr->m->frames.at[stop].off < end;
  for (unsigned i = 0; i < RECORD_FLAG_CNT && first < stop; i++)
    if (what & flag_of[i])
      {
        if (!flags->delta[i] && !(flags->delta[i] = calloc (cnt + 1, sizeof **flags->delta)))
          return pctab__diag_memory (rr->d);
        flags->delta[i][first]++;
        flags->delta[i][stop]--;
      }
  return true;
}

static bool
set_flags (struct record_reader *rr, struct model_frame *f, uint16_t what)
{
  struct model *m = rr->m;
  f->flags |= what & (uint16_t) ~RECORD_UNSAFE;
  if ((f->flags & FRAME_NOPREEMPT) && (f->flags & FRAME_PREEMPT))
    return pctab__blame_error (rr->d, rr->blame, m, ".pcdata", f->off, "is declared both preemptible and not "
                               "preemptible; keep one of both");
  if (what & FRAME_NOPREEMPT)
    f->reason = REASON_DECLARED;
  if (!(what & RECORD_UNSAFE))
    return true;
  if (!model_reserve (&m->marks, 1))
    return pctab__diag_memory (rr->d);
  m->marks.at[m->marks.cnt++] = (struct model_mark){ .off = f->off, .end = f->end, .value = PCTAB_UNSAFEPOINT_UNSAFE,
                                                     .table = PCTAB_TABLE_UNSAFEPOINT, .record = MODEL_NONE };
  return true;
}

bool
pctab__record_flags_set (struct record_reader *rr, struct record_flags *flags)
{
  struct model *m = rr->m;
  uint32_t sum[RECORD_FLAG_CNT] = { 0 };
  bool any = false;
  for (unsigned k = 0; k < RECORD_FLAG_CNT; k++)
    any |= flags->delta[k] != NULL;
  for (size_t i = 0; any && i < m->frames.cnt; i++)
    {
      uint16_t what = 0;
      for (unsigned k = 0; k < RECORD_FLAG_CNT; k++)
        if (flags->delta[k] && (sum[k] += flags->delta[k][i]))
          what |= flag_of[k];
      if (what && !set_flags (rr, &m->frames.at[i], what))
        return false;
    }
  return true;
}

void
pctab__record_flags_free (struct record_flags *flags)
{
  for (unsigned k = 0; k < RECORD_FLAG_CNT; k++)
    free (flags->delta[k]);
}
