/* SPDX-License-Identifier: MIT */
/* Which named functions there are: symbols first, one name an address, then what only the debug information or only the
 * frame information knows.  They need not coincide with frames: assembly has symbols without frames, a stripped file
 * frames without symbols; the hot part has its functions from frames alone, so that strip does not change it. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "radix.h"

/* Global before weak before local; a proper function before a bare label. */
static unsigned
symbol_rank (const struct model_symbol *s)
{
  unsigned bind = s->bind == STB_LOCAL ? 2 : s->bind == STB_WEAK ? 1 : 0;
  return (s->type == STT_NOTYPE ? 4 : 0) + bind;
}

static int
compare_str (const struct model_str *a, const struct model_str *b)
{
  int order = memcmp (a->p, b->p, a->len < b->len ? a->len : b->len);
  return order ? order : a->len < b->len ? -1 : a->len > b->len;
}

/* Of two symbols at one address: whether A's name is kept.  Rank, then the symbol with a size, then by name. */
static bool
is_better (const struct model_symbol *a, const struct model_symbol *b)
{
  if (symbol_rank (a) != symbol_rank (b))
    return symbol_rank (a) < symbol_rank (b);
  if (!a->size != !b->size)
    return a->size;
  return compare_str (&a->name, &b->name) < 0;
}

static bool
add_func (struct model *m, uint32_t off, uint32_t end, struct model_str name)
{
  if (!model_reserve (&m->funcs, 1))
    return false;
  m->funcs.at[m->funcs.cnt++] = (struct model_func){ off, end, name };
  return true;
}

static int
compare_texts (const void *a, const void *b)
{
  const struct model_text *x = a, *y = b;
  return x->off < y->off ? -1 : x->off > y->off;
}

/* The end of the frame or, failing that, of the section that OFF lies in.  TEXT, the section, moves on with rising
 * OFF. */
static uint32_t
limit_of (const struct model *m, size_t *text, uint32_t off)
{
  size_t lo = 0, hi = m->frames.cnt;
  while (lo < hi)
    {
      size_t mid = (lo + hi) / 2;
      if (m->frames.at[mid].end > off)
        hi = mid;
      else
        lo = mid + 1;
    }
  if (lo < m->frames.cnt && m->frames.at[lo].off <= off)
    return m->frames.at[lo].end;
  uint32_t next = lo < m->frames.cnt ? m->frames.at[lo].off : UINT32_MAX;
  while (*text < m->texts.cnt && m->texts.at[*text].end <= off)
    ++*text;
  if (*text == m->texts.cnt || m->texts.at[*text].off > off)
    return off;
  return m->texts.at[*text].end < next ? m->texts.at[*text].end : next;
}

static uint64_t *
order_symbols (const struct model *m)
{
  uint64_t *keys = malloc ((m->symbols.cnt + 1) * sizeof *keys);
  if (!keys)
    return NULL;
  for (size_t i = 0; i < m->symbols.cnt; i++)
    keys[i] = (uint64_t) m->symbols.at[i].off << 32 | i;
  if (pctab__radix_sort (keys, m->symbols.cnt))
    return keys;
  free (keys);
  return NULL;
}

/* The best of the symbols at one address, from place *I of the order on; where it has no size, with that of the best
 * one that has. */
static struct model_symbol
next_symbol (const struct model *m, const uint64_t *order, size_t *i)
{
  const struct model_symbol *best = &m->symbols.at[(uint32_t) order[*i]], *sized = best->size ? best : NULL;
  for (++*i; *i < m->symbols.cnt && order[*i] >> 32 == best->off; ++*i)
    {
      const struct model_symbol *s = &m->symbols.at[(uint32_t) order[*i]];
      if (is_better (s, best))
        best = s;
      if (s->size && (!sized || is_better (s, sized)))
        sized = s;
    }
  struct model_symbol chosen = *best;
  chosen.size = best->size || !sized ? best->size : sized->size;
  return chosen;
}

/* A symbol without a size reaches to the next one, or as far as its frame or section does; one that starts inside
 * another's size is a label of that one.  A symbol that reaches into the next is cut off there. */
static bool
funcs_of_symbols (struct model *m)
{
  uint64_t *order = order_symbols (m);
  uint32_t sized_end = 0;
  bool good = order && model_reserve (&m->funcs, m->symbols.cnt);
  for (size_t i = 0, text = 0; good && i < m->symbols.cnt;)
    {
      struct model_symbol s = next_symbol (m, order, &i);
      if ((!s.size || s.type == STT_NOTYPE) && s.off < sized_end)
        continue;
      uint32_t end = s.size ? s.off + s.size : limit_of (m, &text, s.off);
      if (end < s.off)
        end = UINT32_MAX;
      if (s.size && end > sized_end)
        sized_end = end;
      struct model_func *last = m->funcs.cnt ? &m->funcs.at[m->funcs.cnt - 1] : NULL;
      if (end > s.off && last && last->end > s.off)
        last->end = s.off;
      good = end <= s.off || add_func (m, s.off, end, s.name);
    }
  free (order);
  return good;
}

