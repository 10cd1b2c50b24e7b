/* SPDX-License-Identifier: MIT */
/* Opens a table: checks once everything that lookup.c then trusts.  The order is from the cheap to the dear, and from
 * what is likely wrong (a placeholder, a foreign file) to what only damage can explain. */
#include "pctab.h"

#include "table.h"
#include "xxh64.h"

const char *
pctab_error_text (enum pctab_error error)
{
  switch (error)
    {
#define ERROR(name, text)    \
  case PCTAB_ERROR_##name: \
    return text;
#include "pctab-errors.def"
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
  if (at_u32 (image + PCTAB_H_PART_CNT) != PCTAB_P_CNT || at_u32 (image + PCTAB_H_HOT_SIZE) > at_u32 (image + PCTAB_H_SIZE)
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
  struct part streams = part (t->image, PCTAB_P_SP_STREAMS);
  t->streams = streams.at;
  t->stream_len = streams.len;
  return count (part (t->image, PCTAB_P_RANGES), PCTAB_RANGE_BYTES, &t->ranges, &t->range_cnt)
         && count (part (t->image, PCTAB_P_ROWS), PCTAB_ROW_BYTES, &t->rows, &t->row_cnt)
         && count (part (t->image, PCTAB_P_FUNCTAB), PCTAB_FUNCTAB_BYTES, &t->functab, &t->entry_cnt)
         && count (part (t->image, PCTAB_P_LONGS), PCTAB_LONG_BYTES, &t->longs, &t->long_cnt)
         && count (part (t->image, PCTAB_P_BLOCKS), PCTAB_BLOCK_BYTES, &t->blocks, &t->block_cnt)
         && count (part (t->image, PCTAB_P_CLASSES), PCTAB_CLASS_BYTES, &t->classes, &t->class_cnt)
         && count (part (t->image, PCTAB_P_SHAPES), PCTAB_SHAPE_BYTES, &t->shapes, &t->shape_cnt) && t->shape_cnt;
}

/* Pairs are made of earlier codes, their advance and change are their halves' sums, and only END ends. */
static bool
dict_holds (struct pctab_table *t)
{
  struct part p = part (t->image, PCTAB_P_SP_DICT);
  if (p.len < 4)
    return false;
  uint32_t singles = at_u16 (p.at), pairs = at_u16 (p.at + 2);
  t->pair_min = 2 + singles;
  t->code_cnt = t->pair_min + pairs;
  if (t->code_cnt > 256 || p.len != 4 + 4 * t->code_cnt + 2 * pairs)
    return false;
  t->codes = p.at + 4;
  t->pairs = t->codes + 4 * t->code_cnt - 2 * t->pair_min;
  for (unsigned c = 0; c < t->code_cnt; c++)
    {
      unsigned adv = code_adv (t->codes, c);
      if (c < t->pair_min)
        {
          if ((c < 2) != (adv == 0xffff) || (c < 2 && code_dv (t->codes, c)))
            return false;
          continue;
        }
      unsigned l = t->pairs[2 * c], r = t->pairs[2 * c + 1], la = code_adv (t->codes, l), ra = code_adv (t->codes, r);
      if (!l || !r || l >= c || r >= c || la == 0xffff || (ra == 0xffff ? adv != 0xffff : la + ra != adv || adv == 0xffff)
          || code_dv (t->codes, l) + code_dv (t->codes, r) != code_dv (t->codes, c))
        return false;
    }
  return true;
}

static bool
varint_holds (const unsigned char **p, const unsigned char *end)
{
  for (unsigned i = 0; i < 5 && *p < end; i++)
    if (!(*(*p)++ & 128))
      return true;
  return false;
}

/* A stream's codes are known, its escapes whole, its advance below 0xffff, and it ends inside the part. */
static bool
stream_holds (const struct pctab_table *t, uint32_t off)
{
  const unsigned char *p = t->streams + off, *end = t->streams + t->stream_len;
  for (uint64_t sum = 0; p < end && sum <= 0xfffe;)
    {
      unsigned code = *p++;
      if (code >= t->code_cnt)
        return false;
      if (code == 0)
        {
          const unsigned char *q = p;
          if (!varint_holds (&p, end) || !varint_holds (&p, end))
            return false;
          sum += take_uvar (&q);
        }
      else if (code_adv (t->codes, code) == 0xffff)
        return true;
      else
        sum += code_adv (t->codes, code);
    }
  return false;
}

static bool
short_holds (const struct pctab_table *t, uint32_t off)
{
  if (!off || off >= t->stream_len)
    return false;
  const unsigned char *p = t->streams + off, *end = t->streams + t->stream_len;
  if (*p == 255)
    {
      const unsigned char *q = p + 1;
      if (!varint_holds (&q, end))
        return false;
    }
  return take_head (&p) < t->class_cnt && stream_holds (t, (uint32_t) (p - t->streams));
}

static bool
long_holds (const struct pctab_table *t, uint32_t number, uint32_t low)
{
  if (number >= t->long_cnt)
    return false;
  const unsigned char *l = t->longs + number * PCTAB_LONG_BYTES;
  uint32_t block = at_u32 (l + 8), cnt = at_u32 (l + 12);
  if ((at_u32 (l) & 0xffff) != low || at_u32 (l + 4) >= t->class_cnt || !cnt || block > t->block_cnt
      || cnt > t->block_cnt - block)
    return false;
  for (uint32_t i = 0; i < cnt; i++)
    {
      const unsigned char *b = t->blocks + (block + i) * PCTAB_BLOCK_BYTES;
      if (i ? at_u32 (b) <= at_u32 (b - PCTAB_BLOCK_BYTES) : at_u32 (b) != 0)
        return false;
      if (at_u32 (b + 8) >= t->stream_len || !stream_holds (t, at_u32 (b + 8)))
        return false;
    }
  return true;
}

static bool
entries_hold (const struct pctab_table *t)
{
  for (uint32_t i = 0; i < t->entry_cnt; i++)
    {
      const unsigned char *e = t->functab + i * PCTAB_FUNCTAB_BYTES;
      uint32_t rec = at_u32 (e + 2);
      if (!rec)
        continue;
      if (i + 1 == t->entry_cnt)
        return false;
      if (rec & PCTAB_REC_LONG ? !long_holds (t, rec >> PCTAB_REC_SHIFT, at_u16 (e)) : !short_holds (t, rec >> PCTAB_REC_SHIFT))
        return false;
    }
  return true;
}

/* One range: its rows name rising entries of its own, each of which starts in the part of the code that counts it. */
static bool
range_holds (const struct pctab_table *t, uint32_t number)
{
  const unsigned char *r = t->ranges + number * PCTAB_RANGE_BYTES;
  uint32_t off = at_u32 (r), end = at_u32 (r + 4), row = at_u32 (r + 8), entry = at_u32 (r + 12);
  uint32_t last = number + 1 < t->range_cnt ? at_u32 (r + PCTAB_RANGE_BYTES + 12) : t->entry_cnt;
  unsigned shift = t->row_shift + 4;
  if (off % PCTAB_PAGE_BYTES || end <= off || row > t->row_cnt || entry > last || last - entry < 2 || last > t->entry_cnt)
    return false;
  uint64_t rows = ((uint64_t) (end - off - 1) >> shift) + 1;
  if (rows > t->row_cnt - row || (number && off < at_u32 (r - PCTAB_RANGE_BYTES + 4)))
    return false;
  if (number + 1 == t->range_cnt && row + rows != t->row_cnt)
    return false;
  for (uint64_t i = 0; i < rows; i++)
    {
      const unsigned char *at = t->rows + (row + i) * PCTAB_ROW_BYTES;
      uint32_t first = at_u32 (at);
      if (first < entry || first + at[4 + PCTAB_ROW_SUBS - 1] > last - 1 || first >= last - 1 || (i == 0 && first != entry))
        return false;
      for (unsigned sub = 0; sub < PCTAB_ROW_SUBS; sub++)
        {
          unsigned before = sub ? at[3 + sub] : 0;
          if (at[4 + sub] < before)
            return false;
          uint32_t lo = (uint32_t) (off + (i << shift) + ((uint64_t) sub << t->row_shift));
          for (unsigned k = before; k < at[4 + sub]; k++)
            {
              uint16_t low = at_u16 (t->functab + (first + k + 1) * PCTAB_FUNCTAB_BYTES);
              uint16_t prev = at_u16 (t->functab + (first + k) * PCTAB_FUNCTAB_BYTES);
              if (low < (lo & 0xffff) || low - (lo & 0xffff) >= 1u << t->row_shift || (k > before && low <= prev))
                return false;
            }
        }
      uint32_t next = first + at[4 + PCTAB_ROW_SUBS - 1];
      if (i + 1 < rows ? at_u32 (at + PCTAB_ROW_BYTES) != next
                         && (at_u32 (at + PCTAB_ROW_BYTES) != next + 1) : next + 1 < last - 1)
        return false;
    }
  return true;
}

static bool
ranges_hold (const struct pctab_table *t)
{
  if (t->row_shift < 4 || t->row_shift > 12)
    return false;
  for (uint32_t i = 0; i < t->range_cnt; i++)
    if (!range_holds (t, i))
      return false;
  return t->range_cnt > 0;
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

enum pctab_error
pctab_table_open (struct pctab_table *table, const void *data, size_t len, uint64_t addr)
{
  const unsigned char *image = data;
  enum pctab_error error = check_header (image, len);
  if (error)
    return error;
  if (pctab__hot_digest (image, at_u32 (image + PCTAB_H_HOT_SIZE)) != at_u64 (image + PCTAB_H_HOT_DIGEST))
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
    .row_shift = image[PCTAB_H_ROW_SHIFT],
  };
  if (image[PCTAB_H_INSN] != 1u << t.insn_shift || (image[PCTAB_H_CLASS] != 64 && image[PCTAB_H_CLASS] != 32)
      || !directory_holds (image))
    return PCTAB_ERROR_HEADER;
  if (!find_parts (&t) || !shapes_hold (&t) || !dict_holds (&t))
    return PCTAB_ERROR_STREAM;
  if (!ranges_hold (&t))
    return PCTAB_ERROR_INDEX;
  if (!entries_hold (&t))
    return PCTAB_ERROR_STREAM;
  *table = t;
  return PCTAB_ERROR_OK;
}

enum pctab_error
pctab_table_check_cold (const struct pctab_table *t)
{
  bool good = pctab__xxh64 (t->image + t->hot_len, t->len - t->hot_len, 0) == at_u64 (t->image + PCTAB_H_COLD_DIGEST);
  return good ? PCTAB_ERROR_OK : PCTAB_ERROR_DIGEST_COLD;
}
