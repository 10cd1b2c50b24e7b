/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The call frame and debug information of a file, opened once for all rules that hold the table against it. */
#ifndef PCTAB_VERIFY_CFI_SOURCE_H
#define PCTAB_VERIFY_CFI_SOURCE_H

#include <elfutils/libdw.h>

#include "fdes.h"

struct cfi_source {
  struct target *t;
  Elf *elf; /* NULL: libelf can't read the file, which is reported */
  Dwarf *dwarf; /* NULL: there is no debug information, or it can't be read, which is reported */
  Dwarf_CFI *eh, *debug;
  struct fdes fdes;
  uint64_t left; /* bytes of instructions that may still be run */
};

/* What holds from the PC asked for up to END. */
struct cfi_row {
  uint64_t end;
  Dwarf_Frame *frame; /* for free() */
  bool signal;
  const char *why; /* of a failure; NULL: enough was run, or libdw does not know the machine */
};

void pctab__cfi_source_open (struct cfi_source *s, struct target *t, const struct layout *l);
void pctab__cfi_source_close (struct cfi_source *s);

/* The row of FDE at PC, which it has.  False: ROW->why. */
bool pctab__cfi_source_row (struct cfi_source *s, const struct fde *fde, uint64_t pc, struct cfi_row *row);

/* The first FDE that PC is in, or NULL. */
const struct fde *pctab__cfi_source_find (const struct cfi_source *s, uint64_t pc);

#endif
