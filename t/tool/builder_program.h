/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random programs for builder_check.c: each as a model, and as the calls that give the same. */
#ifndef PCTAB_T_BUILDER_PROGRAM_H
#define PCTAB_T_BUILDER_PROGRAM_H

#include <pctab/build.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "format.h"
#include "model.h"

#define FUNCS_MAX 300

static uint64_t random_state = 1;

static uint32_t
draw (uint32_t below)
{
  random_state = random_state * UINT64_C (6364136223846793005) + 1442695040888963407;
  return below ? (uint32_t) (random_state >> 33) % below : 0;
}

static void
die (const char *what)
{
  fprintf (stderr, "builder_check: %s\n", what);
  exit (1);
}

#define ADD(v, element) \
  do                    \
    {                   \
      if (!model_reserve (v, 1)) \
        die ("out of memory");   \
      (v)->at[(v)->cnt++] = (element); \
    }                   \
  while (0)

static const struct arch *
arch_number (size_t i)
{
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) { machine, is64 },
  static const struct { uint16_t machine; bool is64; } all[] = {
#include "arch.def"
  };
#undef ARCH
  return pctab__arch (all[i % (sizeof all / sizeof *all)].machine, all[i % (sizeof all / sizeof *all)].is64);
}

/* A program, as a model and as calls. */

struct call_func {
  uint32_t off, end;
  unsigned flags; /* PCTAB_FUNCFLAG_* */
  char name[24];
};

struct program {
  const struct arch *arch;
  bool big;
  uint32_t len;
  struct model m;
  struct call_func funcs[FUNCS_MAX];
  uint32_t func_cnt;
};

static uint32_t
draw_rule (struct program *p)
{
  struct rule r = { .cfa = CFA_SP, .ra = RA_SAVED, .ra_off = -8, .cfa_off = 8 * (int32_t) (1 + draw (20)) };
  if (!draw (3))
    {
      r = (struct rule){ .cfa = (uint8_t) draw (6), .ra = (uint8_t) draw (5), .fp = (uint8_t) draw (5) };
      if (r.cfa != CFA_UNKNOWN)
        r.cfa_off = (int32_t) draw (2 * PCTAB_CFA_OFF_MAX + 1) - PCTAB_CFA_OFF_MAX;
      do
        r.cfa_reg = r.cfa >= CFA_REG ? (uint8_t) draw (40) : 0;
      while (r.cfa == CFA_REG && (r.cfa_reg == p->arch->sp || r.cfa_reg == p->arch->fp));
      r.cfa_add = r.cfa >= CFA_DEREF ? (int32_t) draw (100) - 50 : 0;
      r.cfa_idx = r.cfa == CFA_DEREF_INDEX ? (uint8_t) draw (20) : 0;
      r.cfa_scale = r.cfa == CFA_DEREF_INDEX ? 8 : 0;
      r.ra_reg = r.ra == RA_REG || r.ra == RA_AT_REG ? (uint8_t) draw (40) : 0;
      r.ra_off = r.ra == RA_SAVED || r.ra == RA_AT_REG ? 8 * (int32_t) draw (9) - 32 : 0;
      r.fp_reg = r.fp == FP_AT_REG || r.fp == FP_IN_REG ? (uint8_t) draw (40) : 0;
      r.fp_off = r.fp == FP_SAVED || r.fp == FP_AT_REG ? 8 * (int32_t) draw (9) - 32 : 0;
    }
  return pctab__model_rule (&p->m, &r);
}

static void
draw_rows (struct program *p, const struct call_func *f)
{
  static const unsigned flags[5] = { FRAME_SIGNAL, FRAME_TOP, FRAME_NOPREEMPT, FRAME_SPWRITE, FRAME_ASM };
  struct model_frame frame = { .off = f->off, .end = f->end, .row = (uint32_t) p->m.rows.cnt };
  uint32_t at = f->off, step = draw (20) ? 40 : 2;
  for (unsigned i = 0; i < 5; i++)
    frame.flags |= f->flags & 1u << i ? (uint16_t) flags[i] : 0;
  frame.reason = frame.flags & FRAME_NOPREEMPT ? 3 : 0;
  for (uint32_t last = MODEL_NONE, rule; at < f->end && frame.row_cnt < 3000; at += p->arch->insn * (1 + draw (step)))
    if ((rule = frame.row_cnt || draw (6) ? draw_rule (p) : pctab__model_rule (&p->m, &(struct rule){ 0 })) != last)
      {
        ADD (&p->m.rows, ((struct model_row){ at, rule }));
        frame.row_cnt++;
        last = rule;
      }
  ADD (&p->m.frames, frame);
}

