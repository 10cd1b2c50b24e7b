/* SPDX-License-Identifier: MIT */
/* Byte strings, each kept once, at even offsets. */
#ifndef PCTAB_LIST_POOL_H
#define PCTAB_LIST_POOL_H

#include "buf.h"

struct list_pool {
  struct buf bytes;
  uint32_t *slots; /* a hash of offsets, plus 1 */
  uint16_t *lens;  /* of the list in each slot */
  size_t slot_cnt, list_cnt;
};

/* The offset of the LEN bytes at LIST (up to 65535) in the pool, which takes them in if it has them not.  UINT32_MAX:
 * memory is out. */
uint32_t pctab__pool_add (struct list_pool *p, const unsigned char *list, size_t len);

/* Lists added so far are not found again: later ones lie behind them. */
void pctab__pool_forget (struct list_pool *p);

void pctab__pool_free (struct list_pool *p);

#endif
