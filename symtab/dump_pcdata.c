/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pcdata tables, flags and reasons, for text and JSON. */
#include <stdlib.h>
#include <string.h>

#include "cold_decode.h"
#include "dump.h"
#include "format.h"

static bool
read_names (struct dump *d)
{
  uint32_t cnt = pctab_pcdata_cnt (&d->table);
  d->tables = calloc (cnt + (size_t) 1, sizeof *d->tables);
  if (!d->tables)
    return pctab__diag_memory (&d->diag);
  for (uint32_t i = 0; i < cnt; i++)
    {
      d->tables[i].number = pctab_pcdata_number (&d->table, i);
      enum pctab_error error = pctab_pcdata_name (&d->cold, i, &d->tables[i].name);
      if (error)
        return pctab__diag_error (&d->diag, ".pctab", "%s; link the file again", pctab_error_text (error));
    }
  return true;
}

/* Spreads the reasons over the functab's entries, once: pctab_funcreason() reads them from their start each time. */
static bool
read_reasons (struct dump *d)
{
  const struct pctab_table *t = &d->table;
  struct cursor at = cold_part (&d->cold, PCTAB_P_REASONS);
  uint32_t run = 0;
  unsigned reason = 0;
  d->reasons = calloc (t->entry_cnt, 1);
  if (!d->reasons)
    return pctab__diag_memory (&d->diag);
  for (uint32_t i = 0; t->nopreempt && i < t->entry_cnt; i++)
    if (at_u64 (t->nopreempt + 8 * (uint64_t) (i / 64)) >> i % 64 & 1)
      {
        if (!run)
          {
            run = cursor_uvar (&at);
            reason = cursor_u8 (&at);
          }
        if (!run)
          return pctab__diag_error (&d->diag, ".pctab", "%s; link the file again", pctab_error_text (PCTAB_ERROR_COLD));
        run--;
        d->reasons[i] = (uint8_t) reason;
      }
  return true;
}

bool
dump_open_pcdata (struct dump *d)
{
  return read_names (d) && read_reasons (d);
}

unsigned
dump_reason (const struct dump *d, struct pctab_func f)
{
  return d->reasons[f.idx];
}

const char *
dump_unsafe_point (int32_t value)
{
  switch (value)
    {
    case PCTAB_UNSAFEPOINT_SAFE: return "safe";
    case PCTAB_UNSAFEPOINT_UNSAFE: return "unsafe";
    case PCTAB_UNSAFEPOINT_RESTART1: return "restart 1";
    case PCTAB_UNSAFEPOINT_RESTART2: return "restart 2";
    case PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY: return "restart at entry";
    default: return NULL;
    }
}

/* JSON */

void
dump_put_reason (struct out *o, unsigned flags, unsigned reason)
{
  if (flags & PCTAB_FUNCFLAG_NOPREEMPT)
    pctab__out_format (o, ",\"reason\":{\"number\":%u,\"text\":\"%s\"}", reason, pctab_reason_text (reason));
  else
    pctab__out_str (o, ",\"reason\":null");
}

void
dump_put_flags (struct dump *d, struct out *o, bool framed, struct pctab_func f)
{
  static const struct {
    unsigned flag;
    const char *name;
  } names[] = { { PCTAB_FUNCFLAG_SIGNAL, "\"signal\"" },   { PCTAB_FUNCFLAG_TOP, "\"top\"" },
                { PCTAB_FUNCFLAG_NOPREEMPT, "\"nopreempt\"" }, { PCTAB_FUNCFLAG_SPWRITE, "\"spwrite\"" },
                { PCTAB_FUNCFLAG_ASM, "\"asm\"" } };
  unsigned flags = framed ? pctab_funcflags (&d->table, f) : 0;
  const char *before = "";
  pctab__out_str (o, ",\"flags\":[");
  for (size_t i = 0; flags && i < sizeof names / sizeof *names; i++)
    if (flags & names[i].flag)
      {
        pctab__out_str (o, before);
        pctab__out_str (o, names[i].name);
        before = ",";
      }
  pctab__out_str (o, "]");
  dump_put_reason (o, flags, framed ? dump_reason (d, f) : 0);
}

/* The keys of a value in a table: its own, and what it is called. */
static void
put_value (struct out *o, int32_t value, const char *name, uint64_t start)
{
  pctab__out_str (o, "\"value\":");
  pctab__out_int (o, value);
  if (name)
    {
      pctab__out_str (o, ",\"name\":");
      pctab__out_json (o, name);
    }
  pctab__out_str (o, ",\"start\":\"");
  pctab__out_hex (o, start);
  pctab__out_str (o, "\"}");
}

void
dump_put_values (struct dump *d, struct out *o, bool framed, struct pctab_func f, uint64_t pc)
{
  uint64_t start;
  const char *before = ",\"tables\":[";
  pctab__out_str (o, ",\"pcdata\":{\"unsafe_point\":");
  if (framed)
    {
      int32_t value = pctab_pcdatavalue (&d->table, f, PCTAB_TABLE_UNSAFEPOINT, pc, &start);
      pctab__out_str (o, "{");
      put_value (o, value, dump_unsafe_point (value), start);
    }
  else
    pctab__out_str (o, "null");
  for (uint32_t i = 0; framed && i < pctab_pcdata_cnt (&d->table); i++)
    if (d->tables[i].number != PCTAB_TABLE_UNSAFEPOINT)
      {
        int32_t value = pctab_pcdatavalue (&d->table, f, d->tables[i].number, pc, &start);
        pctab__out_format (o, "%s{\"table\":%u,", before, d->tables[i].number);
        put_value (o, value, d->tables[i].name, start);
        before = ",";
      }
  pctab__out_str (o, *before == ',' && before[1] ? "}" : "]}");
}

