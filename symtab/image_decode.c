/* SPDX-License-Identifier: MIT */
/* Opens a table: checks once everything that lookup.c then trusts.  The order is from the cheap to the dear, and from
 * what is likely wrong (a placeholder, a foreign file) to what only damage can explain. */
#include <pctab/table.h>

#include "digest.h"
#include "lists.h"

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

const char *
pctab_error_text (enum pctab_error error)
{
  switch (error)
    {
#define ERROR(name, text)    \
  case PCTAB_ERROR_##name: \
    return text;
#include <pctab/errors.def>
#undef ERROR
    }
  return "unknown error";
}

struct part {
  const unsigned char *at;
  uint32_t len;
};

static struct part
part (const unsigned char *image, unsigned number)
{
  const unsigned char *entry = image + PCTAB_H_BYTES + 8 * number;
  return (struct part){ image + at_u32 (entry), at_u32 (entry + 4) };
}

static enum pctab_error
check_header (const unsigned char *image, size_t len)
{
  if (len < PCTAB_H_SIZE + 4 || memcmp (image, PCTAB_MAGIC, PCTAB_MAGIC_LEN))
    return PCTAB_ERROR_NOT_TABLE;
  uint32_t version = at_u32 (image + PCTAB_H_VERSION);
  if (version == 0)
    return PCTAB_ERROR_UNFINISHED;
  if (version == __builtin_bswap32 (PCTAB_VERSION))
    return PCTAB_ERROR_BYTE_ORDER;
  if (version != PCTAB_VERSION)
    return PCTAB_ERROR_VERSION;
  if (len < PCTAB_H_BYTES + 8 * PCTAB_P_CNT || at_u32 (image + PCTAB_H_SIZE) > len)
    return PCTAB_ERROR_TRUNCATED;
  if (at_u32 (image + PCTAB_H_PART_CNT) != PCTAB_P_CNT
      || at_u32 (image + PCTAB_H_HOT_SIZE) > at_u32 (image + PCTAB_H_SIZE)
      || at_u32 (image + PCTAB_H_HOT_SIZE) < PCTAB_H_BYTES + 8 * PCTAB_P_CNT)
    return PCTAB_ERROR_HEADER;
  return PCTAB_ERROR_OK;
}

/* Parts lie one behind the other, the hot ones before the hot size, the cold ones behind it. */
static bool
directory_holds (const unsigned char *image)
{
  uint32_t hot = at_u32 (image + PCTAB_H_HOT_SIZE), size = at_u32 (image + PCTAB_H_SIZE);
  uint32_t at = PCTAB_H_BYTES + 8 * PCTAB_P_CNT;
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    {
      uint32_t off = at_u32 (image + PCTAB_H_BYTES + 8 * i), len = at_u32 (image + PCTAB_H_BYTES + 8 * i + 4);
      uint32_t end = i < PCTAB_P_HOT_CNT ? hot : size;
      if (i == PCTAB_P_HOT_CNT && off < hot)
        return false;
      if (off < at || off % 8 || off > end || len > end - off)
        return false;
      at = off + len;
    }
  return true;
}

/* Sets *CNT to the elements of a part; false when it is no whole number of them. */
static bool
count (struct part p, uint32_t bytes, const unsigned char **at, uint32_t *cnt)
{
  *at = p.at;
  *cnt = p.len / bytes;
  return p.len % bytes == 0;
}

