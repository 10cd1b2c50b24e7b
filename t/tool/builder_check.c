/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <pctab/build.h> held against the linker's encoder and two readers.
 *
 * usage: builder_check random CASES [SEED]   random programs, of all architectures in arch.def and both byte orders, given
 *                                            by calls in any order: the bytes that the encoder makes of the same model
 *        builder_check hostile CASES [SEED]  calls with random numbers: a table that both readers take, or a message
 *        builder_check errors                calls that contradict each other: their messages
 *        builder_check eh_frame FILE [CASES [SEED]]  the functions of a file's .eh_frame, as it is: the bytes of the
 *                                            importer's model; then damaged so often
 *        builder_check memory CASES [SEED]   random programs, with each allocation failing in turn: MEMORY, nothing leaked
 * Exits 1 at the first difference. */
#include <pctab/build.h>

#include "../lib/agree.h"
#include "arch.h"
#include "cfi.h"
#include "fail_malloc.h"
#include "format.h"
#include "image_encode.h"
#include "import.h"
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

/* What both readers say of a table; the program ends if it is not that it is right. */
static void
check_table (const unsigned char *image, size_t len, bool big, uint64_t *pcs)
{
  struct agree a;
  unsigned char *copy = aligned_alloc (64, (len + 63) & ~(size_t) 63);
  memcpy (copy, image, len);
  agree_open (&a, copy, len, 0, big);
  bool good = a.open;
  for (unsigned i = 0; i < CHECK_CNT; i++)
    good &= pctab__check_get (i)->severity != SEVERITY_ERROR || !a.r.found[i];
  if (!good)
    {
      agree_print (&a, stderr);
      die (a.open ? "verify refuses a table" : "the reader refuses a table");
    }
  if (!agree_everywhere (&a))
    die (a.text);
  *pcs += a.pcs;
  agree_close (&a);
  free (copy);
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
    v = table ? (draw (2) ? (int32_t) draw (300) - 3 : (int32_t) (draw (1u << 31) * 2 + draw (2))) : -2 - (int32_t) draw (3);
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

/* B's table has the bytes of M's. */
static void
compare (struct pctab_builder *b, struct model *m, bool big, uint64_t *pcs)
{
  struct diag d = { 0 };
  unsigned char *want;
  size_t want_len, len;
  enum pctab_error error;
  const char *text;
  unsigned char *got = pctab_builder_finish (b, &len, &error, &text);
  if (!got)
    die (text);
  if (!pctab__image_encode (m, &(struct image_about){ 0 }, 1, &want, &want_len, &d))
    die (d.text);
  check_table (want, want_len, big, pcs);
  check_table (got, len, big, pcs);
  if (len != want_len || memcmp (got, want, len))
    die ("the builder's table is another than the encoder's");
  free (got);
  free (want);
  pctab_builder_free (b);
}

static int
check_random (unsigned long cases)
{
  uint64_t funcs = 0, rows = 0, lines = 0, stretches = 0, pcs = 0;
  struct program *p = malloc (sizeof *p);
  for (unsigned long i = 0; p && i < cases; i++)
    {
      draw_program (p, i);
      funcs += p->func_cnt;
      rows += p->m.rows.cnt;
      lines += p->m.lines.cnt;
      stretches += p->m.stretches.cnt;
      compare (give (p), &p->m, p->big, &pcs);
      pctab__model_free (&p->m);
    }
  free (p);
  printf ("%lu programs of all architectures and both byte orders: %" PRIu64 " functions, %" PRIu64 " rows, %" PRIu64
          " lines, %" PRIu64 " stretches; %" PRIu64 " PCs compared\n", cases, funcs, rows, lines, stretches, pcs);
  return 0;
}

/* Memory */

/* P's table with allocation number NTH failing; whether there were that many. */
static bool
fail_one (const struct program *p, unsigned long nth)
{
  enum pctab_error error = PCTAB_ERROR_MEMORY;
  const char *text = "";
  size_t len = 0;
  uint64_t state = random_state;
  fail_at = nth;
  fail_seen = 0;
  struct pctab_builder *b = give (p);
  void *image = b ? pctab_builder_finish (b, &len, &error, &text) : NULL;
  fail_at = 0;
  bool failed = fail_seen >= nth;
  random_state = state;
  if (!image != failed || (failed && (error != PCTAB_ERROR_MEMORY || (b && strcmp (text, "out of memory")))))
    die ("an allocation failed, and the builder says something else");
  free (image);
  pctab_builder_free (b);
  return failed;
}

static int
check_memory (unsigned long cases)
{
  struct program *p = malloc (sizeof *p);
  unsigned long failed = 0;
  for (unsigned long i = 0; p && i < cases; i++)
    {
      draw_program (p, i);
      for (unsigned long nth = 1; fail_one (p, nth); nth++)
        failed++;
      pctab__model_free (&p->m);
    }
  free (p);
  printf ("%lu programs, %lu failed allocations\n", cases, failed);
  return 0;
}

/* Hostile calls */

static uint32_t
draw_off (uint32_t len)
{
  switch (draw (12))
    {
    case 0: return UINT32_MAX - draw (3);
    case 1: return draw (UINT32_MAX);
    case 2: return len - 1 + draw (3);
    default: return draw (len + 1) & (draw (8) ? ~3u : ~0u);
    }
}

static void
call_at_random (struct pctab_builder *b, uint32_t off, uint32_t end)
{
  struct pctab_rule rule = { .cfa = 1, .ra = 1, .cfa_off = 16, .ra_off = -8 };
  unsigned char *bytes = (unsigned char *) &rule;
  uint32_t at = off + (draw (40) ? 4 * draw ((end - off) / 4 + 1) : draw_off (end));
  switch (draw (3))
    {
    case 0:
      if (!draw (4))
        for (size_t i = 0; i < sizeof rule; i++)
          bytes[i] = (unsigned char) draw (i < 3 ? draw (30) ? 5 : 7 : 256);
      pctab_builder_rule (b, at, &rule);
      return;
    case 1:
      pctab_builder_value (b, draw (3), at, -1 - (int32_t) draw (draw (50) ? 5 : 7));
      return;
    default:
      pctab_builder_line (b, at, draw (3) ? "file.c" : draw (2) ? "" : NULL, draw (2) ? draw (100) : draw (UINT32_MAX));
    }
}

static int
check_hostile (unsigned long cases)
{
  unsigned long made = 0, refused = 0;
  uint64_t pcs = 0;
  for (unsigned long i = 0; i < cases; i++)
    {
      const struct arch *arch = arch_number (i);
      uint32_t len = draw (40) ? 1 + draw (3000) : draw_off (100), calls = draw (5), pos = 0;
      struct pctab_builder *b = pctab_builder_new (arch->machine, arch->is64, draw (2), len);
      enum pctab_error error;
      const char *text;
      size_t size;
      for (uint32_t c = 0; c < calls; c++)
        {
          uint32_t off = draw (15) ? pos : draw_off (len), end = off + (draw (30) ? 4 + 4 * draw (50) : draw_off (len));
          pctab_builder_func (b, draw (2) ? "name" : NULL, off, end - off, draw (30) ? draw (32) : draw (256));
          for (uint32_t k = draw (4); k; k--)
            call_at_random (b, off, end);
          pos = end + 4 * draw (4);
        }
      unsigned char *image = pctab_builder_finish (b, &size, &error, &text);
      if (image ? error != PCTAB_ERROR_OK : error != PCTAB_ERROR_BUILD || !*text)
        die ("the result and the error disagree");
      made += image != NULL;
      refused += !image;
      if (image)
        check_table (image, size, !image[8], &pcs);
      free (image);
      pctab_builder_free (b);
    }
  printf ("%lu programs of random calls: %lu tables, which both readers take and agree on at %" PRIu64 " PCs, %lu refused\n",
          cases, made, pcs, refused);
  return made < cases / 10 || refused < cases / 10;
}

/* Contradictions */

static const struct pctab_rule plain = { .cfa = PCTAB_CFA_SP, .ra = PCTAB_RA_SAVED, .cfa_off = 8, .ra_off = -8 };
static const struct pctab_rule pushed = { .cfa = PCTAB_CFA_SP, .ra = PCTAB_RA_SAVED, .cfa_off = 16, .ra_off = -8 };
static const struct pctab_rule strange = { .cfa = 6 };

/* One call: FUNC name off len flags, RULE off, VALUE number off value, LINE off line. */
enum { END, FUNC, RULE, STRANGE, VALUE, LINE, EH_FRAME };
struct call {
  int what;
  uint32_t a, b;
  int32_t c;
};

/* An .eh_frame with a function at [0x40, 0x60) of 64-bit code at 0. */
static const unsigned char eh_frame[]
  = { 20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x03, 0x0c, 7, 8, 0x90, 1, 0, 0,
      16, 0, 0, 0, 28, 0, 0, 0, 0x40, 0, 0, 0, 0x20, 0, 0, 0, 0, 0x44, 0x0e, 16 };

/* All of 100 bytes, machine 62 or (insn 4) 183. */
static const struct {
  const char *text; /* in the message; NULL: it is right */
  unsigned insn;
  struct call calls[6];
} contradictions[] = {
  { NULL, 1, { { FUNC, 0, 100, 0 } } },
  { NULL, 1, { { END, 0, 0, 0 } } },
  { "before the first function", 1, { { RULE, 0, 0, 0 } } },
  { "function f at offset 0x5a: it leaves the code", 1, { { FUNC, 90, 11, 0 } } },
  { "it leaves the code", 1, { { FUNC, 100, 1, 0 } } },
  { "it leaves the code", 1, { { FUNC, 1, UINT32_MAX, 0 } } },
  { "it has no bytes", 1, { { FUNC, 0, 0, 0 } } },
  { "no instruction begins there", 4, { { FUNC, 2, 8, 0 } } },
  { "flags 0x20 are unknown", 1, { { FUNC, 0, 8, 0x21 } } },
  { "begins in function f at offset 0x0, which ends at 0xa", 1, { { FUNC, 0, 10, 0 }, { FUNC, 9, 10, 0 } } },
  { "begins in function f at offset 0x0, which ends at 0xa", 1, { { FUNC, 2, 2, 0 }, { FUNC, 0, 10, 0 } } },
  { "a rule for offset 0x13, which is not in it", 1, { { FUNC, 20, 10, 0 }, { RULE, 19, 0, 0 } } },
  { "a rule for offset 0x1f, which is not in it", 1, { { FUNC, 20, 10, 0 }, { RULE, 31, 0, 0 } } },
  { NULL, 1, { { FUNC, 20, 10, 0 }, { RULE, 30, 0, 0 }, { VALUE, 0, 30, -2 }, { LINE, 30, 1, 0 } } },
  { "offset 0x16, where no instruction begins", 4, { { FUNC, 20, 10, 0 }, { VALUE, 0, 22, 0 - 2 } } },
  { NULL, 4, { { FUNC, 20, 10, 0 }, { VALUE, 0, 30, 0 - 2 } } },
  { "is of no known kind", 1, { { FUNC, 20, 10, 0 }, { STRANGE, 20, 0, 0 } } },
  { "a rule for offset 0x16 comes after one for 0x17", 1, { { FUNC, 20, 10, 0 }, { RULE, 23, 8, 0 }, { RULE, 22, 0, 0 } } },
  { "a rule for offset 0x16 comes after one for 0x16", 1, { { FUNC, 20, 10, 0 }, { RULE, 22, 8, 0 }, { RULE, 22, 0, 0 } } },
  { "a line for offset 0x16 comes after one for 0x17", 1, { { FUNC, 20, 10, 0 }, { LINE, 23, 8, 0 }, { LINE, 22, 0, 0 } } },
  { "a value for offset 0x16 comes after one for 0x17", 1, { { FUNC, 20, 10, 0 }, { VALUE, 4, 23, 8 }, { VALUE, 4, 22, 0 } } },
  { "a value for offset 0x17 comes after one for 0x17", 1, { { FUNC, 20, 10, 0 }, { VALUE, 4, 23, 8 }, { VALUE, 4, 23, 0 } } },
  { NULL, 1, { { FUNC, 20, 10, 0 }, { VALUE, 4, 23, 8 }, { VALUE, 5, 22, 0 }, { VALUE, 4, 24, 8 } } },
  { "which has -1 to -5", 1, { { FUNC, 20, 10, 0 }, { VALUE, 0, 23, 0 } } },
  { "which has -1 to -5", 1, { { FUNC, 20, 10, 0 }, { VALUE, 0, 23, -6 } } },
  { NULL, 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 43, -4 }, { VALUE, 0, 63, -2 } } },
  { "the restart range at offset 0x17 has 21 bytes", 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 44, -1 } } },
  { "the restart range at offset 0x4f has 21 bytes", 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 79, -4 } } },
  { "the restart range at offset 0x64 has no bytes", 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 100, -4 } } },
  { "offsets 0x17 and 0x19 touch and have one value", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 25, -3 }, { VALUE, 0, 30, -1 } } },
  { "stopped at offset 0x1a resumes where the frame is another", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 27, -1 }, { RULE, 20, 8, 0 }, { RULE, 26, 16, 0 } } },
  { NULL, 1, { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -3 }, { VALUE, 0, 26, -1 }, { RULE, 20, 8, 0 }, { RULE, 26, 16, 0 } } },
  { "stopped at offset 0x17 resumes where the frame is another", 1,
    { { FUNC, 20, 80, 0 }, { VALUE, 0, 23, -5 }, { VALUE, 0, 25, -1 }, { RULE, 20, 8, 0 }, { RULE, 22, 16, 0 } } },
  { NULL, 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x40, 32, 0 }, { VALUE, 0, 0x44, -3 }, { VALUE, 0, 0x58, -1 } } },
  { "stopped at offset 0x44 resumes where", 1, { { FUNC, 0x40, 32, 0 }, { VALUE, 0, 0x43, -3 }, { VALUE, 0, 0x48, -1 }, { EH_FRAME, 44, 0, 0 } } },
  { ".eh_frame has a function there too, from 0x40 to 0x60", 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x40, 31, 0 } } },
  { ".eh_frame has a function there too", 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x40, 32, 0 }, { RULE, 0x40, 0, 0 } } },
  { NULL, 1, { { EH_FRAME, 44, 0, 0 }, { FUNC, 0x38, 8, 0 }, { EH_FRAME, 44, 0, 0 } } },
  { ".eh_frame: the entry at 0x18 is longer than the section", 1, { { EH_FRAME, 43, 0, 0 } } },
};

