/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The FDEs of .eh_frame and .debug_frame: which code each is about. */
#ifndef PCTAB_VERIFY_FDES_H
#define PCTAB_VERIFY_FDES_H

#include <elfutils/libdw.h>

#include "layout.h"

struct fde {
  uint64_t pc, end;
  uint64_t off;        /* in its section */
  uint64_t insn_len;   /* bytes of its instructions and its CIE's */
  uint32_t ra;         /* the return address' column */
  bool eh;             /* of .eh_frame */
};

struct fdes {
  struct fde *at; /* by rising address, .eh_frame's before .debug_frame's */
  size_t cnt, cap;
};

/* Adds those of the section NAME whose code is in the text.  What can't be read is reported. */
void pctab__fdes_read (struct fdes *f, Elf *elf, struct target *t, const struct layout *l, const char *name);
void pctab__fdes_sort (struct fdes *f);
void pctab__fdes_free (struct fdes *f);

#endif
