/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points around C statements.  A compiler moves and copies code, so that which points belong together shows only in the
 * finished function: they are brackets by address.  A point at the end of a function's last instruction has the address
 * where the next function may begin; it closes what is open in the first one. */
#include "format.h"
#include "mark_work.h"

#define TAKEN UINT32_MAX /* as the index in a key */

static const struct model_point *
point_at (const struct mark_work *w, size_t i)
{
  uint32_t idx = (uint32_t) w->points[i];
  return idx == TAKEN ? NULL : &w->m->points.at[idx];
}

static bool
error_unpaired (struct mark_work *w, const struct model_point *p)
{
  return pctab__mark_error (w, p->record, p->off, 0, "unsafe code that %s here (pair %u) does not %s in this function; "
                            "leave it only through its end, or use an exact mark", p->end ? "ends" : "begins",
                            (unsigned) p->pair, p->end ? "begin" : "end");
}

static bool
open_point (struct mark_work *w, const struct model_point *p)
{
  if (!model_reserve (&w->open, 1))
    return pctab__diag_memory (w->d);
  w->open.at[w->open.cnt++] = p;
  return true;
}

static bool
close_point (struct mark_work *w, const struct model_point *p)
{
  if (!w->open.cnt)
    return error_unpaired (w, p);
  const struct model_point *begin = w->open.at[w->open.cnt - 1];
  uint32_t len = p->off - begin->off;
  if (begin->pair != p->pair)
    return pctab__mark_error (w, begin->record, begin->off, len, "unsafe code that begins here (pair %u) crosses "
                              "another (pair %u), whose end comes first; end the inner one before the outer one",
                              (unsigned) begin->pair, (unsigned) p->pair);
  if (!len)
    return pctab__mark_error (w, begin->record, begin->off, 0, "unsafe code (pair %u) without an instruction: a "
                              "compiler moves what is neither a volatile access nor a call; use an exact mark",
                              (unsigned) begin->pair);
  if (!pctab__mark_aligned (w, begin->record, begin->off, p->off))
    return false;
  w->open.cnt--;
  /* What is nested says nothing new. */
  return w->open.cnt
         || pctab__mark_run_add (w, &w->unsafe, (struct mark_run){ begin->off, p->off, PCTAB_UNSAFEPOINT_UNSAFE,
                                                                   begin->record, false });
}

bool
pctab__mark_pair (struct mark_work *w)
{
  uint32_t end = w->frame->end;
  const struct model_point *p;
  for (; w->point < w->point_cnt && w->points[w->point] >> 32 < end; w->point++)
    if ((p = point_at (w, w->point)) && !(p->end ? close_point (w, p) : open_point (w, p)))
      return false;
  for (size_t i = w->point; w->open.cnt && i < w->point_cnt && w->points[i] >> 32 == end; i++)
    if ((p = point_at (w, i)) && p->end)
      {
        if (!close_point (w, p))
          return false;
        w->points[i] |= TAKEN;
      }
  return !w->open.cnt || error_unpaired (w, w->open.at[w->open.cnt - 1]);
}

bool
pctab__mark_points_skip (struct mark_work *w, const struct model_frame *prev, const struct model_frame *next)
{
  for (; w->point < w->point_cnt && (!next || w->points[w->point] >> 32 < next->off); w->point++)
    {
      const struct model_point *p = point_at (w, w->point);
      if (p && p->end && prev && prev->end == p->off)
        {
          w->frame = prev;
          return error_unpaired (w, p);
        }
      w->m->stats.marks_dropped += p != NULL;
    }
  return true;
}
