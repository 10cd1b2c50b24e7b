/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds a table of ours against a Go program's own ones, at every PC of the program.
 *
 * usage: go_compare FILE          the table is built here, from a model filled with what Go's streams say
 *        go_compare FILE TABLE    it is that of the ELF file TABLE, which has FILE's code at the same addresses
 *
 * Go's SP delta is taken as the CFA's offset from SP, without the return address.  Where Go has no stream its startpc
 * is 0; ours is the function's entry.  With an SP delta below 0 or beyond our limit (Go has eight functions of assembly
 * with 8 MiB and more) the largest one is unbounded here.  Restart ranges of more than 20 bytes count as differences.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "go_pclntab.h"
#include "go_model.h"
#include "format.h"
#include "image_encode.h"
#include <pctab/table.h>

#define SHOW 10 /* differences printed */

struct compare {
  struct go_pclntab go;
  struct pctab_table table;
  uint64_t funcs, pcs, padding, negative, beyond, none, restart_cnt[2], restart_max, differences;
  uint64_t stretches[GO_TABLES], pcs_of[GO_TABLES];
};

static void
differ (struct compare *c, const struct go_func *f, uint64_t pc, const char *what, int64_t ours, int64_t gos)
{
  if (c->differences++ < SHOW)
    printf ("# 0x%" PRIx64 " in %s: %s: ours %" PRId64 ", Go's %" PRId64 "\n", pc, f->name, what, ours, gos);
}

/* Every PC of F has the same function; none between its end and the next one has any. */
static void
compare_bounds (struct compare *c, const struct go_func *f, uint64_t end)
{
  for (uint64_t pc = f->entry; pc < end; pc++)
    {
      struct pctab_func ours = pctab_findfunc (&c->table, pc);
      int64_t entry = ours.bits ? (int64_t) pctab_func_entry (&c->table, ours) : -1;
      if (entry != (int64_t) f->entry)
        differ (c, f, pc, "entry", entry, (int64_t) f->entry);
    }
  for (uint64_t pc = end; pc < f->next; pc++)
    if (pctab_findfunc (&c->table, pc).bits)
      differ (c, f, pc, "padding", 1, 0);
  c->pcs += end - f->entry;
  c->padding += f->next - end;
}

/* Our format has a limit for CFA offsets; beyond it nothing is known of a frame. */
static bool
is_beyond (int32_t delta)
{
  return delta > PCTAB_CFA_OFF_MAX || delta < -PCTAB_CFA_OFF_MAX;
}

static void
compare_delta (struct compare *c, const struct go_func *f, const struct go_stretch *s, uint64_t pc)
{
  struct pctab_rule rule;
  uint64_t start;
  struct pctab_func ours = pctab_findfunc (&c->table, pc);
  int64_t delta = pctab_funcspdelta (&c->table, ours, pc);
  pctab_value_rule (&c->table, pctab_pcvalue (&c->table, ours, pc, &start), &rule);
  if (is_beyond (s->value) ? rule.cfa != PCTAB_CFA_UNKNOWN : rule.cfa != PCTAB_CFA_SP || rule.cfa_off != s->value)
    differ (c, f, pc, "CFA offset", rule.cfa_off, s->value);
  if (delta != (is_beyond (s->value) || s->value < 0 ? -1 : s->value))
    differ (c, f, pc, "SP delta", delta, s->value);
  if (start != s->pc)
    differ (c, f, pc, "SP delta's startpc", (int64_t) start, (int64_t) s->pc);
}

static void
compare_pcsp (struct compare *c, const struct go_func *f)
{
  struct go_walk w = go_walk_start (&c->go, f, f->pcsp);
  struct go_stretch s;
  bool negative = false, beyond = false;
  while (go_walk_next (&w, &s))
    {
      negative |= s.value < 0;
      beyond |= is_beyond (s.value);
      for (uint64_t pc = s.pc; pc < s.end; pc++)
        compare_delta (c, f, &s, pc);
    }
  uint32_t max = pctab_funcmaxspdelta (&c->table, pctab_findfunc (&c->table, f->entry));
  int64_t want = negative || beyond ? (int64_t) PCTAB_MAXSPDELTA_UNBOUNDED : go_maxspdelta (&c->go, f);
  c->negative += negative;
  c->beyond += beyond;
  if (max != want)
    differ (c, f, f->entry, "largest SP delta", max, want);
}

/* What the decision at a signal asks of a restart range: from its start, at most 20 bytes. */
static void
count_restart (struct compare *c, const struct go_func *f, const struct go_stretch *s)
{
  if (s->value == PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY)
    c->restart_cnt[1]++;
  if (s->value != PCTAB_UNSAFEPOINT_RESTART1 && s->value != PCTAB_UNSAFEPOINT_RESTART2)
    return;
  c->restart_cnt[0]++;
  if (s->end - s->pc > c->restart_max)
    c->restart_max = s->end - s->pc;
  if (s->end - s->pc > PCTAB_RESTART_MAX)
    differ (c, f, s->pc, "restart range's bytes", PCTAB_RESTART_MAX, (int64_t) (s->end - s->pc));
}

