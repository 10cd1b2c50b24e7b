/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One table, two readers: whether symtab's lookups and verify's arrays say the same. */
#ifndef AGREE_H
#define AGREE_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include "image_swap.h"
#include <pctab/table.h>
#include "verify.h"

static const bool agree_host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

struct agree {
  struct decoded d; /* verify's */
  struct report r;
  struct pctab_table t; /* symtab's */
  struct pctab_cold cold;
  unsigned char *swapped, *buf;
  bool open; /* symtab took it */
  struct dec_positions positions;
  uint32_t record; /* that they are of */
  uint64_t pcs, funcs, frames, values;
  char text[512]; /* the first difference */
};

static inline bool __attribute__ ((format (printf, 3, 4)))
agree_differ (struct agree *a, uint64_t pc, const char *format, ...)
{
  va_list args;
  int n = snprintf (a->text, sizeof a->text, "%#" PRIx64 ": ", pc);
  va_start (args, format);
  vsnprintf (a->text + n, sizeof a->text - (size_t) n, format, args);
  va_end (args);
  return false;
}

/* Opens the table with both.  IMAGE stays as it is and has to outlive A. */
static inline void
agree_open (struct agree *a, const unsigned char *image, size_t len, uint64_t addr, bool big)
{
  memset (a, 0, sizeof *a);
  pctab__report_init (&a->r);
  a->record = NONE;
  pctab__verify_image (&a->d, image, len, addr, VERIFY_ALL, &a->r);
  const void *own = image;
  bool swapped = true;
  if (big != agree_host_big)
    {
      a->swapped = malloc (len);
      memcpy (a->swapped, image, len);
      swapped = pctab__image_swap (a->swapped, len);
      own = a->swapped;
    }
  a->open = swapped && !pctab_table_open (&a->t, own, len, addr) && !pctab_table_check_cold (&a->t);
  size_t need = a->open ? pctab_cold_size (&a->t) : 0;
  a->open = need && need < (1u << 28);
  if (!a->open)
    return;
  a->buf = malloc (need);
  a->open = !pctab_cold_open (&a->cold, &a->t, a->buf, need);
}

/* Errors but those about marks that decode, which a table of random numbers has. */
static inline size_t
agree_errors (const struct report *r)
{
  size_t cnt = 0;
  for (unsigned i = 0; i < CHECK_CNT; i++)
    if (pctab__check_get (i)->severity == SEVERITY_ERROR && i != CHECK_MARK_VALUE && i != CHECK_MARK_LENGTH
        && i != CHECK_MARK_FRAME && i != CHECK_MARK_ENTRY_FRAME)
      cnt += r->found[i];
  return cnt;
}

static inline void
agree_close (struct agree *a)
{
  pctab__decoded_free (&a->d);
  pctab__report_free (&a->r);
  free (a->swapped);
  free (a->buf);
  free (a->positions.at);
}

static inline bool
agree_rule (struct agree *a, uint64_t pc, const struct pctab_rule *x, const struct dec_value *v)
{
  const struct dec_shape *s = &a->d.shapes[v->shape];
  if (x->cfa != s->cfa || x->cfa_reg != s->cfa_reg || x->cfa_idx != s->index_reg || x->cfa_scale != s->scale
      || x->cfa_off != v->cfa_off || x->cfa_add != s->add || x->ra != s->ra || x->ra_reg != s->ra_reg
      || x->ra_off != s->ra_off || x->fp != s->fp || x->fp_reg != s->fp_reg || x->fp_off != s->fp_off)
    return agree_differ (a, pc, "rules: CFA %u %+d and %u %+" PRId64, x->cfa, x->cfa_off, s->cfa, v->cfa_off);
  return true;
}

/* The row of a piece that holds at OFF. */
static inline uint32_t
agree_pcrow (const struct decoded *d, const struct dec_piece *p, uint32_t off)
{
  uint32_t low = 1, high = p->row_cnt;
  while (low < high)
    {
      uint32_t middle = low + (high - low) / 2;
      if (d->pcrows[p->row + middle].off <= off)
        low = middle + 1;
      else
        high = middle;
    }
  return p->row + low - 1;
}

