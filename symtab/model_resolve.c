/* SPDX-License-Identifier: MIT */
/* Which named functions there are: symbols first, one name an address, then what only the debug information or only the
 * frame information knows.  They need not coincide with frames: assembly has symbols without frames, a stripped file
 * frames without symbols; the hot part has its functions from frames alone, so that strip does not change it. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

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

/* By address; at one address the name that is kept comes first: rank, then the symbol with a size, then by name. */
static int
compare_symbols (const void *a, const void *b)
{
  const struct model_symbol *x = a, *y = b;
  if (x->off != y->off)
    return x->off < y->off ? -1 : 1;
  if (symbol_rank (x) != symbol_rank (y))
    return symbol_rank (x) < symbol_rank (y) ? -1 : 1;
  if (!x->size != !y->size)
    return x->size ? -1 : 1;
  return compare_str (&x->name, &y->name);
}

static int
compare_funcs (const void *a, const void *b)
{
  const struct model_func *x = a, *y = b;
  return x->off < y->off ? -1 : x->off > y->off;
}

static bool
add_func (struct model *m, uint32_t off, uint32_t end, struct model_str name)
{
  if (!model_reserve (&m->funcs, 1))
    return false;
  m->funcs.at[m->funcs.cnt++] = (struct model_func){ off, end, name };
  return true;
}

/* The end of the frame or, failing that, of the section that OFF lies in. */
static uint32_t
limit_of (const struct model *m, uint32_t off)
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
  for (size_t i = 0; i < m->texts.cnt; i++)
    if (m->texts.at[i].off <= off && off < m->texts.at[i].end)
      return m->texts.at[i].end < next ? m->texts.at[i].end : next;
  return off;
}

/* A symbol without a size reaches to the next one, or as far as its frame or section does; one that starts inside
 * another's size is a label of that one.  A symbol that reaches into the next is cut off there. */
static bool
funcs_of_symbols (struct model *m)
{
  struct model_symbol *s = m->symbols.at;
  size_t cnt = m->symbols.cnt;
  uint32_t sized_end = 0;
  for (size_t i = 0, next; i < cnt; i = next)
    {
      for (next = i + 1; next < cnt && s[next].off == s[i].off;)
        next++;
      uint32_t size = s[i].size;
      for (size_t j = i + 1; !size && j < next; j++)
        size = s[j].size;
      if (!size && s[i].off < sized_end)
        continue;
      if (s[i].type == STT_NOTYPE && s[i].off < sized_end)
        continue;
      uint32_t end = size ? s[i].off + size : limit_of (m, s[i].off);
      if (end < s[i].off)
        end = UINT32_MAX;
      if (size && end > sized_end)
        sized_end = end;
      if (end > s[i].off && !add_func (m, s[i].off, end, s[i].name))
        return false;
    }
  for (size_t i = 1; i < m->funcs.cnt; i++)
    if (m->funcs.at[i - 1].end > m->funcs.at[i].off)
      m->funcs.at[i - 1].end = m->funcs.at[i].off;
  return true;
}

/* Adds [off, end) where no function among the first CNT, which are sorted, has it yet. */
static bool
fill_hole (struct model *m, size_t cnt, uint32_t off, uint32_t end, struct model_str name)
{
  size_t lo = 0, hi = cnt;
  while (lo < hi)
    {
      size_t mid = (lo + hi) / 2;
      if (m->funcs.at[mid].end > off)
        hi = mid;
      else
        lo = mid + 1;
    }
  for (; off < end && lo < cnt && m->funcs.at[lo].off < end; lo++)
    {
      if (m->funcs.at[lo].off > off && !add_func (m, off, m->funcs.at[lo].off, name))
        return false;
      off = m->funcs.at[lo].end;
    }
  return off >= end || add_func (m, off, end, name);
}

static void
sort_funcs (struct model *m)
{
  qsort (m->funcs.at, m->funcs.cnt, sizeof *m->funcs.at, compare_funcs);
  for (size_t i = 1; i < m->funcs.cnt; i++)
    if (m->funcs.at[i - 1].end > m->funcs.at[i].off)
      m->funcs.at[i - 1].end = m->funcs.at[i].off;
}

static bool
in_stubs (const struct model *m, uint32_t off)
{
  for (size_t i = 0; i < m->texts.cnt; i++)
    if (m->texts.at[i].stubs && m->texts.at[i].off <= off && off < m->texts.at[i].end)
      return true;
  return false;
}

/* A PLT's frames go: a stub belongs to no function, so nothing is known there. */
static void
drop_stubs (struct model *m)
{
  size_t cnt = 0;
  for (size_t i = 0; i < m->frames.cnt; i++)
    if (!in_stubs (m, m->frames.at[i].off))
      m->frames.at[cnt++] = m->frames.at[i];
  m->frames.cnt = cnt;
}

bool
pctab__model_resolve (struct model *m)
{
  m->funcs.cnt = 0;
  drop_stubs (m);
  if (m->symbols.cnt)
    qsort (m->symbols.at, m->symbols.cnt, sizeof *m->symbols.at, compare_symbols);
  if (!funcs_of_symbols (m))
    return false;
  size_t cnt = m->funcs.cnt;
  for (size_t i = 0; i < m->ranges.cnt; i++)
    {
      const struct model_range *r = &m->ranges.at[i];
      const struct model_node *n = &m->nodes.at[r->node];
      if (n->parent == MODEL_NONE && !fill_hole (m, cnt, r->off, r->end, m->origins.at[n->origin].name))
        return false;
    }
  if (m->funcs.cnt > cnt)
    sort_funcs (m);
  cnt = m->funcs.cnt;
  for (size_t i = 0; i < m->frames.cnt; i++)
    if (!fill_hole (m, cnt, m->frames.at[i].off, m->frames.at[i].end, (struct model_str){ "", 0 }))
      return false;
  if (m->funcs.cnt > cnt)
    sort_funcs (m);
  return true;
}
