/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two ways of writing a table to its place.  Both expect a place that was proved. */
#ifndef PCTAB_PLACE_WRITE_H
#define PCTAB_PLACE_WRITE_H

#include "place_drop.h"
#include "place_elf.h"

/* Where a field of an ELF structure is, and how long the structure is, in a file of F's class. */
#define ELF_OFFSET(f, type, field) ((f)->is64 ? offsetof (Elf64_##type, field) : offsetof (Elf32_##type, field))
#define ELF_SIZE(f, type) ((f)->is64 ? sizeof (Elf64_##type) : sizeof (Elf32_##type))

/* Whether the file has hard links besides its name. */
bool pctab__place_links (const struct place *place, bool *linked, struct diag *d);

/* Fills the room in place (place_fill.c). */
bool pctab__place_fill (const struct place *place, const struct place_drop *drop, const unsigned char *image,
                        size_t len, struct diag *d);

/* Writes a new file beside the old one and renames it over (place_renew.c). */
bool pctab__place_renew (const struct place *place, const struct place_drop *drop, const unsigned char *image,
                         size_t len, struct diag *d);

/* Writes LEN bytes at OFF, whatever it takes.  False: errno says why. */
bool pctab__write_at (int fd, const void *data, size_t len, uint64_t off);

#endif
