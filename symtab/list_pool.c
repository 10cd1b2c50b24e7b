/* SPDX-License-Identifier: MIT */
#include "list_pool.h"

#include <stdlib.h>
#include <string.h>

#include "xxh64.h"

static bool
grow (struct list_pool *p)
{
  size_t cnt = p->slot_cnt ? p->slot_cnt * 2 : 1024;
  uint32_t *slots = calloc (cnt, sizeof *slots);
  uint16_t *lens = calloc (cnt, sizeof *lens);
  if (!slots || !lens)
    {
      free (slots);
      free (lens);
      return false;
    }
  for (size_t i = 0; i < p->slot_cnt; i++)
    if (p->slots[i])
      {
        size_t at = pctab__xxh64 (p->bytes.at + p->slots[i] - 1, p->lens[i], 0) & (cnt - 1);
        while (slots[at])
          at = (at + 1) & (cnt - 1);
        slots[at] = p->slots[i];
        lens[at] = p->lens[i];
      }
  free (p->slots);
  free (p->lens);
  p->slots = slots;
  p->lens = lens;
  p->slot_cnt = cnt;
  return true;
}

uint32_t
pctab__pool_add (struct list_pool *p, const unsigned char *list, size_t len)
{
  if (p->list_cnt * 2 >= p->slot_cnt && !grow (p))
    return UINT32_MAX;
  size_t at = pctab__xxh64 (list, len, 0) & (p->slot_cnt - 1);
  for (; p->slots[at]; at = (at + 1) & (p->slot_cnt - 1))
    if (p->lens[at] == len && (!len || !memcmp (p->bytes.at + p->slots[at] - 1, list, len)))
      return p->slots[at] - 1;
  if (p->bytes.len & 1)
    pctab__buf_u8 (&p->bytes, 0);
  uint32_t off = (uint32_t) p->bytes.len;
  pctab__buf_bytes (&p->bytes, list, len);
  p->slots[at] = off + 1;
  p->lens[at] = (uint16_t) len;
  p->list_cnt++;
  return p->bytes.failed ? UINT32_MAX : off;
}

void
pctab__pool_forget (struct list_pool *p)
{
  memset (p->slots, 0, p->slot_cnt * sizeof *p->slots);
  p->list_cnt = 0;
  if (p->bytes.len & 1)
    pctab__buf_u8 (&p->bytes, 0);
}

void
pctab__pool_free (struct list_pool *p)
{
  pctab__buf_free (&p->bytes);
  free (p->slots);
  free (p->lens);
  *p = (struct list_pool){ .bytes.big = p->bytes.big };
}
