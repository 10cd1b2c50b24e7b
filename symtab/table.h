/* SPDX-License-Identifier: MIT */
/* Reading the parts of an image in this machine's byte order.  Parts are aligned to 8, the image is as its user has
 * it. */
#ifndef PCTAB_TABLE_H
#define PCTAB_TABLE_H

#include <string.h>

#include "format.h"
#include "pctab.h"

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

#endif
