/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_FUNCTAB_H
#define PCTAB_FUNCTAB_H

#include "buf.h"
#include "diag.h"
#include "hot.h"
#include "model.h"

struct functab_entry {
  uint32_t off;
  uint32_t pad;
  uint64_t bits; /* kind and what it points to; 0: nothing known from here on */
  bool goes_on;  /* the function of the entry before it, in a new page */
};

/* A stretch of code with pages of its own; `off` is a multiple of a page. */
struct functab_range {
  uint32_t off, end;
  uint32_t page, entry;     /* its first; its entries end with one at `end` */
  uint32_t values, offsets; /* bases of the lists that its entries point to */
};

struct functab {
  MODEL_VEC (struct functab_range) ranges;
  MODEL_VEC (struct functab_entry) entries;
  unsigned slot_shift;
};

/* Entries for the model's frames (sorted, without overlap) and for the gaps.  False: memory is out, or the lists are
 * too long. */
bool pctab__functab_fill (struct functab *t, struct model *m, const struct hot *h, struct diag *d);

/* The end of the function of entry I, whose first entry that is; *NEXT: the first entry behind it. */
uint32_t pctab__functab_end (const struct functab *t, size_t i, size_t *next);

void pctab__functab_encode (struct functab *t, struct buf *ranges, struct buf *pages, struct buf *slots,
                            struct buf *entries);
void pctab__functab_free (struct functab *t);

#endif
