/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much of the code the table knows, in bytes and in functions, and which pieces it does not.
 *
 * Known is what has a frame in the functab: that is what a thread can be stopped in and unwound from.  The linker's
 * stubs (.plt and so on) and padding between functions are not counted: no table can know more of them.  Which
 * functions there are the symbol tables and call frame information say. */
#include "layout.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfi_source.h"
#include "reader.h"

/* What follows a function, up to the next one or the end of the code, is padding if it is less than a cache line. */
#define PADDING_MAX 64
#define PIECES_MAX 10 /* that are listed */

struct piece {
  uint64_t addr, len;
};

struct coverage {
  struct target *t;
  const struct layout *l;
  uint64_t *starts; /* of functions, sorted, each once */
  size_t start_cnt, start_cap;
  struct piece pieces[PIECES_MAX]; /* the largest, largest first */
  size_t piece_cnt;
  uint64_t text, known; /* bytes */
};

/* False: memory is out. */
static bool
add_start (struct coverage *c, uint64_t pc)
{
  if (!pctab__layout_text (c->l->code, c->l->code_cnt, pc))
    return true;
  if (c->start_cnt == c->start_cap)
    {
      size_t cap = c->start_cap ? 2 * c->start_cap : 1024;
      uint64_t *more = realloc (c->starts, cap * sizeof *more);
      if (!more)
        return pctab__target_fail (c->t, "memory is out");
      c->starts = more;
      c->start_cap = cap;
    }
  c->starts[c->start_cnt++] = pc;
  return true;
}

/* The functions of the SYMBOL_CNT symbols at P. */
static void
take_symbols (struct coverage *c, const unsigned char *p, uint64_t symbol_cnt)
{
  const struct decoded order = { .big = c->t->big };
  for (uint64_t i = 0; i < symbol_cnt; i++, p += c->t->is64 ? 24 : 16)
    {
      unsigned type = p[c->t->is64 ? 4 : 12] & 15;
      uint64_t pc = c->t->is64 ? get_u64 (&order, p + 8) : get_u32 (&order, p + 4);
      if (c->t->machine == EM_ARM)
        pc &= ~UINT64_C (1);
      if ((type == STT_FUNC || type == STT_GNU_IFUNC) && get_u16 (&order, p + (c->t->is64 ? 6 : 14)) != SHN_UNDEF
          && !add_start (c, pc))
        return;
    }
}

/* Those of the first symbol table of that type: no file has two. */
static void
add_symbols (struct coverage *c, uint32_t section_type)
{
  const struct target_section *s = c->t->sections, *end = s + c->t->section_cnt;
  while (s < end && s->type != section_type)
    s++;
  unsigned char *bytes = NULL;
  if (s < end && pctab__layout_has_bytes (c->t, s))
    bytes = pctab__layout_bytes (c->t, s->off, s->size);
  if (bytes)
    take_symbols (c, bytes, s->size / (c->t->is64 ? 24 : 16));
  free (bytes);
}

static int
compare (const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
  return x < y ? -1 : x > y;
}

static void
find_starts (struct coverage *c, const struct fdes *f)
{
  add_symbols (c, SHT_SYMTAB);
  add_symbols (c, SHT_DYNSYM);
  for (size_t i = 0; i < f->cnt; i++)
    if (!add_start (c, f->at[i].pc))
      break;
  if (c->start_cnt)
    qsort (c->starts, c->start_cnt, sizeof *c->starts, compare);
  size_t n = 0;
  for (size_t i = 0; i < c->start_cnt; i++)
    if (!n || c->starts[n - 1] != c->starts[i])
      c->starts[n++] = c->starts[i];
  c->start_cnt = n;
}

