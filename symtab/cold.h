/* SPDX-License-Identifier: MIT */
/* The cold part: what a message needs, and nothing that a decision needs. */
#ifndef PCTAB_COLD_H
#define PCTAB_COLD_H

#include "buf.h"
#include "functab.h"
#include "model.h"

/* Encodes names, lines and inlined calls of the resolved model into the cold parts (PARTS: the first of them), in two
 * halves: the first needs nothing of the hot part, so that the two can be made side by side.  INSN: bytes of an
 * instruction unit.  NULL or false: memory is out. */
struct cold_encoder *pctab__cold_begin (const struct model *m, unsigned insn, unsigned threads, struct buf *parts);
bool pctab__cold_end (struct cold_encoder *e, const struct functab *functab);

/* NULL is allowed. */
void pctab__cold_encoder_free (struct cold_encoder *e);

#endif