static inline bool
agree_pcdata (struct agree *a, struct pctab_func f, uint32_t func, uint64_t pc)
{
  struct decoded *d = &a->d;
  uint32_t off = (uint32_t) (pc - d->base);
  if (pctab_pcdata_cnt (&a->t) != d->table_cnt)
    return agree_differ (a, pc, "tables: %u and %u", pctab_pcdata_cnt (&a->t), d->table_cnt);
  for (uint32_t t = 0; t < d->table_cnt; t++)
    {
      const struct dec_table *table = &d->tables[t];
      uint64_t start, want_start = d->base + d->funcs[func].off;
      int32_t want = -1, got = pctab_pcdatavalue (&a->t, f, table->number, pc, &start);
      uint32_t low = 0, high = table->piece_cnt;
      while (low < high)
        {
          uint32_t middle = low + (high - low) / 2;
          if (d->pieces[table->piece + middle].func < func)
            low = middle + 1;
          else
            high = middle;
        }
      const struct dec_piece *p = &d->pieces[table->piece + low];
      if (low < table->piece_cnt && p->func == func)
        {
          uint32_t row = agree_pcrow (d, p, off);
          want = d->pcrows[row].value;
          want_start = d->base + d->pcrows[row].off;
        }
      a->values++;
      if (got != want || start != want_start || table->number != pctab_pcdata_number (&a->t, t))
        return agree_differ (a, pc, "table %u: %d from %#" PRIx64 " and %d from %#" PRIx64, table->number, got, start,
                             want, want_start);
    }
  return true;
}

/* The hot part. */
static inline bool
agree_func (struct agree *a, uint64_t pc)
{
  struct decoded *d = &a->d;
  struct pctab_func f = pctab_findfunc (&a->t, pc);
  uint64_t off = pc - d->base;
  uint32_t func = pc < d->base || off > UINT32_MAX ? NONE : pctab__decoded_func (d, (uint32_t) off);
  if (!f.bits != (func == NONE))
    return agree_differ (a, pc, "function: %d and %d", f.bits != 0, func != NONE);
  if (func == NONE)
    return true;
  const struct dec_func *g = &d->funcs[func];
  const struct dec_row *row = pctab__decoded_row (d, g, (uint32_t) off);
  struct pctab_rule rule;
  uint64_t start;
  int32_t value = pctab_pcvalue (&a->t, f, pc, &start);
  pctab_value_rule (&a->t, value, &rule);
  a->funcs++;
  if (f.off != g->off || start != d->base + row->off || pctab_funcflags (&a->t, f) != g->flags)
    return agree_differ (a, pc, "entry %#x and %#x, start %#" PRIx64 " and %#" PRIx64 ", flags %u and %u", f.off,
                         g->off, start, d->base + row->off, pctab_funcflags (&a->t, f), g->flags);
  if (pctab_funcspdelta (&a->t, f, pc) != d->values[row->value].sp_delta)
    return agree_differ (a, pc, "SP delta %d and %" PRId64, pctab_funcspdelta (&a->t, f, pc),
                         d->values[row->value].sp_delta);
  uint32_t max = pctab_funcmaxspdelta (&a->t, f), want = PCTAB_MAXSPDELTA_UNBOUNDED;
  if (g->max_row != NONE)
    want = (uint32_t) d->values[g->long_idx == NONE ? d->rows[g->row + g->max_row].value : g->max_row].sp_delta;
  if (max != want)
    return agree_differ (a, pc, "largest SP delta %u and %u", max, want);
  if (off == g->off && pctab_funcreason (&a->cold, f) != g->reason)
    return agree_differ (a, pc, "reason %u and %u", pctab_funcreason (&a->cold, f), g->reason);
  return agree_rule (a, pc, &rule, &d->values[row->value]) && agree_pcdata (a, f, func, pc);
}