/* How many functions begin before ADDR. */
static size_t
starts_before (const struct coverage *c, uint64_t addr)
{
  size_t lo = 0, hi = c->start_cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (c->starts[mid] < addr)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

/* [ADDR, END) is not known.  BETWEEN: a function ends where it begins. */
static void
add_piece (struct coverage *c, uint64_t addr, uint64_t end, bool between)
{
  size_t next = starts_before (c, addr);
  uint64_t code = next < c->start_cnt && c->starts[next] < end ? c->starts[next] : end;
  if (between && code - addr < PADDING_MAX)
    addr = code;
  if (addr >= end)
    return;
  c->text += end - addr;
  size_t i = c->piece_cnt < PIECES_MAX ? c->piece_cnt++ : PIECES_MAX;
  for (; i && c->pieces[i - 1].len < end - addr; i--)
    if (i < PIECES_MAX)
      c->pieces[i] = c->pieces[i - 1];
  if (i < PIECES_MAX)
    c->pieces[i] = (struct piece) { addr, end - addr };
}

/* The functab's first function that ends behind ADDR. */
static uint32_t
func_from (const struct decoded *d, uint64_t addr)
{
  uint32_t lo = 0, hi = d->func_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (d->base + d->funcs[mid].end <= addr)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

static void
walk_code (struct coverage *c, const struct layout_text *code)
{
  const struct decoded *d = &c->t->table;
  uint64_t at = code->addr, end = code->end;
  bool between = false;
  for (uint32_t i = func_from (d, at); at < end && i < d->func_cnt && d->base + d->funcs[i].off < end; i++)
    {
      uint64_t from = d->base + d->funcs[i].off, to = d->base + d->funcs[i].end;
      from = from < at ? at : from;
      to = to > end ? end : to;
      add_piece (c, at, from, between);
      c->known += to - from;
      c->text += to - from;
      at = to;
      between = true;
    }
  add_piece (c, at, end, between);
}

static void
count_funcs (struct coverage *c, size_t *known)
{
  const struct decoded *d = &c->t->table;
  *known = 0;
  for (size_t i = 0; i < c->start_cnt; i++)
    {
      uint32_t func = func_from (d, c->starts[i]);
      *known += func < d->func_cnt && d->base + d->funcs[func].off <= c->starts[i];
    }
}

static void
report (struct coverage *c, size_t known_funcs, double min)
{
  struct target *t = c->t;
  t->coverage_bytes = c->text ? 100.0 * (double) c->known / (double) c->text : -1;
  t->coverage_funcs = c->start_cnt ? 100.0 * (double) known_funcs / (double) c->start_cnt : -1;
  if (min > 0 && ((c->text && t->coverage_bytes < min) || (c->start_cnt && t->coverage_funcs < min)))
    pctab__report_add (t->report, CHECK_COVERAGE, WHERE_FILE, "%.2f%% of the code's bytes (%" PRIu64 " of %" PRIu64
                       ") and %.2f%% of its functions (%zu of %zu) have frames in the table, %g%% are asked for",
                       t->coverage_bytes, c->known, c->text, t->coverage_funcs < 0 ? 0 : t->coverage_funcs, known_funcs,
                       c->start_cnt, min);
  for (size_t i = 0; min >= 0 && i < c->piece_cnt; i++)
    {
      size_t cnt = starts_before (c, c->pieces[i].addr + c->pieces[i].len) - starts_before (c, c->pieces[i].addr);
      const char *section = pctab__layout_section_at (t, c->pieces[i].addr);
      pctab__report_add (t->report, CHECK_UNCOVERED, WHERE_PC (NULL, c->pieces[i].addr),
                         "%" PRIu64 " bytes of %s, with %zu functions", c->pieces[i].len,
                         section ? section : "code", cnt);
    }
}

void
pctab__check_coverage (struct target *t, const struct layout *l, struct cfi_source *source, double min_coverage)
{
  struct coverage c = { .t = t, .l = l };
  size_t known_funcs;
  if (!(t->table.good & GOOD_FUNCTAB))
    return;
  find_starts (&c, &source->fdes);
  for (size_t i = 0; i < l->code_cnt; i++)
    walk_code (&c, &l->code[i]);
  count_funcs (&c, &known_funcs);
  report (&c, known_funcs, min_coverage);
  free (c.starts);
}
