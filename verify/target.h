/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file being verified by the command. */
#ifndef PCTAB_VERIFY_TARGET_H
#define PCTAB_VERIFY_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "decoded.h"
#include "report.h"

struct settings; /* settings.h */

enum target_state {
  TARGET_NOT_ELF,  /* nothing to verify: no ELF program or shared object, or one's debug file */
  TARGET_NO_TABLE, /* an ELF program or shared object without .pctab */
  TARGET_TABLE,    /* it has one, and .pctab's bytes are read */
  TARGET_FAILED,   /* the tool could not do its work: `failure` says why */
};

struct target_section {
  const char *name;
  uint32_t type, link, info;
  uint64_t flags, addr, off, size, align, entsize;
};

struct target_segment {
  uint32_t type, flags;
  uint64_t off, addr, file_len, mem_len, align;
};

struct target {
  const char *path;
  bool named; /* on the command line, not found in a directory */
  int fd;
  struct stat stat; /* as it was opened */
  uint64_t len;     /* of the file */
  bool bare;        /* it is a table by itself: there is no ELF file around it, and no address */
  bool is64, big;
  uint16_t type, machine;
  uint32_t section_cnt, segment_cnt;
  uint64_t section_head_off, segment_head_off; /* where the headers are */
  struct target_section *sections; /* the first is the null section */
  struct target_segment *segments;
  char *names;
  const struct target_section *table_section; /* .pctab; NULL where the file has no section headers */
  uint64_t table_off, table_room, table_addr; /* in the file; of the section, or segment; its address */
  unsigned char *bytes; /* of the table: as many as its header says, at most table_room */
  size_t bytes_len;
  struct decoded table;
  struct report *report;
  enum target_state state;
  char failure[256];
  double coverage_bytes, coverage_funcs; /* percent of the text; negative: not known */
};

/* Opens T->path, reads its headers and .pctab.  What is wrong is in T->state, T->failure or the report. */
void pctab__target_open (struct target *t);

/* Reads the headers of the open file.  False: that is no ELF program or shared object, or its state is TARGET_FAILED,
 * or a finding says what is wrong. */
bool pctab__target_headers (struct target *t);

/* LEN bytes at OFF of the file to BUF, by pread.  False: they are not all there; nothing is reported. */
bool pctab__target_read (struct target *t, uint64_t off, uint64_t len, void *buf);

/* Runs all rules over an open target.  Rules that need more than the table each report to T->report, look at
 * T->table.good before they use an array of it, and return nothing; check_target.c is the list of them. */
void pctab__check_target (struct target *t, const struct settings *s);
void pctab__check_canonical (struct target *t);

/* Whether the file is still as it was when it was opened; else its state is TARGET_FAILED. */
bool pctab__target_unchanged (struct target *t);
void pctab__target_close (struct target *t);

/* The tool could not do its work.  Returns false. */
bool pctab__target_fail (struct target *t, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

#endif
