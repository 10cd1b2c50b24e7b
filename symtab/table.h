/* SPDX-License-Identifier: MIT */
/* Reading the parts of an image in this machine's byte order.  Elements may stand at any address: a functab entry has
 * six bytes. */
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

static inline unsigned
code_adv (const unsigned char *codes, unsigned code)
{
  return at_u16 (codes + 4 * code);
}

static inline int
code_dv (const unsigned char *codes, unsigned code)
{
  return (int16_t) at_u16 (codes + 4 * code + 2);
}

/* The varints of FORMAT.  The streams were validated: there is an end. */
static inline uint32_t
take_uvar (const unsigned char **p)
{
  uint32_t v = 0;
  for (unsigned shift = 0;; shift += 7)
    {
      unsigned char b = *(*p)++;
      v |= (uint32_t) (b & 127) << (shift & 31);
      if (!(b & 128))
        return v;
    }
}

static inline int32_t
take_svar (const unsigned char **p)
{
  uint32_t v = take_uvar (p);
  return (int32_t) (v >> 1 ^ -(v & 1));
}

/* A stream's head, its class. */
static inline uint32_t
take_head (const unsigned char **p)
{
  uint32_t head = *(*p)++;
  return head < 255 ? head : 255 + take_uvar (p);
}

#endif