static void
compare_pcdata (struct compare *c, const struct go_func *f, uint32_t table, uint64_t end)
{
  uint32_t off = go_table (f, table);
  struct go_walk w = go_walk_start (&c->go, f, off);
  /* Without a stream: one stretch. */
  struct go_stretch s = { f->entry, end, -1 };
  c->none += !off;
  for (bool more = off ? go_walk_next (&w, &s) : true; more; more = off && go_walk_next (&w, &s))
    {
      c->stretches[table] += off != 0;
      c->pcs_of[table] += s.value != -1 ? s.end - s.pc : 0;
      if (table == GO_UNSAFEPOINT)
        count_restart (c, f, &s);
      for (uint64_t pc = s.pc; pc < s.end; pc++)
        {
          uint64_t start;
          int32_t value = pctab_pcdatavalue (&c->table, pctab_findfunc (&c->table, pc), table, pc, &start);
          if (value != s.value)
            differ (c, f, pc, "pcdata value", value, s.value);
          if (start != s.pc)
            differ (c, f, pc, "pcdata startpc", (int64_t) start, (int64_t) s.pc);
        }
    }
}

static bool
compare_all (struct compare *c, struct diag *d)
{
  struct go_func f;
  for (uint32_t i = 0; i < c->go.func_cnt; i++)
    {
      if (!go_func (&c->go, i, &f, d))
        return false;
      uint64_t end = go_func_end (&c->go, &f);
      if (end == f.entry)
        continue; /* a name in the text without code */
      c->funcs++;
      compare_bounds (c, &f, end);
      compare_pcsp (c, &f);
      for (uint32_t table = 0; table < GO_TABLES; table++)
        compare_pcdata (c, &f, table, end);
    }
  return true;
}

static void
report (const struct compare *c)
{
  printf ("%" PRIu64 " functions, %" PRIu64 " PCs, %" PRIu64 " of padding, %" PRIu64
          " times a function without a table's stream, %" PRIu64 " functions with an SP delta below 0 and %" PRIu64
          " beyond our limit;",
          c->funcs, c->pcs, c->padding, c->none, c->negative, c->beyond);
  for (uint32_t i = 0; i < GO_TABLES; i++)
    printf (" table %u: %" PRIu64 " stretches, %" PRIu64 " PCs not -1;", i, c->stretches[i], c->pcs_of[i]);
  printf (" %" PRIu64 " restart ranges of up to %" PRIu64 " bytes, %" PRIu64 " at entry; %" PRIu64 " differences\n",
          c->restart_cnt[0], c->restart_max, c->restart_cnt[1], c->differences);
}

static bool
open_built (struct compare *c, unsigned char **image, struct diag *d)
{
  struct model m;
  struct image_about about = { 0 };
  size_t len;
  pctab__model_init (&m);
  bool good = go_model_fill (&c->go, &m, d) && pctab__image_encode (&m, &about, 2, image, &len, d);
  if (good)
    {
      enum pctab_error error = pctab_table_open (&c->table, *image, len, m.table_addr);
      good = !error || pctab__diag_error (d, NULL, "its table does not open: %s", pctab_error_text (error));
    }
  pctab__model_free (&m);
  return good;
}

static bool
open_file (struct compare *c, const char *path, unsigned char **image, struct diag *d)
{
  struct elf_file f;
  struct cursor bytes;
  if (!pctab__elf_open (&f, path, d))
    return false;
  struct elf_section *s = pctab__elf_section (&f, ".pctab");
  bool good = s ? pctab__elf_contents (&f, s, &bytes, d) : pctab__diag_error (d, NULL, "%s has no .pctab", path);
  if (good)
    {
      size_t len = cursor_left (&bytes);
      *image = aligned_alloc (64, (len + 64) & ~(size_t) 63);
      if (*image)
        memcpy (*image, bytes.pos, len);
      enum pctab_error error = *image ? pctab_table_open (&c->table, *image, len, s->addr) : PCTAB_ERROR_TRUNCATED;
      good = !error || pctab__diag_error (d, NULL, "%s: %s", path, pctab_error_text (error));
    }
  pctab__elf_close (&f);
  return good;
}

int
main (int argc, char **argv)
{
  struct compare c = { 0 };
  struct diag d = { .file = argc > 1 ? argv[1] : NULL };
  unsigned char *image = NULL;
  if (argc != 2 && argc != 3)
    {
      fprintf (stderr, "usage: go_compare FILE [TABLE]\n");
      return 2;
    }
  bool good = go_open (&c.go, argv[1], &d)
              && (argc == 3 ? open_file (&c, argv[2], &image, &d) : open_built (&c, &image, &d))
              && compare_all (&c, &d);
  if (good)
    report (&c);
  else
    fprintf (stderr, "go_compare: %s\n", d.text);
  free (image);
  go_close (&c.go);
  return !good || c.differences;
}