static bool
find_parts (struct pctab_table *t)
{
  struct part values = part (t->image, PCTAB_P_VALUE_LISTS), offsets = part (t->image, PCTAB_P_OFFSET_LISTS);
  if (values.len < PCTAB_O_SLACK || offsets.len < PCTAB_O_SLACK)
    return false;
  t->value_lists = values.at;
  t->value_list_len = values.len - PCTAB_O_SLACK;
  t->offset_lists = offsets.at;
  t->offset_list_len = offsets.len - PCTAB_O_SLACK;
  return count (part (t->image, PCTAB_P_RANGES), PCTAB_RANGE_BYTES, &t->ranges, &t->range_cnt)
         && count (part (t->image, PCTAB_P_PAGES), 4, &t->pages, &t->page_cnt)
         && count (part (t->image, PCTAB_P_SLOTS), 2, &t->slots, &t->slot_cnt)
         && count (part (t->image, PCTAB_P_FUNCTAB), PCTAB_FUNCTAB_BYTES, &t->functab, &t->entry_cnt)
         && count (part (t->image, PCTAB_P_LONGS), PCTAB_LONG_BYTES, &t->longs, &t->long_cnt)
         && count (part (t->image, PCTAB_P_BLOCKS), PCTAB_BLOCK_BYTES, &t->blocks, &t->block_cnt)
         && count (part (t->image, PCTAB_P_VALUES), 4, &t->value_of, &t->value_cnt)
         && count (part (t->image, PCTAB_P_SHAPES), PCTAB_SHAPE_BYTES, &t->shapes, &t->shape_cnt) && t->shape_cnt
         && t->value_cnt;
}

bool
pctab__offsets_hold (const unsigned char *lists, uint32_t len, uint64_t off, unsigned rows, bool far)
{
  if (off > len)
    return false;
  const unsigned char *near = lists + off, *wide = near;
  unsigned near_cnt = rows - 1;
  if (far)
    {
      near_cnt = *near;
      wide = far_offsets (near++, near_cnt);
    }
  unsigned far_cnt = rows - 1 - near_cnt;
  if (near_cnt > PCTAB_O_NEAR_MAX || near_cnt > rows - 1 || far_cnt > PCTAB_O_FAR_MAX || near - lists + near_cnt > len
      || (far_cnt && wide - lists + 2 * (uint64_t) far_cnt > len))
    return false;
  for (unsigned i = 0, last = 0; i < rows - 1; i++)
    {
      unsigned at = i < near_cnt ? near[i] : at_le16 (wide + 2 * (i - near_cnt));
      if (at <= last)
        return false;
      last = at;
    }
  return true;
}

/* A pair of lists: every number that of a value. */
static bool
lists_hold (const struct pctab_table *t, uint64_t values_off, uint64_t offsets_off, bool far)
{
  if (values_off + PCTAB_V_HEAD_BYTES > t->value_list_len)
    return false;
  const unsigned char *v = t->value_lists + values_off;
  unsigned rows = v[0] & PCTAB_V_ROWS, wide = v[0] & PCTAB_V_WIDE ? 2 : 1, max = v[1] & PCTAB_V_MAX_ROW;
  if (!rows || v[0] > (far ? PCTAB_V_ROWS | PCTAB_V_WIDE : PCTAB_V_ROWS) || (max >= rows && max != PCTAB_V_UNBOUNDED)
      || values_off + PCTAB_V_HEAD_BYTES + wide * rows > t->value_list_len)
    return false;
  for (unsigned i = 0; i < rows; i++)
    if ((wide == 2 ? at_le16 (v + PCTAB_V_HEAD_BYTES + 2 * i) : v[PCTAB_V_HEAD_BYTES + i]) >= t->value_cnt)
      return false;
  return pctab__offsets_hold (t->offset_lists, t->offset_list_len, offsets_off, rows, far);
}

static bool
long_holds (const struct pctab_table *t, const unsigned char *l)
{
  uint32_t block = at_u32 (l + 4), cnt = at_u32 (l + 8);
  if (at_u16 (l + 12) >= t->value_cnt || !cnt || block > t->block_cnt || cnt > t->block_cnt - block)
    return false;
  for (uint32_t i = 0; i < cnt; i++)
    {
      const unsigned char *b = t->blocks + PCTAB_BLOCK_BYTES * (uint64_t) (block + i);
      if (i ? at_u32 (b) <= at_u32 (b - PCTAB_BLOCK_BYTES) : at_u32 (b) != 0)
        return false;
      if (!lists_hold (t, at_u32 (b + 4), at_u32 (b + 8), true))
        return false;
    }
  return true;
}

