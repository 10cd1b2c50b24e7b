/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From marks to pcdata tables, by the rules of Go's MarkUnsafePoints. */
#ifndef PCTAB_MARK_H
#define PCTAB_MARK_H

#include "diag.h"
#include "elf_file.h"
#include "model.h"

/* What an architecture knows of its instructions: one a machine, linker/arch/<arch>.c.  A missing predicate marks
 * nothing.  CODE: LEN bytes of one frame's code, in the file's byte order, at least one; each function is asked about
 * the instruction at AT, which is below LEN, and returns bytes; more than are left are cut. */
struct mark_arch {
  uint16_t machine;
  /* Its length; 0 or no function: the shortest instruction's (symtab/arch.def).  A machine with instructions of several
   * lengths needs it before it can have the others. */
  uint32_t (*insn_len) (const unsigned char *code, uint32_t len, uint32_t at);
  /* Bytes of the sequence that begins there and that no thread may be stopped at, 0: none does. */
  uint32_t (*is_unsafe_point) (const unsigned char *code, uint32_t len, uint32_t at);
  /* Bytes of the sequence that begins there and can be done again from its start, 0: none does. */
  uint32_t (*is_restartable) (const unsigned char *code, uint32_t len, uint32_t at);
};

extern const struct mark_arch pctab__mark_amd64, pctab__mark_386, pctab__mark_arm64, pctab__mark_arm,
  pctab__mark_riscv64, pctab__mark_s390x, pctab__mark_ppc64le, pctab__mark_mips;

/* The hooks for MACHINE (e_machine), or NULL. */
const struct mark_arch *pctab__mark_arch (uint16_t machine);

struct mark_by {
  const struct mark_arch *arch; /* NULL: none */
  /* The object that the record at RECORD in .pcdata is of, for messages; FUNCTION is the one it speaks of (empty: not
   * known).  The name lives until the next call.  Returns NULL where it is not known.  NULL: nothing is. */
  const char *(*object) (void *context, uint32_t record, const struct model_str *function);
  void *context;
};

/* Makes m->tables and m->stretches of m->marks and m->points.  Frames and symbols must be there; points and table names
 * stand in the order of their records.  False, with a message that names object, function, offset and length, for what
 * OBJECT-FORMAT, 6, lists. */
bool pctab__mark_resolve (struct elf_file *f, struct model *m, const struct mark_by *by, struct diag *d);

#endif
