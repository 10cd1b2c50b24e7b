/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame's rule in one spelling, whether the table or call frame information says it. */
#ifndef PCTAB_VERIFY_FRAME_RULE_H
#define PCTAB_VERIFY_FRAME_RULE_H

#include <elfutils/libdw.h>

#include "decoded.h"

/* What architectures number differently (DWARF's numbers, FORMAT 5).  */
struct frame_arch {
  uint16_t machine;
  uint8_t class; /* 0: either */
  uint8_t sp, fp;
  uint8_t lr; /* the return address' register; 0: it is on the stack */
};

const struct frame_arch *pctab__frame_arch (uint16_t machine, unsigned class);

enum frame_how {
  FRAME_UNKNOWN,  /* nothing is known, or not expressible */
  FRAME_NONE,     /* there is none: the frame is outermost; of a register: its value is lost */
  FRAME_SAME,     /* in its own register */
  FRAME_REG,      /* in register reg; of the CFA: reg + off */
  FRAME_AT_CFA,   /* at CFA + off */
  FRAME_AT_REG,   /* at reg + off */
  FRAME_WORD,     /* of the CFA: word at (reg + idx * scale + off), plus add */
};

struct frame_place {
  enum frame_how how;
  uint32_t reg, idx, scale;
  int64_t off, add;
};

struct frame_rule {
  struct frame_place cfa, ra, fp;
};

/* What the table says in a row with that value. */
void pctab__frame_of_value (const struct frame_arch *arch, const struct decoded *d, const struct dec_value *v,
                            struct frame_rule *rule);

/* What libdw says of FRAME, whose return address' column is RA.  False: libdw failed. */
bool pctab__frame_of_cfi (const struct frame_arch *arch, Dwarf_Frame *frame, uint32_t ra, struct frame_rule *rule);

bool pctab__frame_place_equal (const struct frame_place *a, const struct frame_place *b);

#define FRAME_TEXT_MAX 96
const char *pctab__frame_place_text (const struct frame_place *p, char text[FRAME_TEXT_MAX]);

#endif
