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
#include <pctab/table.h>

/* The records of a block, with names: read when a PC needs them. */
struct dump_block {
  struct pctab_record *records;
  uint64_t *entries; /* of the records: what a search needs, close together */
  size_t cnt;
  bool done;
};

/* A pcdata table, with counts for --stats. */
struct dump_table {
  uint32_t number, functions, rows;
  const char *name; /* NULL: none */
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
  void *cold_buf;
  struct dump_block *blocks;
  struct dump_table *tables; /* as many as the table has */
  uint8_t *reasons;          /* of each functab entry: why it is not preemptible */
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

/* Finds names of pcdata tables, and reasons.  False, with a message: memory is out, or the cold part is damaged. */
bool dump_open_pcdata (struct dump *d);

/* Why F is not preemptible, if its flags say so. */
unsigned dump_reason (const struct dump *d, struct pctab_func f);

/* "safe", "restart 1": what a value of UnsafePoint is called; NULL: nothing. */
const char *dump_unsafe_point (int32_t value);

/* JSON: flags and reason of F (FRAMED false: there is no function); the values at PC; the rows in all tables, END being
 * F's end.  Text: the same rows, a line each. */
void dump_put_flags (struct dump *d, struct out *o, bool framed, struct pctab_func f);
void dump_put_reason (struct out *o, unsigned flags, unsigned reason);
void dump_put_values (struct dump *d, struct out *o, bool framed, struct pctab_func f, uint64_t pc);
void dump_put_pcdata (struct dump *d, struct out *o, struct pctab_func f, uint64_t end);
void dump_text_pcdata (struct dump *d, struct out *o, struct pctab_func f, uint64_t end);

/* Calls SEE for each row of F up to END: of pcsp (TABLE DUMP_PCSP) or of the pcdata table with number TABLE. */
#define DUMP_PCSP (-1)
typedef void dump_see_fn (void *arg, uint64_t pc, int32_t value);
void dump_rows (const struct dump *d, struct pctab_func f, uint64_t end, int64_t table, dump_see_fn *see, void *arg);

/* The end of F, as findfunc sees it; at most LIMIT. */
uint64_t dump_frame_end (const struct dump *d, struct pctab_func f, uint64_t limit);

/* Whether the pcdata table says anything of F, which ends at END. */
bool dump_has_rows (const struct dump *d, struct pctab_func f, uint64_t end, uint32_t table);

/* One line of JSON for PC.  False, with a message: the table's cold part is damaged. */
bool dump_lookup (struct dump *d, uint64_t pc, struct out *o);

void dump_text_header (struct dump *d, struct out *o);
bool dump_text_functions (struct dump *d, struct out *o, bool tables);
bool dump_text_stats (struct dump *d, struct out *o);
bool dump_json (struct dump *d, struct out *o, bool functions);

/* Counts and sizes for --stats; the tables' own are in the dump. */
struct dump_stats {
  uint32_t functions, frames, unbounded, unknown_rows, rows, named, with_lines, inlined;
  uint32_t not_preemptible, writes_sp, assembly, pcdata_functions, pcdata_rows;
  uint32_t reasons[256];
};

bool dump_count (struct dump *d, struct dump_stats *s);
void dump_text_counts (struct dump *d, struct out *o, const struct dump_stats *s);
void dump_put_counts (struct dump *d, struct out *o, const struct dump_stats *s);

#endif
