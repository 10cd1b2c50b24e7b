/* SPDX-License-Identifier: MIT */
#include "image_swap.h"

#include "cursor.h"
#include "digest.h"
#include "format.h"

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

static void
swap_bytes (unsigned char *p, unsigned len)
{
  for (unsigned i = 0; i < len / 2; i++)
    {
      unsigned char b = p[i];
      p[i] = p[len - 1 - i];
      p[len - 1 - i] = b;
    }
}

/* Swaps the fields of CNT elements; WIDTHS: the width of each field, bytes, ended by 0; negative: bytes to leave. */
static void
swap_elements (unsigned char *p, size_t len, const signed char *widths)
{
  unsigned all = 0;
  for (const signed char *w = widths; *w; w++)
    all += (unsigned) (*w < 0 ? -*w : *w);
  for (; len >= all; len -= all)
    for (const signed char *w = widths; *w; w++)
      {
        if (*w > 0)
          swap_bytes (p, (unsigned) *w);
        p += *w < 0 ? -*w : *w;
      }
}

static const signed char u32s[] = { 4, 0 }, u16s[] = { 2, 0 }, u64s[] = { 8, 0 }, longs[] = { 4, 4, 4, 2, 2, 0 },
                         shapes[] = { -8, 4, 4, 4, 0 }, groups[] = { 8, 4, 4, 0 },
                         header[] = { -PCTAB_MAGIC_LEN, 4, 4, 4, 2, -2, 8, 8, 8, 8, -4, 4, 8, 0 };

/* Lists and what varints and bits say have one order on every target. */
static const signed char *const part_fields[PCTAB_P_CNT] = {
  [PCTAB_P_RANGES] = u32s,       [PCTAB_P_PAGES] = u32s,         [PCTAB_P_SLOTS] = u16s,
  [PCTAB_P_FUNCTAB] = u64s,      [PCTAB_P_LONGS] = longs,        [PCTAB_P_BLOCKS] = u32s,
  [PCTAB_P_VALUES] = u32s,       [PCTAB_P_SHAPES] = shapes,      [PCTAB_P_NOPREEMPT] = u64s,
  [PCTAB_P_SPWRITE] = u64s,      [PCTAB_P_ASM] = u64s,           [PCTAB_P_TABLES] = u32s,
  [PCTAB_P_GROUPS] = groups,     [PCTAB_P_FUNCTIONS] = u32s,     [PCTAB_P_TABLE_BLOCKS] = u32s,
  [PCTAB_P_STRING_INDEX] = u32s, [PCTAB_P_RECORD_INDEX] = u32s,  [PCTAB_P_NODE_INDEX] = u32s,
  [PCTAB_P_ORIGIN_INDEX] = u32s, [PCTAB_P_LINE_CODES] = u16s,
};

static bool
digests_match (const unsigned char *image, const struct digest_bounds *b, bool big)
{
  return pctab__digest_head (image, b) == load_u64 (image + PCTAB_H_HEAD_DIGEST, big)
         && pctab__digest_hot (image, b) == load_u64 (image + PCTAB_H_HOT_DIGEST, big)
         && pctab__digest_cold (image, b) == load_u64 (image + PCTAB_H_COLD_DIGEST, big);
}

bool
pctab__image_swap (unsigned char *image, size_t len)
{
  struct digest_bounds b;
  if (!pctab__digest_bounds (image, len, !host_big, &b)
      || load_u32 (image + PCTAB_H_PART_CNT, !host_big) != PCTAB_P_CNT)
    return false;
  bool match = digests_match (image, &b, !host_big);
  swap_elements (image, PCTAB_H_BYTES, header);
  swap_elements (image + PCTAB_H_BYTES, 8 * PCTAB_P_CNT, u32s);
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    {
      size_t off = load_u32 (image + PCTAB_H_BYTES + 8 * i, host_big);
      size_t bytes = load_u32 (image + PCTAB_H_BYTES + 8 * i + 4, host_big);
      if (off < PCTAB_H_BYTES + 8 * PCTAB_P_CNT || off > b.end || bytes > b.end - off)
        return false;
      if (part_fields[i])
        swap_elements (image + off, bytes, part_fields[i]);
    }
  pctab__digest_store (image, &b, host_big);
  image[PCTAB_H_HEAD_DIGEST] ^= !match;
  return true;
}
