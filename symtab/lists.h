/* SPDX-License-Identifier: MIT */
/* Which row of an offset list a PC is in: the number of offsets that are not above it, counted without a branch.
 * Offsets rise, so they make a run of ones from the low end of a mask.  Reads up to PCTAB_O_SLACK bytes from the list's
 * start on and as many before it, which the format provides. */
#ifndef PCTAB_LISTS_H
#define PCTAB_LISTS_H

#include <stdint.h>

#include "table.h"

/* PCTAB_LISTS_PORTABLE: a test builds the other one too. */
#if defined __SSE2__ && !defined PCTAB_LISTS_PORTABLE
#include <emmintrin.h>

static inline uint32_t
near_mask (const unsigned char *near, uint32_t units)
{
  __m128i at = _mm_set1_epi8 ((char) (units < 255 ? units : 255));
  __m128i have = _mm_loadu_si128 ((const __m128i *) (const void *) near);
  return (uint32_t) _mm_movemask_epi8 (_mm_cmpeq_epi8 (_mm_min_epu8 (have, at), have));
}

static inline uint32_t
far_mask (const unsigned char *far, uint32_t units)
{
  __m128i at = _mm_set1_epi16 ((short) (units < 65535 ? units : 65535)), zero = _mm_setzero_si128 ();
  const __m128i *have = (const __m128i *) (const void *) far;
  __m128i low = _mm_cmpeq_epi16 (_mm_subs_epu16 (_mm_loadu_si128 (have), at), zero);
  __m128i high = _mm_cmpeq_epi16 (_mm_subs_epu16 (_mm_loadu_si128 (have + 1), at), zero);
  return (uint32_t) _mm_movemask_epi8 (_mm_packs_epi16 (low, high));
}

#else

static inline uint32_t
near_mask (const unsigned char *near, uint32_t units)
{
  uint32_t mask = 0;
  for (unsigned i = 0; i < PCTAB_O_NEAR_MAX; i++)
    mask |= (uint32_t) (near[i] <= units) << i;
  return mask;
}

static inline uint32_t
far_mask (const unsigned char *far, uint32_t units)
{
  uint32_t mask = 0;
  for (unsigned i = 0; i < PCTAB_O_FAR_MAX; i++)
    mask |= (uint32_t) (at_le16 (far + 2 * i) <= units) << i;
  return mask;
}

#endif

/* How many near offsets a far list has.  A list is checked when its table is opened, but the table may be damaged later;
 * rows then come out as at most the number of offsets that are looked at, and no shift is wider than its type. */
static inline unsigned
list_near_cnt (const unsigned char *list)
{
  return __builtin_expect (*list <= PCTAB_O_NEAR_MAX, 1) ? *list : PCTAB_O_NEAR_MAX;
}

/* The far offsets of a list with NEAR_CNT near ones. */
static inline const unsigned char *
far_offsets (const unsigned char *list, unsigned near_cnt)
{
  return list + ((near_cnt + 2) & ~1u);
}

/* The row that UNITS lies in, of ROW_CNT whose first is at 0; *FROM becomes where it begins. */
static inline unsigned
near_row (const unsigned char *list, unsigned row_cnt, uint32_t units, uint32_t *from)
{
  unsigned row = (unsigned) __builtin_ctz (~near_mask (list, units) | 1u << ((row_cnt - 1) & 31));
  *from = list[(int) row - 1] & -(uint32_t) (row > 0);
  return row;
}

static inline unsigned
far_row (const unsigned char *list, unsigned row_cnt, uint32_t units, uint32_t *from)
{
  unsigned near_cnt = list_near_cnt (list);
  const unsigned char *near = list + 1, *far = far_offsets (list, near_cnt);
  uint64_t mask = near_mask (near, units) & ((1u << near_cnt) - 1);
  mask |= (uint64_t) far_mask (far, units) << near_cnt;
  unsigned row = (unsigned) __builtin_ctzll (~mask | UINT64_C (1) << ((row_cnt - 1) & 63));
  uint32_t near_from = near[(int) row - 1] & -(uint32_t) (row > 0),
           far_from = at_le16 (far + 2 * ((int) row - 1 - (int) near_cnt));
  *from = row > near_cnt ? far_from : near_from;
  return row;
}

/* A list of a pcdata table: its rows, where they begin, and their values. */
struct pcdata_list {
  unsigned row_cnt, width; /* width: bytes of a value */
  const unsigned char *offsets, *values;
};

static inline struct pcdata_list
open_list (const unsigned char *list)
{
  struct pcdata_list l = { .row_cnt = *list & PCTAB_L_ROWS, .width = 1u << (*list >> PCTAB_L_WIDTH_SHIFT),
                           .offsets = list + PCTAB_L_HEAD_BYTES };
  unsigned near_cnt = list_near_cnt (l.offsets);
  int far_cnt = (int) (l.row_cnt - 1 - near_cnt);
  l.values = far_cnt > 0 ? far_offsets (l.offsets, near_cnt) + 2 * far_cnt : l.offsets + 1 + near_cnt;
  return l;
}

static inline int32_t
row_value (const struct pcdata_list *l, unsigned row)
{
  const unsigned char *v = l->values + l->width * row;
  return l->width == 1 ? (int8_t) *v : l->width == 2 ? (int16_t) at_le16 (v) : (int32_t) at_le32 (v);
}

#endif
