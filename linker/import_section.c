/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames first, since flags and marks are about functions as the table will have them. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#include "record.h"

bool
pctab__record_text (const struct elf_section *s)
{
  return (s->flags & SHF_ALLOC) && (s->flags & SHF_EXECINSTR) && !strncmp (s->name, RECORD_TEXT, strlen (RECORD_TEXT));
}

static bool
has_records (const struct elf_file *f)
{
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      if (pctab__record_section (s, ".pcdata") || pctab__record_section (s, ".pcsp")
          || pctab__record_section (s, ".pcln") || pctab__record_text (s))
        return true;
    }
  return false;
}

bool
pctab__import_section (struct elf_file *f, struct model *m, bool lines, struct blame *blame, struct diag *d)
{
  struct record_reader rr = { .f = f, .m = m, .d = d, .blame = blame };
  if (!has_records (f))
    return true;
  if (!pctab__text_spans_init (&rr.texts, m))
    return pctab__diag_memory (d);
  bool good = pctab__record_frames (&rr) && (!lines || pctab__record_lines (&rr)) && pctab__record_marks (&rr);
  pctab__text_spans_free (&rr.texts);
  free (rr.data);
  return good;
}