static void
draw_funcs (struct program *p)
{
  uint32_t at = p->arch->insn * draw (30);
  p->func_cnt = draw (20) ? 1 + draw (60) : draw (FUNCS_MAX);
  for (uint32_t i = 0; i < p->func_cnt; i++)
    {
      struct call_func *f = &p->funcs[i];
      uint32_t units = draw (30) ? 1 + draw (100) : draw (5000);
      units = draw (60) ? units + !units : 70000 / p->arch->insn + draw (70000);
      *f = (struct call_func){ .off = at, .end = at + units * p->arch->insn, .flags = draw (4) ? 0 : draw (32) };
      if (draw (5))
        snprintf (f->name, sizeof f->name, "f%u_%u", i, draw (1000));
      draw_rows (p, f);
      if (f->name[0])
        ADD (&p->m.symbols, ((struct model_symbol){ f->off, f->end - f->off, { f->name, (uint32_t) strlen (f->name) },
                                                    1, 2 }));
      at = f->end + (draw (2) ? 0 : p->arch->insn * draw (draw (9) ? 40 : 90000));
    }
  p->len = at + draw (100) + 1;
  ADD (&p->m.texts, ((struct model_text){ 0, p->len, false }));
}

static void
draw_lines (struct program *p)
{
  static const char *const files[] = { "a.js", "b.js", "/src/deep/er/c.wat", "a.js2", "\xc3\xa4" };
  for (unsigned i = 0; i < 5; i++)
    ADD (&p->m.files, ((struct model_str){ files[i], (uint32_t) strlen (files[i]) }));
  for (uint32_t i = 0; i < p->func_cnt; i++)
    {
      const struct call_func *f = &p->funcs[i];
      struct model_sequence s = { f->off, f->end, (uint32_t) p->m.lines.cnt, 0 };
      if (draw (4) == 0)
        continue;
      s.off = draw (4) || f->end - f->off <= p->arch->insn ? f->off : f->off + p->arch->insn;
      for (uint32_t at = s.off; at < f->end && s.line_cnt < 2000; at += p->arch->insn * (1 + draw (30)))
        {
          uint32_t file = draw (9) ? draw (5) : MODEL_NONE;
          ADD (&p->m.lines, ((struct model_line){ at, file, draw (9) ? draw (1000) : draw (2) ? 0 : UINT32_MAX }));
          s.line_cnt++;
        }
      ADD (&p->m.sequences, s);
    }
}

/* The bytes from OFF on in which frame F has one rule, at most 20. */
static uint32_t
restart_end (const struct program *p, const struct model_frame *f, uint32_t off)
{
  uint32_t end = off + PCTAB_RESTART_MAX / p->arch->insn * p->arch->insn, row = f->row + f->row_cnt;
  end = end < f->end ? end : f->end;
  while (--row > f->row && p->m.rows.at[row].off > off)
    end = p->m.rows.at[row].off < end ? p->m.rows.at[row].off : end;
  return end;
}

static int32_t
draw_value (const struct program *p, uint32_t table, const struct model_frame *f, uint32_t off, uint32_t *end,
            int32_t touching)
{
  int32_t v;
  do
    v = table ? (draw (2) ? (int32_t) draw (300) - 3 : (int32_t) (draw (1u << 31) * 2 + draw (2)))
              : -2 - (int32_t) draw (3);
  while (v == touching || v == -1);
  if (table || v == -2)
    return v;
  uint32_t stop = restart_end (p, f, off);
  if (draw (3) || *end > stop)
    *end = stop;
  return v;
}

static void
draw_stretches (struct program *p, uint32_t table, const struct model_frame *f)
{
  uint32_t last_end = UINT32_MAX, at = f->off, step = draw (10) ? 60 : 2, cnt = 0;
  int32_t last = -1;
  if (!table && !draw (3))
    {
      uint32_t stop = restart_end (p, f, at);
      ADD (&p->m.stretches, ((struct model_stretch){ at, stop, PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY }));
      at = last_end = stop;
    }
  for (; at < f->end && cnt++ < 2000; at += draw (2) ? 0 : p->arch->insn * draw (step))
    {
      uint32_t end = at + p->arch->insn * (1 + draw (step));
      end = end < f->end ? end : f->end;
      last = draw_value (p, table, f, at, &end, at == last_end ? last : -1);
      ADD (&p->m.stretches, ((struct model_stretch){ at, end, last }));
      at = last_end = end;
    }
}

