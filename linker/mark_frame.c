/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which frame a mark is in, and what holds for every mark: one sweep over frames, marks and points, all by rising
 * offset.  Code without a frame is never preempted, so what is said of it has no effect. */
#include "format.h"
#include "mark_work.h"

static bool
is_own (const struct model_mark *mark)
{
  return mark->record == MODEL_NONE && mark->table == PCTAB_TABLE_UNSAFEPOINT
         && mark->value == PCTAB_UNSAFEPOINT_UNSAFE;
}

/* What a record of values says, PC by PC. */
static bool
is_literal (const struct model_mark *mark)
{
  return !mark->single || mark->table != PCTAB_TABLE_UNSAFEPOINT;
}

static bool
is_restart (const struct model_mark *mark)
{
  return mark->table == PCTAB_TABLE_UNSAFEPOINT && mark->value <= PCTAB_UNSAFEPOINT_RESTART1;
}

/* Whatever else is wrong with it, this is what is said. */
static bool
is_too_long (const struct model_mark *mark)
{
  return is_restart (mark) && mark->value != PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY
         && mark->end - mark->off > PCTAB_RESTART_MAX;
}

static const char *
mark_word (const struct model_mark *mark)
{
  if (mark->table != PCTAB_TABLE_UNSAFEPOINT || mark->value == PCTAB_UNSAFEPOINT_SAFE)
    return "a stretch of values";
  return is_restart (mark) ? "a restart range" : "an unsafe range";
}

static bool
error_empty (struct mark_work *w, const struct model_mark *mark)
{
  return pctab__mark_error (w, mark->record, mark->off, 0, "a restart range without an instruction; put the "
                            "instructions between its begin and end, or remove it");
}

static bool
error_leaves (struct mark_work *w, const struct model_mark *mark, uint32_t end)
{
  return pctab__mark_error (w, mark->record, mark->off, mark->end - mark->off, "%s leaves its function, whose frame %s "
                            "0x%llx; end it in the function where it begins", mark_word (mark),
                            w->frame ? "ends at" : "begins at", (unsigned long long) (w->m->base + end));
}

bool
pctab__mark_aligned (struct mark_work *w, uint32_t record, uint32_t off, uint32_t end)
{
  uint32_t start = w->frame->off;
  if ((off - start) % w->insn == 0 && ((end - start) % w->insn == 0 || end == w->frame->end))
    return true;
  return pctab__mark_error (w, record, off, end - off, "a mark begins or ends within an instruction, which have "
                            "multiples of %u bytes here; put its labels between instructions", (unsigned) w->insn);
}

static bool
check_value (struct mark_work *w, const struct model_mark *mark)
{
  if (mark->table != PCTAB_TABLE_UNSAFEPOINT)
    return true;
  bool good = mark->value <= PCTAB_UNSAFEPOINT_SAFE && mark->value >= PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY;
  if (mark->single)
    good = good && mark->value != PCTAB_UNSAFEPOINT_SAFE && mark->value != PCTAB_UNSAFEPOINT_RESTART2;
  if (good)
    return true;
  return pctab__mark_error (w, mark->record, mark->off, mark->end - mark->off, "%s has the value %d; use %s",
                            mark->single ? "a mark" : "a stretch of table 0, UnsafePoint,", (int) mark->value,
                            mark->single ? "-2 (unsafe), -3 (restart) or -5 (restart at entry)"
                                         : "-1 (safe), -2 (unsafe), -3 or -4 (restart) or -5 (restart at entry)");
}

static bool
add_literal (struct mark_work *w, const struct model_mark *mark)
{
  struct mark_run *last = w->literals.cnt ? &w->literals.at[w->literals.cnt - 1] : NULL;
  if (last && mark->off < last->end && mark->value != last->value)
    return pctab__mark_error (w, mark->record, mark->off, mark->end - mark->off, "value %d of table %u contradicts %d, "
                              "which another record gives %u bytes from 0x%llx on; remove one of the two",
                              (int) mark->value, (unsigned) mark->table, (int) last->value,
                              (unsigned) (last->end - last->off), (unsigned long long) (w->m->base + last->off));
  if (last && mark->off < last->end && is_restart (mark) && mark->value != PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY)
    return pctab__mark_error (w, mark->record, mark->off, mark->end - mark->off,
                              "a restart range overlaps another one, "
                              "which ends at 0x%llx; end one before the other begins",
                              (unsigned long long)(w->m->base + last->end));
  if (!last || mark->off > last->end || mark->value != last->value)
    return pctab__mark_run_add (w, &w->literals,
                                (struct mark_run){ mark->off, mark->end, mark->value, mark->record, false });
  if (mark->end > last->end)
    last->end = mark->end;
  last->joined = true;
  return true;
}

/* From pctab's own knowledge, which is not always of instructions and frames: rounded outwards, cut to the frame. */
static bool
add_own (struct mark_work *w, uint32_t off, uint32_t end)
{
  const struct model_frame *f = w->frame;
  uint32_t over = (end - f->off) % w->insn;
  off -= (off - f->off) % w->insn;
  end = end >= f->end || (over && w->insn - over >= f->end - end) ? f->end : over ? end + w->insn - over : end;
  return pctab__mark_run_add (w, &w->unsafe,
                              (struct mark_run){ off, end, PCTAB_UNSAFEPOINT_UNSAFE, MODEL_NONE, false });
}

