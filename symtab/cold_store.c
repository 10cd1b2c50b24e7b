/* SPDX-License-Identifier: MIT */
/* Blocks of the cold part: found by their keys, unpacked as far as is asked for. */
#include "cold_decode.h"
#include "lz4_unpack.h"

static const unsigned char *
index_entry (const struct pctab_cold *c, unsigned index, uint32_t block)
{
  return c->parts[index - PCTAB_P_HOT_CNT].at + block * (size_t) PCTAB_STORE_BYTES;
}

bool
pctab__store_find (const struct pctab_cold *c, unsigned index, uint32_t key, uint32_t *block)
{
  uint32_t cnt = store_cnt (c, index);
  const unsigned char *first = index_entry (c, index, 0), *at = first;
  if (!cnt || at_u32 (first) > key)
    return false;
  while (cnt > 1)
    {
      uint32_t half = cnt / 2;
      const unsigned char *mid = at + half * (size_t) PCTAB_STORE_BYTES;
      at = at_u32 (mid) <= key ? mid : at;
      cnt -= half;
    }
  *block = (uint32_t) ((size_t) (at - first) / PCTAB_STORE_BYTES);
  return true;
}

struct store_entry
pctab__store_entry (const struct pctab_cold *c, unsigned index, uint32_t block)
{
  const unsigned char *at = index_entry (c, index, block);
  const struct pctab_bytes *data = &c->parts[index + 1 - PCTAB_P_HOT_CNT];
  uint32_t from = at_u32 (at + 4),
           to = block + 1 < store_cnt (c, index) ? at_u32 (at + PCTAB_STORE_BYTES + 4) : data->len;
  struct store_entry e = { .key = at_u32 (at), .raw_len = at_u32 (at + 8) };
  if (from < to && to <= data->len)
    {
      e.at = data->at + from;
      e.len = to - from;
    }
  return e;
}

size_t
pctab__store_unpack (const struct pctab_cold *c, unsigned index, const struct store_entry *e, unsigned char *to,
                     size_t len)
{
  struct pctab_bytes dict = c->parts[index + 2 - PCTAB_P_HOT_CNT];
  dict.len = index == PCTAB_P_RECORD_INDEX ? 0 : dict.len;
  len = len < e->raw_len ? len : e->raw_len;
  if (e->len != e->raw_len)
    return pctab__lz4_unpack (e->at, e->len, to, len, dict.at, dict.len);
  memcpy (to, e->at, len);
  return len;
}
