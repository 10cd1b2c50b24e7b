/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is found: rules (checks.def) and findings.  A rule's code says where and what; severity, name and explanation
 * are the list's.  Nothing here prints. */
#ifndef PCTAB_VERIFY_REPORT_H
#define PCTAB_VERIFY_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check_severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_CNT };

enum check_id {
#define GROUP(text)
#define CHECK(id, name, severity, meaning, explanation) CHECK_##name,
#include "checks.def"
#undef CHECK
#undef GROUP
  CHECK_CNT
};

struct check {
  const char *id;   /* PT101 */
  const char *name; /* HEAD_DIGEST */
  enum check_severity severity;
  const char *meaning, *explanation;
};

const struct check *pctab__check_get (enum check_id check);
enum check_id pctab__check_find (const char *id); /* CHECK_CNT: there is none */

/* The name as people see it: "head-digest". */
#define CHECK_NAME_MAX 32
const char *pctab__check_name (enum check_id check, char name[CHECK_NAME_MAX]);

const char *pctab__severity_text (enum check_severity severity);

/* Where something is.  Members that say nothing are NULL or WHERE_NONE. */
#define WHERE_NONE UINT64_MAX
struct where {
  const char *part; /* a part of the table, a section of the file; static, or the report's by pctab__report_keep() */
  uint64_t off;     /* bytes from the table's or section's start */
  uint64_t pc;      /* link-time address of code */
  const char *func; /* NULL: filled in from PC, if there is one, by pctab__report_name() */
};

#define WHERE_PART(name, offset) ((struct where) { name, offset, WHERE_NONE, NULL })
#define WHERE_PC(name, address) ((struct where) { name, WHERE_NONE, address, NULL })
#define WHERE_FILE ((struct where) { NULL, WHERE_NONE, WHERE_NONE, NULL })

struct finding {
  enum check_id check;
  struct where where;
  char *text; /* one line, without file, rule and place */
};

/* Of a rule that is broken everywhere the first REPORT_KEEP findings are kept; all are counted. */
#define REPORT_KEEP 10000

struct report {
  struct finding *at;
  size_t cnt, cap;
  uint32_t found[CHECK_CNT];
  uint64_t by_severity[SEVERITY_CNT];
  bool memory; /* it ran out: some findings are not kept */
  char **strings;
  size_t string_cnt, string_cap;
};

void pctab__report_init (struct report *r);
void pctab__report_free (struct report *r);

/* Adds a finding.  Returns false, for `return pctab__report_add (...)`. */
bool pctab__report_add (struct report *r, enum check_id check, struct where where, const char *format, ...)
  __attribute__ ((format (printf, 4, 5)));

/* A copy of TEXT that lives as long as R; NULL when memory is out. */
const char *pctab__report_keep (struct report *r, const char *text);

/* Fills in the function of each finding that has a PC but none.  NAME returns it (static, kept or in ARG), or NULL. */
void pctab__report_name (struct report *r, const char *(*name) (void *arg, uint64_t pc), void *arg);

#endif
