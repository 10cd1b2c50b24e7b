/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Restart ranges: the registers that a frame has saved are in the same places at every PC of the range and where a
 * thread resumes.  The table has the return address and the frame pointer (PM105, PM106); the others are in call frame
 * information alone. */
#include <inttypes.h>
#include <stdlib.h>

#include "cfi_source.h"
#include "frame_rule.h"

#define REGISTERS 128 /* more than any machine here has rules for */
#define UNSAFE_POINT 0

struct restart {
  struct target *t;
  struct cfi_source *source;
  const struct frame_arch *arch;
};

static bool
same_ops (const Dwarf_Op *a, size_t a_cnt, const Dwarf_Op *b, size_t b_cnt)
{
  if (a_cnt != b_cnt || !a != !b)
    return false;
  for (size_t i = 0; i < a_cnt; i++)
    if (a[i].atom != b[i].atom || a[i].number != b[i].number || a[i].number2 != b[i].number2)
      return false;
  return true;
}

/* Where the CFA is elsewhere everything is: PM105 says so. */
static bool
same_cfa (Dwarf_Frame *x, Dwarf_Frame *y)
{
  Dwarf_Op *x_ops, *y_ops;
  size_t x_cnt, y_cnt;
  return !dwarf_frame_cfa (x, &x_ops, &x_cnt) && !dwarf_frame_cfa (y, &y_ops, &y_cnt)
         && same_ops (x_ops, x_cnt, y_ops, y_cnt);
}

/* The first register that the table does not speak of and whose place differs between the frames, or -1. */
static int
first_difference (const struct restart *c, uint32_t ra, Dwarf_Frame *x, Dwarf_Frame *y)
{
  for (int reg = 0; reg < REGISTERS; reg++)
    {
      if (reg == c->arch->fp || (uint32_t) reg == ra)
        continue;
      Dwarf_Op x_mem[3], y_mem[3], *x_ops, *y_ops;
      size_t x_cnt, y_cnt;
      int x_bad = dwarf_frame_register (x, reg, x_mem, &x_ops, &x_cnt);
      int y_bad = dwarf_frame_register (y, reg, y_mem, &y_ops, &y_cnt);
      if (x_bad != y_bad || (!x_bad && !same_ops (x_ops, x_cnt, y_ops, y_cnt)))
        return reg;
    }
  return -1;
}

static void
check_range (struct restart *c, uint64_t from, uint64_t end, uint64_t resume)
{
  struct cfi_row first, row;
  const struct fde *fde = pctab__cfi_source_find (c->source, resume);
  if (!fde || end > fde->end || !pctab__cfi_source_row (c->source, fde, resume, &first))
    return;
  for (uint64_t pc = from > first.end ? from : first.end; pc < end; pc = row.end)
    {
      if (!pctab__cfi_source_row (c->source, fde, pc, &row))
        break;
      int reg = same_cfa (first.frame, row.frame) ? first_difference (c, fde->ra, first.frame, row.frame) : -1;
      if (reg >= 0)
        pctab__report_add (c->t->report, CHECK_CFI_RESTART, WHERE_PC (NULL, pc),
                           "register %d is saved elsewhere than at %#" PRIx64 ", where a thread resumes", reg, resume);
      free (row.frame);
      if (reg >= 0)
        break;
    }
  free (first.frame);
}

static void
check_piece (struct restart *c, const struct dec_piece *p)
{
  const struct decoded *d = &c->t->table;
  const struct dec_func *f = &d->funcs[p->func];
  for (uint32_t i = 0; i < p->row_cnt; i++)
    {
      const struct dec_pcrow *row = &d->pcrows[p->row + i];
      uint64_t end = d->base + (i + 1 < p->row_cnt ? row[1].off : f->end);
      if (row->value <= -3 && row->value >= -5)
        check_range (c, d->base + row->off, end, d->base + (row->value == -5 ? f->off : row->off));
    }
}

void
pctab__check_restart (struct target *t, struct cfi_source *source)
{
  const struct decoded *d = &t->table;
  struct restart c = { t, source, pctab__frame_arch (d->machine, d->class) };
  if (~d->good & (GOOD_FUNCTAB | GOOD_PCDATA) || !source->fdes.cnt || !c.arch || d->machine != t->machine)
    return;
  for (uint32_t i = 0; i < d->table_cnt; i++)
    for (uint32_t j = 0; j < d->tables[i].piece_cnt && d->tables[i].number == UNSAFE_POINT; j++)
      check_piece (&c, &d->pieces[d->tables[i].piece + j]);
}
