/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds flags, reasons and pcdata tables against plain arrays, at every byte of code: tables are built straight from
 * random models, of all architectures in arch.def and both byte orders, and read through pctab.h.
 *
 * usage: pcdata_check random CASES [SEED]   random models
 *        pcdata_check sizes                 restart ranges of 19 to 22 bytes, side by side, and 1 to 100,000 rows
 *        pcdata_check refused               models that are refused, with their messages
 *        pcdata_check count ROWS N          N lookups in a function of ROWS rows; count_lookups() is what to measure
 *        pcdata_check time STRETCHES        milliseconds to encode, without and with so many stretches
 *        pcdata_check write FILE [SEED]     a random model's table, as it is
 * Exits 1 at the first difference, naming model and PC. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch.h"
#include "image_encode.h"
#include "image_swap.h"
#include "format.h"
#include "model.h"
#include "pctab.h"

#define BASE UINT64_C (0x400000)
#define TABLE_ADDR UINT64_C (0x90000000)
#define TABLES_MAX 6

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* One model, and what it says of each byte from text offset 0 on. */
struct subject {
  struct model m;
  unsigned insn;
  uint32_t len;     /* bytes of code, gaps included */
  uint32_t *frame;  /* of each byte: index of its frame, plus 1; 0: none */
  int32_t *value[TABLES_MAX];
  uint64_t checked; /* PCs times tables */
};

static uint64_t random_state;

static uint32_t
draw (uint32_t below)
{
  random_state = random_state * UINT64_C (6364136223846793005) + 1442695040888963407;
  return below ? (uint32_t) (random_state >> 33) % below : 0;
}

static void
die (const char *what)
{
  fprintf (stderr, "pcdata_check: %s\n", what);
  exit (1);
}

static void *
must (void *p)
{
  if (!p)
    die ("out of memory");
  return p;
}

/* Adds ELEMENT to a vector of the model. */
#define ADD(v, element) \
  do                    \
    {                   \
      if (!model_reserve (v, 1)) \
        die ("out of memory");   \
      (v)->at[(v)->cnt++] = (element); \
    }                   \
  while (0)

/* Models */

static void
add_frame (struct model *m, uint32_t off, uint32_t end, unsigned flags, unsigned reason)
{
  struct rule rule = { .cfa = CFA_SP, .ra = RA_SAVED, .cfa_off = 8 + 8 * (int32_t) draw (4), .ra_off = -8 };
  ADD (&m->frames, ((struct model_frame){ off, end, (uint32_t) m->rows.cnt, 1, (uint16_t) flags, (uint16_t) reason }));
  ADD (&m->rows, ((struct model_row){ off, pctab__model_rule (m, &rule) }));
}

static void
start_model (struct subject *s, const struct arch *arch, bool big)
{
  memset (s, 0, sizeof *s);
  pctab__model_init (&s->m);
  s->insn = arch->insn;
  s->m.base = BASE;
  s->m.table_addr = TABLE_ADDR;
  s->m.machine = arch->machine;
  s->m.is64 = arch->is64;
  s->m.big = big;
}

/* Functions in one to three texts: side by side, with pads and gaps between; now and then a long one. */
static void
draw_frames (struct subject *s)
{
  static const unsigned flags[] = { FRAME_SIGNAL, FRAME_TOP, FRAME_SPWRITE, FRAME_ASM, FRAME_NOPREEMPT };
  uint32_t at = s->insn * draw (64), texts = 1 + draw (3), often[5];
  for (unsigned i = 0; i < 5; i++)
    often[i] = draw (3) ? 1 + draw (20) : 0;
  for (uint32_t t = 0; t < texts; t++)
    {
      uint32_t from = at, cnt = 1 + draw (t ? 60 : 200);
      for (uint32_t i = 0; i < cnt; i++)
        {
          uint32_t units = draw (40) ? 1 + draw (90) : draw (4) ? draw (5000) + 1 : (65500 + draw (140000)) / s->insn;
          unsigned f = 0;
          for (unsigned k = 0; k < 5; k++)
            f |= often[k] && draw (often[k]) == 0 ? flags[k] : 0;
          add_frame (&s->m, at, at + units * s->insn, f, f & FRAME_NOPREEMPT ? 1 + draw (13) : 0);
          at += units * s->insn;
          at += draw (2) ? 0 : draw (3) ? s->insn * draw (15 / s->insn + 1) : s->insn * draw (40);
        }
      ADD (&s->m.texts, ((struct model_text){ from, at, false }));
      at += draw (2) ? 0 : s->insn * (70000 + draw (200000));
    }
  s->len = s->m.texts.at[s->m.texts.cnt - 1].end;
}

