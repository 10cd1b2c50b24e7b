/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the command line asks for. */
#ifndef PCTAB_VERIFY_SETTINGS_H
#define PCTAB_VERIFY_SETTINGS_H

#include <stdbool.h>

#include "overrides.h"
#include "report.h"

struct settings {
  bool json, quiet, require_table;
  enum check_severity fail_on;
  double min_coverage; /* percent; negative: not asked for */
  unsigned jobs;
  double time_limit; /* CPU seconds a file; 0: none */
  struct overrides overrides;
};

#endif