static inline bool
agree_text (const char *x, const char *y)
{
  return !strcmp (x ? x : "", y ? y : "");
}

static inline const char *
agree_string (const struct decoded *d, uint32_t i)
{
  return i == NONE ? NULL : d->strings[i].p;
}

static inline const char *
agree_file (const struct decoded *d, uint32_t file)
{
  return file ? d->strings[d->name_cnt + d->origin_cnt + file - 1].p : NULL;
}

static inline bool
agree_frame (struct agree *a, uint64_t pc, unsigned i, const struct pctab_frame *x, const char *func, uint32_t file,
             uint32_t line)
{
  a->frames++;
  if (agree_text (x->func, func) && agree_text (x->file, agree_file (&a->d, file)) && x->line == line)
    return true;
  return agree_differ (a, pc, "call %u: %s %s:%u and %s %s:%u", i, x->func, x->file, x->line, func,
                       agree_file (&a->d, file), line);
}

static inline bool
agree_frames (struct agree *a, uint64_t pc, const struct pctab_frame *frames, unsigned cnt, uint32_t record)
{
  struct decoded *d = &a->d;
  const struct dec_record *r = &d->records[record];
  size_t low = 1, high = a->positions.cnt;
  while (low < high)
    {
      size_t middle = low + (high - low) / 2;
      if (a->positions.at[middle].off <= pc - d->base)
        low = middle + 1;
      else
        high = middle;
    }
  const struct dec_position *p = &a->positions.at[low - 1];
  uint32_t node = p->node, file = p->file, line = p->line, i = 0;
  for (; node; i++)
    {
      const struct dec_node *n = &d->nodes[r->node + node - 1];
      if (i >= cnt || !agree_frame (a, pc, i, &frames[i], agree_string (d, d->name_cnt + n->origin), file, line))
        return i < cnt ? false : agree_differ (a, pc, "calls: %u and more", cnt);
      node = n->parent;
      file = n->file;
      line = n->line;
    }
  if (i + 1 != cnt)
    return agree_differ (a, pc, "calls: %u and %u", cnt, i + 1);
  return agree_frame (a, pc, i, &frames[i], agree_string (d, r->name), file, line);
}

/* The cold part. */
static inline bool
agree_record (struct agree *a, uint64_t pc)
{
  struct decoded *d = &a->d;
  struct pctab_record r;
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  unsigned cnt;
  uint32_t record
      = pc < d->base || pc - d->base > UINT32_MAX ? NONE : pctab__decoded_record (d, (uint32_t)(pc - d->base));
  enum pctab_error error = pctab_find_record (&a->cold, pc, &r);
  if (error)
    return agree_differ (a, pc, "record: %s", pctab_error_text (error));
  if (!r.end != (record == NONE))
    return agree_differ (a, pc, "record: %d and %d", r.end != 0, record != NONE);
  if (record == NONE)
    return true;
  const struct dec_record *w = &d->records[record];
  if (r.entry != d->base + w->off || r.end != d->base + w->end || !agree_text (r.name, agree_string (d, w->name)))
    return agree_differ (a, pc, "record %s [%#" PRIx64 ", %#" PRIx64 ") and %s [%#" PRIx64 ", %#" PRIx64 ")", r.name,
                         r.entry, r.end, agree_string (d, w->name), d->base + w->off, d->base + w->end);
  if (a->record != record && !pctab__decoded_lines (d, w, &a->positions))
    return agree_differ (a, pc, "lines do not decode");
  a->record = record;
  error = pctab_funcline (&a->cold, pc, frames, PCTAB_FRAMES_MAX, &cnt);
  if (error)
    return agree_differ (a, pc, "lines: %s", pctab_error_text (error));
  return agree_frames (a, pc, frames, cnt, record);
}

