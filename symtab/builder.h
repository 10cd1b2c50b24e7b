/* SPDX-License-Identifier: MIT */
/* <pctab/build.h> over the model: calls are kept as they come (builder.c), and made a model when all are there
 * (builder_finish.c, builder_value.c), since functions come in any order.  The model then goes the linker's way. */
#ifndef PCTAB_BUILDER_H
#define PCTAB_BUILDER_H

#include <pctab/build.h>

#include "arch.h"
#include "diag.h"
#include "model.h"

/* A function as it was given: rows[row ...], lines[line ...] are its own. */
struct builder_func {
  uint32_t off, end;
  uint32_t row, row_cnt;
  uint32_t line, line_cnt;
  unsigned flags; /* FRAME_* */
  struct model_str name;
  uint32_t idx;   /* when finishing: which call it was */
  uint32_t frame; /* when finishing: of the model */
};

struct builder_row {
  uint32_t off;
  struct rule rule;
};

struct builder_value {
  uint32_t func; /* which call's; when finishing, its place */
  uint32_t number, off;
  int32_t value;
  uint32_t idx; /* which call it was */
};

struct pctab_builder {
  const struct arch *arch;
  uint32_t len;
  struct diag d;
  struct model m; /* files and lines are filled from the start, frames with those of .eh_frame */
  MODEL_VEC (struct builder_func) funcs;
  MODEL_VEC (struct builder_row) rows;
  MODEL_VEC (struct builder_value) values;
  uint32_t *file_hash; /* of m.files; MODEL_NONE: free */
  size_t file_hash_cap;
  bool finished;
};

/* Keeps an error about F: "function NAME at offset 0xN: ...".  Returns false. */
bool pctab__builder_error (struct pctab_builder *b, const struct builder_func *f, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));

/* Makes tables and stretches of all values; functions are in order and have their frames.  False: an error. */
bool pctab__builder_values (struct pctab_builder *b);

#endif
