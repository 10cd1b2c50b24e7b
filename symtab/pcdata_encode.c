/* SPDX-License-Identifier: MIT */
/* What is said of functions beside their frames: flags, pcdata tables, reasons.  FORMAT, 6 and 7.
 *
 * Most functions have none of it, so all is by functab entry in planes of bits, and what a table says of a function is
 * found by the number of bits before its own.  The work here is that of the functions that have something: a program
 * without marks pays for one look at its frames' flags. */
#include "pcdata_encode.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "list_pool.h"
#include "offset_list.h"

struct encoder {
  const struct model *m;
  const struct functab *functab;
  unsigned insn;
  struct buf *parts;
  struct diag *d;
  uint32_t *entry_of; /* of each frame: its first functab entry; MODEL_NONE: it has none */
  size_t word_cnt;
  uint64_t *words; /* a bit for each functab entry, of the plane or table at hand */
  struct list_pool lists;
  MODEL_VEC (struct model_row) rows; /* of the function at hand; `rule` is its value */
};

/* Entries and planes */

static bool
find_entries (struct encoder *e)
{
  const struct model *m = e->m;
  const struct functab *t = e->functab;
  e->word_cnt = (t->entries.cnt + 63) / 64;
  e->words = calloc (e->word_cnt + 1, sizeof *e->words);
  e->entry_of = malloc ((m->frames.cnt + 1) * sizeof *e->entry_of);
  if (!e->words || !e->entry_of)
    return false;
  size_t entry = 0;
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      while (entry < t->entries.cnt && t->entries.at[entry].off < m->frames.at[i].off)
        entry++;
      bool found = entry < t->entries.cnt && t->entries.at[entry].off == m->frames.at[i].off
                   && t->entries.at[entry].bits;
      e->entry_of[i] = found ? (uint32_t) entry : MODEL_NONE;
    }
  return true;
}

/* The functab entries that say the same of frame I, from its first on: one, and of a long function one a page. */
static uint32_t
own_entries (const struct encoder *e, size_t i)
{
  const struct functab_entry *first = &e->functab->entries.at[e->entry_of[i]];
  uint32_t cnt = 1;
  if ((first->bits >> PCTAB_E_KIND_SHIFT & PCTAB_E_KIND_MASK) == PCTAB_E_KIND_LONG)
    while (first[cnt].goes_on)
      cnt++;
  return cnt;
}

/* Sets the bits of frame I; returns how many. */
static uint32_t
set_bits (struct encoder *e, size_t i)
{
  uint32_t cnt = own_entries (e, i);
  for (uint32_t entry = e->entry_of[i]; entry < e->entry_of[i] + cnt; entry++)
    e->words[entry / 64] |= UINT64_C (1) << entry % 64;
  return cnt;
}

static void
put_plane (struct encoder *e, unsigned part, unsigned flag)
{
  bool any = false;
  memset (e->words, 0, e->word_cnt * sizeof *e->words);
  for (size_t i = 0; i < e->m->frames.cnt; i++)
    if (e->m->frames.at[i].flags & flag && e->entry_of[i] != MODEL_NONE)
      any |= set_bits (e, i) > 0;
  for (size_t i = 0; any && i < e->word_cnt; i++)
    pctab__buf_u64 (&e->parts[part], e->words[i]);
}

static void
put_reasons (struct encoder *e)
{
  struct buf *out = &e->parts[PCTAB_P_REASONS];
  uint32_t run = 0;
  unsigned reason = 0;
  for (size_t i = 0; i < e->m->frames.cnt; i++)
    {
      const struct model_frame *f = &e->m->frames.at[i];
      if (!(f->flags & FRAME_NOPREEMPT) || e->entry_of[i] == MODEL_NONE)
        continue;
      if (run && f->reason != reason)
        {
          pctab__buf_uvar (out, run);
          pctab__buf_u8 (out, reason);
          run = 0;
        }
      run += own_entries (e, i);
      reason = f->reason;
    }
  if (run)
    {
      pctab__buf_uvar (out, run);
      pctab__buf_u8 (out, reason);
    }
}

/* Stretches to rows */

static bool
add_row (struct encoder *e, uint32_t off, int32_t value)
{
  if (e->rows.cnt && e->rows.at[e->rows.cnt - 1].rule == (uint32_t) value)
    return true;
  if (!model_reserve (&e->rows, 1))
    return pctab__diag_memory (e->d);
  e->rows.at[e->rows.cnt++] = (struct model_row){ off, (uint32_t) value };
  return true;
}

