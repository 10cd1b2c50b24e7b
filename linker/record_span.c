/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the records of .pcsp and .pcln speak of: each of one function, no two of the same code, unless they say the same
 * (folded functions, a function that came in twice). */
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

/* Function symbols with a size, by where they start. */
static uint64_t *
order_functions (const struct model *m, size_t *cnt)
{
  uint64_t *keys = malloc ((m->symbols.cnt + 1) * sizeof *keys);
  *cnt = 0;
  for (size_t i = 0; keys && i < m->symbols.cnt; i++)
    if (m->symbols.at[i].size && m->symbols.at[i].type != STT_NOTYPE)
      keys[(*cnt)++] = (uint64_t) m->symbols.at[i].off << 32 | i;
  if (keys && pctab__radix_sort (keys, *cnt))
    return keys;
  free (keys);
  return NULL;
}

/* Each span ends with the function that it starts in, if a symbol says what that is.  Functions may lie in one another
 * (entries into the middle): then with the one that ends last. */
static bool
check_functions (struct record_reader *rr, const struct record_spans *s)
{
  const struct model *m = rr->m;
  size_t cnt, next = 0;
  uint64_t *keys = order_functions (m, &cnt), limit = 0;
  if (!keys)
    return pctab__diag_memory (rr->d);
  for (size_t i = 0; i < s->list.cnt && !rr->d->failed; i++)
    {
      const struct record_span *span = &s->list.at[i];
      for (; next < cnt && keys[next] >> 32 <= span->off; next++)
        {
          const struct model_symbol *f = &m->symbols.at[(uint32_t) keys[next]];
          limit = limit > (uint64_t) f->off + f->size ? limit : (uint64_t) f->off + f->size;
        }
      if (limit > span->off && span->end > limit)
        pctab__record_error (rr, &span->record,
                             "reaches %" PRIu64 " bytes behind the end of its function; make both its "
                             "labels those of one function",
                             span->end - limit);
    }
  free (keys);
  return !rr->d->failed;
}

static bool
order (struct record_reader *rr, struct record_spans *s)
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

bool
pctab__record_spans_order (struct record_reader *rr, struct record_spans *s)
{
  return !s->list.cnt || (order (rr, s) && check_functions (rr, s));
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
