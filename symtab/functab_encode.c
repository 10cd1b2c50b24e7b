/* SPDX-License-Identifier: MIT */
/* The functab and its index: entries by rising address, gaps included, and for each range of code the rows by which a
 * lookup finds the entry of a PC in one step.  FORMAT, "Ranges, rows, functab". */
#include "functab.h"

#include <stdlib.h>

#include "format.h"

#define RANGE_GAP_MIN 65536 /* code sections this far apart are ranges of their own: no rows for the hole */

static bool
add_entry (struct functab *t, uint32_t off, uint32_t rec)
{
  if (!model_reserve (&t->entries, 1))
    return false;
  t->entries.at[t->entries.cnt++] = (struct functab_entry){ off, rec };
  return true;
}

static int
compare_texts (const void *a, const void *b)
{
  const struct model_text *x = a, *y = b;
  return x->off < y->off ? -1 : x->off > y->off;
}

static bool
make_ranges (struct functab *t, struct model *m)
{
  qsort (m->texts.at, m->texts.cnt, sizeof *m->texts.at, compare_texts);
  for (size_t i = 0; i < m->texts.cnt; i++)
    {
      struct model_text *text = &m->texts.at[i];
      struct functab_range *last = t->ranges.cnt ? &t->ranges.at[t->ranges.cnt - 1] : NULL;
      if (last && text->off < last->end + RANGE_GAP_MIN)
        {
          last->end = text->end > last->end ? text->end : last->end;
          continue;
        }
      if (!model_reserve (&t->ranges, 1))
        return false;
      t->ranges.at[t->ranges.cnt++] = (struct functab_range){ text->off & ~(uint32_t) 0xffff, text->end, 0, 0 };
    }
  return true;
}

/* A function whose neighbour starts within PCTAB_REC_PAD_MAX bytes says so itself; a wider gap is an entry. */
static bool
add_function (struct functab *t, const struct model_frame *f, uint32_t next, uint32_t rec)
{
  uint32_t gap = next - f->end;
  if (gap && gap <= PCTAB_REC_PAD_MAX && f->end - f->off < PCTAB_LONG_BYTES_MIN)
    return add_entry (t, f->off, rec | gap);
  return add_entry (t, f->off, rec) && (!gap || add_entry (t, f->end, 0));
}

bool
pctab__functab_fill (struct functab *t, struct model *m, const uint32_t *recs)
{
  if (!make_ranges (t, m))
    return false;
  size_t i = 0;
  for (size_t r = 0; r < t->ranges.cnt; r++)
    {
      struct functab_range *range = &t->ranges.at[r];
      range->entry = (uint32_t) t->entries.cnt;
      if (i == m->frames.cnt || m->frames.at[i].off >= range->end || m->frames.at[i].off > range->off)
        if (!add_entry (t, range->off, 0))
          return false;
      for (; i < m->frames.cnt && m->frames.at[i].off < range->end; i++)
        {
          uint32_t next = i + 1 < m->frames.cnt && m->frames.at[i + 1].off < range->end ? m->frames.at[i + 1].off : range->end;
          if (!add_function (t, &m->frames.at[i], next, recs[i]))
            return false;
        }
      if (!add_entry (t, range->end, 0))
        return false;
    }
  return true;
}

static uint32_t
row_bytes (unsigned shift)
{
  return (uint32_t) PCTAB_ROW_SUBS << shift;
}

/* Whether no row has more starts inside than a byte counts. */
static bool
shift_fits (const struct functab *t, unsigned shift)
{
  for (size_t i = 0, j = 0; i < t->entries.cnt; i++)
    {
      while (t->entries.at[j].off / row_bytes (shift) != t->entries.at[i].off / row_bytes (shift)
             || t->entries.at[j].off > t->entries.at[i].off)
        j++;
      if (i - j >= 255)
        return false;
    }
  return true;
}

static void
put_row (const struct functab *t, struct buf *rows, uint32_t at, unsigned shift, size_t *entry, size_t last)
{
  while (*entry < last && t->entries.at[*entry + 1].off <= at)
    ++*entry;
  pctab__buf_u32 (rows, (uint32_t) *entry);
  size_t e = *entry;
  for (unsigned sub = 1; sub <= PCTAB_ROW_SUBS; sub++)
    {
      while (e < last && t->entries.at[e + 1].off < at + ((uint32_t) sub << shift))
        e++;
      pctab__buf_u8 (rows, (unsigned) (e - *entry));
    }
}

void
pctab__functab_encode (struct functab *t, struct buf *ranges, struct buf *rows, struct buf *entries)
{
  t->row_shift = 8;
  while (t->row_shift > 4 && !shift_fits (t, t->row_shift))
    t->row_shift--;
  for (size_t r = 0; r < t->ranges.cnt; r++)
    {
      struct functab_range *range = &t->ranges.at[r];
      range->row = (uint32_t) (rows->len / PCTAB_ROW_BYTES);
      size_t entry = range->entry;
      size_t last = (r + 1 < t->ranges.cnt ? t->ranges.at[r + 1].entry : t->entries.cnt) - 1;
      for (uint64_t at = range->off; at < range->end; at += row_bytes (t->row_shift))
        put_row (t, rows, (uint32_t) at, t->row_shift, &entry, last);
      pctab__buf_u32 (ranges, range->off);
      pctab__buf_u32 (ranges, range->end);
      pctab__buf_u32 (ranges, range->row);
      pctab__buf_u32 (ranges, range->entry);
    }
  for (size_t i = 0; i < t->entries.cnt; i++)
    {
      pctab__buf_u16 (entries, t->entries.at[i].off & 0xffff);
      pctab__buf_u32 (entries, t->entries.at[i].rec);
    }
}

void
pctab__functab_free (struct functab *t)
{
  free (t->ranges.at);
  free (t->entries.at);
  *t = (struct functab){ 0 };
}
