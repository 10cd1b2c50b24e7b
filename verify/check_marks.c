/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 6: what table UnsafePoint may say.
 *
 * A row with -3 or -4 is a restart range: a thread stopped in it resumes at its start, so that it has to be short and
 * the frame laid out the same everywhere in it.  One with -5 resumes at the function's entry. */
#include "reader.h"
#include "verify.h"

#include <inttypes.h>

#define MARKS 0
#define RESTART_MAX 20

enum { SAFE = -1, UNSAFE = -2, RESTART_1 = -3, RESTART_2 = -4, RESTART_ENTRY = -5 };

static bool
same_rule (const struct decoded *d, uint32_t a, uint32_t b)
{
  const struct dec_value *x = &d->values[a], *y = &d->values[b];
  const struct dec_shape *s = &d->shapes[x->shape], *t = &d->shapes[y->shape];
  return x->cfa_off == y->cfa_off && s->cfa == t->cfa && s->cfa_reg == t->cfa_reg && s->index_reg == t->index_reg
         && s->scale == t->scale && s->add == t->add && s->ra == t->ra && s->ra_reg == t->ra_reg
         && s->ra_off == t->ra_off && s->fp == t->fp && s->fp_reg == t->fp_reg && s->fp_off == t->fp_off;
}

/* Every row of F that holds somewhere in [OFF, END) has the rule of the PC RESUME. */
static bool
check_frame (struct decoded *d, const struct dec_func *f, enum check_id check, uint32_t off, uint32_t end,
             uint32_t resume)
{
  uint32_t want = pctab__decoded_row (d, f, resume)->value;
  const struct dec_row *row = pctab__decoded_row (d, f, off), *stop = d->rows + f->row + f->row_cnt;
  for (; row < stop && row->off < end; row++)
    if (row->value != want && !same_rule (d, row->value, want))
      {
        uint32_t at = row->off > off ? row->off : off;
        return FAULT_CODE (d, check, PART_PCDATA_LISTS, at,
                           "%" PRIu32 " bytes into the range, which is at offset %#" PRIx32
                           " of the function and %" PRIu32
                           " bytes long, the frame is laid out otherwise than where it resumes",
                           at - off, off - f->off, end - off);
      }
  return true;
}

static void
check_row (struct decoded *d, const struct dec_func *f, const struct dec_pcrow *row, uint32_t end)
{
  uint32_t off = row->off;
  switch (row->value)
    {
    case SAFE:
    case UNSAFE:
      return;
    case RESTART_1:
    case RESTART_2:
      if (end - off > RESTART_MAX)
        FAULT_CODE (d, CHECK_MARK_LENGTH, PART_PCDATA_LISTS, off,
                    "the restart range at offset %#" PRIx32 " of the function is %" PRIu32
                    " bytes long, at most %d are possible",
                    off - f->off, end - off, RESTART_MAX);
      if (d->good & GOOD_ROWS)
        check_frame (d, f, CHECK_MARK_FRAME, off, end, off);
      return;
    case RESTART_ENTRY:
      if (d->good & GOOD_ROWS)
        check_frame (d, f, CHECK_MARK_ENTRY_FRAME, off, end, f->off);
      return;
    default:
      FAULT_CODE (d, CHECK_MARK_VALUE, PART_PCDATA_LISTS, off, "the value is %" PRId32, row->value);
    }
}

void
pctab__check_marks (struct decoded *d)
{
  if (!(d->good & GOOD_PCDATA))
    return;
  for (uint32_t t = 0; t < d->table_cnt; t++)
    for (uint32_t i = 0; d->tables[t].number == MARKS && i < d->tables[t].piece_cnt; i++)
      {
        const struct dec_piece *piece = &d->pieces[d->tables[t].piece + i];
        const struct dec_func *f = &d->funcs[piece->func];
        const struct dec_pcrow *rows = d->pcrows + piece->row;
        for (uint32_t r = 0; r < piece->row_cnt; r++)
          check_row (d, f, &rows[r], r + 1 < piece->row_cnt ? rows[r + 1].off : f->end);
      }
}
