/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of a file's sections hold call frame information; symtab/cfi_read.c reads one. */
#include "import.h"

#include "cfi.h"
#include "text_spans.h"

static uint64_t
address_of (struct elf_file *f, const char *name, const char *or_name)
{
  const struct elf_section *s = pctab__elf_section (f, name);
  if (!s && or_name)
    s = pctab__elf_section (f, or_name);
  return s ? s->addr : 0;
}

static bool
read_section (struct elf_file *f, struct model *m, struct text_spans *spans, const char *name, struct diag *d)
{
  struct elf_section *section = pctab__elf_section (f, name);
  struct cursor c;
  if (!section)
    return true;
  if (!pctab__elf_contents (f, section, &c, d))
    return false;
  struct cfi_section s = { .name = section->name, .data = c.pos, .len = cursor_left (&c), .addr = section->addr,
                           .text_base = address_of (f, ".text", NULL), .data_base = address_of (f, ".got.plt", ".got"),
                           .arch = pctab__arch (f->machine, f->is64), .big = f->big,
                           .eh = !strcmp (name, ".eh_frame") };
  return pctab__cfi_read (&s, m, spans, d);
}

bool
pctab__import_cfi (struct elf_file *f, struct model *m, struct diag *d)
{
  struct text_spans spans;
  if (!pctab__text_spans_init (&spans, m))
    return pctab__diag_memory (d);
  bool good = read_section (f, m, &spans, ".eh_frame", d);
  if (good && !pctab__cfi_frames_order (m, 0))
    good = pctab__diag_memory (d);
  size_t first = m->frames.cnt;
  good = good && read_section (f, m, &spans, ".debug_frame", d);
  if (good && (!pctab__cfi_frames_order (m, first) || !pctab__cfi_frames_fill (m, first)))
    good = pctab__diag_memory (d);
  pctab__text_spans_free (&spans);
  return good;
}
