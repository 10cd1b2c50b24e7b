/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pctab-dump's parts. */
#ifndef PCTAB_DUMP_H
#define PCTAB_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "arch.h"
#include "diag.h"
#include "elf_file.h"
#include "model.h"
#include "out.h"
#include "pctab.h"

/* The records of a block, with names: read when a PC needs them. */
struct dump_block {
  struct pctab_record *records;
  uint64_t *entries; /* of the records: what a search needs, close together */
  size_t cnt;
  bool done;
};

/* A file's table, opened, with everything of its cold part at hand. */
struct dump {
  struct diag diag;
  struct elf_file file;
  const struct arch *arch;
  unsigned char *copy; /* of the image: aligned, in this machine's byte order */
  uint64_t addr;       /* of the table, as PCs count it */
  uint64_t bias;       /* run-time minus link-time addresses */
  struct pctab_table table;
  struct pctab_cold cold;
  void *cold_buf, *cold_cache;
  struct dump_block *blocks;
  bool demangle, minus_one;
};

/* Opens FILE and its table; BIAS as above.  False, with a message in diag. */
bool dump_open (struct dump *d, const char *file, uint64_t bias);
void dump_close (struct dump *d);

/* The record that has PC, or NULL.  False, with a message: the cold part is damaged. */
bool dump_record (struct dump *d, uint64_t pc, const struct pctab_record **record);

/* From one record, or a zeroed one, to the next, with its name; an `end` of 0: there is none.  False, with a
 * message. */
bool dump_next (struct dump *d, struct pctab_record *record);

/* The load bias of FILE in a /proc/PID/maps file.  False, with a message. */
bool dump_maps_bias (struct dump *d, const char *maps, const char *file, uint64_t *bias);

/* The load bias that puts FILE's first segment at BASE. */
bool dump_base_bias (struct dump *d, const char *file, uint64_t base, uint64_t *bias);

/* S demangled, if that is asked for and possible; valid until the next call.  NULL stays NULL. */
const char *dump_demangle (struct dump *d, const char *s);

/* One line of JSON for PC.  False, with a message: the table's cold part is damaged. */
bool dump_lookup (struct dump *d, uint64_t pc, struct out *o);

void dump_text_header (struct dump *d, struct out *o);
bool dump_text_functions (struct dump *d, struct out *o, bool tables);
bool dump_text_stats (struct dump *d, struct out *o);
bool dump_json (struct dump *d, struct out *o, bool functions);

/* Counts and sizes for --stats. */
struct dump_stats {
  uint32_t functions, frames, unbounded, unknown_rows, rows, named, with_lines, inlined;
};

bool dump_count (struct dump *d, struct dump_stats *s);

#endif
