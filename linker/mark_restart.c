/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restart ranges.  Each is checked as it was written, so that whether a link fails does not depend on what else makes
 * parts of it unsafe; then comes what is left of it, and its value. */
#include <stdlib.h>

#include "format.h"
#include "mark_work.h"
#include "radix.h"

/* A range that begins and ends in one function has no start or end of a function symbol inside it. */
static bool
know_bounds (struct mark_work *w)
{
  const struct model *m = w->m;
  if (!w->bounds_known)
    {
      w->bounds_known = true;
      w->bounds = malloc ((2 * m->symbols.cnt + 1) * sizeof *w->bounds);
      if (!w->bounds)
        return pctab__diag_memory (w->d);
      for (size_t i = 0; i < m->symbols.cnt; i++)
        {
          const struct model_symbol *s = &m->symbols.at[i];
          if (s->type == STT_NOTYPE || !s->size || s->size > UINT32_MAX - s->off)
            continue;
          w->bounds[w->bound_cnt++] = (uint64_t) s->off << 32 | (s->off + s->size);
          w->bounds[w->bound_cnt++] = (uint64_t) (s->off + s->size) << 32;
        }
      if (!pctab__radix_sort (w->bounds, w->bound_cnt))
        return pctab__diag_memory (w->d);
    }
  while (w->bound < w->bound_cnt && w->bounds[w->bound] >> 32 <= w->frame->off)
    w->bound++;
  for (; w->before < w->bound_cnt && w->bounds[w->before] >> 32 < w->frame->off; w->before++)
    if ((uint32_t) w->bounds[w->before] > w->reach)
      w->reach = (uint32_t) w->bounds[w->before];
  return true;
}

/* The first bound behind OFF; *BOUND moves on to it.  MODEL_NONE: there is none. */
static uint32_t
bound_behind (const struct mark_work *w, uint32_t off, size_t *bound)
{
  if (*bound < w->bound)
    *bound = w->bound;
  while (*bound < w->bound_cnt && w->bounds[*bound] >> 32 <= off)
    ++*bound;
  return *bound < w->bound_cnt ? (uint32_t) (w->bounds[*bound] >> 32) : MODEL_NONE;
}

/* Whether the frame's rule is one and the same in [off, end); if not *CHANGE is where it changes.  *ROW moves on to the
 * row that holds at OFF. */
static bool
rule_holds (const struct mark_work *w, uint32_t off, uint32_t end, uint32_t *row, uint32_t *change)
{
  const struct model_row *rows = w->m->rows.at + w->frame->row;
  uint32_t cnt = w->frame->row_cnt;
  while (*row + 1 < cnt && rows[*row + 1].off <= off)
    ++*row;
  for (uint32_t i = *row + 1; i < cnt && rows[i].off < end; i++)
    if (rows[i].rule != rows[*row].rule)
      {
        *change = rows[i].off;
        return false;
      }
  return true;
}

static bool
check_apart (struct mark_work *w, const struct mark_run *prev, const struct mark_run *run)
{
  if (run->off >= prev->end)
    return true;
  return pctab__mark_error (w, run->record, run->off, run->end - run->off, "a restart range %s another one, of %u "
                            "bytes from 0x%llx on; end one before the other begins",
                            run->end <= prev->end || run->off == prev->off ? "is nested with" : "overlaps",
                            (unsigned) (prev->end - prev->off), (unsigned long long) (w->m->base + prev->off));
}

bool
pctab__mark_check_len (struct mark_work *w, const struct mark_run *run)
{
  uint32_t len = run->end - run->off;
  if (len <= PCTAB_RESTART_MAX)
    return true;
  return pctab__mark_error (w, run->record, run->off, len, "a restart range is longer than %u bytes%s; make it "
                            "shorter, or mark the code unsafe", PCTAB_RESTART_MAX,
                            run->joined ? " (records that give one value to code that touches make one range)" : "");
}

static bool
error_bound (struct mark_work *w, const struct mark_run *run, uint32_t bound)
{
  return pctab__mark_error (w, run->record, run->off, run->end - run->off, "a restart range leaves its function: a "
                            "function symbol begins or ends at 0x%llx; end it in the function where it begins, and see "
                            "that .size is right", (unsigned long long) (w->m->base + bound));
}

static bool
error_rule (struct mark_work *w, uint32_t record, uint32_t off, uint32_t end, uint32_t change)
{
  return pctab__mark_error (w, record, off, end - off, "the frame changes at 0x%llx, behind where a thread stopped in "
                            "this restart range resumes; leave SP and the saved registers alone in it",
                            (unsigned long long) (w->m->base + change));
}

