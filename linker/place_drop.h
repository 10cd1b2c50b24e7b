/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file without what has served its turn: sections of records (OBJECT-FORMAT) and their relocations. */
#ifndef PCTAB_PLACE_DROP_H
#define PCTAB_PLACE_DROP_H

#include "place_elf.h"

/* New contents of a section that stays, such as a symbol table in which numbers of sections change. */
struct drop_contents {
  unsigned char *data; /* NULL: as they were */
  uint64_t len;
};

struct place_drop {
  const struct elf_file *file;
  uint32_t *map; /* of each section: its new number; 0: dropped */
  uint32_t cnt;  /* sections that stay, number 0 included */
  uint32_t dropped_cnt;
  uint64_t dropped_len;
  struct drop_contents *contents; /* by the old number */
  uint64_t contents_len;          /* of all that change */
  bool loaded; /* some of those are loaded, so they can't be moved */
};

/* Finds what goes and what changes with it.  False: the file is damaged or memory is out. */
bool pctab__drop_find (struct place_drop *drop, const struct elf_file *file, struct diag *d);
void pctab__drop_free (struct place_drop *drop);

/* The new section headers, OFFS being the new offset of each old section; *LEN is their length.  NULL: no memory. */
unsigned char *pctab__drop_headers (const struct place_drop *drop, const uint64_t *offs, size_t *len);

/* The header of section IDX among those. */
unsigned char *pctab__drop_header (const struct place_drop *drop, unsigned char *headers, uint32_t idx);

/* The ELF header of the new file, sizeof (Elf64_Ehdr) bytes or less; its length is returned. */
size_t pctab__drop_ehdr (const struct place_drop *drop, uint64_t phoff, uint64_t shoff, unsigned char *ehdr);

#endif
