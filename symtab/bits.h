/* SPDX-License-Identifier: MIT */
/* Bits, most significant first, and the codes for numbers in them. */
#ifndef PCTAB_BITS_H
#define PCTAB_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "cursor.h"

struct bit_writer {
  struct buf *out;
  uint64_t acc; /* the low `cnt` bits are not written yet */
  unsigned cnt;
};

/* CNT up to 32; fewer than 32 bits wait in acc between two calls. */
static inline void
bits_put (struct bit_writer *w, uint32_t v, unsigned cnt)
{
  w->acc = w->acc << cnt | v;
  w->cnt += cnt;
  if (w->cnt < 32)
    return;
  w->cnt -= 32;
  uint32_t word = (uint32_t) (w->acc >> w->cnt);
  unsigned char *p = pctab__buf_room (w->out, 4);
  if (p)
    {
      p[0] = (unsigned char) (word >> 24);
      p[1] = (unsigned char) (word >> 16);
      p[2] = (unsigned char) (word >> 8);
      p[3] = (unsigned char) word;
    }
}

/* What waits, with zero bits up to a byte's end. */
static inline void
bits_flush (struct bit_writer *w)
{
  unsigned rest = w->cnt % 8;
  if (rest)
    bits_put (w, 0, 8 - rest);
  for (; w->cnt; w->cnt -= 8)
    pctab__buf_u8 (w->out, w->acc >> (w->cnt - 8) & 255);
}

/* Bits used up beyond the end are zeros and set `bad`. */
struct bit_reader {
  const unsigned char *pos, *end;
  uint64_t acc; /* the next bits, at the top */
  unsigned cnt; /* valid bits in acc */
  bool bad;
};

/* 56 valid bits at least, or all there are; zeros stand behind the last ones, to be looked at but not used up. */
static inline void
bits_fill (struct bit_reader *r)
{
  if (r->end - r->pos >= 8)
    {
      /* Bits behind the valid ones are those that the next call puts there again. */
      r->acc |= load_u64 (r->pos, true) >> r->cnt;
      r->pos += (63 - r->cnt) >> 3;
      r->cnt |= 56;
      return;
    }
  for (; r->cnt <= 56 && r->pos < r->end; r->cnt += 8)
    r->acc |= (uint64_t) *r->pos++ << (56 - r->cnt);
}

static inline uint32_t
bits_peek (struct bit_reader *r, unsigned cnt)
{
  return cnt ? (uint32_t) (r->acc >> (64 - cnt)) : 0;
}

static inline void
bits_drop (struct bit_reader *r, unsigned cnt)
{
  if (cnt > r->cnt)
    {
      r->bad = true;
      cnt = r->cnt;
    }
  r->acc <<= cnt;
  r->cnt -= cnt;
}

static inline uint32_t
bits_take (struct bit_reader *r, unsigned cnt)
{
  if (r->cnt < 32)
    bits_fill (r);
  uint32_t v = bits_peek (r, cnt);
  bits_drop (r, cnt);
  return v;
}

#endif
