/* SPDX-License-Identifier: MIT */
/* Small blocks packed with a dictionary, in LZ4's block format (lz4_Block_format.md).
 *
 * liblz4 does this too, but begins every block by putting the whole dictionary into its tables: with blocks of 1 KiB that
 * takes ten times as long as the packing.  Here the dictionary's strings are found through tables made once.  And the
 * bytes do not depend on a library's release. */
#include "lz4_pack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"

#define MATCH_MIN 4
#define DISTANCE_MAX 65535
#define LAST_LITERALS 5  /* a block ends with so many literals at least */
#define LAST_MATCH 12    /* the last match starts so many bytes before the end at least */
#define DICT_TRIES 100   /* strings that are compared, the latest first */
#define BLOCK_TRIES 24
#define DICT_BITS 14
#define BLOCK_BITS 11

struct lz4_packer {
  const unsigned char *dict;
  size_t dict_len;
  uint32_t *prev; /* of the block at hand: by position, the one before with the same hash, plus 1 */
  size_t prev_cap;
  uint32_t head[1 << BLOCK_BITS]; /* the last one, plus 1 */
  uint16_t dict_head[1 << DICT_BITS], dict_prev[LZ4_DICT_MAX];
};

struct match {
  size_t len, distance;
};

static uint32_t
hash_at (const unsigned char *p, unsigned bits)
{
  return load_u32 (p, false) * UINT32_C (2654435761) >> (32 - bits);
}

struct lz4_packer *
pctab__lz4_packer_new (const unsigned char *dict, size_t dict_len)
{
  struct lz4_packer *p = calloc (1, sizeof *p);
  if (!p)
    return NULL;
  p->dict = dict;
  p->dict_len = dict_len;
  for (size_t i = 0; i + MATCH_MIN <= dict_len; i++)
    {
      uint16_t *head = &p->dict_head[hash_at (dict + i, DICT_BITS)];
      p->dict_prev[i] = *head;
      *head = (uint16_t) (i + 1);
    }
  return p;
}

void
pctab__lz4_packer_free (struct lz4_packer *p)
{
  if (p)
    free (p->prev);
  free (p);
}

static size_t
common_len (const unsigned char *a, const unsigned char *b, size_t max)
{
  size_t len = 0;
  for (; len + 8 <= max; len += 8)
    {
      uint64_t differ = load_u64 (a + len, false) ^ load_u64 (b + len, false);
      if (differ)
        return len + (size_t) __builtin_ctzll (differ) / 8;
    }
  while (len < max && a[len] == b[len])
    len++;
  return len;
}

/* How many bytes are alike at A and B, up to MAX; 0 if they are no more than BEST, mostly without looking at them all. */
static inline size_t
longer_len (const unsigned char *a, const unsigned char *b, size_t max, size_t best)
{
  return best < max && a[best] == b[best] && load_u32 (a, false) == load_u32 (b, false) ? common_len (a, b, max) : 0;
}

/* The longest match for what is at I, which ends at END or before. */
static struct match
find_match (const struct lz4_packer *p, const unsigned char *data, size_t i, size_t end)
{
  struct match best = { MATCH_MIN - 1, 0 };
  uint32_t at = p->head[hash_at (data + i, BLOCK_BITS)];
  for (unsigned tries = 0; at && i - (at - 1) <= DISTANCE_MAX && tries < BLOCK_TRIES; at = p->prev[at - 1], tries++)
    {
      size_t len = longer_len (data + at - 1, data + i, end - i, best.len);
      if (len > best.len)
        best = (struct match){ len, i - (at - 1) };
    }
  at = p->dict_head[hash_at (data + i, DICT_BITS)];
  for (unsigned tries = 0; at && tries < DICT_TRIES; at = p->dict_prev[at - 1], tries++)
    {
      size_t left = p->dict_len - (at - 1), distance = i + left;
      if (distance > DISTANCE_MAX)
        break;
      size_t len = longer_len (p->dict + at - 1, data + i, left < end - i ? left : end - i, best.len);
      if (len > best.len)
        best = (struct match){ len, distance };
    }
  return best;
}

static void
insert (struct lz4_packer *p, const unsigned char *data, size_t i)
{
  uint32_t *head = &p->head[hash_at (data + i, BLOCK_BITS)];
  p->prev[i] = *head;
  *head = (uint32_t) i + 1;
}

/* What is left of a length whose first part is 15 in the token. */
static void
put_length (struct buf *out, size_t len)
{
  if (len < 15)
    return;
  for (len -= 15; len >= 255; len -= 255)
    pctab__buf_u8 (out, 255);
  pctab__buf_u8 (out, (unsigned) len);
}

static void
put_sequence (struct buf *out, const unsigned char *literals, size_t literal_cnt, struct match m)
{
  size_t more = m.distance ? m.len - MATCH_MIN : 0;
  pctab__buf_u8 (out, (unsigned) ((literal_cnt < 15 ? literal_cnt : 15) << 4 | (more < 15 ? more : 15)));
  put_length (out, literal_cnt);
  pctab__buf_bytes (out, literals, literal_cnt);
  if (!m.distance)
    return;
  pctab__buf_u8 (out, m.distance & 255);
  pctab__buf_u8 (out, (unsigned) (m.distance >> 8));
  put_length (out, more);
}

static bool
make_room (struct lz4_packer *p, size_t len)
{
  memset (p->head, 0, sizeof p->head);
  if (p->prev_cap >= len)
    return true;
  free (p->prev);
  p->prev_cap = len;
  p->prev = malloc (len * sizeof *p->prev);
  return p->prev != NULL || (p->prev_cap = 0);
}

void
pctab__lz4_pack (struct lz4_packer *p, const unsigned char *data, size_t len, struct buf *out)
{
  size_t done = 0, i = 0, end = len > LAST_LITERALS ? len - LAST_LITERALS : 0;
  out->failed |= !make_room (p, len + 1);
  while (!out->failed && i + LAST_MATCH <= len)
    {
      struct match m = find_match (p, data, i, end), next;
      insert (p, data, i);
      if (m.len < MATCH_MIN)
        {
          i++;
          continue;
        }
      /* A byte later there may be a longer one. */
      while (i + 1 + LAST_MATCH <= len && (next = find_match (p, data, i + 1, end)).len > m.len)
        {
          m = next;
          insert (p, data, ++i);
        }
      put_sequence (out, data + done, i - done, m);
      for (size_t to = i + m.len, last = len - LAST_MATCH; ++i < to;)
        if (i <= last)
          insert (p, data, i);
      done = i;
    }
  put_sequence (out, data + done, len - done, (struct match){ 0, 0 });
}
