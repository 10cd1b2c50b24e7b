/* SPDX-License-Identifier: MIT */
/* Unpacked blocks of the cold part, kept in the caller's buffer: first a list of where each block is, then the blocks. */
#include <lz4.h>

#include "cold_decode.h"

struct cursor
pctab__cold_part (const struct pctab_table *t, unsigned number)
{
  const unsigned char *entry = t->image + PCTAB_H_BYTES + 8 * number;
  return cursor_over (t->image + at_u32 (entry), at_u32 (entry + 4), __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static const unsigned char *
index_entry (const struct pctab_cold *c, bool records, uint32_t block)
{
  return pctab__cold_part (c->table, records ? PCTAB_P_RECORD_INDEX : PCTAB_P_STRING_INDEX).pos + block * PCTAB_STORE_BYTES;
}

static uint32_t *
slot (const struct pctab_cold *c, bool records, uint32_t block)
{
  return (uint32_t *) (void *) c->buf + (records ? c->string_block_cnt : 0) + block;
}

size_t
pctab_cold_size (const struct pctab_table *t)
{
  uint64_t all = 8;
  for (unsigned part = PCTAB_P_STRING_INDEX; part <= PCTAB_P_RECORD_INDEX; part += 2)
    {
      struct cursor index = pctab__cold_part (t, part);
      if (cursor_left (&index) % PCTAB_STORE_BYTES)
        return 0;
      for (; cursor_left (&index); cursor_take (&index, PCTAB_STORE_BYTES))
        all += 4 + (((uint64_t) at_u32 (index.pos + 8) + 7) & ~UINT64_C (7));
    }
  return all > SIZE_MAX / 2 ? 0 : (size_t) all;
}

static bool
open_code (struct pctab_code *code, struct cursor *at)
{
  uint32_t first = 0, place = 0;
  for (unsigned len = 1; len <= PCTAB_CODE_BITS_MAX; len++)
    {
      uint32_t cnt = cursor_u16 (at);
      first <<= 1;
      code->place[len] = place - first;
      first += cnt;
      place += cnt;
      code->limit[len] = first << (PCTAB_CODE_BITS_MAX - len);
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
  struct cursor strings = pctab__cold_part (t, PCTAB_P_STRING_INDEX), records = pctab__cold_part (t, PCTAB_P_RECORD_INDEX);
  struct cursor origins = pctab__cold_part (t, PCTAB_P_ORIGIN_INDEX), codes = pctab__cold_part (t, PCTAB_P_LINE_CODES);
  *c = (struct pctab_cold){ .table = t, .buf = buf, .len = len };
  c->string_block_cnt = (uint32_t) (cursor_left (&strings) / PCTAB_STORE_BYTES);
  c->record_block_cnt = (uint32_t) (cursor_left (&records) / PCTAB_STORE_BYTES);
  c->name_cnt = cursor_u32 (&origins);
  c->origin_cnt = cursor_u32 (&origins);
  c->file_cnt = cursor_u32 (&origins);
  if (origins.bad || (uint64_t) c->name_cnt + c->origin_cnt + c->file_cnt > UINT32_MAX
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

enum pctab_error
pctab__cold_string (struct pctab_cold *c, uint32_t number, const char **string)
{
  uint32_t block;
  struct cursor at;
  *string = NULL;
  if (!pctab__cold_find (c, false, number, &block))
    return PCTAB_ERROR_OK;
  enum pctab_error error = pctab__cold_block (c, false, block, &at);
  if (error)
    return error;
  for (uint32_t skip = number - at_u32 (index_entry (c, false, block)); skip && !at.bad; skip--)
    cursor_str (&at);
  const char *s = cursor_str (&at);
  *string = at.bad ? NULL : s;
  return PCTAB_ERROR_OK;
}
