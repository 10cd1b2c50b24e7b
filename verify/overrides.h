/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings that someone has looked at and accepts: a file of lines "ID path-glob [function-glob]". */
#ifndef PCTAB_VERIFY_OVERRIDES_H
#define PCTAB_VERIFY_OVERRIDES_H

#include "report.h"

struct override {
  enum check_id check;
  char *path, *func; /* patterns; func NULL: any, or none */
  unsigned line;
  bool used;
};

struct overrides {
  const char *file; /* NULL: none was given */
  struct override *at;
  size_t cnt, cap;
};

/* Reads PATH.  False, with a message in TEXT of SIZE bytes: it can't be read, or a line is wrong. */
bool pctab__overrides_read (struct overrides *o, const char *path, char *text, size_t size);
void pctab__overrides_free (struct overrides *o);

/* Whether a finding in the file PATH is suppressed; the line that does is marked as used. */
bool pctab__overrides_take (struct overrides *o, const char *path, const struct finding *f);

#endif
