/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds flags, reasons and pcdata tables against plain arrays, at every byte of code: tables are built straight from
 * random models, of all architectures in arch.def and both byte orders, and read through <pctab/table.h>.
 *
 * usage: pcdata_check random CASES [SEED]   random models
 *        pcdata_check sizes                 restart ranges of 19 to 22 bytes, side by side, and 1 to 100,000 rows
 *        pcdata_check refused               models that are refused, with their messages
 *        pcdata_check broken                tables that break a rule of FORMAT, 6, each: refused
 *        pcdata_check count ROWS N          N lookups in a function of ROWS rows; count_lookups() is what to measure
 *        pcdata_check time STRETCHES        milliseconds to encode, without and with so many stretches
 *        pcdata_check write FILE SEED       a random model's table, as it is, for other readers
 * Exits 1 at the first difference, naming model and PC. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digest.h"
#include "format.h"
#include "image_swap.h"
#include "pcdata_model.h"
#include <pctab/table.h>

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

/* Tables */

/* The table of S, twice encoded, on one thread and on two: the same bytes. */
static unsigned char *
encode_twice (struct subject *s, size_t *len)
{
  struct diag d = { 0 };
  size_t again_len = 0;
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
  unsigned want = (f->flags & FRAME_SIGNAL ? PCTAB_FUNCFLAG_SIGNAL : 0)
                  | (f->flags & FRAME_TOP ? PCTAB_FUNCFLAG_TOP : 0)
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
  printf ("%" PRIu64 " functions of 1 to 100,000 ranges of 19 to 22 bytes: %" PRIu64 " values with their starts\n",
          cases, checked);
  return 0;
}

