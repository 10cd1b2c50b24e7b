/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records of .pcsp and .pcln speak of: no two of the same code, unless they say the same (folded functions, a
 * function that came in twice). */
#include "record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "radix.h"

static bool
is_ordered (const struct record_spans *s)
{
  for (size_t i = 1; i < s->list.cnt; i++)
    if (s->list.at[i].off < s->list.at[i - 1].end)
      return false;
  return true;
}

static bool
sort (struct record_spans *s)
{
  size_t cnt = s->list.cnt;
  uint64_t *keys = malloc ((cnt + 1) * sizeof *keys);
  struct record_span *sorted = malloc ((cnt + 1) * sizeof *sorted);
  bool good = keys && sorted;
  for (size_t i = 0; good && i < cnt; i++)
    keys[i] = (uint64_t) s->list.at[i].off << 32 | i;
  good = good && pctab__radix_sort (keys, cnt);
  for (size_t i = 0; good && i < cnt; i++)
    sorted[i] = s->list.at[(uint32_t) keys[i]];
  if (good)
    memcpy (s->list.at, sorted, cnt * sizeof *sorted);
  free (keys);
  free (sorted);
  return good;
}

static bool
is_same (const struct record_span *a, const struct record_span *b)
{
  size_t len = cursor_left (&a->record.body);
  return a->off == b->off && a->end == b->end && cursor_left (&b->record.body) == len
         && !memcmp (a->record.body.pos, b->record.body.pos, len);
}

bool
pctab__record_spans_order (struct record_reader *rr, struct record_spans *s)
{
  if (is_ordered (s))
    return true;
  if (!sort (s))
    return pctab__diag_memory (rr->d);
  size_t kept = 0;
  for (size_t i = 0; i < s->list.cnt; i++)
    {
      const struct record_span *span = &s->list.at[i], *last = kept ? &s->list.at[kept - 1] : NULL;
      if (!last || span->off >= last->end)
        s->list.at[kept++] = *span;
      else if (!is_same (span, last))
        return pctab__record_error (rr, &span->record, "contradicts the record at 0x%" PRIx32 ", which speaks of the "
                                    "same code; let one alone do so", last->record.at);
    }
  s->list.cnt = kept;
  return true;
}

size_t
pctab__record_spans_find (const struct record_spans *s, uint32_t off)
{
  size_t lo = 0, hi = s->list.cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (s->list.at[mid].end <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}
