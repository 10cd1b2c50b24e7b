/* SPDX-License-Identifier: MIT */
/* A dictionary: the stretches of data that most blocks have a part of.
 *
 * After Liao, Petri, Moffat, Wirth, "Effective construction of relative Lempel-Ziv dictionaries" (WWW 2016): count in how
 * many blocks each string of STRING_LEN bytes is (by its hash), then go through the data in as many steps as the dictionary
 * has room for stretches, and take from each the stretch whose strings have the largest sum of counts.  What was taken
 * counts no more.  Time is linear, and the result is the same everywhere. */
#include "dictionary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cursor.h"

#define STRING_LEN 6
#define STRETCH_LEN 64
#define HASH_BITS 16

struct counter {
  uint16_t blocks; /* that have it; at most BLOCKS_MAX */
  uint16_t last;   /* block that was counted, plus 1, in 16 bits */
};
#define BLOCKS_MAX 65535

static uint32_t
hash_at (const unsigned char *p)
{
  return (uint32_t) ((load_u64 (p, false) << 16) * UINT64_C (0x9e3779b97f4a7c15) >> (64 - HASH_BITS));
}

static void
count_strings (struct counter *counts, const unsigned char *data, size_t len, size_t block_len)
{
  for (size_t i = 0; i + STRING_LEN <= len; i++)
    {
      struct counter *c = &counts[hash_at (data + i)];
      uint16_t block = (uint16_t) (i / block_len + 1);
      c->blocks += c->last != block && c->blocks < BLOCKS_MAX;
      c->last = block;
    }
}

/* What a string in so many blocks is worth: the first one has nothing of it. */
static uint64_t
worth (const struct counter *c)
{
  return c->blocks > 1 ? c->blocks - 1 : 0;
}

/* Where in [from, to) the best stretch begins; *SUM: what it is worth. */
static size_t
best_stretch (const struct counter *counts, const unsigned char *data, size_t from, size_t to, uint64_t *sum)
{
  size_t best = from;
  uint64_t now = 0;
  *sum = 0;
  for (size_t i = from; i + STRING_LEN <= to; i++)
    {
      now += worth (&counts[hash_at (data + i)]);
      if (i >= from + STRETCH_LEN - STRING_LEN)
        now -= i > from + STRETCH_LEN - STRING_LEN ? worth (&counts[hash_at (data + i - (STRETCH_LEN - STRING_LEN) - 1)]) : 0;
      if (now > *sum && i >= from + STRETCH_LEN - STRING_LEN)
        {
          *sum = now;
          best = i - (STRETCH_LEN - STRING_LEN);
        }
    }
  return best;
}

bool
pctab__dictionary_make (const unsigned char *data, size_t len, size_t block_len, size_t cap, struct buf *out)
{
  size_t steps = cap / STRETCH_LEN, step_len = steps ? len / steps : 0;
  if (step_len < 4 * STRETCH_LEN)
    return true;
  struct counter *counts = calloc ((size_t) 1 << HASH_BITS, sizeof *counts);
  if (!counts)
    return false;
  count_strings (counts, data, len, block_len);
  for (size_t s = 0; s < steps; s++)
    {
      uint64_t sum;
      size_t at = best_stretch (counts, data, s * step_len, (s + 1) * step_len, &sum);
      if (!sum)
        continue;
      pctab__buf_bytes (out, data + at, STRETCH_LEN);
      for (size_t i = 0; i + STRING_LEN <= STRETCH_LEN; i++)
        counts[hash_at (data + at + i)].blocks = 0;
    }
  free (counts);
  return !out->failed;
}
