/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_FUNCTAB_H
#define PCTAB_FUNCTAB_H

#include "buf.h"
#include "model.h"

struct functab_entry {
  uint32_t off, rec; /* rec 0: nothing known from here on */
};

/* A stretch of code with rows of its own; `off` is a multiple of a page. */
struct functab_range {
  uint32_t off, end;
  uint32_t row, entry; /* its first; its entries end with one at `end` */
};

struct functab {
  MODEL_VEC (struct functab_range) ranges;
  MODEL_VEC (struct functab_entry) entries;
  unsigned row_shift;
};

/* Entries for the model's frames (sorted, without overlap), with their records, and for the gaps.  False: no memory. */
bool pctab__functab_fill (struct functab *t, struct model *m, const uint32_t *recs);

void pctab__functab_encode (struct functab *t, struct buf *ranges, struct buf *rows, struct buf *entries);
void pctab__functab_free (struct functab *t);

#endif