static int32_t
draw_value (unsigned kind)
{
  int32_t v = kind == 0 ? -2 - (int32_t) draw (4)
              : kind == 1 ? (int32_t) draw (256) - 128
              : kind == 2 ? (int32_t) draw (65536) - 32768 : (int32_t) (draw (1u << 30) * 4 + draw (4));
  return v == -1 ? -2 : v;
}

/* Stretches in frame F: CNT of them at most. */
static void
draw_stretches (struct model *m, const struct model_frame *f, unsigned insn, unsigned kind, uint32_t cnt, uint32_t far)
{
  uint32_t at = draw (2) ? f->off : f->off + insn * draw (far);
  int32_t last = -1;
  uint32_t last_end = UINT32_MAX;
  for (; cnt && at < f->end; cnt--)
    {
      uint32_t end = at + insn * (1 + draw (far));
      int32_t v = draw_value (kind);
      end = end < f->end ? end : f->end;
      if (at == last_end && v == last)
        v = v == -2 ? -3 : -2;
      ADD (&m->stretches, ((struct model_stretch){ at, end, v }));
      last = v;
      last_end = end;
      at = draw (2) ? end : end + insn * draw (far);
    }
}

static void
draw_tables (struct subject *s)
{
  static const char *const names[] = { "", "", "mine", "a name of its own", "\xc3\xa4" };
  uint32_t tables = draw (TABLES_MAX), number = draw (2);
  for (uint32_t t = 0; t < tables; t++)
    {
      uint32_t first = (uint32_t) s->m.stretches.cnt, often = 1 + draw (3) * draw (30), kind = draw (4);
      for (size_t i = 0; i < s->m.frames.cnt; i++)
        if (draw (often) == 0)
          draw_stretches (&s->m, &s->m.frames.at[i], s->insn, kind, 1 + (draw (8) ? draw (30) : draw (2000)),
                          draw (3) ? 1 + draw (30) : 1 + draw (2000));
      const char *name = names[draw (5)];
      ADD (&s->m.tables, ((struct model_table){ number, first, (uint32_t) s->m.stretches.cnt - first,
                                                { name, (uint32_t) strlen (name) } }));
      number += 1 + draw (2) * draw (1000000);
    }
}

static void
fill_arrays (struct subject *s)
{
  s->frame = must (calloc (s->len + 1, sizeof *s->frame));
  for (size_t i = 0; i < s->m.frames.cnt; i++)
    for (uint32_t at = s->m.frames.at[i].off; at < s->m.frames.at[i].end; at++)
      s->frame[at] = (uint32_t) i + 1;
  for (size_t t = 0; t < s->m.tables.cnt; t++)
    {
      const struct model_table *table = &s->m.tables.at[t];
      s->value[t] = must (malloc ((s->len + 1) * sizeof *s->value[t]));
      memset (s->value[t], 0xff, (s->len + 1) * sizeof *s->value[t]);
      for (uint32_t i = 0; i < table->stretch_cnt; i++)
        {
          const struct model_stretch *stretch = &s->m.stretches.at[table->stretch + i];
          for (uint32_t at = stretch->off; at < stretch->end; at++)
            s->value[t][at] = stretch->value;
        }
    }
}

static void
end_model (struct subject *s)
{
  free (s->frame);
  for (unsigned t = 0; t < TABLES_MAX; t++)
    free (s->value[t]);
  pctab__model_free (&s->m);
}

/* Tables */

static unsigned char *
encode (struct model *m, unsigned threads, size_t *len, struct diag *d)
{
  unsigned char *image = NULL, *aligned;
  struct image_about about = { .text_digest = 1 };
  if (!pctab__image_encode (m, &about, threads, &image, len, d))
    return NULL;
  aligned = must (aligned_alloc (64, (*len + 63) & ~(size_t) 63));
  memcpy (aligned, image, *len);
  free (image);
  return aligned;
}

/* The table of S, twice encoded, on one thread and on two: the same bytes. */
static unsigned char *
encode_twice (struct subject *s, size_t *len)
{
  struct diag d = { 0 };
  size_t again_len;
  unsigned char *image = encode (&s->m, 1, len, &d), *again = image ? encode (&s->m, 2, &again_len, &d) : NULL;
  if (!again)
    die (d.text);
  if (again_len != *len || memcmp (image, again, *len))
    die ("two threads make another table");
  free (again);
  return image;
}

