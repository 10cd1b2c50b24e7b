/* SPDX-License-Identifier: MIT */
/* A loaded file without a table: what one is made from, copied out of its memory while it can't be unloaded
 * (import_copy.c), and the table (import_encode.c).  module_import.c goes over all files and publishes. */
#ifndef PCTAB_IMPORT_LOADED_H
#define PCTAB_IMPORT_LOADED_H

#include <link.h>

#include "diag.h"

/* The machine that this is compiled for; 0: none that pctab knows. */
#if defined __x86_64__ && defined __LP64__
#define IMPORT_MACHINE EM_X86_64
#elif defined __i386__
#define IMPORT_MACHINE EM_386
#elif defined __aarch64__ && defined __LP64__
#define IMPORT_MACHINE EM_AARCH64
#elif defined __arm__
#define IMPORT_MACHINE EM_ARM
#elif defined __riscv && __riscv_xlen == 64
#define IMPORT_MACHINE EM_RISCV
#elif defined __s390x__
#define IMPORT_MACHINE EM_S390
#elif defined __powerpc64__
#define IMPORT_MACHINE EM_PPC64
#elif defined __mips__ && !defined __mips64
#define IMPORT_MACHINE EM_MIPS
#else
#define IMPORT_MACHINE 0
#endif
#define IMPORT_IS64 (sizeof (void *) == 8)
#define IMPORT_BIG (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* A copy of LEN bytes that are at ADDR. */
struct import_bytes {
  const unsigned char *at;
  size_t len;
  uintptr_t addr;
};

struct import_text {
  uintptr_t lo, hi;
};

#define IMPORT_TEXTS_MAX 8 /* executable segments; files have one */

/* Addresses are the process'. */
struct import_file {
  struct import_file *next;
  size_t map_len; /* of this and all that it points to */
  uintptr_t bias, map_lo;
  uintptr_t lo, hi; /* of its code */
  struct import_text texts[IMPORT_TEXTS_MAX]; /* by rising address */
  unsigned text_cnt;
  struct import_bytes eh_frame, symbols, names; /* of no bytes where the file has none, or a damaged one */
  const char *path;
  unsigned char build_id[32];
  uint8_t build_id_len;
};

/* A copy for the file INFO, which must stay loaded meanwhile.  NULL: it has nothing that a table could be made from, or
 * (*MEMORY is set then) memory is out.  No malloc: this runs under the dynamic linker's lock.  What can't be read is
 * taken for not there. */
struct import_file *pctab__import_copy (const struct dl_phdr_info *info, bool *memory);
void pctab__import_free (struct import_file *f);

/* The table of F, malloc'd, *LEN bytes; *ADDR is its address in the terms of its text delta.  NULL: an error, said in
 * D. */
unsigned char *pctab__import_encode (const struct import_file *f, size_t *len, uint64_t *addr, struct diag *d);

#endif
