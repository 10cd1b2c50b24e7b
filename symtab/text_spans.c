/* SPDX-License-Identifier: MIT */
#include "text_spans.h"

#include <stdlib.h>
#include <string.h>

static int
by_offset (const void *va, const void *vb)
{
  const struct model_text *a = va, *b = vb;
  return a->off < b->off ? -1 : a->off > b->off;
}

/* Sections that touch or overlap become one span: a function may run from one into the next. */
bool
pctab__text_spans_init (struct text_spans *t, const struct model *m)
{
  memset (t, 0, sizeof *t);
  t->base = m->base;
  if (!m->texts.cnt)
    return true;
  t->at = malloc (m->texts.cnt * sizeof *t->at);
  if (!t->at)
    return false;
  memcpy (t->at, m->texts.at, m->texts.cnt * sizeof *t->at);
  qsort (t->at, m->texts.cnt, sizeof *t->at, by_offset);
  for (size_t i = 0; i < m->texts.cnt; i++)
    if (!t->cnt || t->at[i].off > t->at[t->cnt - 1].end)
      t->at[t->cnt++] = t->at[i];
    else if (t->at[i].end > t->at[t->cnt - 1].end)
      t->at[t->cnt - 1].end = t->at[i].end;
  return true;
}

void
pctab__text_spans_free (struct text_spans *t)
{
  free (t->at);
  memset (t, 0, sizeof *t);
}

const struct model_text *
pctab__text_spans_find (struct text_spans *t, uint64_t addr)
{
  if (!t->cnt || addr < t->base || addr - t->base > UINT32_MAX)
    return NULL;
  uint32_t off = (uint32_t) (addr - t->base);
  const struct model_text *last = &t->at[t->last];
  if (off >= last->off && off < last->end)
    return last;
  size_t lo = 0, hi = t->cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (t->at[mid].end <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  if (lo == t->cnt || off < t->at[lo].off)
    return NULL;
  t->last = lo;
  return &t->at[lo];
}