static bool
take_mark (struct mark_work *w, const struct mark_sweep *sweep, const struct model_mark *mark)
{
  if (is_own (mark))
    {
      if (mark->end > w->own_end)
        w->own_end = mark->end;
      return mark->off >= mark->end || add_own (w, mark->off, mark->end);
    }
  if (mark->end < mark->off || mark->end > w->frame->end)
    return error_leaves (w, mark, w->frame->end);
  if (!check_value (w, mark))
    return false;
  if (mark->off == mark->end)
    return is_restart (mark) ? error_empty (w, mark) : true;
  if (!is_too_long (mark) && !pctab__mark_aligned (w, mark->record, mark->off, mark->end))
    return false;
  return is_literal (mark) ? add_literal (w, mark) : sweep->add (w, mark);
}

static const struct model_mark *
mark_next (const struct mark_work *w)
{
  return w->mark < w->mark_cnt ? &w->m->marks.at[(uint32_t) w->marks[w->mark]] : NULL;
}

/* A mark in code without a frame, behind PREV: what is wrong in itself is an error there too, since its author goes by
 * it. */
static bool
drop_mark (struct mark_work *w, const struct model_mark *mark, const struct model_frame *prev)
{
  if (mark->off == mark->end && is_restart (mark))
    {
      w->frame = prev && prev->end == mark->off ? prev : NULL;
      return error_empty (w, mark);
    }
  if (is_too_long (mark))
    return pctab__mark_check_len (w, &(struct mark_run){ mark->off, mark->end, mark->value, mark->record, false });
  w->m->stats.marks_dropped++;
  return check_value (w, mark);
}

/* The marks between two frames; either may be NULL. */
static bool
skip_marks (struct mark_work *w, const struct model_frame *prev, const struct model_frame *next)
{
  const struct model_mark *mark;
  for (; (mark = mark_next (w)) && (!next || mark->off < next->off); w->mark++)
    if (is_own (mark))
      {
        if (mark->end > w->own_end)
          w->own_end = mark->end;
      }
    else if (mark->end < mark->off || (next && mark->end > next->off))
      return error_leaves (w, mark, next ? next->off : 0);
    else if (!drop_mark (w, mark, prev))
      return false;
  return true;
}

static bool
begin_frame (struct mark_work *w, const struct model_frame *frame)
{
  w->frame = frame;
  w->stretch = w->m->stretches.cnt;
  w->literals.cnt = w->unsafe.cnt = w->restarts.cnt = w->entries.cnt = w->open.cnt = 0;
  return w->own_end <= frame->off || add_own (w, frame->off, w->own_end);
}

static bool
sweep_frame (struct mark_work *w, const struct mark_sweep *sweep, const struct model_frame *frame)
{
  const struct model_mark *mark;
  if (!begin_frame (w, frame))
    return false;
  for (; (mark = mark_next (w)) && mark->off < frame->end; w->mark++)
    if (!take_mark (w, sweep, mark))
      return false;
  if (sweep->points && !pctab__mark_pair (w))
    return false;
  bool any = w->literals.cnt || w->unsafe.cnt || w->restarts.cnt || w->entries.cnt;
  return (!any && !sweep->every) || sweep->each (w);
}

/* Where the next mark or point is; MODEL_NONE: there is none. */
static uint32_t
next_off (const struct mark_work *w, const struct mark_sweep *sweep)
{
  uint32_t off = w->mark < w->mark_cnt ? (uint32_t) (w->marks[w->mark] >> 32) : MODEL_NONE;
  if (sweep->points && w->point < w->point_cnt && w->points[w->point] >> 32 < off)
    off = (uint32_t) (w->points[w->point] >> 32);
  return off;
}

/* The next frame, from I on, that there is something about: the first that ends behind it.  In growing steps, since
 * there may be as many tables as frames. */
static size_t
next_frame (const struct mark_work *w, const struct mark_sweep *sweep, size_t i)
{
  const struct model_frame *frames = w->m->frames.at;
  size_t cnt = w->m->frames.cnt;
  uint32_t off = next_off (w, sweep);
  if (i >= cnt || sweep->every || w->own_end > frames[i].off)
    return i;
  while (i < cnt && frames[i].end <= off)
    {
      for (size_t step = 1; i + step < cnt && frames[i + step].end <= off; step *= 2)
        i += step;
      i++;
    }
  return i;
}

bool
pctab__mark_sweep (struct mark_work *w, const struct mark_sweep *sweep)
{
  const struct model_frame *frames = w->m->frames.at, *prev;
  size_t cnt = w->m->frames.cnt;
  for (size_t i = 0; (i = next_frame (w, sweep, i)) < cnt; i++)
    {
      prev = i ? &frames[i - 1] : NULL;
      w->frame = NULL;
      if (!skip_marks (w, prev, &frames[i]) || (sweep->points && !pctab__mark_points_skip (w, prev, &frames[i]))
          || !sweep_frame (w, sweep, &frames[i]))
        return false;
    }
  w->frame = NULL;
  prev = cnt ? &frames[cnt - 1] : NULL;
  return skip_marks (w, prev, NULL) && (!sweep->points || pctab__mark_points_skip (w, prev, NULL));
}
