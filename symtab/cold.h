/* SPDX-License-Identifier: MIT */
/* The cold part: what a message needs, and nothing that a decision needs. */
#ifndef PCTAB_COLD_H
#define PCTAB_COLD_H

#include "buf.h"
#include "functab.h"
#include "model.h"

/* Encodes names, lines and inlined calls of the resolved model into the cold parts (PARTS: the first of them), in three
 * steps: lines and calls; names and codes; bytes.  The last alone needs the hot part.  INSN: bytes of an instruction
 * unit.  NULL or false: memory is out. */
struct cold_encoder *pctab__cold_begin (const struct model *m, unsigned insn, unsigned threads, struct buf *parts);
bool pctab__cold_name (struct cold_encoder *e);
bool pctab__cold_end (struct cold_encoder *e, const struct functab *functab);

/* NULL is allowed. */
void pctab__cold_encoder_free (struct cold_encoder *e);

#endif
