/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file from its path to the text about it; workers that do many at a time; the list of files. */
#ifndef PCTAB_VERIFY_WORK_H
#define PCTAB_VERIFY_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "settings.h"
#include "target.h"

/* What became of a file. */
struct result {
  uint32_t state; /* enum target_state */
  uint32_t text_len;
  uint64_t by_severity[SEVERITY_CNT]; /* without those that are suppressed */
  uint64_t suppressed;
  char *text; /* for standard output, malloc'd; may be empty */
  char *failure; /* for standard error, malloc'd; NULL: none */
};

void pctab__result_free (struct result *r);

/* Memory of a file is kept for the next one: new pages cost as much as a quarter of the rules over a table. */
void pctab__work_keep_memory (void);

/* Verifies PATH.  False: memory is out. */
bool pctab__work_file (struct settings *s, const char *path, bool named, struct result *result);

/* A result for a file that no worker could be asked about. */
bool pctab__work_failure (const struct settings *s, const char *path, const char *failure, struct result *result);

/* A file as text or JSON.  print_text.c, print_json.c.  SHOW: which findings, by index, are not suppressed. */
void pctab__print_text (FILE *to, const struct settings *s, const struct target *t, const bool *show);
void pctab__print_json (FILE *to, const struct target *t, const bool *show, uint64_t suppressed);
void pctab__print_json_string (FILE *to, const char *text);

/* The files of the arguments, in order; of directories all below, by name.  walk.c. */
struct walk_files;
struct walk_file {
  const char *path; /* until the next call */
  bool named;
  const char *failure; /* NULL: it is there */
};
struct walk_files *pctab__walk_open (char **paths);
bool pctab__walk_next (struct walk_files *w, struct walk_file *file);
void pctab__walk_close (struct walk_files *w);

/* Has S->jobs workers verify the files; TAKE gets each result, in the order of the files.  Each worker is a process, so
 * that a file that brings one down costs that file alone.  False: no worker could be started.  pool.c. */
bool pctab__pool_run (struct settings *s, struct walk_files *files,
                      void (*take) (void *arg, const char *path, const struct result *result), void *arg);

#endif
