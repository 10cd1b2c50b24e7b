/* SPDX-License-Identifier: MIT */
/* The executable bytes of a module as sorted, joined spans of text offsets: is there code at an address, and up to
 * where?  Importers ask in rising order for the most part, so the last answer is tried first. */
#ifndef PCTAB_TEXT_SPANS_H
#define PCTAB_TEXT_SPANS_H

#include "model.h"

struct text_spans {
  struct model_text *at;
  size_t cnt;
  size_t last; /* the index that answered last */
  uint64_t base;
};

/* False when memory is out. */
bool pctab__text_spans_init (struct text_spans *t, const struct model *m);
void pctab__text_spans_free (struct text_spans *t);

/* The span that holds the address, or NULL. */
const struct model_text *pctab__text_spans_find (struct text_spans *t, uint64_t addr);

#endif
