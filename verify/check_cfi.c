/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table's frames against the call frame information that the file still has, as libdw reads it.
 *
 * An object's own .pcsp records replace its call frame information, and a finished file does not say which functions
 * they were for.  So that the two differ is a warning, not an error: one of them is wrong, but it need not be the
 * table.  What only one of them knows is counted in notes.  Where a thread resumes in another place (restart ranges) no
 * such doubt is possible: registers that only call frame information speaks of must be where they were. */
#include "layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cfi_source.h"
#include "fdes.h"
#include "frame_rule.h"

struct compare {
  struct target *t;
  const struct layout *l;
  const struct decoded *d;
  const struct frame_arch *arch;
  struct cfi_source *source;
  uint64_t rows, unknown, unsaid; /* rows compared; known to CFI alone, with a CFA; to the table alone */
  uint64_t skipped;               /* FDEs that are not compared */
};

#define FAULT(c, check, pc, ...) pctab__report_add ((c)->t->report, check, WHERE_PC (NULL, pc), __VA_ARGS__)

static void
compare_place (struct compare *c, enum check_id check, uint64_t pc, const struct frame_place *table,
               const struct frame_place *cfi)
{
  char a[FRAME_TEXT_MAX], b[FRAME_TEXT_MAX];
  if (!pctab__frame_place_equal (table, cfi))
    FAULT (c, check, pc, "table: %s, call frame information: %s", pctab__frame_place_text (table, a),
           pctab__frame_place_text (cfi, b));
}

static void
compare_rules (struct compare *c, uint64_t pc, uint32_t ra, const struct frame_rule *table, struct frame_rule *cfi)
{
  c->rows++;
  if (table->cfa.how == FRAME_UNKNOWN && cfi->cfa.how != FRAME_UNKNOWN)
    {
      c->unknown++;
      return;
    }
  if (cfi->cfa.how == FRAME_UNKNOWN && table->cfa.how != FRAME_UNKNOWN)
    {
      c->unsaid++;
      return;
    }
  compare_place (c, CHECK_CFI_CFA, pc, &table->cfa, &cfi->cfa);
  /* libdw says the same of a return address that is undefined and of one without a rule, unless it is the usual
   * register. */
  if (cfi->ra.how == FRAME_NONE && ra != c->arch->lr
      && (table->ra.how == FRAME_UNKNOWN || (table->ra.how == FRAME_REG && table->ra.reg == ra)))
    cfi->ra = table->ra;
  compare_place (c, CHECK_CFI_RA, pc, &table->ra, &cfi->ra);
  compare_place (c, CHECK_CFI_FP, pc, &table->fp, &cfi->fp);
}

/* The table's row at PC, in F; *END is lowered to where it stops. */
static const struct dec_value *
table_row (const struct decoded *d, const struct dec_func *f, uint64_t pc, uint64_t *end)
{
  const struct dec_row *row = pctab__decoded_row (d, f, (uint32_t) (pc - d->base));
  uint64_t stop = row + 1 < d->rows + f->row + f->row_cnt ? row[1].off : f->end;
  *end = d->base + stop < *end ? d->base + stop : *end;
  return &d->values[row->value];
}

/* Compares [PC, END), where FRAME holds, with what the table has of F. */
static void
compare_row (struct compare *c, const struct dec_func *f, uint64_t pc, uint64_t end, Dwarf_Frame *frame, uint32_t ra)
{
  struct frame_rule cfi, copy, table;
  if (!pctab__frame_of_cfi (c->arch, frame, ra, &cfi))
    {
      FAULT (c, CHECK_CFI_DAMAGED, pc, "its row can't be read: %s", dwarf_errmsg (-1));
      return;
    }
  while (pc < end)
    {
      uint64_t stop = end;
      const struct dec_value *v = table_row (c->d, f, pc, &stop);
      pctab__frame_of_value (c->arch, c->d, v, &table);
      copy = cfi;
      compare_rules (c, pc, ra, &table, &copy);
      pc = stop;
    }
}

/* The table's function at PC, which FDEs may have from anywhere; NONE: it has none. */
static uint32_t
func_at (const struct decoded *d, uint64_t pc)
{
  uint64_t off = pc - d->base;
  return pc < d->base || off > UINT32_MAX ? NONE : pctab__decoded_func (d, (uint32_t) off);
}

/* Where the table's next function behind PC starts. */
static uint64_t
next_func (const struct decoded *d, uint64_t pc)
{
  uint32_t lo = 0, hi = d->func_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (d->base + d->funcs[mid].off <= pc)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < d->func_cnt ? d->base + d->funcs[lo].off : UINT64_MAX;
}

