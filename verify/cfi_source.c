/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libdw runs an FDE from its start for every row that is asked for, which is nothing for a function of ten rows and
 * quadratic in those that a file could be made of: so what may be run is bounded, and what is left then is counted. */
#include "cfi_source.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of instructions that are run, besides some for each FDE: PostgreSQL's server, 17,000 FDEs, takes 21 MB. */
#define RUN_MAX (UINT64_C (256) << 20)
#define RUN_FDE 4096
/* What libdw says of machines whose registers it has no rules for; it has no name in its header. */
#define UNKNOWN_ERROR 1
#define RUN_COST 64 /* of a row besides its bytes */

static bool
has_debug (const struct target *t)
{
  for (uint32_t i = 1; i < t->section_cnt; i++)
    if (t->sections[i].type != SHT_NOBITS
        && (!strncmp (t->sections[i].name, ".debug_", 7) || !strncmp (t->sections[i].name, ".zdebug_", 8)))
      return true;
  return false;
}

/* libdw 0.188 takes it for granted that the strings in these end there. */
static bool
strings_end (struct target *t)
{
  static const char *const names[] = { ".debug_str", ".debug_line_str" };
  for (uint32_t i = 1; i < t->section_cnt; i++)
    for (size_t j = 0; j < sizeof names / sizeof *names; j++)
      {
        const struct target_section *s = &t->sections[i];
        char last = 0;
        if (!strcmp (s->name, names[j]) && s->size && !(s->flags & SHF_COMPRESSED) && pctab__layout_has_bytes (t, s)
            && pctab__target_read (t, s->off + s->size - 1, 1, &last) && last)
          return pctab__report_add (t->report, CHECK_DWARF_DAMAGED, WHERE_PART (names[j], s->size - 1),
                                    "the last string has no end");
      }
  return true;
}

void
pctab__cfi_source_open (struct cfi_source *s, struct target *t, const struct layout *l)
{
  *s = (struct cfi_source) { .t = t };
  elf_version (EV_CURRENT);
  s->elf = elf_begin (t->fd, ELF_C_READ, NULL);
  if (!s->elf)
    {
      pctab__report_add (t->report, CHECK_DWARF_DAMAGED, WHERE_FILE, "libelf can't open the file: %s", elf_errmsg (-1));
      return;
    }
  pctab__fdes_read (&s->fdes, s->elf, t, l, ".eh_frame");
  pctab__fdes_read (&s->fdes, s->elf, t, l, ".debug_frame");
  pctab__fdes_sort (&s->fdes);
  s->left = RUN_MAX + RUN_FDE * (uint64_t) s->fdes.cnt;
  if (s->fdes.cnt)
    s->eh = dwarf_getcfi_elf (s->elf);
  if (!has_debug (t) || !strings_end (t))
    return;
  s->dwarf = dwarf_begin_elf (s->elf, DWARF_C_READ, NULL);
  if (!s->dwarf)
    pctab__report_add (t->report, CHECK_DWARF_DAMAGED, WHERE_FILE, "libdw can't open it: %s", dwarf_errmsg (-1));
  else
    s->debug = dwarf_getcfi (s->dwarf);
}

void
pctab__cfi_source_close (struct cfi_source *s)
{
  if (s->eh)
    dwarf_cfi_end (s->eh);
  if (s->dwarf)
    dwarf_end (s->dwarf);
  if (s->elf)
    elf_end (s->elf);
  pctab__fdes_free (&s->fdes);
}

bool
pctab__cfi_source_row (struct cfi_source *s, const struct fde *fde, uint64_t pc, struct cfi_row *row)
{
  Dwarf_CFI *cfi = fde->eh ? s->eh : s->debug;
  Dwarf_Addr start, end;
  *row = (struct cfi_row) { 0 };
  if (s->left < fde->insn_len + RUN_COST)
    return false;
  s->left -= fde->insn_len + RUN_COST;
  if (!cfi)
    {
      row->why = "libdw does not open its section";
      return false;
    }
  if (dwarf_cfi_addrframe (cfi, pc, &row->frame) || dwarf_frame_info (row->frame, &start, &end, &row->signal) < 0)
    {
      int error = dwarf_errno ();
      row->why = error != UNKNOWN_ERROR ? dwarf_errmsg (error) : NULL;
      free (row->frame);
      return false;
    }
  row->end = end;
  if (start <= pc && pc < end)
    return true;
  free (row->frame);
  row->why = "libdw finds another FDE for it";
  return false;
}

const struct fde *
pctab__cfi_source_find (const struct cfi_source *s, uint64_t pc)
{
  size_t lo = 0, hi = s->fdes.cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (s->fdes.at[mid].pc <= pc)
        lo = mid + 1;
      else
        hi = mid;
    }
  /* The one that starts last at or before it, of .eh_frame if there are two. */
  if (lo > 1 && s->fdes.at[lo - 2].pc == s->fdes.at[lo - 1].pc)
    lo--;
  return lo && pc < s->fdes.at[lo - 1].end ? &s->fdes.at[lo - 1] : NULL;
}
