/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Table 0, UnsafePoint: three layers, unsafe above restart ranges above restart at entry, and the rules of Go's
 * MarkUnsafePoints between them. */
#include "format.h"
#include "mark_work.h"

static struct mark_runs *
runs_of (struct mark_work *w, int32_t value)
{
  switch (value)
    {
    case PCTAB_UNSAFEPOINT_UNSAFE:
      return &w->unsafe;
    case PCTAB_UNSAFEPOINT_RESTART1:
    case PCTAB_UNSAFEPOINT_RESTART2:
      return &w->restarts;
    case PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY:
      return &w->entries;
    default:
      return NULL;
    }
}

static bool
add_mark (struct mark_work *w, const struct model_mark *mark)
{
  return pctab__mark_run_add (w, runs_of (w, mark->value),
                              (struct mark_run){ mark->off, mark->end, 0, mark->record, false });
}

static bool
add_literals (struct mark_work *w)
{
  for (size_t i = 0; i < w->literals.cnt; i++)
    {
      struct mark_runs *runs = runs_of (w, w->literals.at[i].value);
      if (runs && !pctab__mark_run_add (w, runs, w->literals.at[i]))
        return false;
    }
  return true;
}

/* The restarts at entry in [off, end), which nothing above them takes.  *ENTRY is the first that may reach into it. */
static bool
emit_entries (struct mark_work *w, uint32_t off, uint32_t end, size_t *entry, uint32_t *row)
{
  while (*entry < w->entries.cnt && w->entries.at[*entry].end <= off)
    ++*entry;
  for (size_t i = *entry; i < w->entries.cnt && w->entries.at[i].off < end; i++)
    {
      struct mark_run run = w->entries.at[i];
      run.off = run.off > off ? run.off : off;
      run.end = run.end < end ? run.end : end;
      if (run.off < run.end
          && (!pctab__mark_entry_check (w, &run, row)
              || !pctab__mark_emit (w, run.off, run.end, PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY)))
        return false;
    }
  return true;
}

/* Unsafe stretches and restart ranges are apart by now: as they come, and what is below in between. */
static bool
emit_all (struct mark_work *w)
{
  size_t unsafe = 0, restart = 0, entry = 0;
  uint32_t row = 0, off = w->frame->off;
  while (unsafe < w->unsafe.cnt || restart < w->restarts.cnt)
    {
      bool is_unsafe = restart == w->restarts.cnt
                       || (unsafe < w->unsafe.cnt && w->unsafe.at[unsafe].off < w->restarts.at[restart].off);
      const struct mark_run *run = is_unsafe ? &w->unsafe.at[unsafe++] : &w->restarts.at[restart++];
      if (!emit_entries (w, off, run->off, &entry, &row)
          || !pctab__mark_emit (w, run->off, run->end, is_unsafe ? PCTAB_UNSAFEPOINT_UNSAFE : run->value))
        return false;
      off = run->end;
    }
  return emit_entries (w, off, w->frame->end, &entry, &row);
}

static bool
do_frame (struct mark_work *w)
{
  if (!add_literals (w))
    return false;
  pctab__mark_runs_sort (&w->unsafe);
  pctab__mark_runs_sort (&w->restarts);
  pctab__mark_runs_sort (&w->entries);
  if (!pctab__mark_restarts_check (w) || !pctab__mark_entries_check (w))
    return false;
  pctab__mark_runs_unite (&w->unsafe);
  pctab__mark_runs_unite (&w->entries);
  if (!pctab__mark_apply_arch (w))
    return false;
  pctab__mark_restarts_cut (w);
  pctab__mark_restarts_number (w);
  return emit_all (w);
}

bool
pctab__mark_unsafe (struct mark_work *w)
{
  const struct mark_arch *arch = w->by->arch;
  const struct mark_sweep sweep = {
    .add = add_mark,
    .each = do_frame,
    .points = true,
    .every = arch && (arch->is_unsafe_point || arch->is_restartable),
  };
  return pctab__mark_sweep (w, &sweep);
}
