/* SPDX-License-Identifier: MIT */
#include "digest.h"

#include "cursor.h"
#include "format.h"
#include "xxh64.h"

bool
pctab__digest_bounds (const unsigned char *image, size_t len, bool big, struct digest_bounds *b)
{
  if (len < PCTAB_H_BYTES + 8 * PCTAB_P_CNT)
    return false;
  b->hot_from = load_u32 (image + PCTAB_H_BYTES + 8 * PCTAB_P_RANGES, big);
  b->hot_end = load_u32 (image + PCTAB_H_HOT_SIZE, big);
  b->end = load_u32 (image + PCTAB_H_SIZE, big);
  return PCTAB_H_BYTES + 8 * PCTAB_P_CNT <= b->hot_from && b->hot_from <= b->hot_end && b->hot_end <= b->end
         && b->end <= len;
}

/* The digest's own field is the header's last. */
uint64_t
pctab__digest_head (const unsigned char *image, const struct digest_bounds *b)
{
  uint64_t seed = pctab__xxh64 (image, PCTAB_H_HEAD_DIGEST, 0);
  return pctab__xxh64 (image + PCTAB_H_BYTES, b->hot_from - PCTAB_H_BYTES, seed);
}

uint64_t
pctab__digest_hot (const unsigned char *image, const struct digest_bounds *b)
{
  return pctab__xxh64 (image + b->hot_from, b->hot_end - b->hot_from, 0);
}

uint64_t
pctab__digest_cold (const unsigned char *image, const struct digest_bounds *b)
{
  return pctab__xxh64 (image + b->hot_end, b->end - b->hot_end, 0);
}

static void
store_u64 (unsigned char *p, uint64_t v, bool big)
{
  for (unsigned i = 0; i < 8; i++)
    p[i] = (unsigned char) (v >> 8 * (big ? 7 - i : i));
}

void
pctab__digest_store (unsigned char *image, const struct digest_bounds *b, bool big)
{
  store_u64 (image + PCTAB_H_HOT_DIGEST, pctab__digest_hot (image, b), big);
  store_u64 (image + PCTAB_H_COLD_DIGEST, pctab__digest_cold (image, b), big);
  store_u64 (image + PCTAB_H_HEAD_DIGEST, pctab__digest_head (image, b), big);
}
