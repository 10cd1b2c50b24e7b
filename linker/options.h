/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The settings of the plugin (-plugin-opt=NAME=VALUE) and of pctab-link (--NAME=VALUE), from one table. */
#ifndef PCTAB_OPTIONS_H
#define PCTAB_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "diag.h"

/* Who takes an option. */
enum {
  OPTION_PLUGIN = 1, /* the plugin */
  OPTION_LINK = 2,   /* pctab-link; with OPTION_PLUGIN, the plugin hands it on */
};

struct options {
  bool no_lines;         /* lines=no */
  bool require_lines;    /* require=lines */
  bool stats;            /* one line of figures on standard error */
  bool force;            /* replace a finished table */
  bool help, version;
  unsigned threads;      /* 0: as many as there are CPUs, at most 4 */
  bool reserve_set;
  uint64_t reserve;      /* bytes of the placeholder */
  const char *link;      /* pctab-link's path; the pointers are into the option's own string */
  const char *placeholder; /* the object to write */
  const char *like;      /* the object it shall match */
};

/* Takes "NAME" or "NAME=VALUE" for WHO.  False, with a message that lists what there is, when it can't be taken. */
bool pctab__options_take (struct options *o, const char *text, unsigned who, struct diag *d);

/* The options of WHO for people, one a line, PREFIX before each name. */
void pctab__options_print (FILE *to, unsigned who, const char *prefix);

/* Writes to ARGV the arguments by which pctab-link gets what the plugin was given, as texts in BUF, and returns their
 * number, at most OPTIONS_PASS_MAX. */
#define OPTIONS_PASS_MAX 8
#define OPTIONS_PASS_LEN 160
unsigned pctab__options_pass (const struct options *o, char *argv[OPTIONS_PASS_MAX], char buf[OPTIONS_PASS_LEN]);

#endif
