/* SPDX-License-Identifier: MIT */
/* Lines and inlined calls of each function, between model and bytes.
 *
 * A *position* is a node of the function's inline tree with a file and a line in it; a stream of steps says at which PC
 * it changes and how.  Optimized code jumps to and fro between a function and what is inlined into it, so a step mostly
 * goes to a node that was left a moment ago: positions are kept in a short list, last used first, and a step names one
 * by its place there, with the line relative to where it was left.  FORMAT, 9. */
#ifndef PCTAB_COLD_STEPS_H
#define PCTAB_COLD_STEPS_H

#include "format.h"
#include "model.h"

struct cold_step {
  uint32_t adv; /* instruction units */
  int32_t dline;
  uint8_t op;   /* PCTAB_OP_* */
  bool restart; /* a chunk starts behind this step, with a list of its position alone */
};

/* What OP_GOTO names beside the line. */
struct cold_goto {
  int32_t node; /* minus the highest one visited */
  uint32_t file;
};

/* Where a chunk starts. */
struct cold_restart {
  uint32_t node, file, line;
  uint32_t highest; /* node visited so far */
};

/* A node: preorder number is its place; UP levels up from its predecessor is its parent (0: the predecessor itself). */
struct cold_node {
  uint32_t up;
  uint32_t origin;
  uint32_t file; /* of the call */
  uint32_t line;
};

/* Indexes and counts of what is in its part. */
struct cold_func {
  uint32_t node, node_cnt; /* the function itself, number 0, has no entry: node_cnt inlined calls */
  uint32_t step, step_cnt;
  uint32_t jump, restart;  /* its first goto, its first restart */
  uint32_t file, line;     /* at the function's start: file MODEL_NONE and line 0 where nothing is known */
};

#define COLD_PARTS_MAX 4

/* Neighbouring functions, collected by one thread. */
struct cold_part {
  struct cold_func *funcs;
  size_t func_cnt;
  MODEL_VEC (struct cold_node) nodes;
  MODEL_VEC (struct cold_step) steps;
  MODEL_VEC (struct cold_goto) gotos;
  MODEL_VEC (struct cold_restart) restarts;
};

struct cold {
  struct cold_func *funcs; /* one a function of the model */
  struct cold_part parts[COLD_PARTS_MAX];
  unsigned part_cnt;
};

/* Collects on up to THREADS threads; the functions' steps do not depend on their number.  INSN: bytes of an instruction
 * unit, a power of two.  False: memory is out. */
bool pctab__cold_collect (struct cold *c, const struct model *m, unsigned insn, unsigned threads);
void pctab__cold_free (struct cold *c);

#endif
