/* SPDX-License-Identifier: MIT */
/* Where the rows of a function begin, as lists say it: near offsets of one byte, far ones of two.  FORMAT, 5. */
#ifndef PCTAB_OFFSET_LIST_H
#define PCTAB_OFFSET_LIST_H

#include "format.h"
#include "model.h"

#define OFFSET_LIST_ROWS (PCTAB_O_NEAR_MAX + PCTAB_O_FAR_MAX + 1)
#define OFFSET_LIST_BYTES (2 + PCTAB_O_NEAR_MAX + 2 * PCTAB_O_FAR_MAX)

/* How many of CNT rows go into one list; *NEAR: how many of these, behind the first, are near it.  INSN: bytes of a
 * unit. */
uint32_t pctab__offsets_fit (const struct model_row *rows, uint32_t cnt, unsigned insn, uint32_t *near);

/* Puts the offsets of CNT rows that fit, NEAR of them near, with their count at P, where there is room for
 * OFFSET_LIST_BYTES; returns their end. */
unsigned char *pctab__offsets_put (unsigned char *p, const struct model_row *rows, uint32_t cnt, uint32_t near,
                                   unsigned insn);

#endif
