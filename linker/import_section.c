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

/* Someone else's section of that name may be loaded; what begins as a record does is meant as one, and would be
 * lost. */
static bool
looks_like_records (struct elf_file *f, struct elf_section *s, struct diag *d)
{
  struct cursor c;
  if (!(s->flags & SHF_ALLOC))
    return s->size;
  if (s->type == SHT_NOBITS || !pctab__elf_contents (f, s, &c, d))
    return false;
  uint8_t version = cursor_u8 (&c), kind = cursor_u8 (&c), word = cursor_u8 (&c), zero = cursor_u8 (&c);
  uint32_t size = cursor_u32 (&c);
  return !c.bad && version == 1 && kind && kind <= RECORD_LINES && word == (f->is64 ? 8 : 4) && !zero
         && size >= 8u + word && size - 8 <= cursor_left (&c);
}

/* Sections that are called as those of records are, but can't be read as such. */
static bool
check_sections (struct elf_file *f, struct diag *d)
{
  static const char *const names[] = { ".pcdata", ".pcsp", ".pcln" };
  for (uint32_t i = 1; i < f->section_cnt; i++)
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
      {
        struct elf_section *s = &f->sections[i];
        if (strcmp (s->name, names[k]) || pctab__record_section (s, names[k]))
          continue;
        if (looks_like_records (f, s, d))
          return pctab__diag_error (d, s->name,
                                    "has records, but is %s; let its flags and type be those of "
                                    "OBJECT-FORMAT, 1: \"o?\",\"progbits\"",
                                    s->flags & SHF_ALLOC ? "loaded" : "of another type");
      }
  return !d->failed;
}

bool
pctab__import_section (struct elf_file *f, struct model *m, bool lines, struct blame *blame, struct diag *d)
{
  struct record_reader rr = { .f = f, .m = m, .d = d, .blame = blame };
  if (!check_sections (f, d))
    return false;
  if (!has_records (f))
    return true;
  if (!pctab__text_spans_init (&rr.texts, m))
    return pctab__diag_memory (d);
  bool good = pctab__record_frames (&rr) && (!lines || pctab__record_lines (&rr)) && pctab__record_marks (&rr);
  pctab__text_spans_free (&rr.texts);
  free (rr.data);
  return good;
}
