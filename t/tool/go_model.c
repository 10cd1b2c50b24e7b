/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See go_model.h.  An SP delta of Go's is the CFA's offset from SP. */
#include "go_model.h"

#include "arch.h"

#define TABLE_BELOW 0x10000000 /* the table lies so far below the text: its PCs need not be mapped */

static bool
add_func (const struct go_pclntab *g, const struct go_func *f, struct model *m, struct diag *d)
{
  struct model_frame frame = { .off = (uint32_t) (f->entry - m->base), .row = (uint32_t) m->rows.cnt };
  struct go_walk w = go_walk_start (g, f, f->pcsp);
  struct go_stretch s = { .end = f->entry };
  while (go_walk_next (&w, &s))
    {
      struct rule rule = { .cfa = CFA_SP, .ra = RA_UNKNOWN, .cfa_off = s.value };
      struct model_row row = { (uint32_t) (s.pc - m->base), pctab__model_rule (m, &rule) };
      if (row.rule == MODEL_NONE || !model_reserve (&m->rows, 1))
        return pctab__diag_memory (d);
      m->rows.at[m->rows.cnt++] = row;
    }
  frame.end = (uint32_t) (s.end - m->base);
  frame.row_cnt = (uint32_t) m->rows.cnt - frame.row;
  if (frame.end == frame.off)
    return true;
  if (!model_reserve (&m->frames, 1) || !model_reserve (&m->symbols, 1))
    return pctab__diag_memory (d);
  m->frames.at[m->frames.cnt++] = frame;
  m->symbols.at[m->symbols.cnt++] = (struct model_symbol){
    frame.off, frame.end - frame.off, { f->name, (uint32_t) strlen (f->name) }, STB_GLOBAL, STT_FUNC
  };
  return true;
}

static bool
add_stretches (const struct go_pclntab *g, const struct go_func *f, uint32_t table, struct model *m, struct diag *d)
{
  struct go_walk w = go_walk_start (g, f, go_table (f, table));
  struct go_stretch s;
  while (go_walk_next (&w, &s))
    {
      if (s.value == -1)
        continue;
      if (!model_reserve (&m->stretches, 1))
        return pctab__diag_memory (d);
      m->stretches.at[m->stretches.cnt++]
        = (struct model_stretch){ (uint32_t) (s.pc - m->base), (uint32_t) (s.end - m->base), s.value };
    }
  return true;
}

static bool
add_table (const struct go_pclntab *g, uint32_t table, struct model *m, struct diag *d)
{
  struct model_table t = { .number = table, .stretch = (uint32_t) m->stretches.cnt };
  struct go_func f;
  for (uint32_t i = 0; i < g->func_cnt; i++)
    if (!go_func (g, i, &f, d) || !add_stretches (g, &f, table, m, d))
      return false;
  t.stretch_cnt = (uint32_t) m->stretches.cnt - t.stretch;
  if (!t.stretch_cnt)
    return true;
  if (!model_reserve (&m->tables, 1))
    return pctab__diag_memory (d);
  m->tables.at[m->tables.cnt++] = t;
  return true;
}

bool
go_model_fill (const struct go_pclntab *g, struct model *m, struct diag *d)
{
  struct go_func first, last;
  if (!pctab__arch (g->elf.machine, g->elf.is64) || !g->func_cnt)
    return pctab__diag_error (d, NULL, "is for a machine that pctab does not know, or has no functions");
  if (!go_func (g, 0, &first, d) || !go_func (g, g->func_cnt - 1, &last, d))
    return false;
  m->base = first.entry & ~UINT64_C (0xffff);
  m->table_addr = m->base - TABLE_BELOW;
  m->machine = g->elf.machine;
  m->is64 = g->elf.is64;
  m->big = g->elf.big;
  if (!model_reserve (&m->texts, 1))
    return pctab__diag_memory (d);
  m->texts.at[m->texts.cnt++]
    = (struct model_text){ (uint32_t) (first.entry - m->base), (uint32_t) (last.next - m->base), false };
  for (uint32_t i = 0; i < g->func_cnt; i++)
    {
      struct go_func f;
      if (!go_func (g, i, &f, d) || !add_func (g, &f, m, d))
        return false;
    }
  for (uint32_t table = 0; table < GO_TABLES; table++)
    if (!add_table (g, table, m, d))
      return false;
  return true;
}