/* Each block belongs to one long function, so that checking them all takes no longer than the table is. */
static bool
longs_hold (const struct pctab_table *t)
{
  uint32_t block = 0;
  for (uint32_t i = 0; i < t->long_cnt; i++)
    {
      const unsigned char *l = t->longs + PCTAB_LONG_BYTES * (uint64_t) i;
      if (at_u32 (l + 4) != block || !long_holds (t, l))
        return false;
      block += at_u32 (l + 8);
    }
  return block == t->block_cnt;
}

/* What entry_holds() needs to know of a range. */
struct range_about {
  uint32_t off, first;      /* its text offset, its first entry */
  uint32_t values, offsets; /* bases of its lists */
};

/* A long function starts where its first entry does; in later pages the entry before is the same function's. */
static bool
long_entry_holds (const struct pctab_table *t, uint64_t number, uint64_t before, uint32_t off)
{
  if (number >= t->long_cnt)
    return false;
  uint32_t start = at_u32 (t->longs + PCTAB_LONG_BYTES * number);
  return start == off
         || (off % PCTAB_PAGE_BYTES == 0 && start < off && entry_kind (before) == PCTAB_E_KIND_LONG
             && before >> PCTAB_E_LONG_SHIFT == number);
}

/* Entry I, which starts at text offset OFF. */
static bool
entry_holds (const struct pctab_table *t, const struct range_about *r, uint32_t i, uint32_t off)
{
  uint64_t bits = at_u64 (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) i);
  uint64_t before = i > r->first ? at_u64 (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) (i - 1)) : 0;
  switch (entry_kind (bits))
    {
    case PCTAB_E_KIND_GAP:
      return bits >> PCTAB_E_START_BITS == 0;
    case PCTAB_E_KIND_LONG:
      return long_entry_holds (t, bits >> PCTAB_E_LONG_SHIFT, before, off);
    case PCTAB_E_KIND_CONT:
      return !(uint16_t) bits && (entry_kind (before) == PCTAB_E_KIND_NEAR || entry_kind (before) == PCTAB_E_KIND_FAR);
    case PCTAB_E_KIND_NEAR:
    case PCTAB_E_KIND_FAR:
      return lists_hold (t, r->values + 2 * (bits >> PCTAB_E_VALUES_SHIFT & ((1u << PCTAB_E_VALUES_BITS) - 1)),
                         r->offsets + 2 * (bits >> PCTAB_E_OFFSETS_SHIFT), entry_kind (bits) == PCTAB_E_KIND_FAR);
    default:
      return false;
    }
}

static bool
entries_hold (const struct pctab_table *t, const struct range_about *r, uint32_t from, uint32_t to, uint32_t page_off)
{
  for (uint32_t i = from; i < to; i++)
    if (!entry_holds (t, r, i, page_off + entry_start (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) i)))
      return false;
  return true;
}

/* One page: its first entry is at its start, the others rise, and each slot names the last one before its end. */
static bool
page_holds (const struct pctab_table *t, uint32_t base, uint32_t last, const unsigned char *slots)
{
  uint32_t done = 0, slot_cnt = PCTAB_PAGE_BYTES >> t->slot_shift;
  uint32_t at = entry_start (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) base);
  if (at)
    return false;
  for (uint32_t k = 0; k < slot_cnt; k++)
    {
      uint32_t to = at_u16 (slots + 2 * (uint64_t) k);
      if (to < done || to >= last - base)
        return false;
      while (done < to)
        {
          uint32_t start = entry_start (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) (base + ++done));
          if (start <= at || start >> t->slot_shift != k)
            return false;
          at = start;
        }
    }
  return true;
}