/* Whether both say the same of PC; if not, a->text says of what. */
static inline bool
agree_at (struct agree *a, uint64_t pc)
{
  a->pcs++;
  return agree_func (a, pc) && agree_record (a, pc);
}

/* At every PC where verify's arrays say that something begins, and just before it. */
static inline bool
agree_everywhere (struct agree *a)
{
  struct decoded *d = &a->d;
  struct dec_positions positions = { 0 };
  bool good = true;
  for (uint32_t i = 0; good && i < d->row_cnt; i++)
    good = agree_at (a, d->base + d->rows[i].off) && agree_at (a, d->base + d->rows[i].off - 1);
  for (uint32_t i = 0; good && i < d->pcrow_cnt; i++)
    good = agree_at (a, d->base + d->pcrows[i].off) && agree_at (a, d->base + d->pcrows[i].off - 1);
  for (uint32_t i = 0; good && i < d->entry_cnt; i++)
    good = agree_at (a, d->base + d->entries[i].off);
  for (uint32_t i = 0; good && i < d->record_cnt; i++)
    {
      good = pctab__decoded_lines (d, &d->records[i], &positions) && agree_at (a, d->base + d->records[i].end)
             && agree_at (a, d->base + d->records[i].end - 1);
      for (size_t p = 0; good && p < positions.cnt; p++)
        good = agree_at (a, d->base + positions.at[p].off);
    }
  for (uint32_t t = 0; good && t < d->table_cnt; t++)
    {
      const char *name, *want = agree_string (d, d->tables[t].name);
      enum pctab_error error = pctab_pcdata_name (&a->cold, t, &name);
      if (want && !*want)
        want = d->tables[t].number == 0 ? "UnsafePoint" : d->tables[t].number == 1 ? "StackMapIndex" : want;
      good = (!error && agree_text (name, want)) || agree_differ (a, t, "table names: %s and %s", name, want);
    }
  free (positions.at);
  return good;
}

/* The table of an ELF file in memory. */
struct agree_table {
  unsigned char *image;
  size_t len;
  uint64_t addr, text, text_end;
  bool big;
};

/* False: there is none. */
static inline bool
agree_find (struct agree_table *t, const char *path, unsigned char *data, size_t len)
{
  struct elf_file f;
  struct diag diag = { .file = path };
  /* A table by itself, as pcdata_check writes it, for a file of no text. */
  if (len > 24 && !memcmp (data, "\177PCTAB", 6))
    {
      *t = (struct agree_table) { data, len, UINT64_C (0x90000000), 0, 0, !data[8] };
      return true;
    }
  bool good = pctab__elf_over (&f, path, data, len, &diag);
  struct elf_section *s = good ? pctab__elf_section (&f, ".pctab") : NULL;
  struct cursor c;
  if (!s || !pctab__elf_contents (&f, s, &c, &diag))
    {
      fprintf (stderr, "%s: %s\n", path, diag.failed ? diag.text : "no table");
      if (good)
        pctab__elf_close (&f);
      return false;
    }
  *t = (struct agree_table) { data + s->off, s->size, s->addr, UINT64_MAX, 0, f.big };
  for (uint32_t i = 1; i < f.section_cnt; i++)
    if (f.sections[i].flags & 4)
      {
        t->text = f.sections[i].addr < t->text ? f.sections[i].addr : t->text;
        t->text_end = f.sections[i].addr + f.sections[i].size > t->text_end ? f.sections[i].addr + f.sections[i].size
                                                                             : t->text_end;
      }
  pctab__elf_close (&f);
  return true;
}

static inline void
agree_print (const struct agree *a, FILE *to)
{
  for (size_t i = 0; i < a->r.cnt; i++)
    fprintf (to, "  %s %s+%#" PRIx64 " pc %#" PRIx64 ": %s\n", pctab__check_get (a->r.at[i].check)->id,
             a->r.at[i].where.part, a->r.at[i].where.off, a->r.at[i].where.pc, a->r.at[i].text);
}

#endif
