/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Line programs: rows and sequences of the code that is in the module.
 *
 * What a PC's row is follows LLVM: the last row of the program at the highest address not above the PC.  So of rows at
 * one address only the last is kept, and one that says what the row before says is left out.  The flags (is_stmt and so
 * on) play no part.
 *
 * The common case runs without a branch on the data but the opcode: a row is written behind those kept so far, and kept
 * by adding 0 or 1 to their number.  A sequence whose addresses fall, or leave the 4 GiB of the module, is run again by
 * the plain way and sorted.
 *
 * Dropped: sequences that begin outside the module's text (discarded code is at 0, -1 or -2), what of one lies beyond
 * the end of the text where it began, and code for which none of the table's units speaks (dwarf_cover.c).  So
 * sequences overlap only where one unit's own do, or those of units without ranges; then the first one holds. */
#include "dwarf.h"

#include "dwarf_const.h"
#include "dwarf_leb.h"

#include <stdlib.h>

/* file in the low half, line in the high one: what a special opcode adds to both is one addition. */
#define LINE_SHIFT 32

struct special {
  uint64_t addr, line;
};

struct program {
  struct dwarf_worker *w;
  struct line_table *t;
  const unsigned char *p; /* where the next sequence begins */
  uint64_t base;
  struct cover_look look;
  struct special special[256];
};

/* What a run of one sequence came to. */
enum run {
  RUN_END,      /* the program ended, no sequence */
  RUN_SEQUENCE, /* rows and [.., end) */
  RUN_BAD,
  RUN_MEMORY
};

struct sequence {
  const unsigned char *next; /* behind the sequence */
  uint64_t end;              /* its end address */
  uint64_t set;              /* the last DW_LNE_set_address */
  bool plain;                /* rising, inside 4 GiB from the base */
};

static void
prepare (struct program *prog)
{
  const struct line_table *t = prog->t;
  for (unsigned op = t->opcode_base; op < 256; op++)
    {
      unsigned step = op - t->opcode_base;
      unsigned range = t->line_range ? t->line_range : 1;
      prog->special[op].addr = (uint64_t) (t->line_range ? step / range : 0) * t->min_inst;
      prog->special[op].line = (uint64_t) ((int64_t) t->line_base + (t->line_range ? step % range : 0)) << LINE_SHIFT;
    }
}

/* DW_LNE_define_file's operands at P. */
static bool
define_file (struct program *prog, const unsigned char *p, const unsigned char *end)
{
  struct cursor c = cursor_over (p, (size_t) (end - p), false);
  const char *name = cursor_str (&c);
  uint64_t dir = cursor_uleb (&c);
  return !c.bad && pctab__line_define (prog->t, name, dir);
}

/* Runs the program from prog->p to the end of its sequence.  Fast: rows go to `out`, *cnt of them, with the room that
 * the program's length in bytes asks for.  Slow: every row goes to the worker's raw rows. */
