/* SPDX-License-Identifier: MIT */
#include "image_swap.h"

#include "cursor.h"
#include "format.h"
#include "xxh64.h"

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
                         shapes[] = { -8, 4, 4, 4, 0 },
                         header[] = { -PCTAB_MAGIC_LEN, 4, 4, 4, 2, -2, 8, 8, 8, 8, -4, 4, 0 };

/* Lists and what varints and bits say have one order on every target. */
static const signed char *const part_fields[PCTAB_P_CNT] = {
  [PCTAB_P_RANGES] = u32s,       [PCTAB_P_PAGES] = u32s,        [PCTAB_P_SLOTS] = u16s,
  [PCTAB_P_FUNCTAB] = u64s,      [PCTAB_P_LONGS] = longs,       [PCTAB_P_BLOCKS] = u32s,
  [PCTAB_P_VALUES] = u32s,       [PCTAB_P_SHAPES] = shapes,     [PCTAB_P_STRING_INDEX] = u32s,
  [PCTAB_P_RECORD_INDEX] = u32s, [PCTAB_P_ORIGIN_INDEX] = u32s, [PCTAB_P_LINE_CODES] = u16s,
};

static bool
digests_match (const unsigned char *image, size_t hot, size_t size, bool big)
{
  return pctab__hot_digest (image, hot) == load_u64 (image + PCTAB_H_HOT_DIGEST, big)
         && pctab__xxh64 (image + hot, size - hot, 0) == load_u64 (image + PCTAB_H_COLD_DIGEST, big);
}

static void
put_u64 (unsigned char *p, uint64_t v)
{
  memcpy (p, &v, sizeof v);
}

bool
pctab__image_swap (unsigned char *image, size_t len)
{
  size_t directory = PCTAB_H_BYTES + 8 * PCTAB_P_CNT;
  if (len < directory)
    return false;
  size_t size = load_u32 (image + PCTAB_H_SIZE, !host_big), hot = load_u32 (image + PCTAB_H_HOT_SIZE, !host_big);
  if (load_u32 (image + PCTAB_H_PART_CNT, !host_big) != PCTAB_P_CNT || size > len || hot > size || hot < directory)
    return false;
  bool match = digests_match (image, hot, size, !host_big);
  swap_elements (image, PCTAB_H_BYTES, header);
  swap_elements (image + PCTAB_H_BYTES, 8 * PCTAB_P_CNT, u32s);
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    {
      size_t off = load_u32 (image + PCTAB_H_BYTES + 8 * i, host_big);
      size_t bytes = load_u32 (image + PCTAB_H_BYTES + 8 * i + 4, host_big);
      if (off < directory || off > size || bytes > size - off)
        return false;
      if (part_fields[i])
        swap_elements (image + off, bytes, part_fields[i]);
    }
  put_u64 (image + PCTAB_H_COLD_DIGEST, pctab__xxh64 (image + hot, size - hot, 0) ^ !match);
  put_u64 (image + PCTAB_H_HOT_DIGEST, pctab__hot_digest (image, hot) ^ !match);
  return true;
}