/* One range: its pages go through its entries from the first to the one before the last, which is the end. */
static bool
range_holds (const struct pctab_table *t, uint32_t number, uint32_t *page)
{
  const unsigned char *r = t->ranges + PCTAB_RANGE_BYTES * (uint64_t) number;
  uint32_t off = at_u32 (r), end = at_u32 (r + 4), first = at_u32 (r + 12), slots = PCTAB_PAGE_BYTES >> t->slot_shift;
  uint32_t next = number + 1 < t->range_cnt ? at_u32 (r + PCTAB_RANGE_BYTES + 12) : t->entry_cnt, at = first;
  struct range_about about = { off, first, at_u32 (r + PCTAB_R_VALUES), at_u32 (r + PCTAB_R_OFFSETS) };
  if (off % PCTAB_PAGE_BYTES || end <= off || at_u32 (r + 8) != *page || first >= next || next > t->entry_cnt
      || next - first < 2 || (number ? off < at_u32 (r - PCTAB_RANGE_BYTES + 4) : off || first)
      || about.values % 2 || about.offsets % 2)
    return false;
  uint32_t pages = (end - off - 1) / PCTAB_PAGE_BYTES + 1;
  if (pages > t->page_cnt - *page || (uint64_t) (*page + pages) * slots > t->slot_cnt)
    return false;
  for (uint32_t p = *page; p < *page + pages; p++)
    {
      const unsigned char *s = t->slots + 2 * (uint64_t) p * slots;
      if (at >= next - 1 || at_u32 (t->pages + 4 * (uint64_t) p) != at || !page_holds (t, at, next - 1, s))
        return false;
      uint32_t from = at;
      at += at_u16 (s + 2 * (uint64_t) (slots - 1)) + 1u;
      if (!entries_hold (t, &about, from, at, off + (p - *page) * PCTAB_PAGE_BYTES))
        return false;
    }
  *page += pages;
  return at == next - 1 && at_u64 (t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) at) == (uint16_t) end;
}

static bool
ranges_hold (const struct pctab_table *t)
{
  uint32_t page = 0;
  if (t->slot_shift < PCTAB_SLOT_SHIFT_MIN || t->slot_shift > PCTAB_SLOT_SHIFT_MAX)
    return false;
  for (uint32_t i = 0; i < t->range_cnt; i++)
    if (!range_holds (t, i, &page))
      return false;
  if (!t->range_cnt || page != t->page_cnt || (uint64_t) page * (PCTAB_PAGE_BYTES >> t->slot_shift) != t->slot_cnt)
    return false;
  /* The code does not go around the end of the address space. */
  return t->base + at_u32 (t->ranges + PCTAB_RANGE_BYTES * (uint64_t) (t->range_cnt - 1) + 4) >= t->base;
}

void
pctab__table_range (const struct pctab_table *t, const unsigned char *at, struct pctab_range *range)
{
  uint64_t page = at_u32 (at + 8);
  *range = (struct pctab_range){
    .pc = t->base + at_u32 (at),
    .len = at_u32 (at + 4) - at_u32 (at),
    .pages = t->pages + 4 * page,
    .slots = t->slots + 2 * page * (PCTAB_PAGE_BYTES >> t->slot_shift),
  };
}

static bool
shapes_hold (const struct pctab_table *t)
{
  for (uint32_t i = 0; i < t->shape_cnt; i++)
    {
      const unsigned char *s = t->shapes + i * PCTAB_SHAPE_BYTES;
      if (s[0] > PCTAB_CFA_DEREF_INDEX || s[2] > PCTAB_RA_AT_REG || s[4] > PCTAB_FP_UNKNOWN)
        return false;
    }
  return t->shape_bits <= 8 && t->sp_unit && !(t->sp_unit & (t->sp_unit - 1));
}

/* Values have a shape and a CFA offset in bounds. */
static bool
values_hold (const struct pctab_table *t)
{
  for (uint32_t i = 0; i < t->value_cnt; i++)
    {
      int32_t value = (int32_t) at_u32 (t->value_of + 4 * (uint64_t) i);
      int64_t off = (int64_t) (value >> t->shape_bits) * t->sp_unit;
      if (((uint32_t) value & ((1u << t->shape_bits) - 1)) >= t->shape_cnt || off > PCTAB_CFA_OFF_MAX
          || off < -PCTAB_CFA_OFF_MAX)
        return false;
    }
  return true;
}

