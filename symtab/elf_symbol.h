/* SPDX-License-Identifier: MIT */
/* An entry of an ELF symbol table, and the names of one. */
#ifndef PCTAB_ELF_SYMBOL_H
#define PCTAB_ELF_SYMBOL_H

#include "cursor.h"
#include "model.h"

/* A symbol as the file has it. */
struct elf_symbol {
  uint32_t name;
  uint8_t bind, type;
  uint32_t section; /* SHN_XINDEX is a caller's to resolve */
  uint64_t value, size;
};

#define ELF_SYMBOL_LEN(is64) ((is64) ? 24u : 16u)

struct elf_symbol pctab__elf_symbol_read (struct cursor *c, bool is64);

/* Names may overlap (tail merging), so measuring each to its end could take the square of a hostile table's size.
 * Instead the first NUL at or behind the start of every block is known, and a name is searched to its block's end. */
struct elf_names {
  const unsigned char *at;
  size_t len;
  size_t *nul; /* by block; len where there is none */
  size_t nul_cap;
};

/* Over the bytes of C, which outlive N; N is zeroed before its first use, and may be used again.  False: memory is
 * out. */
bool pctab__elf_names_init (struct elf_names *n, struct cursor c);
void pctab__elf_names_free (struct elf_names *n);

/* False: not a string of the table. */
bool pctab__elf_names_get (const struct elf_names *n, uint32_t off, struct model_str *name);

#endif
