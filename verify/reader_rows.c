/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 5: the rows of each function. */
#include "reader.h"

#include <inttypes.h>

#define TAIL 64 /* bytes of 0 behind the lists */
#define ROWS_GUESS 8 /* a function: enough for most programs */
#define NEAR_MAX 16
#define FAR_MAX 16

const unsigned char *
pctab__read_offsets (const unsigned char *at, const unsigned char *end, uint32_t cnt, bool near_only,
                     uint32_t offsets[LIST_ROWS_MAX])
{
  uint32_t near_cnt = cnt - 1, i = 0;
  if (!near_only)
    {
      if (at >= end)
        return NULL;
      near_cnt = *at++;
    }
  if (near_cnt > NEAR_MAX || near_cnt > cnt - 1 || cnt - 1 - near_cnt > FAR_MAX || near_cnt > (size_t) (end - at))
    return NULL;
  for (; i < near_cnt; i++)
    offsets[i] = *at++;
  if (near_cnt == cnt - 1)
    return at;
  /* The count and the near ones are an odd number of bytes. */
  if (near_cnt % 2 == 0 && (at >= end || *at++))
    return NULL;
  if (2 * (cnt - 1 - near_cnt) > (size_t) (end - at))
    return NULL;
  for (; i < cnt - 1; i++, at += 2)
    offsets[i] = get_le16 (at);
  return at;
}

/* A pair of lists, as it is in the table. */
struct pair {
  uint32_t cnt;
  bool wide;
  uint8_t top; /* byte 1 */
  const unsigned char *numbers;
  uint32_t offsets[LIST_ROWS_MAX];
};

static bool
fault_list (struct decoded *d, uint32_t off, enum part_number part, uint64_t at, const char *what)
{
  return pctab__report_add (d->report, CHECK_LISTS,
                            (struct where){ pctab__part_name (part), d->parts[part].off + at, d->base + off, NULL },
                            "%s", what);
}

/* The lists at these offsets of their parts, of the function or block at text offset OFF. */
static bool
read_pair (struct decoded *d, uint32_t off, uint64_t value_at, uint64_t offset_at, bool near_only, struct pair *pair)
{
  const struct dec_part *values = &d->parts[PART_VALUE_LISTS], *offsets = &d->parts[PART_OFFSET_LISTS];
  if (value_at % 2 || value_at + TAIL + 2 > values->len)
    return fault_list (d, off, PART_VALUE_LISTS, value_at, "a value list is at an odd offset or outside its part");
  if (offset_at % 2 || offset_at + TAIL > offsets->len)
    return fault_list (d, off, PART_OFFSET_LISTS, offset_at, "an offset list is at an odd offset or outside its part");
  const unsigned char *p = part_bytes (d, PART_VALUE_LISTS) + value_at,
                      *q = part_bytes (d, PART_OFFSET_LISTS) + offset_at;
  pair->cnt = p[0] & 63;
  pair->wide = p[0] & 64;
  pair->top = p[1];
  pair->numbers = p + 2;
  if (p[0] & 128 || !pair->cnt || pair->cnt > LIST_ROWS_MAX)
    return fault_list (d, off, PART_VALUE_LISTS, value_at, "a value list's first byte is wrong");
  if (near_only && pair->wide)
    return fault_list (d, off, PART_VALUE_LISTS, value_at, "a near function's value list is wide");
  if (value_at + 2 + pair->cnt * (pair->wide ? 2 : 1) + TAIL > values->len)
    return fault_list (d, off, PART_VALUE_LISTS, value_at, "a value list leaves its part");
  if (!pctab__read_offsets (q, part_bytes (d, PART_OFFSET_LISTS) + offsets->len - TAIL, pair->cnt, near_only,
                            pair->offsets))
    return fault_list (d, off, PART_OFFSET_LISTS, offset_at,
                       "an offset list's counts are wrong, or it leaves its part");
  return true;
}

static bool
fault_row (struct decoded *d, uint32_t off, const char *what)
{
  return FAULT_CODE (d, CHECK_ROWS, PART_OFFSET_LISTS, off, "%s", what);
}

/* Appends the rows of PAIR, which starts at OFF and ends at END, to those of function F. */
static bool
add_rows (struct decoded *d, struct dec_func *f, uint32_t off, uint32_t end, const struct pair *pair)
{
  if (!pctab__decoded_grow (d, &d->rows, &d->row_cap, (size_t) d->row_cnt + pair->cnt, sizeof *d->rows))
    return false;
  for (uint32_t i = 0; i < pair->cnt; i++)
    {
      uint32_t value = pair->wide ? get_le16 (pair->numbers + 2 * i) : pair->numbers[i];
      uint32_t at = off + (i ? pair->offsets[i - 1] * d->insn : 0);
      if (value >= d->value_cnt)
        return FAULT_CODE (d, CHECK_VALUES, PART_VALUE_LISTS, at, "the row has value %" PRIu32 " of %" PRIu32, value,
                           d->value_cnt);
      if (at >= end)
        return fault_row (d, at, "a row is behind its function or block");
      struct dec_row *last = f->row_cnt ? &d->rows[d->row_cnt - 1] : NULL;
      if (last && at <= last->off)
        return fault_row (d, at, "a row does not come after the one before");
      if (last && value == last->value)
        return fault_row (d, at, "a row has the value of the one before");
      d->rows[d->row_cnt++] = (struct dec_row) { at, value };
      f->row_cnt++;
    }
  return true;
}

