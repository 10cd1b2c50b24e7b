/* SPDX-License-Identifier: MIT */
#include "diag.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
pctab__diag_error (struct diag *d, const char *section, const char *format, ...)
{
  if (d->failed)
    return false;
  d->failed = true;
  size_t len = 0;
  if (d->file)
    len += (size_t) snprintf (d->text, sizeof d->text, "%.400s: ", d->file);
  if (section)
    len += (size_t) snprintf (d->text + len, sizeof d->text - len, "%.64s: ", section);
  va_list args;
  va_start (args, format);
  vsnprintf (d->text + len, sizeof d->text - len, format, args);
  va_end (args);
  return false;
}

void
pctab__diag_advise (struct diag *d, const char *advice)
{
  size_t len = strlen (d->text);
  if (d->failed)
    snprintf (d->text + len, sizeof d->text - len, "%s", advice);
}

bool
pctab__diag_memory (struct diag *d)
{
  d->memory |= !d->failed;
  return pctab__diag_error (d, NULL, "out of memory");
}
