/* SPDX-License-Identifier: MIT */
/* What went wrong, for the tools: the first error is kept, with the file, section and function it is about; a main()
 * prints it.  Nothing here prints or exits. */
#ifndef PCTAB_DIAG_H
#define PCTAB_DIAG_H

#include <stdbool.h>
#include <stddef.h>

struct diag {
  const char *file; /* the file being worked on; not owned */
  bool failed;
  bool memory; /* it is that memory is out */
  char text[1024]; /* "FILE: SECTION: what is wrong; what to do", without a newline */
};

/* Keeps the message if it is the first.  SECTION may be NULL.  Returns false, for `return diag_error (...)`. */
bool pctab__diag_error (struct diag *d, const char *section, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));

/* Adds to the message that was kept, if there is one: what a caller knows to do besides. */
void pctab__diag_advise (struct diag *d, const char *advice);

/* Memory is out. */
bool pctab__diag_memory (struct diag *d);

#endif
