/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PCTAB_FINISH_H
#define PCTAB_FINISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "options.h"
#include "place_elf.h"

/* What was done, for people. */
struct finish_stats {
  size_t table_len;
  enum place_how how;
  size_t symbols, frames, rows, lines, calls;
  uint64_t cfi_unknown, cfi_skipped, units, units_missing, marks_dropped;
  char warnings[1024]; /* lines, each ended by a newline; usually none */
};

/* Builds the table of the linked file at PATH and puts it there.  False, with a message: the file is as it was, or has
 * an unfinished table still. */
bool pctab__finish (const char *path, const struct options *o, struct finish_stats *stats, struct diag *d);

/* A line of figures, without a newline. */
void pctab__finish_describe (const char *path, const struct finish_stats *stats, char *text, size_t size);

#endif
