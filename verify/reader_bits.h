/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the second reader: bits, and symbols and numbers of prefix codes in them.
 *
 * A symbol comes from a table by the next bits, packed with how many of them it takes (reader_code.c).  What is taken
 * can not be known before: so there is no call and no branch that is not nearly always the same. */
#ifndef PCTAB_VERIFY_READER_BITS_H
#define PCTAB_VERIFY_READER_BITS_H

#include "reader.h"

#define CODE_LEN_MAX 15
#define DIRECT_BITS 12

/* Bits, the most significant of each byte first, the next one at the top.  They go on behind the function's last byte,
 * up to the table's end and there as 0; whoever takes them compares bits_taken() with what there is. */
struct bits {
  const unsigned char *start;
  size_t next; /* byte that is not in acc */
  size_t len;  /* up to the table's end */
  uint64_t acc;
  unsigned have; /* in acc */
  bool bad;      /* a code was none */
};

static inline uint64_t
last_bytes (const unsigned char *start, size_t next, size_t len)
{
  uint64_t v = 0;
  for (size_t i = next; i < next + 8; i++)
    v = v << 8 | (i < len ? start[i] : 0);
  return v;
}

/* 56 bits at least are at hand. */
static inline void
refill (struct bits *b)
{
  uint64_t v;
  if (__builtin_expect (b->next + 8 <= b->len, true))
    {
      memcpy (&v, b->start + b->next, sizeof v);
      if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        v = __builtin_bswap64 (v);
    }
  else
    v = last_bytes (b->start, b->next, b->len);
  b->acc |= v >> b->have;
  b->next += (63 - b->have) / 8;
  b->have |= 56;
}

static inline void
drop (struct bits *b, unsigned cnt)
{
  b->acc <<= cnt;
  b->have -= cnt;
}

static inline size_t
bits_taken (const struct bits *b)
{
  return 8 * b->next - b->have;
}

/* The packed symbol that comes next.  15 bits are at hand. */
static inline uint32_t
peek_symbol (struct bits *b, const struct dec_code *code)
{
  uint32_t packed = code->direct[b->acc >> (64 - DIRECT_BITS)];
  if (__builtin_expect (!packed, false))
    {
      packed = code->direct[(1u << DIRECT_BITS) + (b->acc >> (64 - CODE_LEN_MAX)) - code->long_first];
      b->bad |= !packed;
    }
  return packed;
}

static inline uint16_t
take_symbol (struct bits *b, const struct dec_code *code)
{
  uint32_t packed = peek_symbol (b, code);
  drop (b, packed & 63);
  return (uint16_t) (packed >> 12);
}

/* The first bit of the N that it has is not stored: it is 1. */
static inline uint32_t
take_number (struct bits *b, const struct dec_code *code)
{
  refill (b);
  uint32_t packed = peek_symbol (b, code);
  uint64_t bits = b->acc << (packed >> 6 & 63) >> 1 | UINT64_C (1) << 63;
  drop (b, packed & 63);
  return (uint32_t) (bits >> 1 >> (63 - (packed >> 12)));
}

#endif
