/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 6: pcdata tables. */
#include "reader.h"

#include <inttypes.h>

#define TAIL 64
#define MARKS 0 /* table UnsafePoint: its own rules are check_marks.c's, as far as a decoder can leave them */

/* Where the next function's words and blocks are. */
struct pcdata {
  uint32_t word, word_cnt; /* of part 16 */
  uint32_t element, element_cnt; /* of part 17 */
  uint32_t group_cnt; /* a table's */
};

struct pclist {
  uint32_t cnt;
  uint32_t offsets[LIST_ROWS_MAX];
  int32_t values[LIST_ROWS_MAX];
};

static bool
fault_list (struct decoded *d, uint32_t at, uint32_t off, const char *what)
{
  return pctab__report_add (
      d->report, CHECK_PCDATA_LISTS,
      (struct where){ "pcdata lists", d->parts[PART_PCDATA_LISTS].off + (uint64_t)at, d->base + off, NULL }, "%s",
      what);
}

static int32_t
get_value (const unsigned char *p, uint32_t width)
{
  if (width == 1)
    return (int8_t) p[0];
  if (width == 2)
    return (int16_t) get_le16 (p);
  return (int32_t) ((uint32_t) get_le16 (p) | (uint32_t) get_le16 (p + 2) << 16);
}

static uint32_t
width_of (int32_t v)
{
  return v == (int8_t) v ? 1 : v == (int16_t) v ? 2 : 4;
}

/* The list at AT of part 18, for the function or block at text offset OFF. */
static bool
read_list (struct decoded *d, uint32_t at, uint32_t off, struct pclist *list)
{
  const struct dec_part *part = &d->parts[PART_PCDATA_LISTS];
  const unsigned char *start = part_bytes (d, PART_PCDATA_LISTS);
  if (at % 2 || (uint64_t) at + TAIL >= part->len)
    return pctab__report_add (d->report, CHECK_PCDATA_BLOCKS, WHERE_PC ("pcdata functions", d->base + off),
                              "its list would be at %#" PRIx32 " of %" PRIu32 " bytes", at, part->len);
  const unsigned char *p = start + at, *end = start + part->len - TAIL;
  uint32_t width = p[0] >> 6 == 0 ? 1 : p[0] >> 6 == 1 ? 2 : 4, widest = 1;
  list->cnt = p[0] & 63;
  if (!list->cnt || list->cnt > LIST_ROWS_MAX || p[0] >> 6 == 3)
    return fault_list (d, at, off, "its first byte is wrong");
  p = pctab__read_offsets (p + 1, end, list->cnt, false, list->offsets);
  if (!p || list->cnt * width > (size_t) (end - p))
    return fault_list (d, at, off, "its offsets' counts are wrong, or it leaves its part");
  for (uint32_t i = 0; i < list->cnt; i++, p += width)
    {
      list->values[i] = get_value (p, width);
      if (width_of (list->values[i]) > widest)
        widest = width_of (list->values[i]);
    }
  if (widest != width)
    return fault_list (d, at, off, "its values take more bytes than they need");
  return true;
}

static bool
fault_row (struct decoded *d, uint32_t table, uint32_t off, const char *what)
{
  return FAULT_CODE (d, CHECK_PCDATA_ROWS, PART_PCDATA_LISTS, off, "table %" PRIu32 ": %s", d->tables[table].number,
                     what);
}

static bool
is_restart (int32_t value)
{
  return value == -3 || value == -4;
}

/* A row with the value of the one before.  Of restart ranges that is a fault of its own, by which a thread would resume
 * elsewhere. */
static bool
fault_same (struct decoded *d, uint32_t table, uint32_t off, int32_t value, bool block)
{
  if (d->tables[table].number != MARKS || !is_restart (value))
    return fault_row (d, table, off, "a row has the value of the one before");
  if (block)
    return FAULT_CODE (d, CHECK_MARK_START, PART_PCDATA_BLOCKS, off,
                       "a restart range goes on in a new block, where its startpc is the block's start");
  return FAULT_CODE (d, CHECK_MARK_ALTERNATE, PART_PCDATA_LISTS, off,
                     "a restart range has the value of the one that it touches");
}

