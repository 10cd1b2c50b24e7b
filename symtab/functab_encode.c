/* SPDX-License-Identifier: MIT */
/* The functab and its index: entries by rising address, gaps included, and for each page of code the slots by which a
 * lookup finds the entry of a PC in one step.  FORMAT, 3 and 4. */
#include "functab.h"

#include <stdlib.h>

#include "format.h"

#define RANGE_GAP_MIN 65536 /* code sections this far apart are ranges of their own: no pages for the hole */
#define SLOT_ENTRIES_MAX 32 /* that start in one slot, unless slots are the smallest: a lookup compares them in turn */

static bool
add_range (struct functab *t, uint32_t off, uint32_t end)
{
  if (!model_reserve (&t->ranges, 1))
    return false;
  t->ranges.at[t->ranges.cnt++] = (struct functab_range){ .off = off & -(uint32_t) PCTAB_PAGE_BYTES, .end = end };
  return true;
}

static bool
make_ranges (struct functab *t, const struct model *m)
{
  for (size_t i = 0; i < m->texts.cnt; i++)
    {
      const struct model_text *text = &m->texts.at[i];
      struct functab_range *last = t->ranges.cnt ? &t->ranges.at[t->ranges.cnt - 1] : NULL;
      if (!last || text->off >= last->end + RANGE_GAP_MIN)
        {
          if (!add_range (t, text->off, text->end))
            return false;
        }
      else if (text->end > last->end)
        last->end = text->end;
    }
  return true;
}

/* Ranges where the lists' bases change. */
static bool
split_ranges (struct functab *t, const struct model *m, const struct hot *h)
{
  for (size_t i = 0; i < h->splits.cnt; i++)
    {
      const struct hot_split *s = &h->splits.at[i];
      uint32_t at = m->frames.at[s->frame].off & -(uint32_t) PCTAB_PAGE_BYTES;
      size_t r = 0;
      while (t->ranges.at[r].end <= at)
        r++;
      if (t->ranges.at[r].off < at)
        {
          if (!add_range (t, at, t->ranges.at[r].end))
            return false;
          for (size_t k = t->ranges.cnt - 1; k > r + 1; k--)
            {
              struct functab_range swap = t->ranges.at[k];
              t->ranges.at[k] = t->ranges.at[k - 1];
              t->ranges.at[k - 1] = swap;
            }
          t->ranges.at[r++].end = at;
        }
      for (; r < t->ranges.cnt; r++)
        {
          t->ranges.at[r].values = s->values;
          t->ranges.at[r].offsets = s->offsets;
        }
    }
  return true;
}

static bool
add_entry (struct functab *t, struct functab_entry e)
{
  if (!model_reserve (&t->entries, 1))
    return false;
  t->entries.at[t->entries.cnt++] = e;
  return true;
}

static bool
entry_bits (const struct hot_func *f, const struct functab_range *r, uint64_t *bits)
{
  uint64_t values = (f->values - r->values) / 2, offsets = (f->offsets - r->offsets) / 2;
  *bits = (uint64_t) f->kind << PCTAB_E_KIND_SHIFT;
  if (f->kind == PCTAB_E_KIND_LONG)
    *bits |= (uint64_t) f->number << PCTAB_E_LONG_SHIFT;
  else
    *bits |= values << PCTAB_E_VALUES_SHIFT | offsets << PCTAB_E_OFFSETS_SHIFT;
  return f->kind == PCTAB_E_KIND_LONG || (values < 1u << PCTAB_E_VALUES_BITS && offsets < 1u << PCTAB_E_OFFSETS_BITS);
}

/* What holds from OFF on: a function up to END (BITS), or nothing (END == OFF); and nothing from END to NEXT.  Every
 * page gets an entry at its start, so that a lookup never leaves its page. */
static bool
add_stretch (struct functab *t, uint32_t off, uint32_t end, uint32_t next, uint64_t bits)
{
  bool is_long = (bits >> PCTAB_E_KIND_SHIFT & PCTAB_E_KIND_MASK) == PCTAB_E_KIND_LONG;
  for (uint32_t at = off, limit; at < next; at = limit)
    {
      limit = (at | (PCTAB_PAGE_BYTES - 1)) + 1;
      if (limit > next || limit < at)
        limit = next;
      struct functab_entry e = { at, 0, 0, false };
      if (end > at)
        {
          e.goes_on = at > off;
          e.pad = end < limit ? limit - end : 0;
          e.bits = !e.goes_on || is_long ? bits : (uint64_t) PCTAB_E_KIND_CONT << PCTAB_E_KIND_SHIFT;
        }
      if (!add_entry (t, e))
        return false;
    }
  return true;
}

/* A function whose neighbour starts within PCTAB_E_PAD_MAX bytes says so itself; a wider gap has entries. */
static bool
add_function (struct functab *t, const struct model_frame *f, uint32_t next, uint64_t bits)
{
  if (next - f->end <= PCTAB_E_PAD_MAX)
    return add_stretch (t, f->off, f->end, next, bits);
  return add_stretch (t, f->off, f->end, f->end, bits) && add_stretch (t, f->end, f->end, next, 0);
}