static inline __attribute__ ((always_inline)) enum run
run_sequence (struct program *prog, bool slow, struct model_line *out, size_t *cnt, struct sequence *seq)
{
  const struct line_table *t = prog->t;
  const struct special *special = prog->special;
  const unsigned char *p = prog->p, *const end = t->end;
  const unsigned opcode_base = t->opcode_base;
  const uint64_t base = prog->base, min_inst = t->min_inst;
  const bool big = t->unit->obj->big;
  uint64_t addr = 0, both = 1 | (uint64_t) 1 << LINE_SHIFT, operand;
  /* The row not written yet, and file and line of the last one kept: those of no row to begin with. */
  uint64_t row_addr = 0, row = UINT64_MAX, kept = UINT64_MAX;
  uint64_t beyond = 0;
  size_t n = 0;
  bool falls = false;
  seq->set = 0;

#define ROW() \
  do \
    { \
      if (!slow) \
        { \
          out[n].off = (uint32_t) (row_addr - base); \
          out[n].file = (uint32_t) row; \
          out[n].line = (uint32_t) (row >> LINE_SHIFT); \
          bool keep = (addr != row_addr) & (row != kept); \
          kept = keep ? row : kept; \
          n += keep; \
          falls |= addr < row_addr; \
          beyond |= addr - base; \
          row_addr = addr; \
          row = both; \
        } \
      else \
        { \
          if (!model_reserve (&prog->w->raw, 1)) \
            return RUN_MEMORY; \
          prog->w->raw.at[prog->w->raw.cnt++] \
            = (struct raw_row){ addr, (uint32_t) both, (uint32_t) (both >> LINE_SHIFT) }; \
        } \
    } \
  while (0)

  while (p < end)
    {
      unsigned op = *p++;
      if (op >= opcode_base)
        {
          addr += special[op].addr;
          both += special[op].line;
          ROW ();
          continue;
        }
      switch (op)
        {
        case DW_LNS_extended:
          {
            uint64_t len;
            if (!leb_u (&p, end, &len) || len > (size_t) (end - p))
              return RUN_BAD;
            const unsigned char *next = p + len;
            unsigned what = len ? *p++ : 0;
            if (what == DW_LNE_set_address)
              {
                if (len != 9 && len != 5)
                  return RUN_BAD;
                addr = len == 9 ? load_u64 (p, big) : load_u32 (p, big);
                seq->set = addr;
              }
            else if (what == DW_LNE_define_file && !define_file (prog, p, next))
              return RUN_BAD;
            p = next;
            if (what != DW_LNE_end_sequence)
              break;
            if (!slow && row_addr < addr && row != kept)
              {
                out[n].off = (uint32_t) (row_addr - base);
                out[n].file = (uint32_t) row;
                out[n].line = (uint32_t) (row >> LINE_SHIFT);
                n++;
              }
            seq->next = p;
            seq->end = addr;
            seq->plain = !falls && addr >= row_addr && !((beyond | (addr - base)) >> 32);
            *cnt = n;
            return RUN_SEQUENCE;
          }
        case DW_LNS_copy:
          ROW ();
          break;
        case DW_LNS_advance_pc:
          if (!leb_u (&p, end, &operand))
            return RUN_BAD;
          addr += operand * min_inst;
          break;
        case DW_LNS_advance_line:
          if (!leb_s (&p, end, &operand))
            return RUN_BAD;
          both += operand << LINE_SHIFT;
          break;
        case DW_LNS_set_file:
          if (!leb_u (&p, end, &operand))
            return RUN_BAD;
          both = (both & ~UINT64_C (0) << LINE_SHIFT) | (operand < MODEL_NONE ? operand : MODEL_NONE);
          break;
        case DW_LNS_set_column: case DW_LNS_set_isa:
          if (!leb_skip (&p, end))
            return RUN_BAD;
          break;
        case DW_LNS_negate_stmt: case DW_LNS_set_basic_block: case DW_LNS_set_prologue_end:
        case DW_LNS_set_epilogue_begin:
          break;
        case DW_LNS_const_add_pc:
          addr += special[255].addr;
          break;
        case DW_LNS_fixed_advance_pc:
          if (end - p < 2)
            return RUN_BAD;
          addr += load_u16 (p, big);
          p += 2;
          break;
        default:
          for (unsigned i = t->opcode_lens[op - 1]; i; i--)
            if (!leb_skip (&p, end))
              return RUN_BAD;
        }
    }
#undef ROW
  return RUN_END;
}

static enum run
run_fast (struct program *prog, struct model_line *out, size_t *cnt, struct sequence *seq)
{
  return run_sequence (prog, false, out, cnt, seq);
}

static enum run
run_slow (struct program *prog, struct sequence *seq)
{
  size_t none;
  prog->w->raw.cnt = 0;
  return run_sequence (prog, true, NULL, &none, seq);
}

