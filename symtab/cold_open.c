/* SPDX-License-Identifier: MIT */
/* Opens the cold part: where its parts are, its counts and codes, and what of it can be kept in the buffer. */
#include "cold_decode.h"

struct pctab_bytes
pctab__cold_bytes (const struct pctab_table *t, unsigned number)
{
  uint32_t len, off = (uint32_t) (image_part (t->image, number, &len) - t->image);
  off = off < t->len ? off : t->len;
  return (struct pctab_bytes){ t->image + off, len < t->len - off ? len : t->len - off };
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
      if (first > 1u << len)
        return false;
      uint32_t limit = first << (PCTAB_CODE_BITS_MAX - len);
      code->limits[2 * (len - 1)] = limit & 255;
      code->limits[2 * (len - 1) + 1] = (unsigned char) (limit >> 8);
    }
  code->limits[30] = code->limits[31] = 255;
  code->symbols = cursor_take (at, 2 * (uint64_t) place);
  return code->symbols != NULL;
}

/* All but a cache. */
static bool
open_parts (struct pctab_cold *c, const struct pctab_table *t)
{
  *c = (struct pctab_cold){ .table = t };
  for (unsigned i = 0; i < PCTAB_P_COLD_CNT; i++)
    c->parts[i] = pctab__cold_bytes (t, PCTAB_P_HOT_CNT + i);
  struct cursor origins = cold_part (c, PCTAB_P_ORIGIN_INDEX), codes = cold_part (c, PCTAB_P_LINE_CODES);
  c->name_cnt = cursor_u32 (&origins);
  c->origin_cnt = cursor_u32 (&origins);
  c->file_cnt = cursor_u32 (&origins);
  return !origins.bad && (uint64_t) c->name_cnt + c->origin_cnt + c->file_cnt + t->table_cnt < UINT32_MAX
         && cursor_left (&origins) / 4 >= ((uint64_t) c->origin_cnt + PCTAB_ORIGIN_GROUP - 1) / PCTAB_ORIGIN_GROUP
         && open_code (&c->adv, &codes) && open_code (&c->step, &codes) && open_code (&c->number, &codes);
}

size_t
pctab_cold_size (const struct pctab_table *t)
{
  struct pctab_cold c;
  uint64_t fixed, arena;
  if (!open_parts (&c, t) || !pctab__cold_cache_plan (&c, &fixed, &arena) || fixed + arena > SIZE_MAX / 2)
    return 0;
  return fixed + arena > PCTAB_COLD_BYTES_MIN ? (size_t) (fixed + arena) : PCTAB_COLD_BYTES_MIN;
}

/* An arena below this has no use. */
#define ARENA_MIN 16384

enum pctab_error
pctab_cold_open (struct pctab_cold *c, const struct pctab_table *t, void *buf, size_t len)
{
  uint64_t fixed, arena;
  if (len < PCTAB_COLD_BYTES_MIN)
    return PCTAB_ERROR_BUFFER;
  if (!open_parts (c, t) || !pctab__cold_cache_plan (c, &fixed, &arena))
    return PCTAB_ERROR_COLD;
  c->buf = buf;
  c->len = len;
  if (len >= fixed && len - fixed >= (arena < ARENA_MIN ? arena : ARENA_MIN))
    pctab__cold_cache_init (c, len - fixed);
  return PCTAB_ERROR_OK;
}
