/* SPDX-License-Identifier: MIT */
/* An ELF file of any class and byte order, mapped for reading, every offset checked against the file's size.
 *
 * Why not libbfd or libelf: the finisher reads a few headers and hands out section bytes in place; both libraries would
 * cost more than that in start-up alone, and a table's reader has to stand hostile files. */
#ifndef PCTAB_ELF_FILE_H
#define PCTAB_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cursor.h"
#include "diag.h"

struct elf_section {
  const char *name; /* "" when the name is not readable */
  uint32_t name_off, type;
  uint64_t flags, addr, off, size, align, entsize;
  uint32_t link, info;
  /* Private: decompressed contents, owned by the file. */
  unsigned char *unpacked;
  size_t unpacked_len;
};

struct elf_segment {
  uint32_t type, flags;
  uint64_t off, addr, file_size, mem_size, align;
};

struct elf_file {
  const char *path;          /* not owned */
  const unsigned char *data; /* the whole file */
  size_t len;
  bool mapped; /* data is a mapping of ours */
  bool is64, big;
  uint16_t type, machine;
  uint32_t flags;
  uint64_t phoff, shoff;
  uint32_t shstrndx;
  struct elf_section *sections; /* section 0 included */
  uint32_t section_cnt;
  struct elf_segment *segments;
  uint32_t segment_cnt;
};

/* Maps and checks the file at PATH.  False, with a message in D, when it can't be read or is no ELF file of this
 * kind. */
bool pctab__elf_open (struct elf_file *f, const char *path, struct diag *d);

/* The same over LEN bytes at DATA, which stay the caller's and outlive F. */
bool pctab__elf_over (struct elf_file *f, const char *path, const void *data, size_t len, struct diag *d);

void pctab__elf_close (struct elf_file *f);

/* The section of that name, or NULL.  ".debug_x" also finds ".zdebug_x". */
struct elf_section *pctab__elf_section (struct elf_file *f, const char *name);

/* A cursor over a section's contents, decompressed where it is compressed (SHF_COMPRESSED with zlib or zstd,
 * .zdebug_*); empty for SHT_NOBITS.  False, with a message, when the contents can't be had.  The bytes live as long as
 * F.
 * Threads: not safe for one section in two threads; decompress first. */
bool pctab__elf_contents (struct elf_file *f, struct elf_section *s, struct cursor *c, struct diag *d);

#endif