/* For qsort: by address, rows at one address in the program's order (which is that of their places in RAW). */
static int
by_address (const void *x, const void *y)
{
  const struct raw_row *const *a = x, *const *b = y;
  if ((*a)->addr != (*b)->addr)
    return (*a)->addr < (*b)->addr ? -1 : 1;
  return *a < *b ? -1 : *a > *b;
}

/* The same choice of rows, from all rows in any order; only those of [low, high). */
static bool
settle_raw (struct program *prog, uint64_t low, uint64_t high, struct model_line *out, size_t *cnt)
{
  struct dwarf_worker *w = prog->w;
  size_t n = 0;
  const struct raw_row **order = malloc ((w->raw.cnt + 1) * sizeof *order);
  if (!order)
    return pctab__diag_memory (&w->diag);
  for (size_t i = 0; i < w->raw.cnt; i++)
    order[i] = &w->raw.at[i];
  qsort (order, w->raw.cnt, sizeof *order, by_address);
  for (size_t i = 0; i < w->raw.cnt; i++)
    {
      const struct raw_row *r = order[i];
      if (r->addr < low || r->addr >= high || (i + 1 < w->raw.cnt && order[i + 1]->addr == r->addr))
        continue;
      if (n && out[n - 1].file == r->file && out[n - 1].line == r->line)
        continue;
      out[n++] = (struct model_line){ (uint32_t) (r->addr - prog->base), r->file, r->line };
    }
  free (order);
  *cnt = n;
  return true;
}

/* Keeps the rows that lie in the text where the sequence begins.  *CNT rows are left, 0 for none. */
static bool
clip (struct program *prog, struct sequence *seq, struct model_line *out, size_t *cnt, uint32_t *end)
{
  const struct dwarf *dw = prog->w->dw;
  const struct model_text *text;
  if (!*cnt && seq->plain)
    return true;
  if (seq->plain)
    {
      text = dwarf_text (dw, out[0].off);
      if (text && seq->end - prog->base > text->end)
        while (*cnt && out[*cnt - 1].off >= text->end)
          --*cnt;
    }
  else
    {
      *cnt = 0;
      text = dwarf_text (dw, seq->set - prog->base);
      if (!text)
        return true;
      if (run_slow (prog, seq) != RUN_SEQUENCE)
        return pctab__diag_memory (&prog->w->diag);
      uint64_t low = prog->w->raw.cnt ? prog->w->raw.at[0].addr : 0, high = seq->end;
      text = dwarf_text (dw, low - prog->base);
      if (!text || high <= low)
        return true;
      if (high - prog->base > text->end)
        high = seq->end = prog->base + text->end;
      if (!settle_raw (prog, low, high, out, cnt))
        return false;
    }
  if (!text)
    *cnt = 0;
  else
    *end = seq->end - prog->base > text->end ? text->end : (uint32_t) (seq->end - prog->base);
  return true;
}

static bool
mark_files (struct dwarf_worker *w, const struct model_line *rows, size_t cnt)
{
  uint32_t last = MODEL_NONE;
  for (size_t i = 0; i < cnt; i++)
    if (rows[i].file != last)
      {
        last = rows[i].file;
        if (!pctab__worker_mark (w, last))
          return false;
      }
  return true;
}

/* A sequence of the CNT rows from worker row ROW on. */
static bool
add_sequence (struct program *prog, size_t row, size_t cnt, uint32_t end)
{
  struct dwarf_worker *w = prog->w;
  if (!model_reserve (&w->sequences, 1))
    return pctab__diag_memory (&w->diag);
  w->sequences.at[w->sequences.cnt++]
    = (struct model_sequence){ w->lines.at[row].off, end, (uint32_t) row, (uint32_t) cnt };
  prog->t->line_cnt += cnt;
  return mark_files (w, w->lines.at + row, cnt);
}

