/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_PCDATA_ENCODE_H
#define PCTAB_PCDATA_ENCODE_H

#include "buf.h"
#include "diag.h"
#include "functab.h"
#include "model.h"

/* Encodes the flags of the model's frames, its pcdata tables, and why frames are not preemptible, into PARTS (all of
 * the image's, by number).  INSN: bytes of an instruction unit.  False, with a message: memory is out, a table would be
 * too large, or a stretch is not whole instructions of one frame. */
bool pctab__pcdata_encode (const struct model *m, const struct functab *functab, unsigned insn, struct buf *parts,
                           struct diag *d);

#endif