static void
make_call (struct pctab_builder *b, const struct call *c)
{
  switch (c->what)
    {
    case FUNC:
      pctab_builder_func (b, "f", c->a, c->b, (unsigned) c->c);
      return;
    case RULE:
      pctab_builder_rule (b, c->a, c->b == 16 ? &pushed : &plain);
      return;
    case STRANGE:
      pctab_builder_rule (b, c->a, &strange);
      return;
    case VALUE:
      pctab_builder_value (b, c->a, c->b, c->c);
      return;
    case LINE:
      pctab_builder_line (b, c->a, "x.c", c->b);
      return;
    case EH_FRAME:
      pctab_builder_eh_frame (b, eh_frame, c->a, UINT64_C (0x7000), 0);
      return;
    }
}

static int
check_errors (void)
{
  size_t cnt = sizeof contradictions / sizeof *contradictions, refused = 0;
  int status = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      struct pctab_builder *b = pctab_builder_new (contradictions[i].insn == 4 ? 183 : 62, true, false, 100);
      enum pctab_error error;
      const char *text, *want = contradictions[i].text;
      size_t len;
      uint64_t pcs = 0;
      for (size_t k = 0; k < 6; k++)
        make_call (b, &contradictions[i].calls[k]);
      unsigned char *image = pctab_builder_finish (b, &len, &error, &text);
      bool good = want ? !image && error == PCTAB_ERROR_BUILD && strstr (text, want) : image && !error;
      printf ("%s %s\n", good ? "as wanted:" : "WRONG:", image ? "a table" : text);
      status |= !good;
      refused += !image;
      if (image)
        check_table (image, len, false, &pcs);
      free (image);
      pctab_builder_free (b);
    }
  printf ("%zu programs, %zu refused\n", cnt, refused);
  return status;
}

