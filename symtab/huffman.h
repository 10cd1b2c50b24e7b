/* SPDX-License-Identifier: MIT */
/* Canonical prefix codes of at most 15 bits over 16-bit symbols (Huffman 1952; the canonical form as in RFC 1951,
 * 3.2.2).
 *
 * Why not LZ4 for lines: nothing in them repeats at length.  PostgreSQL's 424,567 line steps take 1,039,565 bytes as
 * varints, 782,499 as LZ4 of those in blocks of 64 kB, 933,349 as one-byte codes of the commonest steps, 558,000 as two
 * prefix codes, and the last can be read from any function's start without unpacking anything. */
#ifndef PCTAB_HUFFMAN_H
#define PCTAB_HUFFMAN_H

#include <stdbool.h>
#include <stdint.h>

#include "bits.h"
#include "buf.h"

#define HUFFMAN_BITS_MAX 15
#define HUFFMAN_SYMBOLS 65536

/* A code to write with: by symbol; len 0: the symbol has no code. */
struct huffman {
  uint32_t symbol_cnt;
  uint16_t len_cnt[HUFFMAN_BITS_MAX + 1];
  uint16_t *symbols; /* symbol_cnt, in the order of their codes */
  uint8_t *len;      /* by symbol */
  uint16_t *code;
};

/* The best code for the symbols below CNT that occur as often as COUNTS says (0: not at all).  False: memory is out. */
bool pctab__huffman_make (struct huffman *h, const uint32_t *counts, uint32_t cnt);
void pctab__huffman_free (struct huffman *h);

/* Appends what a reader needs: u16 len_cnt[1..15], u16 symbols. */
void pctab__huffman_encode (const struct huffman *h, struct buf *out);

static inline void
huffman_put (const struct huffman *h, struct bit_writer *w, uint32_t symbol)
{
  bits_put (w, h->code[symbol], h->len[symbol]);
}

#endif