/* A sequence of copies of those of the CNT rows from ROW on that hold in [off, end). */
static bool
add_part (struct program *prog, size_t row, size_t cnt, uint32_t off, uint32_t end)
{
  struct dwarf_worker *w = prog->w;
  size_t to = w->lines.cnt;
  if (!model_reserve (&w->lines, cnt))
    return pctab__diag_memory (&w->diag);
  size_t lo = row, hi = row + cnt;
  while (hi - lo > 1)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (w->lines.at[mid].off <= off)
        lo = mid;
      else
        hi = mid;
    }
  for (; lo < row + cnt && w->lines.at[lo].off < end; lo++)
    w->lines.at[w->lines.cnt++] = w->lines.at[lo];
  if (w->lines.at[to].off < off)
    w->lines.at[to].off = off;
  return add_sequence (prog, to, w->lines.cnt - to, end);
}

/* Keeps of the CNT rows behind the worker's what holds, up to STOP, where the table's unit is the one that speaks. */
static bool
keep_parts (struct program *prog, size_t cnt, uint32_t stop)
{
  struct dwarf_worker *w = prog->w;
  size_t row = w->lines.cnt;
  uint32_t off = w->lines.at[row].off, end = stop;
  if (!cover_part (&prog->look, &off, &end))
    return true;
  w->lines.cnt += cnt;
  if (off == w->lines.at[row].off && end == stop)
    return add_sequence (prog, row, cnt, end);
  do
    {
      if (!add_part (prog, row, cnt, off, end))
        return false;
      off = end;
      end = stop;
    }
  while (off < stop && cover_part (&prog->look, &off, &end));
  return true;
}

static bool
program_error (const struct program *prog)
{
  return pctab__diag_error (&prog->w->diag, ".debug_line",
                            "program of the table at 0x%llx: is damaged in the sequence at 0x%llx; rebuild the object "
                            "it came from",
                            (unsigned long long) prog->t->off,
                            (unsigned long long) (prog->p - prog->t->unit->obj->sec[SEC_LINE].at));
}

static bool
run_program (struct program *prog)
{
  struct dwarf_worker *w = prog->w;
  for (;;)
    {
      struct sequence seq;
      size_t cnt = 0;
      /* Each row takes a byte of the program, and one more is written behind the last. */
      if (!model_reserve (&w->lines, (size_t) (prog->t->end - prog->p) + 1))
        return pctab__diag_memory (&w->diag);
      struct model_line *out = w->lines.at + w->lines.cnt;
      enum run run = run_fast (prog, out, &cnt, &seq);
      if (run == RUN_END)
        return true;
      if (run != RUN_SEQUENCE)
        return program_error (prog);
      uint32_t end = 0;
      if (!clip (prog, &seq, out, &cnt, &end))
        return false;
      prog->p = seq.next;
      if (cnt && !keep_parts (prog, cnt, end))
        return false;
      if (w->lines.cnt > UINT32_MAX / 2)
        return pctab__diag_error (&w->diag, ".debug_line", "has more rows than a table can hold");
    }
}

/* The rows of one line table go to the worker's vectors; files are numbers of the table still. */
bool
pctab__line_import (struct dwarf_worker *w, struct line_table *t)
{
  t->sequences = (struct dwarf_span){ w->idx, w->sequences.cnt, 0 };
  t->used = (struct dwarf_span){ w->idx, w->used.cnt, 0 };
  w->mark_gen++;
  if (!pctab__line_header (t, &w->diag))
    return false;
  struct program prog = { .w = w, .t = t, .p = t->program, .base = w->dw->m->base };
  prog.look = (struct cover_look){ .cover = w->dw->line_cover, .cnt = w->dw->cover_cnt,
                                   .unit = (uint32_t) (t - w->dw->lines.at), .bounded = t->bounded };
  prog.look.work = WORK_MIN + WORK_PER_BYTE * (uint64_t) (t->end - t->program);
  prepare (&prog);
  if (!run_program (&prog))
    return false;
  if (!prog.look.work)
    return program_error (&prog);
  t->sequences.cnt = w->sequences.cnt - t->sequences.at;
  t->used.cnt = w->used.cnt - t->used.at;
  return true;
}
