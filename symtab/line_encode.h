/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_LINE_ENCODE_H
#define PCTAB_LINE_ENCODE_H

#include "cold_steps.h"
#include "huffman.h"

/* The three codes of line streams: advances, changes with their op, lengths of numbers. */
struct line_codes {
  struct huffman adv, step, number;
};

/* Chooses them for all steps.  False: memory is out. */
bool pctab__line_codes_make (struct line_codes *lc, const struct cold *c);
void pctab__line_codes_free (struct line_codes *lc);

/* Appends FORMAT's "Line codes". */
void pctab__line_codes_encode (const struct line_codes *lc, struct buf *out);

/* Appends the line data of one function (step_cnt > 0) and returns its bytes; *CHUNKED says whether it is in chunks. */
uint32_t pctab__line_encode (const struct line_codes *lc, const struct cold_part *part, const struct cold_func *f,
                             struct buf *out, bool *chunked);

#endif