static bool
fault_max (struct decoded *d, const struct dec_func *f, const char *what)
{
  return FAULT_CODE (d, CHECK_MAX_SP_DELTA, PART_VALUE_LISTS, f->off, "%s", what);
}

/* Byte 1 of a value list, or of a long.  VALUES, CNT of them: what it may name. */
static bool
take_top (struct decoded *d, struct dec_func *f, uint8_t top, uint32_t cnt)
{
  f->flags |= (top & 64 ? FUNC_SIGNAL : 0) | (top & 128 ? FUNC_OUTERMOST : 0);
  f->max_row = (top & 63) == 63 ? NONE : (top & 63);
  if (f->max_row != NONE && f->max_row >= cnt)
    return fault_max (d, f, "the row with the largest SP delta is none of the list's");
  return true;
}

static bool
read_near_or_far (struct decoded *d, const struct dec_range *r, struct dec_func *f)
{
  const struct dec_entry *e = &d->entries[f->entry];
  struct pair pair;
  return read_pair (d, f->off, r->values + 2 * (e->bits >> 23 & 0x1ffff), r->offsets + 2 * (e->bits >> 40),
                    e->kind == KIND_NEAR, &pair)
         && take_top (d, f, pair.top, pair.cnt) && add_rows (d, f, f->off, f->end, &pair);
}

static bool
read_long (struct decoded *d, struct dec_func *f)
{
  const unsigned char *p = part_bytes (d, PART_LONGS) + 16 * (uint64_t) f->long_idx;
  const unsigned char *b = part_bytes (d, PART_BLOCKS) + 12 * (uint64_t) get_u32 (d, p + 4);
  uint32_t cnt = get_u32 (d, p + 8), value = get_u16 (d, p + 12), top = get_u16 (d, p + 14);
  if (top > 255 || ((top & 63) && (top & 63) != 63))
    return FAULT_PART (d, CHECK_LONGS, PART_LONGS, 16 * (uint64_t)f->long_idx + 14,
                       "long %" PRIu32 "'s last field is %#" PRIx32, f->long_idx, top);
  for (uint32_t i = 0; i < cnt; i++, b += 12)
    {
      struct pair pair;
      uint32_t off = f->off + get_u32 (d, b), end = i + 1 < cnt ? f->off + get_u32 (d, b + 12) : f->end;
      if (!read_pair (d, off, get_u32 (d, b + 4), get_u32 (d, b + 8), false, &pair))
        return false;
      if (pair.top)
        return fault_list (d, off, PART_VALUE_LISTS, get_u32 (d, b + 4), "a block's value list has bits in byte 1");
      if (!add_rows (d, f, off, end, &pair))
        return false;
    }
  if (!take_top (d, f, (uint8_t) top, 1))
    return false;
  if (f->max_row == NONE ? value != 0 : value >= d->value_cnt)
    return fault_max (d, f, "the value with the largest SP delta is none");
  if (f->max_row != NONE)
    f->max_row = value;
  return true;
}

/* What is stored of the largest SP delta against the rows. */
static bool
check_max (struct decoded *d, const struct dec_func *f)
{
  int64_t largest = 0;
  for (uint32_t i = 0; i < f->row_cnt && largest >= 0; i++)
    {
      int64_t delta = d->values[d->rows[f->row + i].value].sp_delta;
      if (delta < 0 || delta > largest)
        largest = delta;
    }
  if (f->max_row == NONE)
    return largest < 0 || fault_max (d, f, "no bound is stored, but every row has an SP delta");
  if (largest < 0)
    return fault_max (d, f, "a largest SP delta is stored, but a row has none");
  int64_t stored = d->values[f->long_idx == NONE ? d->rows[f->row + f->max_row].value : f->max_row].sp_delta;
  return stored == largest
         || FAULT_CODE (d, CHECK_MAX_SP_DELTA, PART_VALUE_LISTS, f->off,
                        "stored is %" PRId64 ", the largest of its rows is %" PRId64, stored, largest);
}

static bool
check_tail (struct decoded *d, enum part_number part)
{
  const struct dec_part *p = &d->parts[part];
  if (p->len < TAIL)
    return !p->len && !d->func_cnt ? true : fault_list (d, 0, part, 0, "there are no 64 bytes behind the lists");
  for (uint32_t i = p->len - TAIL; i < p->len; i++)
    if (d->bytes[p->off + i])
      return FAULT_PART (d, CHECK_FILL, part, i, "a byte behind the lists is not 0");
  return true;
}

bool
pctab__read_rows (struct decoded *d)
{
  if (!check_tail (d, PART_VALUE_LISTS) || !check_tail (d, PART_OFFSET_LISTS))
    return false;
  const struct dec_range *r = d->ranges;
  if (!pctab__decoded_grow (d, &d->rows, &d->row_cap, ROWS_GUESS * (size_t) d->func_cnt, sizeof *d->rows))
    return false;
  for (uint32_t i = 0; i < d->func_cnt; i++)
    {
      struct dec_func *f = &d->funcs[i];
      f->row = d->row_cnt;
      while (f->entry >= r->entry + r->entry_cnt)
        r++;
      if (!(f->long_idx == NONE ? read_near_or_far (d, r, f) : read_long (d, f)) || !check_max (d, f))
        return false;
    }
  return true;
}
