/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_ARCH_H
#define PCTAB_ARCH_H

#include <stdbool.h>
#include <stdint.h>

/* What a table needs to know of an architecture: one row of arch.def. */
struct arch {
  const char *name;
  uint16_t machine; /* ELF e_machine */
  bool is64;
  uint8_t sp, fp, ra; /* DWARF register numbers */
  uint8_t insn;       /* bytes of the shortest instruction: every PC is a multiple */
  uint8_t word;       /* bytes of an address */
};

/* The architecture of an ELF file; NULL when it is not in arch.def. */
const struct arch *pctab__arch (uint16_t machine, bool is64);

/* The name of a DWARF register as gdb and readelf print it ("rbp"), or NULL. */
const char *pctab__arch_register (const struct arch *arch, unsigned reg);

#endif
