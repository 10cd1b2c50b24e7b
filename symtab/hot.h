/* SPDX-License-Identifier: MIT */
/* The hot part between model and bytes: what a decision at a signal needs, and an unwinder.
 *
 * A pcsp *value* is one number: the CFA's offset in units of sp_unit, shifted left by shape_bits, plus the *shape*, the
 * number of everything else in the rule.  So a push changes the value by a constant, whatever was pushed before. */
#ifndef PCTAB_HOT_H
#define PCTAB_HOT_H

#include "model.h"
#include "step.h"

/* What functions share beside their steps. */
struct hot_class {
  int32_t value; /* at the entry */
  uint32_t max_sp; /* largest SP delta, bytes; PCTAB_SP_UNBOUNDED */
  uint32_t flags;  /* PCTAB_FUNC_* */
};

struct hot_long {
  uint32_t off; /* the function's entry */
  uint32_t class;
  uint32_t block, block_cnt;
};

struct hot_block {
  uint32_t off; /* from the function's entry: where its first value starts */
  int32_t value;
  uint32_t stream;
};

struct hot_func {
  uint32_t at; /* a stream, or a long */
  bool is_long;
};

struct hot {
  unsigned insn, sp_unit, shape_bits;
  uint32_t shape_cnt;
  struct rule *shapes;
  uint32_t *shape_of;
  int32_t *values; /* of each rule of the model */
  MODEL_VEC (struct hot_class) classes;
  struct hot_func *funcs; /* one a frame */
  MODEL_VEC (struct hot_long) longs;
  MODEL_VEC (struct hot_block) blocks;
  struct step_set set;
  MODEL_VEC (uint32_t) heads; /* of each stream: its class, or MODEL_NONE in a block */
  uint32_t *class_hash;
  size_t class_hash_cap;
  uint32_t *stream_hash;
  size_t stream_hash_cap;
};

/* Fills H from the model's frames.  INSN: bytes of an instruction unit.  False: memory is out. */
bool pctab__hot_collect (struct hot *h, struct model *m, unsigned insn);
void pctab__hot_free (struct hot *h);

#endif
