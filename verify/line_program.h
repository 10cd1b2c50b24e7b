/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Line programs, sequence by sequence.  libdw sorts all rows of a program by address, dead code's among the living;
 * which sequence a row belongs to can't be told then.  So rows are run here, and libdw gives the files. */
#ifndef PCTAB_VERIFY_LINE_PROGRAM_H
#define PCTAB_VERIFY_LINE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_program {
  const unsigned char *at, *end;
  bool big;
  unsigned min_inst, line_range, opcode_base;
  int line_base;
  const unsigned char *operand_cnts; /* of standard opcodes */
};

/* From addr on; the last of those at one address is what holds there. */
struct line_row {
  uint64_t addr, file, line;
};

struct line_sequence {
  struct line_row *rows; /* in the program's order */
  size_t cnt, cap;
  uint64_t end;
};

/* Reads the header at AT, LEN bytes before the section's end.  NULL: done; else what is wrong. */
const char *pctab__line_program_read (struct line_program *p, const unsigned char *at, size_t len, bool big);

/* The next sequence with rows.  1: there is one; 0: the program ended; -1: it is damaged; -2: memory is out. */
int pctab__line_program_next (struct line_program *p, struct line_sequence *s);

#endif
