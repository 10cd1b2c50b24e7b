/* SPDX-License-Identifier: MIT */
/* Names and files.  With a cache, blocks are unpacked once, one behind the other, and strings stay where they are.  Without
 * one a block is unpacked into the free rest of the buffer, as far as is needed, and the string alone kept. */
#include "cold_decode.h"

#ifdef __SSE2__
#include <emmintrin.h>

/* Passes up to CNT strings, 16 bytes at once, as long as all that end in them are among those; how many are left. */
static uint32_t
skip_wide (struct cursor *at, uint32_t cnt)
{
  const __m128i zero = _mm_setzero_si128 ();
  for (; cursor_left (at) >= 16; at->pos += 16)
    {
      __m128i nuls = _mm_cmpeq_epi8 (_mm_loadu_si128 ((const __m128i *) (const void *) at->pos), zero);
      __m128i sums = _mm_sad_epu8 (_mm_sub_epi8 (zero, nuls), zero);
      uint32_t nul_cnt = (uint32_t) (_mm_cvtsi128_si32 (sums) + _mm_extract_epi16 (sums, 4));
      if (nul_cnt >= cnt)
        break;
      cnt -= nul_cnt;
    }
  return cnt;
}

#else

static uint32_t
skip_wide (struct cursor *at, uint32_t cnt)
{
  (void) at;
  return cnt;
}

#endif

/* Passes CNT strings: eight bytes at once up to where the last one ends. */
static void
skip_strings (struct cursor *at, uint32_t cnt)
{
  cnt = skip_wide (at, cnt);
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

/* String I of the LEN bytes of strings at P; NULL: it is not there as a whole. */
static const char *
string_in (const unsigned char *p, size_t len, uint32_t i)
{
  struct cursor at = cursor_over (p, len, false);
  skip_strings (&at, i);
  return cursor_str (&at);
}

/* The block of string NUMBER, and which of its strings it is.  False: it is not there. */
static bool
find_string (const struct pctab_cold *c, uint32_t number, uint32_t *block, struct store_entry *e)
{
  if (number >= c->name_cnt + c->origin_cnt + c->file_cnt + c->table->table_cnt
      || !pctab__store_find (c, PCTAB_P_STRING_INDEX, number, block))
    return false;
  *e = pctab__store_entry (c, PCTAB_P_STRING_INDEX, *block);
  return e->len && number - e->key < e->raw_len;
}

/* Unpacks a block behind those that are: its offset plus 1, 0 if it is damaged. */
static uint32_t
keep_block (struct pctab_cold *c, uint32_t block, const struct store_entry *e)
{
  struct pctab_cold_cache *k = c->cache;
  unsigned char *to = k->strings + k->strings_used;
  if (e->raw_len > k->strings_len - k->strings_used
      || pctab__store_unpack (c, PCTAB_P_STRING_INDEX, e, to, e->raw_len) != e->raw_len || to[e->raw_len - 1])
    return 0;
  k->blocks[block] = (uint32_t) k->strings_used + 1;
  k->strings_used += e->raw_len;
  return k->blocks[block];
}

uint32_t
pctab__cold_string_off (struct pctab_cold *c, uint32_t number)
{
  struct pctab_cold_cache *k = c->cache;
  uint32_t block, *memo_number = &k->memo[number % PCTAB_MEMO_CNT].number, *memo = &k->memo[number % PCTAB_MEMO_CNT].off;
  struct store_entry e;
  if (*memo_number == number + 1)
    return *memo;
  if (!find_string (c, number, &block, &e))
    return 0;
  uint32_t at = k->blocks[block] ? k->blocks[block] : keep_block (c, block, &e);
  size_t have = at ? k->strings_used - (at - 1) : 0;
  const char *s = at ? string_in (k->strings + at - 1, have, number - e.key) : NULL;
  if (!s)
    return 0;
  *memo_number = number + 1;
  *memo = (uint32_t) ((const unsigned char *) s - k->strings) + 1;
  return *memo;
}

/* A string in a buffer without a cache.  Of a block as much is unpacked as is likely to have it, and if it has not, as
 * there is room for. */
static enum pctab_error
fetch_string (struct pctab_cold *c, uint32_t number, const char **string)
{
  uint32_t block;
  struct store_entry e, next;
  if (!find_string (c, number, &block, &e))
    return PCTAB_ERROR_OK;
  uint32_t cnt = c->name_cnt + c->origin_cnt + c->file_cnt + c->table->table_cnt - e.key;
  if (block + 1 < store_cnt (c, PCTAB_P_STRING_INDEX))
    {
      next = pctab__store_entry (c, PCTAB_P_STRING_INDEX, block + 1);
      cnt = next.key > e.key ? next.key - e.key : 1;
    }
  unsigned char *to = c->buf + c->used;
  size_t room = c->len - c->used, likely = (size_t) ((number - e.key + 1) * (uint64_t) e.raw_len / cnt) + 64;
  const char *s = NULL;
  for (size_t len = likely < room ? likely : room; !s; len = room)
    {
      size_t have = pctab__store_unpack (c, PCTAB_P_STRING_INDEX, &e, to, len);
      s = string_in (to, have, number - e.key);
      if (!s && (have == e.raw_len || have < len))
        return PCTAB_ERROR_COLD;
      if (!s && len == room)
        return PCTAB_ERROR_BUFFER;
    }
  size_t len = strlen (s) + 1;
  memmove (to, s, len);
  c->used += len;
  *string = (const char *) to;
  return PCTAB_ERROR_OK;
}

enum pctab_error
pctab__cold_string (struct pctab_cold *c, uint32_t number, const char **string)
{
  *string = NULL;
  if (!c->cache)
    return fetch_string (c, number, string);
  uint32_t off = number == UINT32_MAX ? 0 : pctab__cold_string_off (c, number);
  if (off)
    *string = (const char *) c->cache->strings + off - 1;
  return PCTAB_ERROR_OK;
}
