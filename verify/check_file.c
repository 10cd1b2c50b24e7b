/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules about the file around the table, as a list.  What the headers say comes first: the others rest on them. */
#include "cfi_source.h"

void
pctab__check_file (struct target *t, double min_coverage)
{
  struct layout l;
  struct cfi_source source;
  if (t->bare)
    return;
  if (pctab__layout_read (&l, t))
    {
      pctab__check_elf (t);
      pctab__check_relocs (t);
      pctab__check_text (t, &l);
      pctab__cfi_source_open (&source, t, &l);
      pctab__check_coverage (t, &l, &source, min_coverage);
      pctab__check_cfi (t, &l, &source);
      pctab__check_restart (t, &source);
      pctab__check_dwarf (t, &l, &source);
      pctab__cfi_source_close (&source);
    }
  pctab__layout_free (&l);
}