static void
wrong (const struct subject *s, const char *what, uint32_t off, size_t table)
{
  fprintf (stderr, "pcdata_check: machine %u, big %d, offset 0x%x, table %zu: %s\n", s->m.machine, s->m.big, off, table,
           what);
  exit (1);
}

/* What T says of one frame's PCs in table number I; WHERE: the first byte. */
static void
check_values (struct subject *s, const struct pctab_table *t, size_t i)
{
  uint32_t number = s->m.tables.at[i].number;
  for (size_t k = 0; k < s->m.frames.cnt; k++)
    {
      const struct model_frame *f = &s->m.frames.at[k];
      uint32_t start = f->off;
      for (uint32_t at = f->off; at < f->end; at++)
        {
          uint64_t pc = t->base + at, from = 0;
          start = s->value[i][at] != s->value[i][start] ? at : start;
          struct pctab_func func = pctab_findfunc (t, pc);
          if (!func.bits || func.off != f->off)
            wrong (s, "another function", at, i);
          if (pctab_pcdatavalue (t, func, number, pc, &from) != s->value[i][at])
            wrong (s, "another value", at, i);
          if (from != t->base + start)
            wrong (s, "another start", at, i);
          s->checked++;
        }
    }
}

static void
check_function (struct subject *s, const struct pctab_table *t, const struct pctab_cold *c, const struct model_frame *f)
{
  struct pctab_func func = pctab_findfunc (t, t->base + f->end - 1);
  uint64_t from = 0;
  unsigned want = (f->flags & FRAME_SIGNAL ? PCTAB_FUNCFLAG_SIGNAL : 0) | (f->flags & FRAME_TOP ? PCTAB_FUNCFLAG_TOP : 0)
                  | (f->flags & FRAME_NOPREEMPT ? PCTAB_FUNCFLAG_NOPREEMPT : 0)
                  | (f->flags & FRAME_SPWRITE ? PCTAB_FUNCFLAG_SPWRITE : 0)
                  | (f->flags & FRAME_ASM ? PCTAB_FUNCFLAG_ASM : 0);
  if (!func.bits || pctab_func_entry (t, func) != t->base + f->off)
    wrong (s, "another function", f->end - 1, 0);
  if (pctab_funcflags (t, func) != want)
    wrong (s, "other flags", f->off, 0);
  if (pctab_funcreason (c, func) != f->reason)
    wrong (s, "another reason", f->off, 0);
  /* A table that is not there. */
  if (pctab_pcdatavalue (t, func, 77777777, t->base + f->end - 1, &from) != -1 || from != t->base + f->off)
    wrong (s, "something in no table", f->off, 0);
  if (pctab_funcmaxspdelta (t, func) != (uint32_t) s->m.rules.at[s->m.rows.at[f->row].rule].cfa_off)
    wrong (s, "another SP delta", f->off, 0);
}

static void
check_names (const struct subject *s, const struct pctab_table *t, struct pctab_cold *c)
{
  if (pctab_pcdata_cnt (t) != s->m.tables.cnt)
    wrong (s, "other tables", 0, s->m.tables.cnt);
  for (uint32_t i = 0; i < s->m.tables.cnt; i++)
    {
      const struct model_table *want = &s->m.tables.at[i];
      const char *name, *own = want->number == 0 ? "UnsafePoint" : want->number == 1 ? "StackMapIndex" : NULL;
      if (pctab_pcdata_number (t, i) != want->number || pctab_pcdata_name (c, i, &name))
        wrong (s, "another table", 0, i);
      own = want->name.len ? want->name.p : own;
      if (!name != !own || (own && strcmp (name, own)))
        wrong (s, "another name", 0, i);
    }
}

static void
check (struct subject *s)
{
  size_t len;
  struct pctab_table t;
  struct pctab_cold c;
  fill_arrays (s);
  unsigned char *image = encode_twice (s, &len);
  if (s->m.big != host_big && !pctab__image_swap (image, len))
    die ("can't be swapped");
  enum pctab_error error = pctab_table_open (&t, image, len, TABLE_ADDR + 0x10000);
  if (error)
    die (pctab_error_text (error));
  size_t size = pctab_cold_size (&t);
  void *buf = must (malloc (size));
  if (pctab_cold_open (&c, &t, buf, size))
    die ("the cold part does not open");
  for (size_t i = 0; i < s->m.tables.cnt; i++)
    check_values (s, &t, i);
  for (size_t i = 0; i < s->m.frames.cnt; i++)
    check_function (s, &t, &c, &s->m.frames.at[i]);
  for (uint32_t at = 0; at < s->len; at++)
    if (!s->frame[at] && pctab_findfunc (&t, t.base + at).bits)
      wrong (s, "a function in a gap", at, 0);
  check_names (s, &t, &c);
  free (buf);
  free (image);
}