/* A file's .eh_frame */

struct subject {
  unsigned char *data;
  size_t len;
  struct elf_file f;
  struct model m;
  struct cursor eh;
  uint64_t addr;
};

static void
open_subject (struct subject *s, const char *path)
{
  struct diag d = { .file = path };
  pctab__model_init (&s->m);
  if (!pctab__elf_open (&s->f, path, &d) || !pctab__import_module (&s->f, &s->m, &d))
    die (d.text);
  struct elf_section *section = pctab__elf_section (&s->f, ".eh_frame");
  if (!section || !pctab__elf_contents (&s->f, section, &s->eh, &d))
    die ("no .eh_frame");
  s->addr = section->addr;
}

/* The builder's code is all of the file's, from text offset 0 on. */
static struct pctab_builder *
give_subject (const struct subject *s, const unsigned char *bytes, size_t len)
{
  uint32_t end = 0;
  for (size_t i = 0; i < s->m.texts.cnt; i++)
    end = s->m.texts.at[i].end > end ? s->m.texts.at[i].end : end;
  struct pctab_builder *b = pctab_builder_new (s->f.machine, s->f.is64, s->f.big, end);
  pctab_builder_eh_frame (b, bytes, len, s->addr, s->m.base);
  return b;
}

static bool
damage_once (const struct subject *s, unsigned char *bytes, uint64_t *pcs)
{
  size_t whole = cursor_left (&s->eh), len = draw (16) ? whole : draw ((uint32_t) whole), size;
  memcpy (bytes, s->eh.pos, whole);
  for (unsigned k = 1 + draw (6); k; k--)
    bytes[draw (3) ? draw ((uint32_t) whole) : draw (whole < 48 ? (uint32_t) whole : 48)]
      = (unsigned char) (draw (2) ? draw (256) : draw (2) ? draw (5) : 0xff);
  unsigned char *exact = malloc (len ? len : 1);
  memcpy (exact, bytes, len);
  struct pctab_builder *b = give_subject (s, exact, len);
  enum pctab_error error;
  const char *text;
  unsigned char *image = pctab_builder_finish (b, &size, &error, &text);
  if (image ? error : error != PCTAB_ERROR_BUILD || !*text)
    die ("the result and the error disagree");
  if (image)
    check_table (image, size, s->f.big, pcs);
  bool made = image != NULL;
  free (image);
  free (exact);
  pctab_builder_free (b);
  return made;
}

