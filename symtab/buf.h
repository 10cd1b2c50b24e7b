/* SPDX-License-Identifier: MIT */
/* Growable bytes in the target's order, with one sticky error: after memory ran out, nothing more is written and
 * `failed` stays set.  The encoders write into these and ask once at the end. */
#ifndef PCTAB_BUF_H
#define PCTAB_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
  unsigned char *at;
  size_t len, cap;
  bool big;
  bool failed;
};

/* LEN uninitialised bytes at the end; NULL when memory is out. */
unsigned char *pctab__buf_grow (struct buf *b, size_t len);

void pctab__buf_free (struct buf *b);
void pctab__buf_u16 (struct buf *b, unsigned v);
void pctab__buf_u32 (struct buf *b, uint32_t v);
void pctab__buf_u64 (struct buf *b, uint64_t v);
void pctab__buf_bytes (struct buf *b, const void *p, size_t len);

/* The same, without a call as long as there is room. */
static inline unsigned char *
pctab__buf_room (struct buf *b, size_t len)
{
  if (b->failed || b->cap - b->len < len)
    return pctab__buf_grow (b, len);
  b->len += len;
  return b->at + (b->len - len);
}

static inline void
pctab__buf_u8 (struct buf *b, unsigned v)
{
  unsigned char *p = pctab__buf_room (b, 1);
  if (p)
    *p = (unsigned char) v;
}

/* The minimal varints of FORMAT: seven bits a byte, least significant first. */
static inline void
pctab__buf_uvar (struct buf *b, uint32_t v)
{
  for (; v > 127; v >>= 7)
    pctab__buf_u8 (b, (v & 127) | 128);
  pctab__buf_u8 (b, v);
}

static inline void
pctab__buf_svar (struct buf *b, int32_t v)
{
  pctab__buf_uvar (b, ((uint32_t) v << 1) ^ (uint32_t) (v >> 31));
}

#endif
