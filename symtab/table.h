/* SPDX-License-Identifier: MIT */
/* Reading the parts of an image in this machine's byte order.  Parts are aligned to 8, the image is as its user has
 * it. */
#ifndef PCTAB_TABLE_H
#define PCTAB_TABLE_H

#include <string.h>

#include "format.h"
#include <pctab/table.h>

static inline uint16_t
at_u16 (const unsigned char *p)
{
  uint16_t v;
  memcpy (&v, p, sizeof v);
  return v;
}

static inline uint32_t
at_u32 (const unsigned char *p)
{
  uint32_t v;
  memcpy (&v, p, sizeof v);
  return v;
}

static inline uint64_t
at_u64 (const unsigned char *p)
{
  uint64_t v;
  memcpy (&v, p, sizeof v);
  return v;
}

/* The low bits of where a functab entry starts. */
static inline uint16_t
entry_start (const unsigned char *entry)
{
  return (uint16_t) at_u64 (entry);
}

static inline unsigned
entry_kind (uint64_t bits)
{
  return bits >> PCTAB_E_KIND_SHIFT & PCTAB_E_KIND_MASK;
}

/* Sets what lookups need of a range, from where it stands in the table. */
void pctab__table_range (const struct pctab_table *t, const unsigned char *at, struct pctab_range *range);

/* The two-byte numbers in lists: least significant byte first on every target. */
static inline uint16_t
at_le16 (const unsigned char *p)
{
  return (uint16_t) (p[0] | p[1] << 8);
}

static inline uint32_t
at_le32 (const unsigned char *p)
{
  return at_le16 (p) | (uint32_t) at_le16 (p + 2) << 16;
}

/* Bits set in V.  __builtin_popcountll() may be a call into libgcc. */
static inline uint32_t
count_bits (uint64_t v)
{
  v -= v >> 1 & UINT64_C (0x5555555555555555);
  v = (v & UINT64_C (0x3333333333333333)) + (v >> 2 & UINT64_C (0x3333333333333333));
  v = (v + (v >> 4)) & UINT64_C (0x0f0f0f0f0f0f0f0f);
  return (uint32_t) (v * UINT64_C (0x0101010101010101) >> 56);
}

/* Checks the flags and the pcdata tables, behind the functab.  pcdata_decode.c */
bool pctab__pcdata_hold (struct pctab_table *t);

/* Whether the offset list of ROWS rows at OFF of the LEN bytes LISTS, which PCTAB_O_SLACK more follow, lies in them and
 * its offsets rise. */
bool pctab__offsets_hold (const unsigned char *lists, uint32_t len, uint64_t off, unsigned rows, bool far);

/* The bytes and the length of a part. */
static inline const unsigned char *
image_part (const unsigned char *image, unsigned number, uint32_t *len)
{
  const unsigned char *entry = image + PCTAB_H_BYTES + 8 * number;
  *len = at_u32 (entry + 4);
  return image + at_u32 (entry);
}

#endif