static const struct arch *const *
all_archs (size_t *cnt)
{
  static const struct arch *archs[32];
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) archs[(*cnt)++] = pctab__arch (machine, is64);
  *cnt = 0;
#include "arch.def"
#undef ARCH
  return archs;
}

static int
check_random (unsigned long cases)
{
  size_t arch_cnt;
  const struct arch *const *archs = all_archs (&arch_cnt);
  uint64_t checked = 0, functions = 0, stretches = 0;
  for (unsigned long i = 0; i < cases; i++)
    {
      struct subject s;
      start_model (&s, archs[i % arch_cnt], i / arch_cnt % 2);
      draw_frames (&s);
      draw_tables (&s);
      check (&s);
      checked += s.checked;
      functions += s.m.frames.cnt;
      stretches += s.m.stretches.cnt;
      end_model (&s);
    }
  printf ("%lu models of %zu architectures: %" PRIu64 " functions, %" PRIu64 " stretches, %" PRIu64
          " values with their starts\n", cases, arch_cnt, functions, stretches, checked);
  return 0;
}

/* One function of ROWS stretches of LEN bytes side by side, restart 1 and 2 in turn, PAD bytes before them. */
static void
make_even (struct subject *s, const struct arch *arch, bool big, uint32_t rows, uint32_t len, uint32_t pad)
{
  start_model (s, arch, big);
  for (uint32_t i = 0; i < rows; i++)
    ADD (&s->m.stretches,
         ((struct model_stretch){ pad + i * len, pad + (i + 1) * len,
                                  i % 2 ? PCTAB_UNSAFEPOINT_RESTART2 : PCTAB_UNSAFEPOINT_RESTART1 }));
  s->len = pad + rows * len + 64;
  add_frame (&s->m, 0, s->len, 0, 0);
  ADD (&s->m.texts, ((struct model_text){ 0, s->len, false }));
  ADD (&s->m.tables, ((struct model_table){ 0, 0, rows, { "", 0 } }));
}

static int
check_sizes (void)
{
  static const uint32_t rows[] = { 1, 2, 16, 17, 18, 32, 33, 34, 100, 1000, 100000 };
  size_t arch_cnt;
  const struct arch *const *archs = all_archs (&arch_cnt);
  uint64_t checked = 0, cases = 0;
  for (size_t a = 0; a < arch_cnt; a++)
    for (uint32_t len = 19; len <= 22; len++)
      for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        {
          struct subject s;
          if (len % archs[a]->insn || (rows[r] > 1000 && len != 20))
            continue;
          make_even (&s, archs[a], a % 2, rows[r], len, r % 2 ? archs[a]->insn * 8 : 0);
          check (&s);
          checked += s.checked;
          cases++;
          end_model (&s);
        }
  printf ("%" PRIu64 " functions of 1 to 100,000 ranges of 19 to 22 bytes: %" PRIu64 " values with their starts\n", cases,
          checked);
  return 0;
}

/* What no importer may hand over is refused, not encoded as something else. */
static int
check_refused (void)
{
  static const struct {
    uint32_t insn_of, off, end, frame_end;
  } cases[] = { { 1, 60, 70, 64 }, { 1, 70, 80, 64 }, { 1, 8, 8, 64 }, { 4, 2, 8, 64 }, { 4, 4, 10, 64 }, { 2, 3, 8, 64 } };
  size_t arch_cnt;
  const struct arch *const *archs = all_archs (&arch_cnt);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      struct subject s;
      struct diag d = { .file = "model" };
      size_t a = 0, len;
      while (archs[a]->insn != cases[i].insn_of)
        a++;
      start_model (&s, archs[a], false);
      add_frame (&s.m, 0, cases[i].frame_end, 0, 0);
      ADD (&s.m.texts, ((struct model_text){ 0, 128, false }));
      ADD (&s.m.tables, ((struct model_table){ 0, 0, 1, { "", 0 } }));
      ADD (&s.m.stretches, ((struct model_stretch){ cases[i].off, cases[i].end, -2 }));
      unsigned char *image = encode (&s.m, 1, &len, &d);
      if (image)
        die ("what is no stretch of a function was encoded");
      printf ("%s\n", d.text);
      free (image);
      end_model (&s);
    }
  return 0;
}