/* The rows of frame F: those of CNT stretches that lie in it, and -1 between them. */
static bool
make_rows (struct encoder *e, const struct model_frame *f, const struct model_stretch *s, size_t cnt, uint32_t table)
{
  uint32_t at = f->off;
  e->rows.cnt = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      if (s[i].off < at || s[i].end <= s[i].off || s[i].end > f->end || (s[i].off - f->off) % e->insn
          || (s[i].end != f->end && (s[i].end - f->off) % e->insn))
        return pctab__diag_error (e->d, NULL, "pcdata table %u: what is marked at offset 0x%x overlaps, leaves its "
                                  "function, or is not whole instructions; this is a bug in pctab", table, s[i].off);
      if ((s[i].off > at && !add_row (e, at, -1)) || !add_row (e, s[i].off, s[i].value))
        return false;
      at = s[i].end;
    }
  return at == f->end || add_row (e, at, -1);
}

/* Rows to lists */

/* Log 2 of the bytes that hold all values. */
static unsigned
value_width (const struct model_row *rows, uint32_t cnt)
{
  unsigned width = 0;
  for (uint32_t i = 0; i < cnt; i++)
    {
      int32_t v = (int32_t) rows[i].rule;
      width = v != (int16_t) v ? 2 : v != (int8_t) v && width < 1 ? 1 : width;
    }
  return width;
}

static uint32_t
add_list (struct encoder *e, const struct model_row *rows, uint32_t cnt, uint32_t near)
{
  unsigned char list[PCTAB_L_HEAD_BYTES + OFFSET_LIST_BYTES + 4 * OFFSET_LIST_ROWS];
  unsigned width = value_width (rows, cnt);
  list[0] = (unsigned char) (cnt | width << PCTAB_L_WIDTH_SHIFT);
  unsigned char *p = pctab__offsets_put (list + PCTAB_L_HEAD_BYTES, rows, cnt, near, e->insn);
  for (uint32_t i = 0; i < cnt; i++)
    for (unsigned b = 0; b < 1u << width; b++)
      *p++ = (unsigned char) (rows[i].rule >> 8 * b);
  return pctab__pool_add (&e->lists, list, (size_t) (p - list));
}

/* Rows that are too many or too far apart for one list: the number of the head of their blocks. */
static uint32_t
add_blocks (struct encoder *e)
{
  struct buf *out = &e->parts[PCTAB_P_TABLE_BLOCKS];
  const struct model_row *rows = e->rows.at;
  uint32_t row_cnt = (uint32_t) e->rows.cnt, blocks = 0, head = (uint32_t) (out->len / PCTAB_TABLE_BLOCK_BYTES), near;
  for (uint32_t i = 0; i < row_cnt; i += pctab__offsets_fit (rows + i, row_cnt - i, e->insn, &near))
    blocks++;
  pctab__buf_u32 (out, blocks);
  pctab__buf_u32 (out, 0);
  for (uint32_t i = 0, cnt; i < row_cnt; i += cnt)
    {
      cnt = pctab__offsets_fit (rows + i, row_cnt - i, e->insn, &near);
      uint32_t list = add_list (e, rows + i, cnt, near);
      pctab__buf_u32 (out, rows[i].off - rows[0].off);
      pctab__buf_u32 (out, list);
      if (list == UINT32_MAX)
        return list;
    }
  return head | PCTAB_F_BLOCKS;
}

/* What the table's stretches say of frame I. */
static bool
add_function (struct encoder *e, size_t i)
{
  uint32_t near, cnt = pctab__offsets_fit (e->rows.at, (uint32_t) e->rows.cnt, e->insn, &near);
  if (e->rows.cnt == 1 && e->rows.at[0].rule == (uint32_t) -1)
    return true;
  uint32_t function = cnt == e->rows.cnt ? add_list (e, e->rows.at, cnt, near) : add_blocks (e);
  if (function == UINT32_MAX)
    return pctab__diag_memory (e->d);
  for (uint32_t entries = set_bits (e, i); entries; entries--)
    pctab__buf_u32 (&e->parts[PCTAB_P_FUNCTIONS], function);
  return true;
}

/* Tables */