/* What may fill the holes between functions: by rising offset. */
struct filler {
  uint32_t off, end;
  struct model_str name;
};

/* The holes that are filled, as functions behind the first CNT: one sweep, since both lists are sorted and fillers do
 * not overlap. */
static bool
fill_holes (struct model *m, size_t cnt, const struct filler *fillers, size_t filler_cnt)
{
  size_t func = 0;
  for (size_t i = 0; i < filler_cnt; i++)
    {
      const struct filler *f = &fillers[i];
      uint32_t off = f->off;
      while (func < cnt && m->funcs.at[func].end <= off)
        func++;
      for (size_t k = func; off < f->end; k++)
        {
          uint32_t end = k < cnt && m->funcs.at[k].off < f->end ? m->funcs.at[k].off : f->end;
          if (end > off && !add_func (m, off, end, f->name))
            return false;
          off = end < f->end ? m->funcs.at[k].end : f->end;
        }
    }
  return true;
}

/* Merges what was added behind the first CNT, both being sorted. */
static bool
merge_funcs (struct model *m, size_t cnt)
{
  size_t added = m->funcs.cnt - cnt;
  if (!added)
    return true;
  struct model_func *more = malloc (added * sizeof *more), *at = m->funcs.at;
  if (!more)
    return false;
  memcpy (more, at + cnt, added * sizeof *more);
  for (size_t to = m->funcs.cnt; added;)
    at[--to] = cnt && at[cnt - 1].off > more[added - 1].off ? at[--cnt] : more[--added];
  free (more);
  return true;
}

static bool
add_fillers (struct model *m, const struct filler *fillers, size_t cnt)
{
  size_t func_cnt = m->funcs.cnt;
  return fill_holes (m, func_cnt, fillers, cnt) && merge_funcs (m, func_cnt);
}

/* Keys of the ranges of subprograms, sorted. */
static uint64_t *
order_subprograms (const struct model *m, size_t *cnt)
{
  uint64_t *keys = malloc ((m->ranges.cnt + 1) * sizeof *keys);
  if (!keys)
    return NULL;
  for (size_t i = 0; i < m->ranges.cnt; i++)
    if (m->nodes.at[m->ranges.at[i].node].parent == MODEL_NONE && m->ranges.at[i].off < m->ranges.at[i].end)
      keys[(*cnt)++] = (uint64_t) m->ranges.at[i].off << 32 | i;
  if (pctab__radix_sort (keys, *cnt))
    return keys;
  free (keys);
  return NULL;
}

/* Subprograms as fillers: each up to the start of the next; of several that start at one place the last holds. */
static bool
fill_from_ranges (struct model *m)
{
  size_t key_cnt = 0, cnt = 0;
  uint64_t *keys = order_subprograms (m, &key_cnt);
  struct filler *fillers = malloc ((key_cnt + 1) * sizeof *fillers);
  bool good = keys && fillers;
  for (size_t i = 0; good && i < key_cnt; i++)
    {
      const struct model_range *r = &m->ranges.at[(uint32_t) keys[i]];
      struct filler *last = cnt ? &fillers[cnt - 1] : NULL;
      if (last && last->off == r->off)
        cnt--;
      else if (last && last->end > r->off)
        last->end = r->off;
      fillers[cnt++] = (struct filler){ r->off, r->end, m->origins.at[m->nodes.at[r->node].origin].name };
    }
  good = good && add_fillers (m, fillers, cnt);
  free (keys);
  free (fillers);
  return good;
}

static bool
fill_from_frames (struct model *m)
{
  struct filler *fillers = malloc ((m->frames.cnt + 1) * sizeof *fillers);
  if (!fillers)
    return false;
  for (size_t i = 0; i < m->frames.cnt; i++)
    fillers[i] = (struct filler){ m->frames.at[i].off, m->frames.at[i].end, { "", 0 } };
  bool good = add_fillers (m, fillers, m->frames.cnt);
  free (fillers);
  return good;
}

void
pctab__model_drop_stubs (struct model *m)
{
  size_t cnt = 0, text = 0;
  uint32_t stubs_end = 0; /* of the stubs that start at or before the frame */
  if (m->texts.cnt)
    qsort (m->texts.at, m->texts.cnt, sizeof *m->texts.at, compare_texts);
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      for (; text < m->texts.cnt && m->texts.at[text].off <= m->frames.at[i].off; text++)
        if (m->texts.at[text].stubs && m->texts.at[text].end > stubs_end)
          stubs_end = m->texts.at[text].end;
      if (m->frames.at[i].off >= stubs_end)
        m->frames.at[cnt++] = m->frames.at[i];
    }
  m->frames.cnt = cnt;
}

bool
pctab__model_resolve (struct model *m)
{
  m->funcs.cnt = 0;
  pctab__model_drop_stubs (m);
  return funcs_of_symbols (m) && fill_from_ranges (m) && fill_from_frames (m);
}