/* The entries of one range, from frame *I on. */
static bool
fill_range (struct functab *t, const struct model *m, const struct hot *h, struct functab_range *range, size_t *i,
            struct diag *d)
{
  const struct model_frame *f = m->frames.at;
  size_t cnt = m->frames.cnt;
  range->entry = (uint32_t) t->entries.cnt;
  uint32_t first = *i < cnt && f[*i].off < range->end ? f[*i].off : range->end;
  if (!add_stretch (t, range->off, range->off, first, 0))
    return pctab__diag_memory (d);
  for (; *i < cnt && f[*i].off < range->end; ++*i)
    {
      uint64_t bits;
      uint32_t next = *i + 1 < cnt && f[*i + 1].off < range->end ? f[*i + 1].off : range->end;
      if (!entry_bits (&h->funcs[*i], range, &bits))
        return pctab__diag_error (d, ".eh_frame", "its frame tables are too large for one module table near "
                                  "offset 0x%x; split the program into shared objects", f[*i].off);
      if (!add_function (t, &f[*i], next, bits))
        return pctab__diag_memory (d);
    }
  return add_entry (t, (struct functab_entry){ .off = range->end }) || pctab__diag_memory (d);
}

bool
pctab__functab_fill (struct functab *t, struct model *m, const struct hot *h, struct diag *d)
{
  if (!make_ranges (t, m) || !split_ranges (t, m, h))
    return pctab__diag_memory (d);
  size_t i = 0;
  for (size_t r = 0; r < t->ranges.cnt; r++)
    if (!fill_range (t, m, h, &t->ranges.at[r], &i, d))
      return false;
  return true;
}

/* Whether no slot has more starts than a lookup should compare. */
static bool
shift_serves (const struct functab *t, unsigned shift)
{
  for (size_t i = 0, j = 0; i < t->entries.cnt; i++)
    {
      while (t->entries.at[j].off >> shift != t->entries.at[i].off >> shift)
        j++;
      if (i - j >= SLOT_ENTRIES_MAX)
        return false;
    }
  return true;
}

/* Slots about as large as the average function: one or two entries remain to be compared, for a seventh of a bit a byte
 * of code. */
static unsigned
choose_shift (const struct functab *t)
{
  uint64_t bytes = 0;
  for (size_t r = 0; r < t->ranges.cnt; r++)
    bytes += t->ranges.at[r].end - t->ranges.at[r].off;
  unsigned shift = 12;
  while (shift > 6 && bytes >> shift < t->entries.cnt)
    shift--;
  while (shift > PCTAB_SLOT_SHIFT_MIN && !shift_serves (t, shift))
    shift--;
  return shift;
}

/* Slot k of a page: the last entry that starts before its end, counted from the page's own first entry. */
static void
put_page (const struct functab *t, uint32_t at, size_t *entry, size_t last, struct buf *pages, struct buf *slots)
{
  const struct functab_entry *e = t->entries.at;
  while (e[*entry].off < at)
    ++*entry;
  pctab__buf_u32 (pages, (uint32_t) *entry);
  size_t i = *entry;
  uint64_t step = UINT64_C (1) << t->slot_shift;
  for (uint64_t end = at + step; end <= (uint64_t) at + PCTAB_PAGE_BYTES; end += step)
    {
      while (i + 1 < last && e[i + 1].off < end)
        i++;
      pctab__buf_u16 (slots, (unsigned) (i - *entry));
    }
}

void
pctab__functab_encode (struct functab *t, struct buf *ranges, struct buf *pages, struct buf *slots, struct buf *entries)
{
  t->slot_shift = choose_shift (t);
  for (size_t r = 0; r < t->ranges.cnt; r++)
    {
      struct functab_range *range = &t->ranges.at[r];
      range->page = (uint32_t) (pages->len / 4);
      size_t entry = range->entry;
      size_t last = (r + 1 < t->ranges.cnt ? t->ranges.at[r + 1].entry : t->entries.cnt) - 1;
      for (uint64_t at = range->off; at < range->end; at += PCTAB_PAGE_BYTES)
        put_page (t, (uint32_t) at, &entry, last, pages, slots);
      const uint32_t fields[] = { range->off, range->end, range->page, range->entry, range->values, range->offsets };
      for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        pctab__buf_u32 (ranges, fields[i]);
    }
  for (size_t i = 0; i < t->entries.cnt; i++)
    pctab__buf_u64 (entries, t->entries.at[i].bits | (t->entries.at[i].off & 0xffff)
                               | (uint64_t) t->entries.at[i].pad << PCTAB_E_PAD_SHIFT);
}

uint32_t
pctab__functab_end (const struct functab *t, size_t i, size_t *next)
{
  for (*next = i + 1; t->entries.at[*next].goes_on; ++*next)
    ;
  return t->entries.at[*next].off - t->entries.at[*next - 1].pad;
}

void
pctab__functab_free (struct functab *t)
{
  free (t->ranges.at);
  free (t->entries.at);
  *t = (struct functab){ 0 };
}
