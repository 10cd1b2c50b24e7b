/* SPDX-License-Identifier: MIT */
/* Values to stretches.  What linker/mark.c finds wrong with records is found wrong here with calls. */
#include "builder.h"

#include <stdlib.h>

#include "format.h"

static int
by_place (const void *x, const void *y)
{
  const struct builder_value *a = x, *b = y;
  if (a->number != b->number)
    return a->number < b->number ? -1 : 1;
  if (a->func != b->func)
    return a->func < b->func ? -1 : 1;
  return a->idx < b->idx ? -1 : a->idx > b->idx;
}

/* The row of frame F that holds at OFF. */
static const struct model_row *
find_row (const struct model *m, const struct model_frame *f, uint32_t off)
{
  uint32_t lo = 0, hi = f->row_cnt;
  while (hi - lo > 1)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (m->rows.at[f->row + mid].off <= off)
        lo = mid;
      else
        hi = mid;
    }
  return &m->rows.at[f->row + lo];
}

/* Whether the frame's rule is RULE everywhere in [off, end). */
static bool
rule_holds (struct pctab_builder *b, const struct builder_func *f, const struct model_stretch *s, uint32_t rule)
{
  const struct model_frame *frame = &b->m.frames.at[f->frame];
  const struct model_row *row = find_row (&b->m, frame, s->off), *end = b->m.rows.at + frame->row + frame->row_cnt;
  for (; row < end && row->off < s->end; row++)
    if (row->rule != rule)
      return pctab__builder_error (b, f, "a thread stopped at offset 0x%x resumes where the frame is another; leave SP "
                                   "and the saved registers alone in a restart range",
                                   (unsigned) (row->off > s->off ? row->off : s->off));
  return true;
}

static bool
check_unsafe_point (struct pctab_builder *b, const struct builder_func *f, const struct model_stretch *s)
{
  const struct model_frame *frame = &b->m.frames.at[f->frame];
  if (s->value == PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY)
    return s->end == s->off || rule_holds (b, f, s, b->m.rows.at[frame->row].rule);
  if (s->value != PCTAB_UNSAFEPOINT_RESTART1 && s->value != PCTAB_UNSAFEPOINT_RESTART2)
    return true;
  if (s->end == s->off)
    return pctab__builder_error (b, f, "the restart range at offset 0x%x has no bytes", (unsigned) s->off);
  if (s->end - s->off > PCTAB_RESTART_MAX)
    return pctab__builder_error (b, f, "the restart range at offset 0x%x has %u bytes, %u are possible; make it "
                                 "shorter, or the code unsafe", (unsigned) s->off, (unsigned) (s->end - s->off),
                                 PCTAB_RESTART_MAX);
  return rule_holds (b, f, s, find_row (&b->m, frame, s->off)->rule);
}

/* S behind what came before it in its function, from stretch FIRST on. */
static bool
add_stretch (struct pctab_builder *b, const struct builder_func *f, uint32_t number, size_t first,
             struct model_stretch s)
{
  struct model *m = &b->m;
  struct model_stretch *last = m->stretches.cnt > first ? &m->stretches.at[m->stretches.cnt - 1] : NULL;
  bool touches = last && last->end == s.off && last->value == s.value;
  if (number == PCTAB_TABLE_UNSAFEPOINT && touches
      && (s.value == PCTAB_UNSAFEPOINT_RESTART1 || s.value == PCTAB_UNSAFEPOINT_RESTART2))
    return pctab__builder_error (b, f, "the restart ranges at offsets 0x%x and 0x%x touch and have one value; let one "
                                 "have -3 and the other -4", (unsigned) last->off, (unsigned) s.off);
  if (number == PCTAB_TABLE_UNSAFEPOINT && !check_unsafe_point (b, f, &s))
    return false;
  if (s.off == s.end || s.value == -1)
    return true;
  if (touches)
    last->end = s.end;
  else if (!model_reserve (&m->stretches, 1))
    return pctab__diag_memory (&b->d);
  else
    m->stretches.at[m->stretches.cnt++] = s;
  return true;
}

/* The CNT values at V, of one function and table. */
static bool
add_function (struct pctab_builder *b, const struct builder_value *v, size_t cnt)
{
  const struct builder_func *f = &b->funcs.at[v->func];
  size_t first = b->m.stretches.cnt;
  for (size_t i = 0; i < cnt; i++)
    {
      uint32_t end = i + 1 < cnt ? v[i + 1].off : f->end;
      if (end < v[i].off || (i + 1 < cnt && end == v[i].off))
        return pctab__builder_error (b, f, "in table %u a value for offset 0x%x comes after one for 0x%x; give them by "
                                     "rising offset", (unsigned) v->number, (unsigned) end, (unsigned) v[i].off);
      if (!add_stretch (b, f, v->number, first, (struct model_stretch){ v[i].off, end, v[i].value }))
        return false;
    }
  return true;
}

static bool
add_table (struct pctab_builder *b, const struct builder_value *v, size_t cnt)
{
  struct model *m = &b->m;
  struct model_table t = { .number = v->number, .stretch = (uint32_t) m->stretches.cnt, .name = { "", 0 } };
  for (size_t i = 0, next; i < cnt; i = next)
    {
      for (next = i + 1; next < cnt && v[next].func == v[i].func; next++)
        ;
      if (!add_function (b, v + i, next - i))
        return false;
    }
  t.stretch_cnt = (uint32_t) m->stretches.cnt - t.stretch;
  if (!t.stretch_cnt)
    return true;
  if (!model_reserve (&m->tables, 1))
    return pctab__diag_memory (&b->d);
  m->tables.at[m->tables.cnt++] = t;
  return true;
}

bool
pctab__builder_values (struct pctab_builder *b)
{
  struct builder_value *v = b->values.at;
  size_t cnt = b->values.cnt;
  if (cnt)
    qsort (v, cnt, sizeof *v, by_place);
  for (size_t i = 0, next; i < cnt; i = next)
    {
      for (next = i + 1; next < cnt && v[next].number == v[i].number; next++)
        ;
      if (!add_table (b, v + i, next - i))
        return false;
    }
  return true;
}
