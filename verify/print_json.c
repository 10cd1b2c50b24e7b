/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file's object in the JSON output: verify.schema.json. */
#include <inttypes.h>
#include <string.h>

#include "work.h"

/* Bytes of a UTF-8 character at P, 0 if it is none. */
static unsigned
character (const unsigned char *p)
{
  unsigned more = *p < 0x80 ? 0 : *p < 0xc2 ? 4 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : *p < 0xf5 ? 3 : 4;
  if (more == 4 || (*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90)
      || (*p == 0xf4 && p[1] > 0x8f))
    return 0;
  for (unsigned i = 1; i <= more; i++)
    if ((p[i] & 0xc0) != 0x80)
      return 0;
  return more + 1;
}

/* As pctab-dump writes names: a byte that is no UTF-8 stands as \xHH in the string's value, a backslash is doubled. */
void
pctab__print_json_string (FILE *to, const char *text)
{
  const unsigned char *p = (const unsigned char *) text;
  fputc ('"', to);
  while (*p)
    {
      unsigned len = character (p);
      if (!len)
        fprintf (to, "\\\\x%02x", *p);
      else if (*p == '\\')
        fprintf (to, "\\\\\\\\");
      else if (*p == '"')
        fprintf (to, "\\\"");
      else if (*p < 0x20 || *p == 0x7f)
        fprintf (to, "\\u%04x", *p);
      else
        fwrite (p, 1, len, to);
      p += len ? len : 1;
    }
  fputc ('"', to);
}

static void
print_text (FILE *to, const char *key, const char *text)
{
  fprintf (to, "\"%s\":", key);
  if (text)
    pctab__print_json_string (to, text);
  else
    fputs ("null", to);
}

static void
print_address (FILE *to, const char *key, uint64_t v)
{
  if (v == WHERE_NONE)
    fprintf (to, "\"%s\":null", key);
  else
    fprintf (to, "\"%s\":\"0x%" PRIx64 "\"", key, v);
}

static void
print_finding (FILE *to, const struct finding *f)
{
  const struct check *c = pctab__check_get (f->check);
  char name[CHECK_NAME_MAX];
  fprintf (to, "{\"id\":\"%s\",\"name\":\"%s\",\"severity\":\"%s\",", c->id, pctab__check_name (f->check, name),
           pctab__severity_text (c->severity));
  print_text (to, "part", f->where.part);
  fputc (',', to);
  print_address (to, "offset", f->where.off);
  fputc (',', to);
  print_address (to, "address", f->where.pc);
  fputc (',', to);
  print_text (to, "function", f->where.func);
  fputc (',', to);
  print_text (to, "meaning", c->meaning);
  fputc (',', to);
  print_text (to, "message", f->text);
  fputc ('}', to);
}

static void
print_table (FILE *to, const struct target *t)
{
  const struct decoded *d = &t->table;
  if (!(d->good & GOOD_HEAD))
    {
      fputs ("\"table\":null", to);
      return;
    }
  fprintf (to, "\"table\":{\"size\":%" PRIu32 ",\"hot\":%" PRIu32 ",\"machine\":%u,\"class\":%u,\"order\":\"%s\","
           "\"frames\":%" PRIu32 ",\"rows\":%" PRIu32 ",\"functions\":%" PRIu32 ",\"pcdata_tables\":%" PRIu32 "}",
           d->len, d->hot_len, d->machine, d->class, d->big ? "big" : "little", d->func_cnt, d->row_cnt, d->record_cnt,
           d->table_cnt);
}

static void
print_percent (FILE *to, const char *key, double percent)
{
  if (percent < 0)
    fprintf (to, "\"%s\":null", key);
  else
    fprintf (to, "\"%s\":%.2f", key, percent);
}

void
pctab__print_json (FILE *to, const struct target *t, const bool *show, uint64_t suppressed)
{
  static const char *const states[] = { "not-elf", "no-table", "table", "failed" };
  const char *comma = "";
  if (t->state == TARGET_NOT_ELF && !t->named)
    return;
  fputc ('{', to);
  print_text (to, "file", t->path);
  fprintf (to, ",\"state\":\"%s\",", states[t->state]);
  print_text (to, "failure", t->state == TARGET_FAILED ? t->failure : NULL);
  fputc (',', to);
  print_table (to, t);
  fputs (",\"coverage\":{", to);
  print_percent (to, "bytes", t->coverage_bytes);
  fputc (',', to);
  print_percent (to, "functions", t->coverage_funcs);
  fprintf (to, "},\"suppressed\":%" PRIu64 ",\"findings\":[", suppressed);
  for (size_t i = 0; i < t->report->cnt; i++)
    if (show[i])
      {
        fputs (comma, to);
        print_finding (to, &t->report->at[i]);
        comma = ",";
      }
  fputs ("]}", to);
}