static bool
add_rows (struct decoded *d, uint32_t table, struct dec_piece *piece, uint32_t off, uint32_t end,
          const struct pclist *list)
{
  if (!pctab__decoded_grow (d, &d->pcrows, &d->pcrow_cap, (size_t) d->pcrow_cnt + list->cnt, sizeof *d->pcrows))
    return false;
  for (uint32_t i = 0; i < list->cnt; i++)
    {
      uint32_t at = off + (i ? list->offsets[i - 1] * d->insn : 0);
      struct dec_pcrow *last = piece->row_cnt ? &d->pcrows[d->pcrow_cnt - 1] : NULL;
      if (at >= end)
        return fault_row (d, table, at, "a row is behind its function or block");
      if (last && at <= last->off)
        return fault_row (d, table, at, "a row does not come after the one before");
      if (last && last->value == list->values[i])
        return fault_same (d, table, at, last->value, !i);
      d->pcrows[d->pcrow_cnt++] = (struct dec_pcrow) { at, list->values[i], !i };
      piece->row_cnt++;
    }
  return true;
}

static bool
fault_blocks (struct decoded *d, const struct dec_func *f, uint32_t element, const char *what)
{
  return pctab__report_add (d->report, CHECK_PCDATA_BLOCKS,
                            (struct where) { "pcdata blocks", d->parts[PART_PCDATA_BLOCKS].off + 8 * (uint64_t) element,
                                             d->base + f->off, NULL }, "%s", what);
}

/* A head and its blocks, which are the next of part 17. */
static bool
read_blocks (struct decoded *d, struct pcdata *s, uint32_t table, struct dec_piece *piece, uint32_t head)
{
  const struct dec_func *f = &d->funcs[piece->func];
  if (head != s->element || head >= s->element_cnt)
    return fault_blocks (d, f, head, "a head is not behind the blocks of the function before");
  const unsigned char *p = part_bytes (d, PART_PCDATA_BLOCKS) + 8 * (uint64_t) head;
  uint32_t cnt = get_u32 (d, p);
  if (cnt < 2 || cnt > s->element_cnt - head - 1 || get_u32 (d, p + 4))
    return fault_blocks (d, f, head, "a head has less than 2 blocks, more than there are, or a field that is not 0");
  s->element += cnt + 1;
  piece->block_cnt = cnt;
  for (uint32_t i = 0; i < cnt; i++)
    {
      struct pclist list;
      p += 8;
      uint64_t off = get_u32 (d, p), end = i + 1 < cnt ? get_u32 (d, p + 8) : f->end - f->off;
      if ((i ? off == 0 : off != 0) || off >= end || end > f->end - f->off)
        return fault_blocks (d, f, head + 1 + i, "blocks do not rise from 0 on in the function");
      if (!read_list (d, get_u32 (d, p + 4), f->off + (uint32_t) off, &list)
          || !add_rows (d, table, piece, f->off + (uint32_t) off, f->off + (uint32_t) end, &list))
        return false;
    }
  return true;
}

static bool
read_piece (struct decoded *d, struct pcdata *s, uint32_t table, uint32_t func, uint32_t word)
{
  struct dec_func *f = &d->funcs[func];
  struct pclist list;
  if (!pctab__decoded_grow (d, &d->pieces, &d->piece_cap, (size_t) d->piece_cnt + 1, sizeof *d->pieces))
    return false;
  struct dec_piece *piece = &d->pieces[d->piece_cnt++];
  *piece = (struct dec_piece) { func, d->pcrow_cnt, 0, 1 };
  d->tables[table].piece_cnt++;
  bool good = word >> 31 ? read_blocks (d, s, table, piece, word & INT32_MAX)
                         : read_list (d, word, f->off, &list) && add_rows (d, table, piece, f->off, f->end, &list);
  if (good && piece->row_cnt == 1 && d->pcrows[piece->row].value == -1)
    return fault_row (d, table, f->off, "a function has -1 alone: it has to have no list");
  return good;
}

