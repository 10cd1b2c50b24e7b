/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XXH64, from its specification (xxHash's doc/xxhash_spec.md). */
#include "reader.h"

#define PRIME1 UINT64_C (0x9E3779B185EBCA87)
#define PRIME2 UINT64_C (0xC2B2AE3D27D4EB4F)
#define PRIME3 UINT64_C (0x165667B19E3779F9)
#define PRIME4 UINT64_C (0x85EBCA77C2B2AE63)
#define PRIME5 UINT64_C (0x27D4EB2F165667C5)

static uint64_t
rotate (uint64_t v, unsigned by)
{
  return v << by | v >> (64 - by);
}

/* Little-endian, as the specification has it. */
static uint64_t
lane (const unsigned char *p)
{
  uint64_t v;
  memcpy (&v, p, sizeof v);
  return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? v : __builtin_bswap64 (v);
}

static uint64_t
round_of (uint64_t acc, uint64_t input)
{
  return rotate (acc + input * PRIME2, 31) * PRIME1;
}

static uint64_t
merge (uint64_t acc, uint64_t v)
{
  return (acc ^ round_of (0, v)) * PRIME1 + PRIME4;
}

static uint64_t
finish (uint64_t acc, const unsigned char *p, size_t len)
{
  for (; len >= 8; p += 8, len -= 8)
    acc = rotate (acc ^ round_of (0, lane (p)), 27) * PRIME1 + PRIME4;
  if (len >= 4)
    {
      uint64_t v = (uint64_t) p[3] << 24 | (uint64_t) p[2] << 16 | (uint64_t) p[1] << 8 | p[0];
      acc = rotate (acc ^ v * PRIME1, 23) * PRIME2 + PRIME3;
      p += 4;
      len -= 4;
    }
  for (; len; p++, len--)
    acc = rotate (acc ^ *p * PRIME5, 11) * PRIME1;
  acc = (acc ^ acc >> 33) * PRIME2;
  acc = (acc ^ acc >> 29) * PRIME3;
  return acc ^ acc >> 32;
}

uint64_t
pctab__digest (const unsigned char *p, size_t len, uint64_t seed)
{
  uint64_t acc = seed + PRIME5;
  size_t left = len;
  if (len >= 32)
    {
      uint64_t a = seed + PRIME1 + PRIME2, b = seed + PRIME2, c = seed, e = seed - PRIME1;
      for (; left >= 32; p += 32, left -= 32)
        {
          a = round_of (a, lane (p));
          b = round_of (b, lane (p + 8));
          c = round_of (c, lane (p + 16));
          e = round_of (e, lane (p + 24));
        }
      acc = rotate (a, 1) + rotate (b, 7) + rotate (c, 12) + rotate (e, 18);
      acc = merge (merge (merge (merge (acc, a), b), c), e);
    }
  return finish (acc + len, p, left);
}
