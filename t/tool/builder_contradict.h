/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that contradict each other, and near to them some that don't, for builder_check.c. */
#ifndef PCTAB_T_BUILDER_CONTRADICT_H
#define PCTAB_T_BUILDER_CONTRADICT_H

#include <pctab/build.h>

static const struct pctab_rule plain = { .cfa = PCTAB_CFA_SP, .ra = PCTAB_RA_SAVED, .cfa_off = 8, .ra_off = -8 };
static const struct pctab_rule pushed = { .cfa = PCTAB_CFA_SP, .ra = PCTAB_RA_SAVED, .cfa_off = 16, .ra_off = -8 };
static const struct pctab_rule strange = { .cfa = 6 };

/* One call: FUNC name off len flags, RULE off, VALUE number off value, LINE off line. */
enum { END, FUNC, RULE, STRANGE, VALUE, LINE, EH_FRAME };
struct call {
  int what;
  uint32_t a, b;
  int32_t c;
};

/* An .eh_frame with a function at [0x40, 0x60) of 64-bit code at 0. */
static const unsigned char eh_frame[]
  = { 20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x03, 0x0c, 7, 8, 0x90, 1, 0, 0,
      16, 0, 0, 0, 28, 0, 0, 0, 0x40, 0, 0, 0, 0x20, 0, 0, 0, 0, 0x44, 0x0e, 16 };

/* All of 100 bytes, machine 62 or (insn 4) 183. */
static const struct {
  const char *text; /* in the message; NULL: it is right */
  unsigned insn;
  struct call calls[6];
} contradictions[] = {
  { NULL, 1, { { FUNC, 0, 100, 0 } } },
  { NULL, 1, { { END, 0, 0, 0 } } },
  { "before the first function", 1, { { RULE, 0, 0, 0 } } },
  { "function f at offset 0x5a: it leaves the code", 1, { { FUNC, 90, 11, 0 } } },
  { "it leaves the code", 1, { { FUNC, 100, 1, 0 } } },
  { "it leaves the code", 1, { { FUNC, 1, UINT32_MAX, 0 } } },
  { "it has no bytes", 1, { { FUNC, 0, 0, 0 } } },
  { "no instruction begins there", 4, { { FUNC, 2, 8, 0 } } },
  { "flags 0x20 are unknown", 1, { { FUNC, 0, 8, 0x21 } } },
  { "begins in function f at offset 0x0, which ends at 0xa", 1, { { FUNC, 0, 10, 0 }, { FUNC, 9, 10, 0 } } },
  { "begins in function f at offset 0x0, which ends at 0xa", 1, { { FUNC, 2, 2, 0 }, { FUNC, 0, 10, 0 } } },
  { "a rule for offset 0x13, which is not in it", 1, { { FUNC, 20, 10, 0 }, { RULE, 19, 0, 0 } } },
  { "a rule for offset 0x1f, which is not in it", 1, { { FUNC, 20, 10, 0 }, { RULE, 31, 0, 0 } } },
  { NULL, 1, { { FUNC, 20, 10, 0 }, { RULE, 30, 0, 0 }, { VALUE, 0, 30, -2 }, { LINE, 30, 1, 0 } } },
  { "offset 0x16, where no instruction begins", 4, { { FUNC, 20, 10, 0 }, { VALUE, 0, 22, 0 - 2 } } },
  { NULL, 4, { { FUNC, 20, 10, 0 }, { VALUE, 0, 30, 0 - 2 } } },
  { "is of no known kind", 1, { { FUNC, 20, 10, 0 }, { STRANGE, 20, 0, 0 } } },
  { "a rule for offset 0x16 comes after one for 0x17", 1,
    { { FUNC, 20, 10, 0 }, { RULE, 23, 8, 0 }, { RULE, 22, 0, 0 } } },
  { "a rule for offset 0x16 comes after one for 0x16", 1,
    { { FUNC, 20, 10, 0 }, { RULE, 22, 8, 0 }, { RULE, 22, 0, 0 } } },
  { "a line for offset 0x16 comes after one for 0x17", 1,
    { { FUNC, 20, 10, 0 }, { LINE, 23, 8, 0 }, { LINE, 22, 0, 0 } } },
  { "a value for offset 0x16 comes after one for 0x17", 1,
    { { FUNC, 20, 10, 0 }, { VALUE, 4, 23, 8 }, { VALUE, 4, 22, 0 } } },
  { "a value for offset 0x17 comes after one for 0x17", 1,
    { { FUNC, 20, 10, 0 }, { VALUE, 4, 23, 8 }, { VALUE, 4, 23, 0 } } },
  { NULL, 1, { { FUNC, 20, 10, 0 }, { VALUE, 4, 23, 8 }, { VALUE, 5, 22, 0 }, { VALUE, 4, 24, 8 } } },
  { "which has -1 to -5", 1, { { FUNC, 20, 10, 0 }, { VALUE, 0, 23, 0 } } },
  { "which has -1 to -5", 1, { { FUNC, 20, 10, 0 }, { VALUE, 0, 23, -6 } } },
  { NULL, 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 43, -4 }, { VALUE, 0, 63, -2 } } },
  { "the restart range at offset 0x17 has 21 bytes", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 44, -1 } } },
  { "the restart range at offset 0x4f has 21 bytes", 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 79, -4 } } },
  { "the restart range at offset 0x64 has no bytes", 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 100, -4 } } },
  { "offsets 0x17 and 0x19 touch and have one value", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 25, -3 }, { VALUE, 0, 30, -1 } } },
  { "stopped at offset 0x1a resumes where the frame is another", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 27, -1 }, { RULE, 20, 8, 0 }, { RULE, 26, 16, 0 } } },
  { NULL, 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 26, -1 }, { RULE, 20, 8, 0 }, { RULE, 26, 16, 0 } } },
  { "stopped at offset 0x17 resumes where the frame is another", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -5 }, { VALUE, 0, 25, -1 }, { RULE, 20, 8, 0 }, { RULE, 22, 16, 0 } } },
  { NULL, 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x40, 32, 0 }, { VALUE, 0, 0x44, -3 }, { VALUE, 0, 0x58, -1 } } },
  { "stopped at offset 0x44 resumes where", 1,
    { { FUNC, 0x40, 32, 0 }, { VALUE, 0, 0x43, -3 }, { VALUE, 0, 0x48, -1 }, { EH_FRAME, 44, 0, 0 } } },
  { ".eh_frame has a function there too, from 0x40 to 0x60", 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x40, 31, 0 } } },
  { ".eh_frame has a function there too", 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x40, 32, 0 }, { RULE, 0x40, 0, 0 } } },
  { NULL, 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x38, 8, 0 }, { EH_FRAME, 44, 0, 0 } } },
  { ".eh_frame: the entry at 0x18 is longer than the section", 1, { { EH_FRAME, 43, 0, 0 } } },
};

#endif
