/* SPDX-License-Identifier: MIT */
/* A loaded file without a table: what one is made from, copied out of its memory while it can't be unloaded
 * (import_copy.c), and the table (import_encode.c).  module_import.c goes over all files and publishes. */
#ifndef PCTAB_IMPORT_FILE_H
#define PCTAB_IMPORT_FILE_H

#include "diag.h"
#include "module.h"

#define IMPORT_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* A copy of LEN bytes that are at ADDR. */
struct import_bytes {
  const unsigned char *at;
  size_t len;
  uintptr_t addr;
};

/* Executable addresses. */
struct import_text {
  uintptr_t lo, hi;
};

#define IMPORT_TEXTS_MAX 8 /* executable segments; files have one */

struct import_file {
  struct import_file *next;
  size_t map_len; /* of this and all that it points to */
  struct file file;
  struct import_text texts[IMPORT_TEXTS_MAX]; /* by rising address */
  unsigned text_cnt;
  struct import_bytes eh_frame, symbols, names; /* of no bytes where the file has none, or a damaged one */
  const char *path;
  unsigned char *image; /* module_import.c's: the table */
  size_t image_len;
  uint64_t image_addr;
};

/* A copy for the file INFO, of which FILE tells, and which must stay loaded meanwhile.  NULL: it has nothing that a table could be made from, or
 * (*MEMORY is set then) memory is out.  No malloc: this runs under the dynamic linker's lock.  What can't be read is
 * taken for not there. */
struct import_file *pctab__import_copy (const struct dl_phdr_info *info, const struct file *file, bool *memory);

/* Whether the file INFO still has what F was copied from. */
bool pctab__import_same (const struct import_file *f, const struct dl_phdr_info *info);

/* F's image is not freed with it. */
void pctab__import_free (struct import_file *f);

/* The table of F, malloc'd, *LEN bytes; *ADDR is its address in the terms of its text delta.  NULL: an error, said in
 * D. */
unsigned char *pctab__import_encode (const struct import_file *f, size_t *len, uint64_t *addr, struct diag *d);

#endif
