/* SPDX-License-Identifier: MIT */
/* Bits, most significant first, and the codes for numbers in them. */
#ifndef PCTAB_BITS_H
#define PCTAB_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct bit_writer {
  struct buf *out;
  uint64_t acc; /* the low `cnt` bits are not written yet */
  unsigned cnt;
};

/* CNT up to 32. */
static inline void
bits_put (struct bit_writer *w, uint32_t v, unsigned cnt)
{
  w->acc = w->acc << cnt | v;
  for (w->cnt += cnt; w->cnt >= 8; w->cnt -= 8)
    pctab__buf_u8 (w->out, w->acc >> (w->cnt - 8) & 255);
}

/* Zero bits up to a byte's end. */
static inline void
bits_flush (struct bit_writer *w)
{
  if (w->cnt)
    bits_put (w, 0, 8 - w->cnt);
}

/* Bits used up beyond the end are zeros and set `bad`. */
struct bit_reader {
  const unsigned char *pos, *end;
  uint64_t acc; /* the next bits, at the top */
  unsigned cnt; /* valid bits in acc */
  bool bad;
};

/* More than 56 valid bits, or all there are; zeros stand behind them, which may be looked at but not used up. */
static inline void
bits_fill (struct bit_reader *r)
{
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
