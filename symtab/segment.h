/* SPDX-License-Identifier: MIT */
/* Which node of the inline tree holds at a PC: the model's ranges, which nest and overlap, as segments that do not. */
#ifndef PCTAB_SEGMENT_H
#define PCTAB_SEGMENT_H

#include "model.h"

struct segment {
  uint32_t off, end;
  uint32_t node;
};

struct segments {
  MODEL_VEC (struct segment) list; /* by rising offset */
};

/* Where ranges overlap, the later one in the model holds: a call inlined into another comes after it, so the innermost
 * wins.  False: memory is out. */
bool pctab__segments_make (struct segments *s, const struct model *m);
void pctab__segments_free (struct segments *s);

#endif