__attribute__ ((noinline)) uint64_t count_lookups (const struct pctab_table *t, uint32_t len, uint64_t cnt);

uint64_t
count_lookups (const struct pctab_table *t, uint32_t len, uint64_t cnt)
{
  uint64_t sum = 0, start;
  for (uint64_t i = 0; i < cnt; i++)
    {
      uint64_t pc = t->base + i * len / cnt;
      struct pctab_func f = pctab_findfunc (t, pc);
      if (f.bits)
        sum += (uint64_t) pctab_pcdatavalue (t, f, 0, pc, &start) + start;
    }
  return sum;
}

static int
count (uint32_t rows, uint64_t cnt)
{
  struct subject s;
  struct pctab_table t;
  struct diag d = { 0 };
  size_t len;
  make_even (&s, pctab__arch (62, true), host_big, rows, 7, 3);
  unsigned char *image = encode (&s.m, 1, &len, &d);
  if (!image || pctab_table_open (&t, image, len, TABLE_ADDR))
    die ("no table");
  printf ("%" PRIu64 "\n", count_lookups (&t, s.len, cnt));
  free (image);
  end_model (&s);
  return 0;
}

static double
milliseconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

/* Two stretches a function, and a tenth of the functions not preemptible. */
static int
measure (uint32_t stretches)
{
  for (unsigned with = 0; with < 2; with++)
    {
      struct subject s;
      struct diag d = { 0 };
      size_t len;
      random_state = 1;
      start_model (&s, pctab__arch (62, true), host_big);
      for (uint32_t i = 0, at = 0; i < stretches / 2; i++, at += 128)
        {
          add_frame (&s.m, at, at + 128, with && i % 10 == 0 ? FRAME_NOPREEMPT : 0, 1 + i % 13);
          for (uint32_t k = 0; with && k < 2; k++)
            ADD (&s.m.stretches, ((struct model_stretch){ at + 8 + 60 * k, at + 10 + 60 * k + draw (40),
                                                          -2 - (int32_t) draw (3) }));
          s.len = at + 128;
        }
      ADD (&s.m.texts, ((struct model_text){ 0, s.len, false }));
      if (with)
        ADD (&s.m.tables, ((struct model_table){ 0, 0, (uint32_t) s.m.stretches.cnt, { "", 0 } }));
      double begun = milliseconds ();
      unsigned char *image = encode (&s.m, 1, &len, &d);
      double encoded = milliseconds ();
      struct pctab_table t;
      if (!image || pctab_table_open (&t, image, len, TABLE_ADDR))
        die ("no table");
      printf ("%u functions, %zu stretches: encoded in %.1f ms, opened in %.1f ms, %u bytes\n", stretches / 2,
              s.m.stretches.cnt, encoded - begun, milliseconds () - encoded, t.hot_len);
      free (image);
      end_model (&s);
    }
  return 0;
}

/* For other readers: all that random models have. */
static int
write_table (const char *path)
{
  struct subject s;
  struct diag d = { 0 };
  size_t len;
  start_model (&s, pctab__arch (62, true), host_big);
  draw_frames (&s);
  draw_tables (&s);
  unsigned char *image = encode (&s.m, 1, &len, &d);
  FILE *out = fopen (path, "wb");
  if (!image || !out || fwrite (image, 1, len, out) != len || fclose (out))
    die ("can't write the table");
  free (image);
  end_model (&s);
  return 0;
}

int
main (int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  unsigned long number = argc > 2 ? strtoul (argv[2], NULL, 10) : 0;
  random_state = argc > 3 ? strtoul (argv[3], NULL, 10) : 1;
  if (!strcmp (what, "random") && argc > 2)
    return check_random (number);
  if (!strcmp (what, "sizes"))
    return check_sizes ();
  if (!strcmp (what, "refused"))
    return check_refused ();
  if (!strcmp (what, "count") && argc == 4)
    return count ((uint32_t) number, random_state);
  if (!strcmp (what, "time") && argc == 3)
    return measure ((uint32_t) number);
  if (!strcmp (what, "write") && argc > 2)
    return write_table (argv[2]);
  die ("usage: pcdata_check random|sizes|refused|count|time|write [ARGUMENT...]");
}
