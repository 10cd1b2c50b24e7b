/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file being verified by the command. */
#ifndef PCTAB_VERIFY_TARGET_H
#define PCTAB_VERIFY_TARGET_H

#include <libelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "decoded.h"
#include "report.h"

struct settings; /* main.h */

enum target_state {
  TARGET_NOT_ELF,  /* nothing to verify */
  TARGET_NO_TABLE, /* an ELF program without .pctab */
  TARGET_TABLE,    /* .pctab's bytes are read */
  TARGET_FAILED,   /* the tool could not do its work: `failure` says why */
};

struct target {
  const char *path;
  bool named;     /* on the command line, not found in a directory */
  int fd;
  uint64_t file_len;
  Elf *elf;       /* opened with ELF_C_READ: sections are read as they are asked for */
  uint32_t section;  /* index of .pctab */
  uint64_t section_off, section_len, addr; /* sh_offset, sh_size, sh_addr */
  unsigned char *bytes; /* of .pctab: as many as the table's header says, at most section_len */
  size_t len;
  struct decoded table;
  struct report *report;
  enum target_state state;
  char failure[256];
  double coverage_bytes, coverage_funcs; /* percent of text; negative: not known.  check_text.c */
};

/* Opens T->path, finds and reads .pctab.  What is wrong is in T->state, T->failure or the report. */
void pctab__target_open (struct target *t);
void pctab__target_close (struct target *t);

/* The tool could not do its work.  Returns false. */
bool pctab__target_fail (struct target *t, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* The rules that need more than the table: each reports to T->report, looks at T->table.good before it uses an array, and
 * returns nothing.  pctab__check_target() is the list of them. */
void pctab__check_target (struct target *t, const struct settings *s);
void pctab__check_canonical (struct target *t);

#endif
