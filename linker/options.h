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

enum preempt { PREEMPT_ALL, PREEMPT_MARKED, PREEMPT_NONE };

enum exclude { EXCLUDE_SYMBOL, EXCLUDE_OBJECT, EXCLUDE_ARCHIVE };

struct exclusion {
  enum exclude what;
  const char *glob; /* of fnmatch(3) */
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
  enum preempt preempt;  /* which functions are preemptible: preempt= */
  bool tls_allow;        /* also those that use thread-local data */
  bool verify_full;      /* verify=full */
  const char *inputs;    /* the file that lists the link's inputs */
  struct exclusion *exclusions;
  size_t exclusion_cnt;
  const char **handed;   /* what the plugin was given and pctab-link takes as well, as it was given */
  size_t handed_cnt;
};

/* Takes "NAME" or "NAME=VALUE" for WHO.  False, with a message that lists what there is, when it can't be taken. */
bool pctab__options_take (struct options *o, const char *text, unsigned who, struct diag *d);

/* The options of WHO for people, one a line, PREFIX before each name. */
void pctab__options_print (FILE *to, unsigned who, const char *prefix);

/* Frees what O holds. */
void pctab__options_free (struct options *o);

#endif
