/* SPDX-License-Identifier: MIT */
/* The hot part between model and bytes: what a decision at a signal needs, and an unwinder.
 *
 * A pcsp *value* is one number: the CFA's offset in units of sp_unit, shifted left by shape_bits, plus the *shape*, the
 * number of everything else in the rule.  A function's rows are two lists: the numbers of their values, and the offsets
 * where they begin.  Functions come in few value lists (prologues and epilogues are alike; where they lie is not), so
 * each list is shared by all functions that have it.  FORMAT, 5. */
#ifndef PCTAB_HOT_H
#define PCTAB_HOT_H

#include "list_pool.h"
#include "model.h"

struct hot_long {
  uint32_t off; /* the function's entry */
  uint32_t block, block_cnt;
  uint16_t max_value; /* number of the value with the largest SP delta */
  uint16_t flags;     /* a value list's second byte: its row is 0, or PCTAB_V_UNBOUNDED */
};

struct hot_block {
  uint32_t off; /* from the function's entry: where its first value starts */
  uint32_t values, offsets; /* of its lists */
};

/* One a frame: what its functab entry says beside the start and the pad. */
struct hot_func {
  unsigned kind;            /* PCTAB_E_KIND_NEAR, _FAR, _LONG */
  uint32_t number;          /* of a long one */
  uint32_t values, offsets; /* of a short one's lists */
};

/* From a frame on, entries count their lists' offsets from new bases: an entry has few bits for them. */
struct hot_split {
  uint32_t frame;
  uint32_t values, offsets;
};

struct hot {
  unsigned insn, sp_unit, shape_bits;
  uint32_t shape_cnt;
  struct rule *shapes;
  uint32_t *shape_of;   /* of each rule of the model */
  uint32_t *number_of;  /* of each rule: the number of its value */
  MODEL_VEC (int32_t) values; /* by number, the commonest first */
  struct hot_func *funcs; /* one a frame */
  MODEL_VEC (struct hot_long) longs;
  MODEL_VEC (struct hot_block) blocks;
  MODEL_VEC (struct hot_split) splits;
  struct list_pool value_lists, offset_lists;
};

/* Fills H from the model's frames.  INSN: bytes of an instruction unit.  False: memory is out. */
bool pctab__hot_collect (struct hot *h, struct model *m, unsigned insn);
void pctab__hot_free (struct hot *h);

#endif
