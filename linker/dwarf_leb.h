/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LEB128 for the walk and the line programs, where most are one byte long.  Unlike the cursor's these keep no state, so
 * the position stays in a register; bits beyond 64 are dropped, as other readers do. */
#ifndef PCTAB_DWARF_LEB_H
#define PCTAB_DWARF_LEB_H

#include <stdbool.h>
#include <stdint.h>

static inline bool
leb_u (const unsigned char **p, const unsigned char *end, uint64_t *value)
{
  const unsigned char *at = *p;
  if (at < end && *at < 0x80)
    {
      *value = *at;
      *p = at + 1;
      return true;
    }
  uint64_t v = 0;
  for (unsigned shift = 0; at < end; shift += 7)
    {
      unsigned char b = *at++;
      v |= shift < 64 ? (uint64_t) (b & 0x7f) << shift : 0;
      if (b < 0x80)
        {
          *value = v;
          *p = at;
          return true;
        }
    }
  return false;
}

/* The signed value, as the bits of a uint64_t. */
static inline bool
leb_s (const unsigned char **p, const unsigned char *end, uint64_t *value)
{
  const unsigned char *at = *p;
  if (at < end && *at < 0x80)
    {
      *value = (uint64_t) *at - ((uint64_t) (*at & 0x40) << 1);
      *p = at + 1;
      return true;
    }
  uint64_t v = 0;
  for (unsigned shift = 0; at < end;)
    {
      unsigned char b = *at++;
      v |= shift < 64 ? (uint64_t) (b & 0x7f) << shift : 0;
      shift += 7;
      if (b < 0x80)
        {
          *value = shift < 64 && (b & 0x40) ? v | ~UINT64_C (0) << shift : v;
          *p = at;
          return true;
        }
    }
  return false;
}

static inline bool
leb_skip (const unsigned char **p, const unsigned char *end)
{
  const unsigned char *at = *p;
  while (__builtin_expect (at < end && *at >= 0x80, 0))
    at++;
  *p = at + 1;
  return at < end;
}

#endif