/* The frame that OFF lies in, at or behind frame I: near it, as a rule. */
static size_t
find_frame (const struct model *m, size_t i, uint32_t off)
{
  size_t step = 1, cnt = m->frames.cnt;
  while (step < cnt - i && m->frames.at[i + step].end <= off)
    step *= 2;
  size_t low = i, high = step < cnt - i ? i + step : cnt;
  while (low < high)
    {
      size_t mid = low + (high - low) / 2;
      if (m->frames.at[mid].end <= off)
        low = mid + 1;
      else
        high = mid;
    }
  return low;
}

static void
put_groups (struct encoder *e)
{
  struct buf *out = &e->parts[PCTAB_P_GROUPS];
  uint32_t rank = 0;
  for (size_t i = 0; i < e->word_cnt; i++)
    {
      pctab__buf_u64 (out, e->words[i]);
      pctab__buf_u32 (out, rank);
      pctab__buf_u32 (out, 0);
      rank += (uint32_t) __builtin_popcountll (e->words[i]);
    }
}

static bool
put_table (struct encoder *e, const struct model_table *t)
{
  const struct model *m = e->m;
  const struct model_stretch *s = m->stretches.at + t->stretch, *end = s + t->stretch_cnt;
  pctab__buf_u32 (&e->parts[PCTAB_P_TABLES], t->number);
  pctab__buf_u32 (&e->parts[PCTAB_P_TABLES], (uint32_t) (e->parts[PCTAB_P_FUNCTIONS].len / 4));
  memset (e->words, 0, e->word_cnt * sizeof *e->words);
  for (size_t i = 0, cnt; s < end; s += cnt, i++)
    {
      i = find_frame (m, i, s->off);
      if (i == m->frames.cnt || s->off < m->frames.at[i].off || e->entry_of[i] == MODEL_NONE)
        return pctab__diag_error (e->d, NULL, "pcdata table %u: what is marked at offset 0x%x is in no function; this "
                                  "is a bug in pctab", t->number, s->off);
      for (cnt = 1; s + cnt < end && s[cnt].off < m->frames.at[i].end; cnt++)
        ;
      if (!make_rows (e, &m->frames.at[i], s, cnt, t->number) || !add_function (e, i))
        return false;
    }
  put_groups (e);
  return true;
}

static bool
put_tables (struct encoder *e)
{
  const struct model *m = e->m;
  if (m->tables.cnt > INT32_MAX / PCTAB_GROUP_BYTES / (e->word_cnt + 1))
    return pctab__diag_error (e->d, NULL, "%zu pcdata tables make its module table larger than 2 GiB; use fewer",
                              m->tables.cnt);
  for (size_t i = 0; i < m->tables.cnt; i++)
    if (!put_table (e, &m->tables.at[i]))
      return false;
  struct buf *lists = &e->parts[PCTAB_P_TABLE_LISTS];
  pctab__buf_bytes (lists, e->lists.bytes.at, e->lists.bytes.len);
  lists->failed |= e->lists.bytes.failed;
  unsigned char *slack = e->lists.bytes.len ? pctab__buf_grow (lists, PCTAB_O_SLACK) : NULL;
  if (slack)
    memset (slack, 0, PCTAB_O_SLACK);
  return true;
}

static bool
encode (struct encoder *e)
{
  if (!find_entries (e))
    return pctab__diag_memory (e->d);
  put_plane (e, PCTAB_P_NOPREEMPT, FRAME_NOPREEMPT);
  put_plane (e, PCTAB_P_SPWRITE, FRAME_SPWRITE);
  put_plane (e, PCTAB_P_ASM, FRAME_ASM);
  put_reasons (e);
  return put_tables (e);
}

bool
pctab__pcdata_encode (const struct model *m, const struct functab *functab, unsigned insn, struct buf *parts,
                      struct diag *d)
{
  struct encoder e = { .m = m, .functab = functab, .insn = insn, .parts = parts, .d = d };
  unsigned flags = 0;
  for (size_t i = 0; i < m->frames.cnt; i++)
    flags |= m->frames.at[i].flags;
  if (!m->tables.cnt && !(flags & (FRAME_NOPREEMPT | FRAME_SPWRITE | FRAME_ASM)))
    return true;
  bool good = encode (&e);
  free (e.entry_of);
  free (e.words);
  free (e.rows.at);
  pctab__pool_free (&e.lists);
  return good;
}
