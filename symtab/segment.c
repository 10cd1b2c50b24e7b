/* SPDX-License-Identifier: MIT */
#include "segment.h"

#include <stdlib.h>

#include "radix.h"

/* A range with its rank, its place in the model. */
struct span {
  uint32_t off, end;
  uint32_t node, rank;
};

/* The spans that hold at the place of the sweep, as a binary heap: the highest rank first. */
struct heap {
  MODEL_VEC (const struct span *) at;
};

static bool
heap_push (struct heap *h, const struct span *s)
{
  if (!model_reserve (&h->at, 1))
    return false;
  size_t i = h->at.cnt++;
  for (; i && h->at.at[(i - 1) / 2]->rank < s->rank; i = (i - 1) / 2)
    h->at.at[i] = h->at.at[(i - 1) / 2];
  h->at.at[i] = s;
  return true;
}

static void
heap_pop (struct heap *h)
{
  const struct span *last = h->at.at[--h->at.cnt];
  size_t i = 0;
  for (size_t child; (child = 2 * i + 1) < h->at.cnt; i = child)
    {
      if (child + 1 < h->at.cnt && h->at.at[child + 1]->rank > h->at.at[child]->rank)
        child++;
      if (h->at.at[child]->rank <= last->rank)
        break;
      h->at.at[i] = h->at.at[child];
    }
  if (h->at.cnt)
    h->at.at[i] = last;
}

static bool
emit (struct segments *s, uint32_t off, uint32_t end, uint32_t node)
{
  struct segment *last = s->list.cnt ? &s->list.at[s->list.cnt - 1] : NULL;
  if (last && last->end == off && last->node == node)
    {
      last->end = end;
      return true;
    }
  if (!model_reserve (&s->list, 1))
    return false;
  s->list.at[s->list.cnt++] = (struct segment){ off, end, node };
  return true;
}

/* Emits what holds from *AT up to LIMIT. */
static bool
advance (struct segments *s, struct heap *h, uint32_t *at, uint32_t limit)
{
  while (h->at.cnt && *at < limit)
    {
      const struct span *top = h->at.at[0];
      uint32_t end = top->end < limit ? top->end : limit;
      if (end > *at)
        {
          if (!emit (s, *at, end, top->node))
            return false;
          *at = end;
        }
      if (top->end <= *at)
        heap_pop (h);
    }
  *at = limit;
  return true;
}

static bool
sweep (struct segments *s, struct span *spans, size_t cnt)
{
  struct heap h = { 0 };
  uint32_t at = 0;
  bool good = true;
  for (size_t i = 0; good && i < cnt; i++)
    good = advance (s, &h, &at, spans[i].off) && heap_push (&h, &spans[i]);
  good = good && advance (s, &h, &at, UINT32_MAX);
  free (h.at.at);
  return good;
}

/* The ranges by where they start; of those at one place the earlier in the model first. */
static bool
sort_spans (const struct model *m, struct span *spans, size_t *cnt)
{
  uint64_t *keys = malloc ((m->ranges.cnt + 1) * sizeof *keys);
  if (!keys)
    return false;
  for (size_t i = 0; i < m->ranges.cnt; i++)
    if (m->ranges.at[i].end > m->ranges.at[i].off)
      keys[(*cnt)++] = (uint64_t) m->ranges.at[i].off << 32 | i;
  bool good = pctab__radix_sort (keys, *cnt);
  for (size_t i = 0; i < *cnt; i++)
    {
      const struct model_range *r = &m->ranges.at[(uint32_t) keys[i]];
      spans[i] = (struct span){ r->off, r->end, r->node, (uint32_t) keys[i] };
    }
  free (keys);
  return good;
}

bool
pctab__segments_make (struct segments *s, const struct model *m)
{
  *s = (struct segments){ 0 };
  struct span *spans = malloc ((m->ranges.cnt + 1) * sizeof *spans);
  size_t cnt = 0;
  bool good = spans && sort_spans (m, spans, &cnt) && sweep (s, spans, cnt);
  free (spans);
  return good;
}

void
pctab__segments_free (struct segments *s)
{
  free (s->list.at);
  *s = (struct segments){ 0 };
}