struct walk {
  struct out *o;
  const struct dump_table *table;
  bool any;
};

static void
put_row (void *arg, uint64_t pc, int32_t value)
{
  struct walk *w = arg;
  pctab__out_str (w->o, w->any ? ",{\"pc\":\"" : "{\"pc\":\"");
  pctab__out_hex (w->o, pc);
  pctab__out_str (w->o, "\",\"value\":");
  pctab__out_int (w->o, value);
  pctab__out_str (w->o, "}");
  w->any = true;
}

void
dump_put_pcdata (struct dump *d, struct out *o, struct pctab_func f, uint64_t end)
{
  bool any = false;
  for (uint32_t i = 0; i < pctab_pcdata_cnt (&d->table); i++)
    if (dump_has_rows (d, f, end, d->tables[i].number))
      {
        struct walk w = { o, &d->tables[i], false };
        pctab__out_format (o, "%s{\"table\":%u,\"name\":", any ? "," : "", d->tables[i].number);
        pctab__out_json (o, d->tables[i].name);
        pctab__out_str (o, ",\"rows\":[");
        dump_rows (d, f, end, d->tables[i].number, put_row, &w);
        pctab__out_str (o, "]}");
        any = true;
      }
}

void
dump_put_counts (struct dump *d, struct out *o, const struct dump_stats *s)
{
  const char *before = "";
  pctab__out_format (o, ",\"not_preemptible\":%u,\"writes_sp\":%u,\"assembly\":%u,\"pcdata_functions\":%u,"
                     "\"pcdata_rows\":%u},\"reasons\":[", s->not_preemptible, s->writes_sp, s->assembly,
                     s->pcdata_functions, s->pcdata_rows);
  for (unsigned i = 0; i < 256; i++)
    if (s->reasons[i])
      {
        pctab__out_format (o, "%s{\"number\":%u,\"text\":\"%s\",\"functions\":%u}", before, i, pctab_reason_text (i),
                           s->reasons[i]);
        before = ",";
      }
  pctab__out_str (o, "],\"tables\":[");
  for (uint32_t i = 0; i < pctab_pcdata_cnt (&d->table); i++)
    {
      const struct dump_table *t = &d->tables[i];
      pctab__out_format (o, "%s{\"table\":%u,\"name\":", i ? "," : "", t->number);
      pctab__out_json (o, t->name);
      pctab__out_format (o, ",\"functions\":%u,\"rows\":%u}", t->functions, t->rows);
    }
  pctab__out_str (o, "]");
}

/* Text */

static void
put_table_name (struct out *o, const struct dump_table *t)
{
  if (t->name)
    pctab__out_str (o, t->name);
  else
    pctab__out_format (o, "table %u", t->number);
}

static void
see_row (void *arg, uint64_t pc, int32_t value)
{
  struct walk *w = arg;
  const char *name = w->table->number == PCTAB_TABLE_UNSAFEPOINT ? dump_unsafe_point (value) : NULL;
  pctab__out_str (w->o, "    ");
  pctab__out_hex (w->o, pc);
  pctab__out_str (w->o, "  ");
  put_table_name (w->o, w->table);
  pctab__out_str (w->o, " ");
  pctab__out_int (w->o, value);
  pctab__out_str (w->o, name ? " " : "");
  pctab__out_str (w->o, name ? name : "");
  pctab__out_str (w->o, "\n");
}

void
dump_text_pcdata (struct dump *d, struct out *o, struct pctab_func f, uint64_t end)
{
  for (uint32_t i = 0; i < pctab_pcdata_cnt (&d->table); i++)
    if (dump_has_rows (d, f, end, d->tables[i].number))
      {
        struct walk w = { o, &d->tables[i], false };
        dump_rows (d, f, end, d->tables[i].number, see_row, &w);
      }
}

void
dump_text_counts (struct dump *d, struct out *o, const struct dump_stats *s)
{
  pctab__out_format (o, "  not preemptible %9u  functions; %u write SP, %u are assembly\n", s->not_preemptible,
                     s->writes_sp, s->assembly);
  for (unsigned i = 0; i < 256; i++)
    if (s->reasons[i])
      pctab__out_format (o, "                  %9u  %s\n", s->reasons[i], pctab_reason_text (i));
  pctab__out_format (o, "  pcdata          %9u  tables; %u functions have %u rows in them\n",
                     pctab_pcdata_cnt (&d->table), s->pcdata_functions, s->pcdata_rows);
  for (uint32_t i = 0; i < pctab_pcdata_cnt (&d->table); i++)
    {
      pctab__out_format (o, "                  %9u  functions, %u rows in ", d->tables[i].functions, d->tables[i].rows);
      put_table_name (o, &d->tables[i]);
      pctab__out_str (o, "\n");
    }
}
