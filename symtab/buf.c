/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

unsigned char *
pctab__buf_grow (struct buf *b, size_t len)
{
  if (b->failed)
    return NULL;
  if (len > b->cap - b->len)
    {
      size_t cap = b->cap + b->cap / 2 + 256;
      if (cap < b->len + len)
        cap = b->len + len;
      unsigned char *moved = realloc (b->at, cap);
      if (!moved)
        {
          b->failed = true;
          return NULL;
        }
      b->at = moved;
      b->cap = cap;
    }
  unsigned char *at = b->at + b->len;
  b->len += len;
  return at;
}

void
pctab__buf_free (struct buf *b)
{
  free (b->at);
  *b = (struct buf){ .big = b->big };
}

static void
put (struct buf *b, uint64_t v, unsigned len)
{
  unsigned char *p = pctab__buf_grow (b, len);
  for (unsigned i = 0; p && i < len; i++)
    p[i] = (unsigned char) (v >> 8 * (b->big ? len - 1 - i : i));
}

void
pctab__buf_u16 (struct buf *b, unsigned v)
{
  put (b, v, 2);
}

void
pctab__buf_u32 (struct buf *b, uint32_t v)
{
  put (b, v, 4);
}

void
pctab__buf_u64 (struct buf *b, uint64_t v)
{
  put (b, v, 8);
}

void
pctab__buf_bytes (struct buf *b, const void *data, size_t len)
{
  unsigned char *p = len ? pctab__buf_grow (b, len) : NULL;
  if (p)
    memcpy (p, data, len);
}