/* What lookups hold against what they read, lest bytes that are overwritten later lead out of the image.  The fast way to
 * a near function's value masks the offset of its value list, to less than twice what they have, and takes any byte as a
 * value's number; it is not taken in a table that is so small that this leads outside. */
static void
set_limits (struct pctab_table *t)
{
  size_t lists = (size_t) (t->value_lists - t->image), values = (size_t) (t->value_of - t->image);
  t->entry_last = t->entry_cnt - 2;
  while (2 * (uint64_t) t->near_mask < t->value_list_len && t->near_mask < (1u << PCTAB_E_VALUES_BITS) - 1)
    t->near_mask = t->near_mask << 1 | 1;
  if (t->range_cnt == 1 && lists + 2 * (uint64_t) t->near_mask + PCTAB_O_SLACK <= t->len && values + 4 * 256 <= t->len)
    t->near_max = (uint64_t) (t->offset_list_len / 2) << PCTAB_E_OFFSETS_SHIFT
                  | ((UINT64_C (1) << PCTAB_E_OFFSETS_SHIFT) - 1);
}

enum pctab_error
pctab_table_open (struct pctab_table *table, const void *data, size_t len, uint64_t addr)
{
  const unsigned char *image = data;
  enum pctab_error error = check_header (image, len);
  if (error)
    return error;
  struct digest_bounds bounds;
  if (!pctab__digest_bounds (image, len, host_big, &bounds))
    return PCTAB_ERROR_HEADER;
  if (pctab__digest_head (image, &bounds) != at_u64 (image + PCTAB_H_HEAD_DIGEST))
    return PCTAB_ERROR_DIGEST_HEAD;
  if (pctab__digest_hot (image, &bounds) != at_u64 (image + PCTAB_H_HOT_DIGEST))
    return PCTAB_ERROR_DIGEST_HOT;
  struct pctab_table t = {
    .image = image,
    .len = at_u32 (image + PCTAB_H_SIZE),
    .hot_len = at_u32 (image + PCTAB_H_HOT_SIZE),
    .base = addr + at_u64 (image + PCTAB_H_TEXT_DELTA),
    .machine = at_u16 (image + PCTAB_H_MACHINE),
    .is64 = image[PCTAB_H_CLASS] == 64,
    .insn_shift = image[PCTAB_H_INSN] == 1 ? 0 : image[PCTAB_H_INSN] == 2 ? 1 : 2,
    .sp_unit = image[PCTAB_H_SP_UNIT],
    .shape_bits = image[PCTAB_H_SHAPE_BITS],
    .slot_shift = image[PCTAB_H_SLOT_SHIFT],
  };
  if (image[PCTAB_H_INSN] != 1u << t.insn_shift || (image[PCTAB_H_CLASS] != 64 && image[PCTAB_H_CLASS] != 32)
      || !directory_holds (image))
    return PCTAB_ERROR_HEADER;
  if (!find_parts (&t) || !shapes_hold (&t) || !values_hold (&t) || !longs_hold (&t))
    return PCTAB_ERROR_LISTS;
  if (!ranges_hold (&t) || t.entry_cnt < 2)
    return PCTAB_ERROR_INDEX;
  if (!pctab__pcdata_hold (&t))
    return PCTAB_ERROR_PCDATA;
  pctab__table_range (&t, t.ranges, &t.first);
  set_limits (&t);
  *table = t;
  return PCTAB_ERROR_OK;
}

enum pctab_error
pctab_table_check_cold (const struct pctab_table *t)
{
  struct digest_bounds b = { .hot_end = t->hot_len, .end = t->len };
  bool good = pctab__digest_cold (t->image, &b) == at_u64 (t->image + PCTAB_H_COLD_DIGEST);
  return good ? PCTAB_ERROR_OK : PCTAB_ERROR_DIGEST_COLD;
}
