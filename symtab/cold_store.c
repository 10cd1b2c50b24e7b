/* SPDX-License-Identifier: MIT */
/* Unpacked blocks of the cold part, kept in the caller's buffer: first a list of where each block is, then the
 * blocks. */
#include <lz4.h>

#include "cold_decode.h"

#define LZ4_RATIO_MAX 255 /* unpacked bytes for a packed one: lz4_Block_format.md, "a length byte adds 255" */

struct cursor
pctab__cold_part (const struct pctab_table *t, unsigned number)
{
  uint32_t len, off = (uint32_t) (image_part (t->image, number, &len) - t->image);
  off = off < t->len ? off : t->len;
  len = len < t->len - off ? len : t->len - off;
  return cursor_over (t->image + off, len, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static const unsigned char *
index_entry (const struct pctab_cold *c, bool records, uint32_t block)
{
  return pctab__cold_part (c->table, records ? PCTAB_P_RECORD_INDEX : PCTAB_P_STRING_INDEX).pos
         + block * PCTAB_STORE_BYTES;
}

static uint32_t *
slot (const struct pctab_cold *c, bool records, uint32_t block)
{
  return (uint32_t *) (void *) c->buf + (records ? c->string_block_cnt : 0) + block;
}

/* The unpacked bytes of the blocks that an index names.  More than packed ones can make is damage: no buffer grows
 * large because a small table says so. */
static bool
raw_bytes (const struct pctab_table *t, unsigned index_part, uint64_t *raw)
{
  struct cursor index = pctab__cold_part (t, index_part), packed = pctab__cold_part (t, index_part + 1);
  *raw = 0;
  for (; cursor_left (&index) >= PCTAB_STORE_BYTES; cursor_take (&index, PCTAB_STORE_BYTES))
    *raw += at_u32 (index.pos + 8);
  return !cursor_left (&index) && *raw / LZ4_RATIO_MAX <= cursor_left (&packed);
}

size_t
pctab_cold_size (const struct pctab_table *t)
{
  uint64_t all = 8;
  for (unsigned part = PCTAB_P_STRING_INDEX; part <= PCTAB_P_RECORD_INDEX; part += 2)
    {
      struct cursor index = pctab__cold_part (t, part);
      uint64_t raw;
      if (!raw_bytes (t, part, &raw))
        return 0;
      all += raw + (4 + 7) * (cursor_left (&index) / PCTAB_STORE_BYTES);
    }
  return all > SIZE_MAX / 2 ? 0 : (size_t) all;
}

static bool
open_code (struct pctab_code *code, struct cursor *at)
{
  uint32_t first = 0, place = 0;
  code->shortest = 1;
  for (unsigned len = 1; len <= PCTAB_CODE_BITS_MAX; len++)
    {
      uint32_t cnt = cursor_u16 (at);
      first <<= 1;
      code->place[len] = place - first;
      first += cnt;
      place += cnt;
      code->limit[len] = first << (PCTAB_CODE_BITS_MAX - len);
      code->shortest += !place;
      if (first > 1u << len)
        return false;
    }
  code->symbol_cnt = place;
  code->symbols = cursor_take (at, 2 * (uint64_t) place);
  return code->symbols != NULL;
}

enum pctab_error
pctab_cold_open (struct pctab_cold *c, const struct pctab_table *t, void *buf, size_t len)
{
  struct cursor strings = pctab__cold_part (t, PCTAB_P_STRING_INDEX),
                records = pctab__cold_part (t, PCTAB_P_RECORD_INDEX);
  struct cursor origins = pctab__cold_part (t, PCTAB_P_ORIGIN_INDEX), codes = pctab__cold_part (t, PCTAB_P_LINE_CODES);
  *c = (struct pctab_cold){ .table = t, .buf = buf, .len = len };
  c->string_block_cnt = (uint32_t) (cursor_left (&strings) / PCTAB_STORE_BYTES);
  c->record_block_cnt = (uint32_t) (cursor_left (&records) / PCTAB_STORE_BYTES);
  c->name_cnt = cursor_u32 (&origins);
  c->origin_cnt = cursor_u32 (&origins);
  c->file_cnt = cursor_u32 (&origins);
  uint64_t raw;
  if (origins.bad || !raw_bytes (t, PCTAB_P_STRING_INDEX, &raw)
      || (uint64_t) c->name_cnt + c->origin_cnt + c->file_cnt + t->table_cnt > (raw < UINT32_MAX ? raw : UINT32_MAX)
      || cursor_left (&origins) / 4 < ((uint64_t) c->origin_cnt + PCTAB_ORIGIN_GROUP - 1) / PCTAB_ORIGIN_GROUP
      || !open_code (&c->adv, &codes) || !open_code (&c->step, &codes) || !open_code (&c->number, &codes))
    return PCTAB_ERROR_COLD;
  size_t list = 4 * ((size_t) c->string_block_cnt + c->record_block_cnt);
  if (len < list)
    return PCTAB_ERROR_BUFFER;
  memset (buf, 0, list);
  c->used = (list + 7) & ~(size_t) 7;
  c->used = c->used < len ? c->used : len;
  return PCTAB_ERROR_OK;
}

bool
pctab__cold_find (const struct pctab_cold *c, bool records, uint32_t key, uint32_t *block)
{
  uint32_t lo = 0, hi = records ? c->record_block_cnt : c->string_block_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (at_u32 (index_entry (c, records, mid)) <= key)
        lo = mid + 1;
      else
        hi = mid;
    }
  *block = lo - 1;
  return lo > 0;
}

/* The packed bytes of a block: up to the next one's. */
static bool
packed_bytes (const struct pctab_cold *c, bool records, uint32_t block, struct cursor *packed)
{
  *packed = pctab__cold_part (c->table, records ? PCTAB_P_RECORDS : PCTAB_P_STRINGS);
  uint32_t cnt = records ? c->record_block_cnt : c->string_block_cnt;
  uint32_t from = at_u32 (index_entry (c, records, block) + 4);
  uint64_t to = block + 1 < cnt ? at_u32 (index_entry (c, records, block + 1) + 4) : cursor_left (packed);
  if (from > to || to > cursor_left (packed))
    return false;
  *packed = cursor_over (packed->pos + from, (size_t) (to - from), packed->big);
  return true;
}

enum pctab_error
pctab__cold_block (struct pctab_cold *c, bool records, uint32_t block, struct cursor *out)
{
  if (block >= (records ? c->record_block_cnt : c->string_block_cnt))
    return PCTAB_ERROR_COLD;
  uint32_t *at = slot (c, records, block), raw_len = at_u32 (index_entry (c, records, block) + 8);
  struct cursor packed = { 0 };
  if (!*at && !packed_bytes (c, records, block, &packed))
    return PCTAB_ERROR_COLD;
  if (!*at && cursor_left (&packed) == raw_len)
    {
      *out = packed;
      return PCTAB_ERROR_OK;
    }
  if (!*at)
    {
      if (raw_len > c->len - c->used)
        return PCTAB_ERROR_BUFFER;
      if (raw_len > INT32_MAX || LZ4_decompress_safe ((const char *) packed.pos, (char *) c->buf + c->used,
                                                      (int) cursor_left (&packed), (int) raw_len) != (int) raw_len)
        return PCTAB_ERROR_COLD;
      *at = (uint32_t) (c->used / 8);
      c->used += (raw_len + 7) & ~(size_t) 7;
      c->used = c->used < c->len ? c->used : c->len;
    }
  *out = cursor_over (c->buf + 8 * (size_t) *at, raw_len, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
  return PCTAB_ERROR_OK;
}

static uint32_t
string_cnt (const struct pctab_cold *c)
{
  return c->name_cnt + c->origin_cnt + c->file_cnt + c->table->table_cnt;
}

/* Passes CNT strings: eight bytes at once up to where the last one ends. */
static void
skip_strings (struct cursor *at, uint32_t cnt)
{
  const uint64_t low = UINT64_C (0x7f7f7f7f7f7f7f7f), ones = UINT64_C (0x0101010101010101);
  while (cursor_left (at) >= 8)
    {
      uint64_t v = at_u64 (at->pos), nuls = ~(((v & low) + low) | v | low);
      uint32_t nul_cnt = (uint32_t) ((nuls >> 7) * ones >> 56);
      if (nul_cnt >= cnt)
        break;
      cnt -= nul_cnt;
      at->pos += 8;
    }
  for (; cnt && !at->bad; cnt--)
    cursor_str (at);
}

enum pctab_error
pctab__cold_string (struct pctab_cold *c, uint32_t number, const char **string)
{
  const char **known = c->cache && number < string_cnt (c) ? c->cache->strings : NULL, *s;
  uint32_t block;
  struct cursor at;
  *string = known ? known[number] : NULL;
  if (*string || !pctab__cold_find (c, false, number, &block))
    return PCTAB_ERROR_OK;
  enum pctab_error error = pctab__cold_block (c, false, block, &at);
  if (error)
    return error;
  /* Strings can be counted from their block's start only; a cache takes all of them, up to the next block's first. */
  uint32_t i = at_u32 (index_entry (c, false, block)), end = string_cnt (c);
  if (!known)
    {
      skip_strings (&at, number - i);
      *string = cursor_str (&at);
      return PCTAB_ERROR_OK;
    }
  if (block + 1 < c->string_block_cnt && at_u32 (index_entry (c, false, block + 1)) < end)
    end = at_u32 (index_entry (c, false, block + 1));
  for (; i < end && (s = cursor_str (&at)); i++)
    known[i] = s;
  *string = known[number];
  return PCTAB_ERROR_OK;
}

/* Where things are in a cache, from its start. */
struct cache_plan {
  size_t strings, origins, origin_groups, len;
};

static struct cache_plan
plan_cache (const struct pctab_cold *c)
{
  struct cache_plan p = { .strings = (sizeof (struct pctab_cold_cache) + 7) & ~(size_t) 7 };
  p.origins = p.strings + string_cnt (c) * sizeof (const char *);
  p.origin_groups = p.origins + c->origin_cnt * sizeof (struct origin);
  p.len = p.origin_groups + c->origin_cnt / PCTAB_ORIGIN_GROUP + 1;
  return p;
}

size_t
pctab_cold_cache_size (const struct pctab_cold *c)
{
  return plan_cache (c).len;
}

/* Codes rise with their lengths, so those of up to PCTAB_DIRECT_BITS fill the table from its start. */
static void
fill_direct (struct pctab_code *code, uint32_t *direct)
{
  uint32_t at = 0;
  for (unsigned len = 1; len <= PCTAB_DIRECT_BITS; len++)
    for (; at < code->limit[len] >> (PCTAB_CODE_BITS_MAX - PCTAB_DIRECT_BITS); at++)
      {
        uint32_t place = (at >> (PCTAB_DIRECT_BITS - len)) + code->place[len];
        direct[at] = (uint32_t) at_u16 (code->symbols + 2 * (size_t) place) << 8 | len;
      }
  code->direct = direct;
}

void
pctab_cold_cache_use (struct pctab_cold *c, void *mem)
{
  struct cache_plan p = plan_cache (c);
  unsigned char *at = mem;
  c->cache = mem;
  c->cache->strings = (const char **) (void *) (at + p.strings);
  c->cache->origins = (struct origin *) (void *) (at + p.origins);
  c->cache->origin_groups = at + p.origin_groups;
  fill_direct (&c->adv, c->cache->direct[0]);
  fill_direct (&c->step, c->cache->direct[1]);
  fill_direct (&c->number, c->cache->direct[2]);
}