static void
draw_tables (struct program *p)
{
  uint32_t number = draw (3);
  for (uint32_t t = draw (4); t; t--, number += 1 + draw (3) * draw (100000))
    {
      struct model_table table = { number, (uint32_t) p->m.stretches.cnt, 0, { "", 0 } };
      for (size_t i = 0; i < p->m.frames.cnt; i++)
        if (draw (2))
          draw_stretches (p, number, &p->m.frames.at[i]);
      table.stretch_cnt = (uint32_t) p->m.stretches.cnt - table.stretch;
      if (table.stretch_cnt)
        ADD (&p->m.tables, table);
    }
}

static void
draw_program (struct program *p, size_t i)
{
  memset (p, 0, sizeof *p);
  p->arch = arch_number (i);
  p->big = i / 8 % 2;
  pctab__model_init (&p->m);
  p->m.machine = p->arch->machine;
  p->m.is64 = p->arch->is64;
  p->m.big = p->big;
  draw_funcs (p);
  draw_lines (p);
  draw_tables (p);
}

/* Calls */

static void
give_rows (struct pctab_builder *b, const struct program *p, const struct model_frame *f)
{
  for (uint32_t r = f->row; r < f->row + f->row_cnt; r++)
    {
      struct pctab_rule rule;
      const struct model_row *row = &p->m.rows.at[r];
      memcpy (&rule, &p->m.rules.at[row->rule], sizeof rule);
      /* Nothing is known before the first rule, also unsaid; saying a rule again changes nothing. */
      if (r == f->row && !rule.cfa && !rule.ra && !rule.fp && draw (2))
        continue;
      pctab_builder_rule (b, row->off, &rule);
      if (row->off + p->arch->insn < (r + 1 < f->row + f->row_cnt ? p->m.rows.at[r + 1].off : f->end) && !draw (9))
        pctab_builder_rule (b, row->off + p->arch->insn, &rule);
    }
}

static void
give_lines (struct pctab_builder *b, const struct program *p, const struct call_func *f)
{
  for (size_t s = 0; s < p->m.sequences.cnt; s++)
    for (uint32_t l = 0; p->m.sequences.at[s].end == f->end && l < p->m.sequences.at[s].line_cnt; l++)
      {
        const struct model_line *line = &p->m.lines.at[p->m.sequences.at[s].line + l];
        pctab_builder_line (b, line->off, line->file == MODEL_NONE ? NULL : p->m.files.at[line->file].p, line->line);
      }
}

static void
give_values (struct pctab_builder *b, const struct program *p, const struct call_func *f)
{
  for (size_t t = p->m.tables.cnt; t-- > 0;)
    {
      const struct model_table *table = &p->m.tables.at[t];
      const struct model_stretch *s = p->m.stretches.at + table->stretch, *end = s + table->stretch_cnt;
      for (; s < end; s++)
        if (s->off >= f->off && s->off < f->end)
          {
            pctab_builder_value (b, table->number, s->off, s->value);
            if (s + 1 == end || s[1].off > s->end || s->end == f->end)
              pctab_builder_value (b, table->number, s->end, -1);
          }
    }
}

static struct pctab_builder *
give (const struct program *p)
{
  uint32_t order[FUNCS_MAX];
  struct pctab_builder *b = pctab_builder_new (p->arch->machine, p->arch->is64, p->big, p->len);
  if (!b)
    return NULL;
  for (uint32_t i = 0; i < p->func_cnt; i++)
    {
      uint32_t k = draw (i + 1);
      order[i] = order[k];
      order[k] = i;
    }
  for (uint32_t i = 0; i < p->func_cnt; i++)
    {
      const struct call_func *f = &p->funcs[order[i]];
      pctab_builder_func (b, f->name[0] || draw (2) ? f->name : NULL, f->off, f->end - f->off, f->flags);
      if (draw (2))
        give_values (b, p, f), give_rows (b, p, &p->m.frames.at[order[i]]), give_lines (b, p, f);
      else
        give_lines (b, p, f), give_rows (b, p, &p->m.frames.at[order[i]]), give_values (b, p, f);
    }
  return b;
}

#endif
