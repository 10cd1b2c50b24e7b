/* SPDX-License-Identifier: MIT */
#include "radix.h"

#include <stdlib.h>
#include <string.h>

static bool
is_sorted (const uint64_t *keys, size_t cnt)
{
  for (size_t i = 1; i < cnt; i++)
    if (keys[i - 1] >> 32 > keys[i] >> 32)
      return false;
  return true;
}

static void
sort_byte (const uint64_t *from, uint64_t *to, size_t cnt, unsigned shift)
{
  size_t place[257] = { 0 };
  for (size_t i = 0; i < cnt; i++)
    place[(from[i] >> shift & 255) + 1]++;
  for (unsigned b = 1; b < 256; b++)
    place[b] += place[b - 1];
  for (size_t i = 0; i < cnt; i++)
    to[place[from[i] >> shift & 255]++] = from[i];
}

bool
pctab__radix_sort (uint64_t *keys, size_t cnt)
{
  uint64_t differ = 0, *other = NULL;
  if (is_sorted (keys, cnt))
    return true;
  for (size_t i = 1; i < cnt; i++)
    differ |= keys[i] ^ keys[0];
  other = malloc (cnt * sizeof *other);
  if (!other)
    return false;
  uint64_t *from = keys, *to = other;
  for (unsigned shift = 32; shift < 64; shift += 8)
    if (differ >> shift & 255)
      {
        sort_byte (from, to, cnt, shift);
        uint64_t *swap = from;
        from = to;
        to = swap;
      }
  if (from != keys)
    memcpy (keys, from, cnt * sizeof *keys);
  free (other);
  return true;
}