/* Compares F, from PC on, with the rows of FDE; returns where the comparison ended. */
static uint64_t
compare_func (struct compare *c, const struct fde *fde, const struct dec_func *f, uint64_t pc, uint64_t end)
{
  while (pc < end)
    {
      struct cfi_row row;
      if (!pctab__cfi_source_row (c->source, fde, pc, &row))
        {
          if (row.why)
            FAULT (c, CHECK_CFI_DAMAGED, pc, "%s", row.why);
          else
            c->skipped++;
          return UINT64_MAX;
        }
      if (pc == fde->pc && row.signal != (bool) (f->flags & FUNC_SIGNAL))
        FAULT (c, CHECK_CFI_SIGNAL, pc, "the table says it is %s signal frame, call frame information says it is %s",
               f->flags & FUNC_SIGNAL ? "a" : "no", row.signal ? "one" : "none");
      uint64_t stop = row.end < end ? row.end : end;
      compare_row (c, f, pc, stop, row.frame, fde->ra);
      free (row.frame);
      pc = stop;
    }
  return pc;
}

static void
compare_fde (struct compare *c, const struct fde *fde, uint64_t pc)
{
  const struct decoded *d = c->d;
  while (pc < fde->end)
    {
      uint32_t i = func_at (d, pc);
      uint64_t next = next_func (d, pc), end = next < fde->end ? next : fde->end;
      if (i == NONE)
        {
          FAULT (c, CHECK_CFI_MISSING, pc, "the table has no frame for %" PRIu64 " bytes that call frame information "
                 "describes", end - pc);
          pc = end;
          continue;
        }
      end = d->base + d->funcs[i].end;
      pc = compare_func (c, fde, &d->funcs[i], pc, end < fde->end ? end : fde->end);
    }
}

/* Whether another FDE of its section speaks of the code of the Ith too: linkers and libdw choose between such as they
 * like. */
static bool
is_doubtful (const struct fdes *f, size_t i, uint64_t eh_end, uint64_t debug_end)
{
  const struct fde *fde = &f->at[i];
  if (fde->pc < (fde->eh ? eh_end : debug_end) || (!fde->eh && fde->pc < eh_end && fde->end > eh_end))
    return true;
  return i + 1 < f->cnt && f->at[i + 1].pc < fde->end && (f->at[i + 1].eh || !fde->eh);
}

/* .debug_frame counts where .eh_frame says nothing. */
static void
compare_fdes (struct compare *c, const struct fdes *f)
{
  uint64_t eh_end = 0, debug_end = 0;
  for (size_t i = 0; i < f->cnt; i++)
    {
      const struct fde *fde = &f->at[i];
      uint64_t *taken = fde->eh ? &eh_end : &debug_end;
      bool covered = !fde->eh && fde->end <= eh_end;
      bool code = pctab__layout_text (c->l->code, c->l->code_cnt, fde->pc);
      if (code && !covered && is_doubtful (f, i, eh_end, debug_end))
        c->skipped++;
      else if (code && !covered)
        compare_fde (c, fde, fde->pc);
      *taken = fde->end > *taken ? fde->end : *taken;
    }
}

/* Functions of the table that call frame information does not know. */
static uint64_t
count_unsaid (const struct decoded *d, const struct fdes *f)
{
  uint64_t cnt = 0;
  size_t next = 0;
  for (uint32_t i = 0; i < d->func_cnt; i++)
    {
      uint64_t pc = d->base + d->funcs[i].off;
      while (next < f->cnt && f->at[next].end <= pc)
        next++;
      cnt += next == f->cnt || f->at[next].pc > pc;
    }
  return cnt;
}

static void
report (struct compare *c, const struct fdes *f)
{
  uint64_t funcs = count_unsaid (c->d, f);
  if (c->unknown)
    pctab__report_add (c->t->report, CHECK_CFI_UNKNOWN, WHERE_FILE,
                       "%" PRIu64 " of %" PRIu64 " rows have no CFA in the table and one in call frame information",
                       c->unknown, c->rows);
  if (c->unsaid || funcs)
    pctab__report_add (c->t->report, CHECK_CFI_UNSAID, WHERE_FILE, "%" PRIu64 " functions and %" PRIu64 " rows", funcs,
                       c->unsaid);
  if (c->skipped)
    pctab__report_add (c->t->report, CHECK_CFI_SKIPPED, WHERE_FILE, "%" PRIu64 " of %zu FDEs", c->skipped, f->cnt);
}

void
pctab__check_cfi (struct target *t, const struct layout *l, struct cfi_source *source)
{
  struct compare c = { .t = t, .l = l, .d = &t->table, .source = source };
  const struct fdes *f = &source->fdes;
  if (~c.d->good & (GOOD_FUNCTAB | GOOD_ROWS) || !f->cnt || c.d->machine != t->machine) /* PE113 */
    return;
  c.arch = pctab__frame_arch (t->machine, c.d->class);
  if (!c.arch || (!source->eh && !source->debug))
    {
      pctab__report_add (t->report, CHECK_CFI_SKIPPED, WHERE_FILE, "all of %zu FDEs: libdw does not know the machine",
                         f->cnt);
      return;
    }
  compare_fdes (&c, f);
  report (&c, f);
}