static int
check_eh_frame (const char *path, unsigned long cases)
{
  struct subject s = { 0 };
  struct diag d = { .file = path };
  uint64_t pcs = 0;
  unsigned long made = 0;
  open_subject (&s, path);
  size_t len = cursor_left (&s.eh), text_cnt = s.m.texts.cnt;
  unsigned char *bytes = malloc (len);
  for (unsigned long i = 0; i < cases; i++)
    made += damage_once (&s, bytes, &pcs);
  printf ("%lu times %s damaged: %lu tables, %lu refused\n", cases, path, made, cases - made);
  struct pctab_builder *b = give_subject (&s, s.eh.pos, len);
  if (!cases)
    {
      /* As one text: a table has no gaps for PLTs and between sections then. */
      for (size_t i = 0; i < text_cnt; i++)
        s.m.texts.at[i].stubs = false;
      if (!pctab__import_cfi (&s.f, &s.m, &d))
        die (d.text);
      printf ("%zu functions, %zu rows\n", s.m.frames.cnt, s.m.rows.cnt);
      s.m.texts.at[0] = (struct model_text){ 0, b ? s.m.texts.at[text_cnt - 1].end : 0, false };
      s.m.texts.cnt = 1;
      s.m.base = 0;
      compare (b, &s.m, s.f.big, &pcs);
      printf ("%" PRIu64 " PCs compared\n", pcs);
    }
  else
    pctab_builder_free (b);
  free (bytes);
  pctab__model_free (&s.m);
  pctab__elf_close (&s.f);
  return 0;
}

int
main (int argc, char **argv)
{
  unsigned long cases = argc > 2 ? strtoul (argv[2], NULL, 0) : 0;
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  if (argc > 2 && !strcmp (argv[1], "random"))
    return check_random (cases);
  if (argc > 2 && !strcmp (argv[1], "memory"))
    return check_memory (cases);
  if (argc > 2 && !strcmp (argv[1], "hostile"))
    return check_hostile (cases);
  if (argc == 2 && !strcmp (argv[1], "errors"))
    return check_errors ();
  if (argc > 2 && !strcmp (argv[1], "eh_frame"))
    {
      random_state = argc > 4 ? strtoull (argv[4], NULL, 0) : 1;
      return check_eh_frame (argv[2], argc > 3 ? strtoul (argv[3], NULL, 0) : 0);
    }
  fprintf (stderr, "usage: builder_check random|hostile|memory CASES [SEED] | errors | eh_frame FILE [CASES [SEED]]\n");
  return 2;
}
