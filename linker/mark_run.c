/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "format.h"
#include "mark_work.h"

bool
pctab__mark_run_add (struct mark_work *w, struct mark_runs *runs, struct mark_run run)
{
  if (!model_reserve (runs, 1))
    return pctab__diag_memory (w->d);
  runs->at[runs->cnt++] = run;
  return true;
}

static int
by_offset (const void *va, const void *vb)
{
  const struct mark_run *a = va, *b = vb;
  return a->off < b->off ? -1 : a->off > b->off;
}

/* They were added from two or three lists that were in order: mostly there is nothing to do. */
void
pctab__mark_runs_sort (struct mark_runs *runs)
{
  size_t i = 1;
  while (i < runs->cnt && runs->at[i - 1].off <= runs->at[i].off)
    i++;
  if (i < runs->cnt)
    qsort (runs->at, runs->cnt, sizeof *runs->at, by_offset);
}

void
pctab__mark_runs_unite (struct mark_runs *runs)
{
  size_t cnt = 0;
  for (size_t i = 0; i < runs->cnt; i++)
    {
      const struct mark_run *run = &runs->at[i];
      struct mark_run *last = cnt ? &runs->at[cnt - 1] : NULL;
      if (!last || run->off > last->end)
        runs->at[cnt++] = *run;
      else if (run->end > last->end)
        last->end = run->end;
    }
  runs->cnt = cnt;
}

bool
pctab__mark_emit (struct mark_work *w, uint32_t off, uint32_t end, int32_t value)
{
  struct model *m = w->m;
  struct model_stretch *last = m->stretches.cnt > w->stretch ? &m->stretches.at[m->stretches.cnt - 1] : NULL;
  if (off >= end || value == PCTAB_UNSAFEPOINT_SAFE)
    return true;
  if (last && last->end == off && last->value == value)
    {
      last->end = end;
      return true;
    }
  if (!model_reserve (&m->stretches, 1))
    return pctab__diag_memory (w->d);
  m->stretches.at[m->stretches.cnt++] = (struct model_stretch){ off, end, value };
  return true;
}
