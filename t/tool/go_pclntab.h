/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads the tables that Go's linker (1.16 to 1.20) puts into a program: what our tables are held against.
 *
 * A *stream* is a sequence of (value change, PC advance), both varints; it is given by its offset in pctab, 0 for none.
 * Written from the layout alone: obvious and slow, every stream is walked from its function's start. */
#ifndef GO_PCLNTAB_H
#define GO_PCLNTAB_H

#include "elf_file.h"

enum { GO_UNSAFEPOINT, GO_STACKMAPINDEX, GO_INLTREEINDEX };

struct go_pclntab {
  struct elf_file elf;
  unsigned version; /* 16, 18 or 20: the first of Go's that has this layout */
  uint8_t quantum, word;
  uint32_t func_cnt;
  uint64_t text; /* what function addresses count from; 0 in version 16 */
  struct cursor names, units, files, streams, funcs;
};

struct go_func {
  uint64_t entry, next; /* its first PC, the next function's */
  const char *name;
  uint32_t pcsp, pcfile, pcln; /* streams */
  uint32_t unit;               /* where its file numbers begin */
  uint32_t table_cnt;
  struct cursor tables; /* u32 each: pcdata streams */
};

/* A stretch of one value. */
struct go_stretch {
  uint64_t pc, end;
  int32_t value;
};

struct go_walk {
  struct cursor c;
  uint64_t entry, pc;
  int32_t value;
  uint8_t quantum;
};

/* False, with a message, if PATH has no table that this reads.  go_close() after either. */
bool go_open (struct go_pclntab *g, const char *path, struct diag *d);
void go_close (struct go_pclntab *g);

/* Function number IDX, by rising address. */
bool go_func (const struct go_pclntab *g, uint32_t idx, struct go_func *f, struct diag *d);

/* The stream of pcdata table TABLE, 0 if there is none. */
uint32_t go_table (const struct go_func *f, uint32_t table);

/* The stretches of the stream at OFF, from F's entry on. */
struct go_walk go_walk_start (const struct go_pclntab *g, const struct go_func *f, uint32_t off);
bool go_walk_next (struct go_walk *w, struct go_stretch *s);

/* As runtime.funcMaxSPDelta. */
int32_t go_maxspdelta (const struct go_pclntab *g, const struct go_func *f);

/* Where F's streams end: padding follows, up to the next function. */
uint64_t go_func_end (const struct go_pclntab *g, const struct go_func *f);

/* The value of a stream at PC and where it begins, as runtime.pcvalue: -1 and 0 if nothing is said. */
int32_t go_pcvalue (const struct go_pclntab *g, const struct go_func *f, uint32_t off, uint64_t pc, uint64_t *start);

/* The name of file FILE (a value of F's pcfile stream), or "?". */
const char *go_file (const struct go_pclntab *g, const struct go_func *f, int32_t file);

#endif