bool
pctab__mark_restarts_check (struct mark_work *w)
{
  struct mark_place place = { 0, 0 };
  uint32_t change;
  if (!w->restarts.cnt)
    return true;
  if (!know_bounds (w))
    return false;
  for (size_t i = 0; i < w->restarts.cnt; i++)
    {
      const struct mark_run *run = &w->restarts.at[i];
      if ((i && !check_apart (w, run - 1, run)) || !pctab__mark_check_len (w, run))
        return false;
      uint32_t bound = bound_behind (w, run->off, &place.bound);
      if (bound < run->end)
        return error_bound (w, run, bound);
      if (!rule_holds (w, run->off, run->end, &place.row, &change))
        return error_rule (w, run->record, run->off, run->end, change);
    }
  return true;
}

bool
pctab__mark_restart_fits (struct mark_work *w, uint32_t off, uint32_t end, struct mark_place *place)
{
  uint32_t change;
  return end - off <= PCTAB_RESTART_MAX && know_bounds (w) && bound_behind (w, off, &place->bound) >= end
         && rule_holds (w, off, end, &place->row, &change);
}

/* No function begins where the frame does, but one before: the table would take the frame's start for its entry. */
static bool
begins_within (const struct mark_work *w)
{
  size_t i = w->before;
  while (i < w->bound_cnt && w->bounds[i] >> 32 == w->frame->off && !(uint32_t) w->bounds[i])
    i++;
  bool begins = i < w->bound_cnt && w->bounds[i] >> 32 == w->frame->off;
  return w->reach > w->frame->off && !begins;
}

bool
pctab__mark_entries_check (struct mark_work *w)
{
  size_t first = 0;
  if (!w->entries.cnt)
    return true;
  if (!know_bounds (w))
    return false;
  uint32_t bound = bound_behind (w, w->frame->off, &first);
  if (begins_within (w))
    return pctab__mark_error (w, w->entries.at->record, w->entries.at->off, w->entries.at->end - w->entries.at->off,
                              "a restart at entry in a frame that begins at 0x%llx, within its function; let the frame "
                              "begin where the function does", (unsigned long long) (w->m->base + w->frame->off));
  for (size_t i = 0; i < w->entries.cnt; i++)
    if (bound < w->entries.at[i].end)
      return error_bound (w, &w->entries.at[i], bound);
  return true;
}

bool
pctab__mark_entry_check (struct mark_work *w, const struct mark_run *run, uint32_t *row)
{
  const struct model_row *rows = w->m->rows.at + w->frame->row;
  uint32_t change = run->off;
  if (!rule_holds (w, run->off, run->end, row, &change) || rows[*row].rule != rows->rule)
    return error_rule (w, run->record, run->off, run->end, change);
  return true;
}

/* A thread that is stopped behind unsafe code in a range would resume before it, in the middle of something. */
void
pctab__mark_restarts_cut (struct mark_work *w)
{
  struct mark_runs *unsafe = &w->unsafe;
  size_t cnt = 0, at = 0;
  for (size_t i = 0; i < w->restarts.cnt; i++)
    {
      struct mark_run run = w->restarts.at[i];
      while (at < unsafe->cnt && unsafe->at[at].end <= run.off)
        at++;
      if (at < unsafe->cnt && unsafe->at[at].off < run.end)
        {
          if (unsafe->at[at].end < run.end)
            unsafe->at[at].end = run.end;
          run.end = unsafe->at[at].off;
        }
      if (run.off < run.end)
        w->restarts.at[cnt++] = run;
    }
  w->restarts.cnt = cnt;
  pctab__mark_runs_unite (unsafe);
}

static int32_t
other (int32_t value)
{
  return value == PCTAB_UNSAFEPOINT_RESTART1 ? PCTAB_UNSAFEPOINT_RESTART2 : PCTAB_UNSAFEPOINT_RESTART1;
}

/* In turn, as Go does, from -3 at the function's start.  Ranges that touch have to differ; those that records give a
 * value keep it, but where an even or odd number of others between two of them forbids it: then the first of those that
 * touch decides. */
void
pctab__mark_restarts_number (struct mark_work *w)
{
  struct mark_run *at = w->restarts.at;
  int32_t last = 0;
  for (size_t i = 0, next; i < w->restarts.cnt; i = next)
    {
      int32_t value = other (last);
      bool given = false;
      for (next = i; next == i || (next < w->restarts.cnt && at[next].off == at[next - 1].end); next++)
        if (!given && at[next].value)
          {
            given = true;
            value = (next - i) % 2 ? other (at[next].value) : at[next].value;
          }
      for (size_t k = i; k < next; k++, value = other (value))
        last = at[k].value = value;
    }
}
