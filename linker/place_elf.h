/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Puts a finished table into the .pctab section of a program or shared object. */
#ifndef PCTAB_PLACE_ELF_H
#define PCTAB_PLACE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "elf_file.h"

enum place_how {
  PLACE_FILLED, /* written into the room that the placeholder kept; the file is the same file */
  PLACE_RENEWED, /* written with everything else to a new file, which took the old one's name */
};

/* The place, found and checked; FILE and what it maps must outlive it. */
struct place {
  struct elf_file *file;
  const struct elf_section *section;
  uint32_t section_idx, segment_idx;
  uint64_t addr, off; /* of the table */
  uint64_t room;      /* bytes the placeholder keeps */
};

/* Finds .pctab and proves that it is an unfinished table (or, with REPLACE, a finished one) alone in a read-only
 * segment.  False, with a message, when not. */
bool pctab__place_find (struct place *place, struct elf_file *file, bool replace, struct diag *d);

/* Proves that LEN bytes fit at the place without meeting anything else in memory. */
bool pctab__place_prove (const struct place *place, uint64_t len, struct diag *d);

/* Writes the table of LEN bytes: on success *HOW says which way.  On failure the file is as it was, or has an
 * unfinished table still. */
bool pctab__place_write (const struct place *place, const unsigned char *image, size_t len, enum place_how *how,
                         struct diag *d);

/* Makes the table of the finished file at PATH an unfinished one, which every reader refuses; the program stays as it
 * is. */
bool pctab__place_unfinish (const char *path, struct diag *d);

/* Removes the new file that is being written, if there is one.  Signal: safe. */
void pctab__place_abandon (void);

#endif
