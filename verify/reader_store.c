/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 7: stores, and the strings in one. */
#include "reader.h"

#include <inttypes.h>
#include <lz4.h>
#include <stdlib.h>

/* LZ4 packs at most 255 bytes into one. */
#define LZ4_BEST 255
#define DICTIONARY_MAX 32768
/* All that a store may unpack to: far beyond any program's names. */
#define ARENA_MAX (UINT64_C (1) << 30)

/* The index: keys and offsets rise, blocks reach over the whole part and unpack to something. */
static bool
read_index (struct decoded *d, enum part_number index, struct store_block *blocks, uint32_t cnt, uint64_t *total)
{
  enum part_number data = index + 1;
  const unsigned char *p = part_bytes (d, index);
  *total = 0;
  for (uint32_t i = 0; i < cnt; i++, p += 12)
    {
      struct store_block *b = &blocks[i];
      uint64_t off = get_u32 (d, p + 4), end = i + 1 < cnt ? get_u32 (d, p + 16) : d->parts[data].len;
      *b = (struct store_block) { get_u32 (d, p), *total, get_u32 (d, p + 8) };
      if (i ? b->key <= b[-1].key : off != 0)
        return FAULT_PART (d, CHECK_STORES, index, 12 * (uint64_t) i, "block %" PRIu32 " is out of order", i);
      if (off >= end || end > d->parts[data].len)
        return FAULT_PART (d, CHECK_STORES, index, 12 * (uint64_t)i + 4,
                           "block %" PRIu32 " has bytes %" PRIu64 " to %" PRIu64 " of %" PRIu32, i, off, end,
                           d->parts[data].len);
      if (b->len < end - off || b->len > (end - off) * LZ4_BEST)
        return FAULT_PART (d, CHECK_UNPACK, index, 12 * (uint64_t) i + 8, "block %" PRIu32 " of %" PRIu64
                           " bytes can't unpack to %" PRIu32, i, end - off, b->len);
      *total += b->len;
    }
  if (!cnt && d->parts[data].len)
    return FAULT_PART (d, CHECK_STORES, index, 0, "there are no blocks, but %" PRIu32 " bytes of them",
                       d->parts[data].len);
  return *total <= ARENA_MAX
         || FAULT_PART (d, CHECK_UNPACK, index, 0, "the blocks unpack to %" PRIu64 " bytes, more than any program has",
                        *total);
}

static bool
unpack (struct decoded *d, enum part_number index, const struct store_block *b, uint32_t i, uint32_t cnt,
        unsigned char *to)
{
  enum part_number data = index + 1, dict = index + 2;
  const unsigned char *p = part_bytes (d, index) + 12 * (uint64_t) i;
  uint32_t off = get_u32 (d, p + 4), end = i + 1 < cnt ? get_u32 (d, p + 16) : d->parts[data].len;
  const unsigned char *from = part_bytes (d, data) + off;
  if (b->len == end - off)
    memcpy (to, from, b->len);
  else if (LZ4_decompress_safe_usingDict ((const char *) from, (char *) to, (int) (end - off), (int) b->len,
                                          (const char *) part_bytes (d, dict),
                                          index == PART_RECORD_INDEX ? 0 : (int) d->parts[dict].len)
           != (int) b->len)
    return FAULT_PART (d, CHECK_UNPACK, data, off, "block %" PRIu32 " is no LZ4 block of %" PRIu32 " bytes", i, b->len);
  return true;
}

bool
pctab__read_store (struct decoded *d, enum part_number index, unsigned char **arena, struct store_block **blocks,
                   uint32_t *cnt)
{
  uint64_t total;
  *arena = NULL;
  *cnt = d->parts[index].len / 12;
  if (index != PART_RECORD_INDEX && d->parts[index + 2].len > DICTIONARY_MAX)
    {
      *blocks = NULL;
      return FAULT_PART (d, CHECK_UNPACK, index + 2, 0, "a dictionary of %" PRIu32 " bytes, %d are the most",
                         d->parts[index + 2].len, DICTIONARY_MAX);
    }
  *blocks = pctab__decoded_alloc (d, *cnt, sizeof **blocks);
  bool good = *blocks && read_index (d, index, *blocks, *cnt, &total);
  if (good && !(*arena = malloc (total + 1)))
    good = !(d->memory = true);
  for (uint32_t i = 0; good && i < *cnt; i++)
    good = unpack (d, index, &(*blocks)[i], i, *cnt, *arena + (*blocks)[i].off);
  if (good)
    return true;
  free (*arena);
  free (*blocks);
  *arena = NULL;
  *blocks = NULL;
  return false;
}

