/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From marks to pcdata tables, by the rules of Go's MarkUnsafePoints. */
#ifndef PCTAB_MARK_H
#define PCTAB_MARK_H

#include "diag.h"
#include "elf_file.h"
#include "model.h"

/* What an architecture knows of its instructions: one a machine, linker/arch/<arch>.c.  A missing predicate marks
 * nothing.  CODE: LEN bytes of one frame's code, the first of which has text offset OFF; each predicate returns the bytes
 * of the sequence at AT that has the property, 0 if none begins there. */
struct mark_arch {
  uint16_t machine;
  uint32_t (*is_unsafe_point) (const unsigned char *code, uint32_t len, uint32_t at);
  uint32_t (*is_restartable) (const unsigned char *code, uint32_t len, uint32_t at);
};

/* The hooks for MACHINE (e_machine), or NULL. */
const struct mark_arch *pctab__mark_arch (uint16_t machine);

/* Makes m->tables and m->stretches of m->marks and m->points.  Frames and symbols must be there.  False, with a message
 * that names function, offset and length, for what OBJECT-FORMAT, 6, lists. */
bool pctab__mark_resolve (struct elf_file *f, struct model *m, struct diag *d);

#endif
