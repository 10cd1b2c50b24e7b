/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers written in the target's byte order, a byte at a time: cross links need no care. */
#ifndef PCTAB_STORE_H
#define PCTAB_STORE_H

#include <stdbool.h>
#include <stdint.h>

static inline void
store_bytes (void *at, uint64_t v, unsigned len, bool big)
{
  unsigned char *p = at;
  for (unsigned i = 0; i < len; i++)
    p[i] = (unsigned char) (v >> 8 * (big ? len - 1 - i : i));
}

static inline void
store_u16 (void *at, uint16_t v, bool big)
{
  store_bytes (at, v, 2, big);
}

static inline void
store_u32 (void *at, uint32_t v, bool big)
{
  store_bytes (at, v, 4, big);
}

/* An ELF address or offset: 8 bytes in a 64-bit file, 4 in a 32-bit one. */
static inline void
store_word (void *at, uint64_t v, bool is64, bool big)
{
  store_bytes (at, v, is64 ? 8 : 4, big);
}

#endif
