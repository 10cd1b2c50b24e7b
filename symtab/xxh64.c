/* SPDX-License-Identifier: MIT */
#include "xxh64.h"

#include "cursor.h"

#define P1 UINT64_C (0x9E3779B185EBCA87)
#define P2 UINT64_C (0xC2B2AE3D27D4EB4F)
#define P3 UINT64_C (0x165667B19E3779F9)
#define P4 UINT64_C (0x85EBCA77C2B2AE63)
#define P5 UINT64_C (0x27D4EB2F165667C5)

static uint64_t
rotl (uint64_t v, unsigned by)
{
  return v << by | v >> (64 - by);
}

static uint64_t
round_lane (uint64_t acc, uint64_t lane)
{
  return rotl (acc + lane * P2, 31) * P1;
}

static uint64_t
finish (uint64_t h, const unsigned char *p, size_t left)
{
  for (; left >= 8; p += 8, left -= 8)
    h = rotl (h ^ round_lane (0, load_u64 (p, false)), 27) * P1 + P4;
  for (; left >= 4; p += 4, left -= 4)
    h = rotl (h ^ load_u32 (p, false) * P1, 23) * P2 + P3;
  for (; left; p++, left--)
    h = rotl (h ^ *p * P5, 11) * P1;
  h = (h ^ h >> 33) * P2;
  h = (h ^ h >> 29) * P3;
  return h ^ h >> 32;
}

uint64_t
pctab__xxh64 (const void *data, size_t len, uint64_t seed)
{
  const unsigned char *p = data;
  size_t left = len;
  uint64_t h = seed + P5;
  if (left >= 32)
    {
      uint64_t a = seed + P1 + P2, b = seed + P2, c = seed, d = seed - P1;
      for (; left >= 32; p += 32, left -= 32)
        {
          a = round_lane (a, load_u64 (p, false));
          b = round_lane (b, load_u64 (p + 8, false));
          c = round_lane (c, load_u64 (p + 16, false));
          d = round_lane (d, load_u64 (p + 24, false));
        }
      h = rotl (a, 1) + rotl (b, 7) + rotl (c, 12) + rotl (d, 18);
      h = (h ^ round_lane (0, a)) * P1 + P4;
      h = (h ^ round_lane (0, b)) * P1 + P4;
      h = (h ^ round_lane (0, c)) * P1 + P4;
      h = (h ^ round_lane (0, d)) * P1 + P4;
    }
  return finish (h + len, p, left);
}
