/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what the importers found in an ELF file, one thing a line, for the tests to compare.
 *
 *   frame START END [signal] [top] [spwrite] [asm] [nopreempt=REASON] [preempt] [marked]
 *   ADDR CFA RA FP            each row of the frame above: CFA is sp+8, fp+16, r10+0, *(r6-8)+0, *(r7+r9*8+8)+8 or ?;
 *                             RA and FP are c-8 (at CFA - 8), r14 (in it), (r7+168) (at it), s, u (undefined) or ?
 *   symbol ADDR SIZE BIND TYPE NAME
 *   mark START END VALUE table N [single] [made]    made: by pctab, of no record
 *   point ADDR begin|end PAIR
 *   table N NAME
 *   line ADDR FILE:LINE       each row of the sequences, which `sequence START END' introduces
 *   range START END NAME [in NAME at FILE:LINE]...
 *   stat NAME NUMBER
 *   START END REASON NAME     of policy: each frame, the name of nopreempt.def or "-", its function ("?": none)
 *   mark START END VALUE      of policy: each mark that pctab adds itself
 *
 * usage: model_print [frames|symbols|marks|lines|stats|time] FILE; without the first frames, symbols and stats; time
 *        prints the milliseconds of the fastest of 20 runs.
 *        model_print policy [OPTION...] FILE; OPTION is pctab-link's, without dashes; warnings go to standard error. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "import.h"
#include "options.h"
#include "policy.h"
#include "rule_print.h"

static void
print_frames (const struct model *m)
{
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      const struct model_frame *f = &m->frames.at[i];
      printf ("frame %" PRIx64 " %" PRIx64 "%s%s%s%s", m->base + f->off, m->base + f->end,
              f->flags & FRAME_SIGNAL ? " signal" : "", f->flags & FRAME_TOP ? " top" : "",
              f->flags & FRAME_SPWRITE ? " spwrite" : "", f->flags & FRAME_ASM ? " asm" : "");
      if (f->flags & FRAME_NOPREEMPT)
        printf (" nopreempt=%u", f->reason);
      printf ("%s%s\n", f->flags & FRAME_PREEMPT ? " preempt" : "", f->flags & FRAME_MARKED ? " marked" : "");
      for (uint32_t k = f->row; k < f->row + f->row_cnt; k++)
        {
          printf ("%" PRIx64 " ", m->base + m->rows.at[k].off);
          print_rule (stdout, &m->rules.at[m->rows.at[k].rule]);
        }
    }
}

static void
print_symbols (const struct model *m)
{
  for (size_t i = 0; i < m->symbols.cnt; i++)
    {
      const struct model_symbol *s = &m->symbols.at[i];
      printf ("symbol %" PRIx64 " %" PRIu32 " %u %u %.*s\n", m->base + s->off, s->size, s->bind, s->type,
              (int) s->name.len, s->name.p);
    }
}

static void
print_marks (const struct model *m)
{
  for (size_t i = 0; i < m->marks.cnt; i++)
    {
      const struct model_mark *k = &m->marks.at[i];
      printf ("mark %" PRIx64 " %" PRIx64 " %" PRId32 " table %" PRIu32 "%s%s\n", m->base + k->off, m->base + k->end,
              k->value, k->table, k->single ? " single" : "", k->record == MODEL_NONE ? " made" : "");
    }
  for (size_t i = 0; i < m->points.cnt; i++)
    printf ("point %" PRIx64 " %s %" PRIu32 "\n", m->base + m->points.at[i].off, m->points.at[i].end ? "end" : "begin",
            m->points.at[i].pair);
  for (size_t i = 0; i < m->tables.cnt; i++)
    printf ("table %" PRIu32 " %.*s\n", m->tables.at[i].number, (int) m->tables.at[i].name.len, m->tables.at[i].name.p);
}

static void
print_place (const struct model *m, uint32_t file, uint32_t line)
{
  if (file == MODEL_NONE)
    printf ("?:%" PRIu32, line);
  else
    printf ("%.*s:%" PRIu32, (int) m->files.at[file].len, m->files.at[file].p, line);
}

static void
print_lines (const struct model *m)
{
  for (size_t i = 0; i < m->sequences.cnt; i++)
    {
      const struct model_sequence *s = &m->sequences.at[i];
      printf ("sequence %" PRIx64 " %" PRIx64 "\n", m->base + s->off, m->base + s->end);
      for (uint32_t k = s->line; k < s->line + s->line_cnt; k++)
        {
          printf ("line %" PRIx64 " ", m->base + m->lines.at[k].off);
          print_place (m, m->lines.at[k].file, m->lines.at[k].line);
          putchar ('\n');
        }
    }
  for (size_t i = 0; i < m->ranges.cnt; i++)
    {
      const struct model_range *r = &m->ranges.at[i];
      const struct model_node *n = &m->nodes.at[r->node];
      const struct model_str *name = &m->origins.at[n->origin].name;
      printf ("range %" PRIx64 " %" PRIx64 " %.*s", m->base + r->off, m->base + r->end, (int) name->len,
              name->len ? name->p : "");
      for (; n->parent != MODEL_NONE; n = &m->nodes.at[n->parent])
        {
          name = &m->origins.at[m->nodes.at[n->parent].origin].name;
          printf (" in %.*s at ", (int) name->len, name->len ? name->p : "");
          print_place (m, n->call_file, n->call_line);
        }
      putchar ('\n');
    }
}

static void
print_stats (const struct model *m)
{
  printf ("stat frames %zu\nstat rows %zu\n", m->frames.cnt, m->rows.cnt);
  printf ("stat rules %zu\nstat symbols %zu\n", m->rules.cnt, m->symbols.cnt);
  printf ("stat cfi_unknown %" PRIu64 "\nstat cfi_plt %" PRIu64 "\n", m->stats.cfi_unknown, m->stats.cfi_plt);
  printf ("stat cfi_skipped %" PRIu64 "\n", m->stats.cfi_skipped);
}

static double
now_ms (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e3 + (double) t.tv_nsec / 1e6;
}

/* Each run from an empty model; the file's pages are in memory by the second. */
static bool
print_time (struct elf_file *f, struct diag *d)
{
  double cfi = 1e9, symbol = 1e9, section = 1e9;
  for (int i = 0; i < 20; i++)
    {
      struct model m;
      pctab__model_init (&m);
      bool good = pctab__import_module (f, &m, d);
      double t0 = now_ms ();
      good = good && pctab__import_cfi (f, &m, d);
      double t1 = now_ms ();
      good = good && pctab__import_symbol (f, &m, d);
      double t2 = now_ms ();
      good = good && pctab__import_section (f, &m, true, NULL, d);
      double t3 = now_ms ();
      pctab__model_free (&m);
      if (!good)
        return false;
      cfi = t1 - t0 < cfi ? t1 - t0 : cfi;
      symbol = t2 - t1 < symbol ? t2 - t1 : symbol;
      section = t3 - t2 < section ? t3 - t2 : section;
    }
  printf ("time cfi %.3f\ntime symbol %.3f\ntime section %.3f\n", cfi, symbol, section);
  return true;
}

static bool
print_model (struct elf_file *f, const char *what, struct diag *d)
{
  struct model m;
  pctab__model_init (&m);
  bool lines = what && !strcmp (what, "lines");
  bool good = pctab__import_module (f, &m, d) && pctab__import_cfi (f, &m, d) && pctab__import_symbol (f, &m, d)
              && (!lines || pctab__import_dwarf (f, &m, 1, d)) && pctab__import_section (f, &m, lines, NULL, d);
  if (lines && good)
    print_lines (&m);
  if (good && what && !strcmp (what, "marks"))
    print_marks (&m);
  if (good && (!what || !strcmp (what, "frames")))
    print_frames (&m);
  if (good && (!what || !strcmp (what, "symbols")))
    print_symbols (&m);
  if (good && (!what || !strcmp (what, "stats")))
    print_stats (&m);
  pctab__model_free (&m);
  return good;
}

static const char *
reason_name (const struct model_frame *f)
{
  static const char *const names[] = { "0",
#define REASON(number, name, text) [number] = #name,
#include "nopreempt.def"
#undef REASON
  };
  return !(f->flags & FRAME_NOPREEMPT) ? "-" : f->reason < sizeof names / sizeof *names ? names[f->reason] : "?";
}

static int
by_offset (const void *va, const void *vb)
{
  const struct model_symbol *a = va, *b = vb;
  return a->off < b->off ? -1 : a->off > b->off;
}

static bool
is_stub (const struct model *m, uint32_t off)
{
  for (size_t i = 0; i < m->texts.cnt; i++)
    if (m->texts.at[i].stubs && off >= m->texts.at[i].off && off < m->texts.at[i].end)
      return true;
  return false;
}

static void
print_policy (const struct model *m)
{
  size_t at = 0;
  if (m->symbols.cnt)
    qsort (m->symbols.at, m->symbols.cnt, sizeof *m->symbols.at, by_offset);
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      const struct model_frame *f = &m->frames.at[i];
      if (is_stub (m, f->off))
        continue;
      while (at < m->symbols.cnt && m->symbols.at[at].off < f->off)
        at++;
      if (at == m->symbols.cnt || m->symbols.at[at].off != f->off)
        printf ("%" PRIx64 " %" PRIx64 " %s ?\n", m->base + f->off, m->base + f->end, reason_name (f));
      for (; at < m->symbols.cnt && m->symbols.at[at].off == f->off; at++)
        printf ("%" PRIx64 " %" PRIx64 " %s %.*s\n", m->base + f->off, m->base + f->end, reason_name (f),
                (int) m->symbols.at[at].name.len, m->symbols.at[at].name.p);
    }
  for (size_t i = 0; i < m->marks.cnt; i++)
    if (m->marks.at[i].record == MODEL_NONE)
      printf ("mark %" PRIx64 " %" PRIx64 " %d\n", m->base + m->marks.at[i].off, m->base + m->marks.at[i].end,
              m->marks.at[i].value);
}

static bool
print_policies (const char *path, const struct options *o, struct diag *d)
{
  struct elf_file f;
  struct model m;
  char warnings[1024];
  if (!pctab__elf_open (&f, path, d))
    return false;
  pctab__model_init (&m);
  bool good = pctab__import_module (&f, &m, d) && pctab__import_cfi (&f, &m, d) && pctab__import_symbol (&f, &m, d)
              && pctab__import_dwarf (&f, &m, 1, d);
  struct policy *p = good ? pctab__policy_read (&f, &m, o, d) : NULL;
  good = p && pctab__policy_apply (p, &m, warnings, sizeof warnings, d);
  if (good)
    {
      print_policy (&m);
      fputs (warnings, stderr);
    }
  pctab__policy_free (p);
  pctab__model_free (&m);
  pctab__elf_close (&f);
  return good;
}

static int
main_policy (int argc, char **argv)
{
  struct options o = { 0 };
  struct diag d = { 0 };
  bool good = true;
  for (int i = 2; good && i < argc - 1; i++)
    good = pctab__options_take (&o, argv[i], OPTION_LINK, &d);
  d.file = argv[argc - 1];
  good = good && print_policies (argv[argc - 1], &o, &d);
  if (!good)
    fprintf (stderr, "model_print: %s\n", d.text);
  pctab__options_free (&o);
  return !good;
}

int
main (int argc, char **argv)
{
  const char *what = argc == 3 ? argv[1] : NULL;
  if (argc > 2 && !strcmp (argv[1], "policy"))
    return main_policy (argc, argv);
  if (argc != 2 && argc != 3)
    {
      fprintf (stderr, "usage: model_print [frames|symbols|marks|lines|stats|time] FILE\n");
      return 2;
    }
  struct elf_file f;
  struct diag d = { .file = argv[argc - 1] };
  bool good = pctab__elf_open (&f, argv[argc - 1], &d);
  if (good)
    {
      good = what && !strcmp (what, "time") ? print_time (&f, &d) : print_model (&f, what, &d);
      pctab__elf_close (&f);
    }
  if (!good)
    fprintf (stderr, "model_print: %s\n", d.text);
  return !good;
}