/* The bits of one group: entries 64 * G and up. */
static bool
read_group (struct decoded *d, struct pcdata *s, uint32_t table, uint32_t g)
{
  uint32_t idx = table * s->group_cnt + g,
           set = s->word - get_u32 (d, part_bytes (d, PART_PCDATA_TABLES) + 8 * table + 4);
  const unsigned char *p = part_bytes (d, PART_PCDATA_GROUPS) + 16 * (uint64_t) idx;
  const unsigned char *words = part_bytes (d, PART_PCDATA_FUNCTIONS);
  uint64_t bits = get_u64 (d, p);
  if (get_u32 (d, p + 8) != set || get_u32 (d, p + 12))
    return FAULT_PART (d, CHECK_PCDATA_GROUPS, PART_PCDATA_GROUPS, 16 * (uint64_t)idx,
                       "group %" PRIu32 " counts %" PRIu32 " bits before it, not %" PRIu32
                       ", or its last field is not 0",
                       idx, get_u32 (d, p + 8), set);
  for (uint32_t i = 64 * g; i < 64 * g + 64; i++)
    {
      bool bit = bits >> i % 64 & 1;
      const struct dec_entry *e = i < d->entry_cnt ? &d->entries[i] : NULL;
      bool first = e && e->starts, more = e && !e->starts && e->kind == KIND_LONG;
      uint32_t last = d->tables[table].piece_cnt ? d->pieces[d->piece_cnt - 1].func : NONE;
      if ((bit && !first && !more) || (more && bit != (last == e->func)))
        return FAULT_PART (d, CHECK_PCDATA_GROUPS, PART_PCDATA_GROUPS, 16 * (uint64_t) idx,
                           "bit %" PRIu32 " is of no function's start, or not that of its long function before", i);
      if (!bit)
        continue;
      if (s->word >= s->word_cnt)
        return FAULT_PART (d, CHECK_PCDATA_TABLES, PART_PCDATA_FUNCTIONS, 0,
                           "table %" PRIu32 " has more functions than there are", d->tables[table].number);
      uint32_t word = get_u32 (d, words + 4 * (uint64_t) s->word);
      if (more && word != get_u32 (d, words + 4 * (uint64_t) (s->word - 1)))
        return FAULT_PART (d, CHECK_PCDATA_BLOCKS, PART_PCDATA_FUNCTIONS, 4 * (uint64_t) s->word,
                           "an entry of a long function has another list than the one before");
      s->word++;
      if (first && !read_piece (d, s, table, e->func, word))
        return false;
    }
  return true;
}

static bool
read_table (struct decoded *d, struct pcdata *s, uint32_t t)
{
  const unsigned char *p = part_bytes (d, PART_PCDATA_TABLES) + 8 * (uint64_t) t;
  struct dec_table *table = &d->tables[t];
  *table = (struct dec_table) { get_u32 (d, p), NONE, d->piece_cnt, 0 };
  if (t && table->number <= table[-1].number)
    return FAULT_PART (d, CHECK_PCDATA_TABLES, PART_PCDATA_TABLES, 8 * (uint64_t) t, "tables %" PRIu32 " and %" PRIu32
                       " are out of order", table[-1].number, table->number);
  if (get_u32 (d, p + 4) != s->word)
    return FAULT_PART (d, CHECK_PCDATA_TABLES, PART_PCDATA_TABLES, 8 * (uint64_t) t + 4,
                       "table %" PRIu32 "'s first function is %" PRIu32 ", those before have %" PRIu32, table->number,
                       get_u32 (d, p + 4), s->word);
  for (uint32_t g = 0; g < s->group_cnt; g++)
    if (!read_group (d, s, t, g))
      return false;
  return true;
}

static bool
check_tail (struct decoded *d)
{
  const struct dec_part *p = &d->parts[PART_PCDATA_LISTS];
  if (!d->piece_cnt && p->len)
    return fault_list (d, 0, 0, "there are lists, but no function has one");
  for (uint32_t i = p->len < TAIL ? 0 : p->len - TAIL; i < p->len; i++)
    if (d->bytes[p->off + i])
      return FAULT_PART (d, CHECK_FILL, PART_PCDATA_LISTS, i, "a byte behind the lists is not 0");
  return true;
}

bool
pctab__read_pcdata (struct decoded *d)
{
  struct pcdata s = { .word_cnt = d->parts[PART_PCDATA_FUNCTIONS].len / 4,
                      .element_cnt = d->parts[PART_PCDATA_BLOCKS].len / 8,
                      .group_cnt = (uint32_t) ((d->entry_cnt + UINT64_C (63)) / 64) };
  uint64_t groups = d->parts[PART_PCDATA_GROUPS].len / 16;
  d->table_cnt = d->parts[PART_PCDATA_TABLES].len / 8;
  if ((uint64_t) d->table_cnt * s.group_cnt != groups)
    return FAULT_PART (d, CHECK_PCDATA_TABLES, PART_PCDATA_GROUPS, 0,
                       "%" PRIu64 " groups, %" PRIu32 " tables have %" PRIu32 " each", groups, d->table_cnt,
                       s.group_cnt);
  d->tables = pctab__decoded_alloc (d, d->table_cnt, sizeof *d->tables);
  if (!d->tables)
    return false;
  for (uint32_t t = 0; t < d->table_cnt; t++)
    if (!read_table (d, &s, t))
      return false;
  if (s.word != s.word_cnt)
    return FAULT_PART (d, CHECK_PCDATA_TABLES, PART_PCDATA_FUNCTIONS, 4 * (uint64_t) s.word,
                       "there are %" PRIu32 " functions, the groups have %" PRIu32 " bits", s.word_cnt, s.word);
  if (s.element != s.element_cnt)
    return FAULT_PART (d, CHECK_PCDATA_BLOCKS, PART_PCDATA_BLOCKS, 8 * (uint64_t)s.element,
                       "blocks that no function has");
  return check_tail (d);
}
