/* SPDX-License-Identifier: GPL-3.0-or-later */
/* All rows of a function, by asking for PC after PC as a program would. */
#include "dump.h"

static int32_t
value_at (const struct dump *d, struct pctab_func f, int64_t table, uint64_t pc, uint64_t *start)
{
  return table == DUMP_PCSP ? pctab_pcvalue (&d->table, f, pc, start)
                            : pctab_pcdatavalue (&d->table, f, (uint32_t) table, pc, start);
}

static bool
starts_at (const struct dump *d, struct pctab_func f, int64_t table, uint64_t pc, uint64_t start)
{
  uint64_t from;
  value_at (d, f, table, pc, &from);
  return from == start;
}

void
dump_rows (const struct dump *d, struct pctab_func f, uint64_t end, int64_t table, dump_see_fn *see, void *arg)
{
  unsigned insn = 1u << d->table.insn_shift;
  uint64_t start, last = UINT64_MAX;
  /* From a row to the next: double the distance until the value begins elsewhere, then halve. */
  for (uint64_t pc = pctab_func_entry (&d->table, f); pc < end;)
    {
      int32_t value = value_at (d, f, table, pc, &start);
      if (start != last)
        see (arg, start, value);
      last = start;
      uint64_t step = insn, lo = pc;
      while (step < end - lo && starts_at (d, f, table, lo + step, last))
        {
          lo += step;
          step *= 2;
        }
      for (; step >= insn; step /= 2)
        while (step < end - lo && starts_at (d, f, table, lo + step, last))
          lo += step;
      pc = lo + insn;
    }
}

static bool
same_func (const struct dump *d, struct pctab_func f, uint64_t pc)
{
  struct pctab_func g = pctab_findfunc (&d->table, pc);
  return g.bits && g.off == f.off;
}

uint64_t
dump_frame_end (const struct dump *d, struct pctab_func f, uint64_t limit)
{
  unsigned insn = 1u << d->table.insn_shift;
  uint64_t lo = pctab_func_entry (&d->table, f), step = insn;
  while (step < limit - lo && same_func (d, f, lo + step))
    {
      lo += step;
      step *= 2;
    }
  for (; step >= insn; step /= 2)
    while (step < limit - lo && same_func (d, f, lo + step))
      lo += step;
  return lo + insn;
}

bool
dump_has_rows (const struct dump *d, struct pctab_func f, uint64_t end, uint32_t table)
{
  uint64_t entry = pctab_func_entry (&d->table, f), start;
  int32_t value = pctab_pcdatavalue (&d->table, f, table, end > entry ? end - 1 : entry, &start);
  return value != -1 || start != entry;
}