/* What no importer may hand over is refused, not encoded as something else. */
static int
check_refused (void)
{
  static const struct {
    uint32_t insn_of, off, end, frame_end;
  } cases[]
      = { { 1, 60, 70, 64 }, { 1, 70, 80, 64 }, { 1, 8, 8, 64 }, { 4, 2, 8, 64 }, { 4, 4, 10, 64 }, { 2, 3, 8, 64 } };
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

#define DIRECTORY PCTAB_P_CNT        /* as part: the directory's lengths, by part */
#define LAST_LIST (PCTAB_P_CNT + 1)  /* as part: table 9's list */

/* One number of WIDTH bytes in the small table becomes VALUE. */
static const struct broken {
  const char *what;
  unsigned part, off, width;
  uint64_t value;
} broken[] = {
  { "a plane that is too short", DIRECTORY, PCTAB_P_NOPREEMPT, 4, 4 },
  { "a plane without a bit", PCTAB_P_SPWRITE, 0, 8, 0 },
  { "a gap with a flag", PCTAB_P_SPWRITE, 0, 8, 6 },
  { "a flag behind the functab", PCTAB_P_SPWRITE, 0, 8, UINT64_C (1) << 63 | 2 },
  { "half a long function with a flag", PCTAB_P_NOPREEMPT, 0, 8, 8 },
  { "its other half", PCTAB_P_NOPREEMPT, 0, 8, 16 },
  { "tables of no whole number", DIRECTORY, PCTAB_P_TABLES, 4, 12 },
  { "too few groups", DIRECTORY, PCTAB_P_GROUPS, 4, 16 },
  { "functions of no whole number", DIRECTORY, PCTAB_P_FUNCTIONS, 4, 14 },
  { "too few functions", DIRECTORY, PCTAB_P_FUNCTIONS, 4, 12 },
  { "too few blocks", DIRECTORY, PCTAB_P_TABLE_BLOCKS, 4, 16 },
  { "no bytes behind the lists", DIRECTORY, PCTAB_P_TABLE_LISTS, 4, 64 },
  { "a table twice", PCTAB_P_TABLES, 8, 4, 0 },
  { "a table's first function", PCTAB_P_TABLES, 12, 4, 2 },
  { "a gap with a function", PCTAB_P_GROUPS, 0, 8, 0x1b },
  { "half a long function", PCTAB_P_GROUPS, 0, 8, 0x0a },
  { "bits before the group", PCTAB_P_GROUPS, 8, 4, 1 },
  { "a bit too few", PCTAB_P_GROUPS, 16, 8, 0 },
  { "a list at an odd offset", PCTAB_P_FUNCTIONS, 0, 4, 1 },
  { "a list behind all", PCTAB_P_FUNCTIONS, 0, 4, 0x7ffffffe },
  { "blocks that are another's", PCTAB_P_FUNCTIONS, 0, 4, 0x80000000 },
  { "blocks behind all", PCTAB_P_FUNCTIONS, 4, 4, 0xffffffff },
  { "a long function with two tables of rows", PCTAB_P_FUNCTIONS, 8, 4, 0 },
  { "no block", PCTAB_P_TABLE_BLOCKS, 0, 4, 0 },
  { "one block", PCTAB_P_TABLE_BLOCKS, 0, 4, 1 },
  { "more blocks than there are", PCTAB_P_TABLE_BLOCKS, 0, 4, 0xffffffff },
  { "a first block behind the entry", PCTAB_P_TABLE_BLOCKS, 8, 4, 1 },
  { "blocks that don't rise", PCTAB_P_TABLE_BLOCKS, 16, 4, 0 },
  { "a block's list behind all", PCTAB_P_TABLE_BLOCKS, 12, 4, 0x10000 },
  { "a list without rows", PCTAB_P_TABLE_LISTS, 0, 1, 0 },
  { "a list of 34 rows", PCTAB_P_TABLE_LISTS, 0, 1, 34 },
  { "values of 8 bytes", PCTAB_P_TABLE_LISTS, 0, 1, 0xc3 },
  { "17 near offsets", PCTAB_P_TABLE_LISTS, 1, 1, 17 },
  { "more near offsets than rows", PCTAB_P_TABLE_LISTS, 1, 1, 3 },
  { "offsets that don't rise", PCTAB_P_TABLE_LISTS, 2, 1, 14 },
  { "equal neighbours", PCTAB_P_TABLE_LISTS, 5, 1, 0xff },
  { "values wider than needed", LAST_LIST, 0, 1, 0x81 },
  { "a list that leaves the part", LAST_LIST, 0, 1, 0x45 },
  { "a function with -1 alone", LAST_LIST, 0, 4, 0xff0001 },
};

static void
store (unsigned char *p, uint64_t v, unsigned width, bool big)
{
  for (unsigned i = 0; i < width; i++)
    p[i] = (unsigned char) (v >> 8 * (big ? width - 1 - i : i));
}

static uint32_t
word_at (const unsigned char *p)
{
  uint32_t v;
  memcpy (&v, p, sizeof v);
  return v;
}

static unsigned char *
part_at (unsigned char *image, unsigned part)
{
  if (part == DIRECTORY)
    return image + PCTAB_H_BYTES + 4;
  if (part == LAST_LIST)
    return part_at (image, PCTAB_P_TABLE_LISTS) + word_at (part_at (image, PCTAB_P_FUNCTIONS) + 12);
  return image + word_at (image + PCTAB_H_BYTES + 8 * part);
}

static int
check_broken (void)
{
  size_t len;
  struct pctab_table t;
  unsigned char *good = make_small (&len), *bad = must (aligned_alloc (64, (len + 63) & ~(size_t) 63));
  if (pctab_table_open (&t, good, len, TABLE_ADDR))
    die ("the good table is refused");
  for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
    {
      const struct broken *b = &broken[i];
      struct digest_bounds bounds;
      memcpy (bad, good, len);
      store (part_at (bad, b->part) + (b->part == DIRECTORY ? 8 * b->off : b->off), b->value, b->width,
             host_big && b->part != LAST_LIST);
      if (!pctab__digest_bounds (bad, len, host_big, &bounds))
        die (b->what);
      pctab__digest_store (bad, &bounds, host_big);
      enum pctab_error error = pctab_table_open (&t, bad, len, TABLE_ADDR);
      printf ("%s: %s\n", b->what, pctab_error_text (error));
      if (error != PCTAB_ERROR_PCDATA)
        die (b->what);
    }
  free (good);
  free (bad);
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

static int
write_table (const char *path, unsigned long seed)
{
  struct subject s;
  struct diag d = { 0 };
  size_t len, arch_cnt;
  const struct arch *const *archs = all_archs (&arch_cnt);
  start_model (&s, archs[seed % arch_cnt], seed / arch_cnt % 2);
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
  if (!strcmp (what, "broken"))
    return check_broken ();
  if (!strcmp (what, "count") && argc == 4)
    return count ((uint32_t) number, random_state);
  if (!strcmp (what, "time") && argc == 3)
    return measure ((uint32_t) number);
  if (!strcmp (what, "write") && argc == 4)
    return write_table (argv[2], random_state);
  die ("usage: pcdata_check random|sizes|refused|broken|count|time|write [ARGUMENT...]");
}