/* Whether P is well-formed UTF-8 (RFC 3629). */
static bool
is_utf8 (const unsigned char *p, uint32_t len)
{
  for (uint32_t i = 0; i < len;)
    {
      unsigned c = p[i++], more = c < 0x80 ? 0 : c < 0xc2 ? 4 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 4;
      if (more == 4 || more > len - i)
        return false;
      unsigned low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80, high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
      for (; more; more--, i++, low = 0x80, high = 0xbf)
        if (p[i] < low || p[i] > high)
          return false;
    }
  return true;
}

/* Whether all of P is ASCII. */
static bool
is_ascii (const char *p, size_t len)
{
  uint64_t high = 0, eight;
  size_t i = 0;
  for (; i + sizeof eight <= len; i += sizeof eight)
    {
      memcpy (&eight, p + i, sizeof eight);
      high |= eight;
    }
  for (; i < len; i++)
    high |= (unsigned char) p[i];
  return !(high & UINT64_C (0x8080808080808080));
}

/* The strings of a block, which end where it does. */
static bool
split_block (struct decoded *d, const char *p, const struct store_block *b, uint32_t i, size_t *cap)
{
  if (b->key != d->string_cnt)
    return FAULT_PART (d, CHECK_STRINGS, PART_STRING_INDEX, 12 * (uint64_t)i,
                       "block %" PRIu32 "'s first string is said to be %" PRIu32 ", it is %" PRIu32, i, b->key,
                       d->string_cnt);
  if (p[b->len - 1])
    return FAULT_PART (d, CHECK_STRINGS, PART_STRING_INDEX, 12 * (uint64_t)i,
                       "block %" PRIu32 "'s last string is not ended", i);
  bool ascii = is_ascii (p, b->len);
  for (const char *end = p + b->len; p < end;)
    {
      struct dec_string s = { p, (uint32_t) strlen (p) };
      if (d->string_cnt == *cap && !pctab__decoded_grow (d, &d->strings, cap, (size_t) d->string_cnt + 1, sizeof s))
        return false;
      if (!ascii && !is_utf8 ((const unsigned char *) p, s.len))
        FAULT_PART (d, CHECK_UTF8, PART_STRING_INDEX, 12 * (uint64_t)i, "string %" PRIu32 " is not UTF-8",
                    d->string_cnt);
      d->strings[d->string_cnt++] = s;
      p += s.len + 1;
    }
  return true;
}

/* 8: how many strings are of each kind. */
static bool
count_strings (struct decoded *d)
{
  const unsigned char *p = part_bytes (d, PART_ORIGIN_INDEX);
  if (d->parts[PART_ORIGIN_INDEX].len < 12)
    return FAULT_PART (d, CHECK_ORIGINS, PART_ORIGIN_INDEX, 0, "the index has %" PRIu32 " bytes",
                       d->parts[PART_ORIGIN_INDEX].len);
  d->name_cnt = get_u32 (d, p);
  d->origin_cnt = get_u32 (d, p + 4);
  d->file_cnt = get_u32 (d, p + 8);
  uint64_t sum = (uint64_t) d->name_cnt + d->origin_cnt + d->file_cnt + d->table_cnt;
  if (sum != d->string_cnt)
    return FAULT_PART (d, CHECK_STRINGS, PART_ORIGIN_INDEX, 0,
                       "%" PRIu32 " names, %" PRIu32 " origins, %" PRIu32 " files and %" PRIu32 " tables, but %" PRIu32
                       " strings",
                       d->name_cnt, d->origin_cnt, d->file_cnt, d->table_cnt, d->string_cnt);
  for (uint32_t i = 0; i < d->table_cnt; i++)
    d->tables[i].name = d->string_cnt - d->table_cnt + i;
  return true;
}

bool
pctab__read_strings (struct decoded *d)
{
  unsigned char *arena;
  struct store_block *blocks;
  uint32_t cnt;
  size_t cap = 0;
  if (!pctab__read_store (d, PART_STRING_INDEX, &arena, &blocks, &cnt))
    return false;
  d->string_arena = (char *) arena;
  /* Strings have 16 bytes and more: the array grows once or not at all. */
  size_t len = cnt ? blocks[cnt - 1].off + blocks[cnt - 1].len : 0;
  bool good = pctab__decoded_grow (d, &d->strings, &cap, len / 16 + 1, sizeof *d->strings);
  for (uint32_t i = 0; good && i < cnt; i++)
    good = split_block (d, d->string_arena + blocks[i].off, &blocks[i], i, &cap);
  free (blocks);
  return good && count_strings (d);
}
