/* SPDX-License-Identifier: MIT */
/* Streams of steps and their codes, for the builder.
 *
 * Every PC-to-value table of a module is a set of *streams*: each starts from a PC and a value that something else
 * gives, and says by *steps* (PC advance, value change) where the value changes.  A step takes one byte if it is in the
 * module's dictionary, which holds the commonest single steps and, as pairs of earlier codes, the commonest sequences
 * of them (a prologue of six pushes is one code); else an escape with two varints.  A code's total advance and change
 * stand beside it, so that a reader strides over a whole sequence in one comparison.  FORMAT, "Streams".
 *
 * Tried (SQLite's .eh_frame, bytes with dictionary): varints as Go has them 52 kB, single steps 32.5 kB, single steps
 * to numbered rules instead of changes 35.7 kB, with pairs 24 kB; the entropy of single steps is 16.6 kB. */
#ifndef PCTAB_STEP_H
#define PCTAB_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "model.h"

struct step {
  uint32_t adv; /* PC advance, in instruction units */
  int32_t dv;   /* value change */
};

/* Steps of many streams, one behind the other; stream i ends before ends.at[i]. */
struct step_set {
  MODEL_VEC (struct step) steps;
  MODEL_VEC (uint32_t) ends;
};

enum {
  CODE_ESCAPE = 0,
  CODE_END = 1,
  CODE_FIRST = 2,         /* the first single step */
  CODE_MAX = 255,         /* codes in use, at most, beside the escape */
  CODE_ADV_END = 0xffff,  /* adv of ESCAPE, END and whatever ends in END */
  CODE_ADV_MAX = 0xfffe,  /* the longest advance of a code, and of a whole stream */
  CODE_STEPS_MAX = 8,     /* single steps in a pair, all told */
};

struct step_dict {
  unsigned single_cnt; /* codes CODE_FIRST .. CODE_FIRST + single_cnt - 1 */
  unsigned pair_cnt;   /* the codes behind them */
  uint16_t adv[256];
  int16_t dv[256];
  uint8_t left[256], right[256]; /* of a pair: earlier codes */
};

/* Chooses the dictionary for the streams of SET, the same for the same set.  False: memory is out. */
bool pctab__dict_choose (struct step_dict *dict, const struct step_set *set);

/* Appends every stream of SET to OUT: its head (heads[i], a number in one byte or more; no head where it is MODEL_NONE,
 * nowhere when heads is NULL), its codes, CODE_END.  offs[i] becomes its offset in OUT.  False: memory is out. */
bool pctab__streams_encode (const struct step_dict *dict, const struct step_set *set, const uint32_t *heads,
                            struct buf *out, uint32_t *offs);

/* Appends the dictionary as FORMAT's "Step dictionary" has it. */
void pctab__dict_encode (const struct step_dict *dict, struct buf *out);

void pctab__step_set_free (struct step_set *set);

#endif
