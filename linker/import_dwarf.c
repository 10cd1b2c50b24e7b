/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DWARF, as a list of passes: the units' headers; abbreviations; the units' own DIEs; then line programs and DIEs, each
 * a task of its own (a program of one unit still keeps two threads busy); at last the merge. */
#include "import.h"

#include "dwarf.h"
#include "dwarf_const.h"

#include <stdlib.h>

/* A byte of a line program takes about this many times as long as one of .debug_info. */
#define LINE_COST 4

static void
find_text (struct dwarf *dw)
{
  static const struct model_text none = { .off = 0 };
  dw->text = &none;
  for (size_t i = 0; i < dw->m->texts.cnt; i++)
    if (dw->m->texts.at[i].end - dw->m->texts.at[i].off > dw->text->end - dw->text->off)
      dw->text = &dw->m->texts.at[i];
}

/* --- abbreviations ------------------------------------------------------ */

static size_t
off_hash (const void *obj, uint64_t off)
{
  uint64_t h = (off ^ (uintptr_t) obj) * UINT64_C (0x9e3779b97f4a7c15);
  return (size_t) (h >> 20);
}

static int
by_off (const void *x, const void *y)
{
  const struct abbrev_table *const *a = x, *const *b = y;
  if ((*a)->obj != (*b)->obj)
    return (*a)->obj < (*b)->obj ? -1 : 1;
  return (*a)->off < (*b)->off ? -1 : (*a)->off > (*b)->off;
}

/* Gives every unit of OBJ its table, one for those that share it; HASH holds numbers + 1 of tables. */
static void
share_tables (struct dwarf *dw, struct dwarf_object *obj, uint32_t *hash, size_t mask)
{
  for (size_t i = 0; i < obj->unit_cnt; i++)
    {
      struct dwarf_unit *u = &obj->units[i];
      struct abbrev_table want = { .obj = obj, .off = u->abbrev_off, .addr_size = u->addr_size,
                                   .off_size = u->off_size, .version = u->version };
      size_t at = off_hash (obj, want.off) & mask;
      for (; hash[at]; at = (at + 1) & mask)
        {
          struct abbrev_table *t = &dw->tables[hash[at] - 1];
          if (t->obj == obj && t->off == want.off && t->addr_size == want.addr_size && t->off_size == want.off_size
              && t->version == want.version)
            break;
        }
      if (!hash[at])
        {
          dw->tables[dw->table_cnt++] = want;
          hash[at] = (uint32_t) dw->table_cnt;
        }
      u->abbrevs = &dw->tables[hash[at] - 1];
    }
}

/* Tables lie one behind the other: what runs into the next one is damaged (and could be read again and again). */
static bool
bound_tables (struct dwarf *dw)
{
  struct abbrev_table **order = malloc ((dw->table_cnt + 1) * sizeof *order);
  if (!order)
    return pctab__diag_memory (dw->d);
  for (size_t i = 0; i < dw->table_cnt; i++)
    order[i] = &dw->tables[i];
  qsort (order, dw->table_cnt, sizeof *order, by_off);
  uint64_t end = UINT64_MAX;
  for (size_t i = dw->table_cnt; i-- > 0;)
    {
      if (i + 1 < dw->table_cnt && order[i + 1]->obj != order[i]->obj)
        end = UINT64_MAX;
      else if (i + 1 < dw->table_cnt && order[i + 1]->off != order[i]->off)
        end = order[i + 1]->off;
      order[i]->end = end;
    }
  free (order);
  return true;
}

static size_t
hash_size (size_t cnt)
{
  size_t size = 16;
  while (size < cnt * 2)
    size *= 2;
  return size;
}

static bool
compile_task (struct dwarf_worker *w, size_t idx)
{
  return pctab__abbrev_compile (w, &w->dw->tables[idx], &w->diag);
}

static bool
compile_abbrevs (struct dwarf *dw)
{
  size_t cnt = dw->main.unit_cnt + dw->alt.unit_cnt, size = hash_size (cnt);
  uint32_t *hash = calloc (size, sizeof *hash);
  dw->tables = calloc (cnt + 1, sizeof *dw->tables);
  if (!hash || !dw->tables)
    {
      free (hash);
      return pctab__diag_memory (dw->d);
    }
  share_tables (dw, &dw->main, hash, size - 1);
  share_tables (dw, &dw->alt, hash, size - 1);
  free (hash);
  return bound_tables (dw) && pctab__pool_run (dw, compile_task, dw->table_cnt);
}

/* --- units -------------------------------------------------------------- */

static bool
open_task (struct dwarf_worker *w, size_t idx)
{
  struct dwarf *dw = w->dw;
  struct dwarf_unit *u
    = idx < dw->main.unit_cnt ? &dw->main.units[idx] : &dw->alt.units[idx - dw->main.unit_cnt];
  if (!pctab__unit_open (w, u))
    return false;
  return u->obj != &dw->main || !u->dwo_name || pctab__split_open (w, u);
}

static bool
is_type_unit (const struct dwarf_unit *u)
{
  return u->type == DW_UT_type || u->type == DW_UT_split_type || u->tag == DW_TAG_type_unit;
}

/* --- line tables -------------------------------------------------------- */

/* Bytes of the table that the unit names, its length field included; 0 when it is cut short. */
static uint64_t
line_len (const struct dwarf_unit *u)
{
  const struct dwarf_section *s = &u->obj->sec[SEC_LINE];
  if (u->line_off > s->len)
    return 0;
  struct cursor c = cursor_over (s->at + u->line_off, s->len - u->line_off, u->obj->big);
  uint64_t len = cursor_u32 (&c), head = 4;
  if (len == UINT32_MAX)
    {
      len = cursor_u64 (&c);
      head = 12;
    }
  return c.bad || len > cursor_left (&c) ? 0 : len + head;
}

/* The tables that units with TAG (0: any but compile units) name, each once. */
static bool
list_lines (struct dwarf *dw, struct dwarf_object *obj, bool compile, uint32_t *hash, size_t mask)
{
  for (size_t i = 0; i < obj->unit_cnt; i++)
    {
      struct dwarf_unit *u = &obj->units[i];
      if (!u->has_line || is_type_unit (u) || (u->tag != DW_TAG_partial_unit) != compile)
        continue;
      size_t at = off_hash (obj, u->line_off) & mask;
      for (; hash[at]; at = (at + 1) & mask)
        if (dw->lines.at[hash[at] - 1].unit->obj == obj && dw->lines.at[hash[at] - 1].off == u->line_off)
          break;
      if (!hash[at])
        {
          if (!model_reserve (&dw->lines, 1))
            return false;
          dw->lines.at[dw->lines.cnt++] = (struct line_table){ .unit = u, .off = u->line_off, .len = line_len (u) };
          hash[at] = (uint32_t) dw->lines.cnt;
        }
      u->line = hash[at] - 1;
    }
  return true;
}

static int
by_place (const void *x, const void *y)
{
  const struct line_table *const *a = x, *const *b = y;
  if ((*a)->unit->obj != (*b)->unit->obj)
    return (*a)->unit->obj < (*b)->unit->obj ? -1 : 1;
  return (*a)->off < (*b)->off ? -1 : (*a)->off > (*b)->off;
}

/* Units share tables, but no two tables share bytes: else a few bytes could be run any number of times. */
static bool
check_apart (struct dwarf *dw)
{
  const struct line_table **order = malloc ((dw->lines.cnt + 1) * sizeof *order), *bad = NULL;
  if (!order)
    return pctab__diag_memory (dw->d);
  for (size_t i = 0; i < dw->lines.cnt; i++)
    order[i] = &dw->lines.at[i];
  qsort (order, dw->lines.cnt, sizeof *order, by_place);
  for (size_t i = 1; i < dw->lines.cnt && !bad; i++)
    if (order[i]->unit->obj == order[i - 1]->unit->obj && order[i]->off - order[i - 1]->off < order[i - 1]->len)
      bad = order[i];
  free (order);
  return !bad
         || pctab__diag_error (dw->d, ".debug_line",
                               "table at 0x%llx, of the unit at 0x%llx: lies inside another table; rebuild the object "
                               "it came from",
                               (unsigned long long) bad->off, (unsigned long long) bad->unit->off);
}

/* A unit that is compiled comes before one that dwz made of parts of several: its directory is the right one. */
static bool
find_lines (struct dwarf *dw)
{
  size_t size = hash_size (dw->main.unit_cnt + dw->alt.unit_cnt);
  uint32_t *hash = calloc (size, sizeof *hash);
  bool good = hash;
  for (unsigned i = 0; i < 4 && good; i++)
    good = list_lines (dw, i < 2 ? &dw->main : &dw->alt, !(i & 1), hash, size - 1);
  free (hash);
  return good ? check_apart (dw) : pctab__diag_memory (dw->d);
}

/* --- lines and inlined calls -------------------------------------------- */

/* Task IDX of the main phase: the number of a line table, or of a unit behind those. */
static bool
read_task (struct dwarf_worker *w, size_t idx)
{
  struct dwarf *dw = w->dw;
  size_t what = (uint32_t) dw->order[idx];
  if (what < dw->lines.cnt)
    {
      struct line_table *t = &dw->lines.at[what];
      return t->unit->obj == &dw->main ? pctab__line_import (w, t) : pctab__line_header (t, &w->diag);
    }
  struct dwarf_unit *u = &dw->main.units[what - dw->lines.cnt];
  if (u->split)
    return pctab__inline_import (w, u->split);
  return is_type_unit (u) || u->tag == DW_TAG_partial_unit || u->dies == u->end || pctab__inline_import (w, u);
}

static int
falling (const void *x, const void *y)
{
  const uint64_t *a = x, *b = y;
  return *a > *b ? -1 : *a < *b;
}

static uint64_t
order_key (uint64_t cost, size_t what)
{
  return (cost < UINT32_MAX ? cost : UINT32_MAX) << 32 | what;
}

/* The largest first, so that no thread is left with one at the end. */
static bool
read_all (struct dwarf *dw)
{
  dw->order_cnt = dw->lines.cnt + dw->main.unit_cnt;
  dw->order = malloc ((dw->order_cnt + 1) * sizeof *dw->order);
  if (!dw->order)
    return pctab__diag_memory (dw->d);
  for (size_t i = 0; i < dw->lines.cnt; i++)
    dw->order[i] = order_key (dw->lines.at[i].len * LINE_COST, i);
  for (size_t i = 0; i < dw->main.unit_cnt; i++)
    {
      const struct dwarf_unit *u = dw->main.units[i].split ? dw->main.units[i].split : &dw->main.units[i];
      dw->order[dw->lines.cnt + i] = order_key ((uint64_t) (u->end - u->dies), dw->lines.cnt + i);
    }
  qsort (dw->order, dw->order_cnt, sizeof *dw->order, falling);
  return pctab__pool_run (dw, read_task, dw->order_cnt);
}

static void
count (struct dwarf *dw)
{
  for (size_t i = 0; i < dw->main.unit_cnt; i++)
    {
      const struct dwarf_unit *u = &dw->main.units[i];
      dw->m->stats.units += !is_type_unit (u);
      dw->m->stats.units_missing += u->dwo_name && !u->split;
    }
}

static bool
import (struct dwarf *dw, unsigned threads)
{
  if (!pctab__dwarf_sections (&dw->main, dw->f, false, dw->d))
    return false;
  if (!dw->main.sec[SEC_INFO].len || !dw->m->texts.cnt)
    return true;
  find_text (dw);
  if (!pctab__pool_open (dw, threads) || !pctab__dwarf_units (&dw->main, dw->d) || !pctab__dwarf_alt (dw, dw->d)
      || !pctab__package_open (dw, dw->d) || !compile_abbrevs (dw)
      || !pctab__pool_run (dw, open_task, dw->main.unit_cnt + dw->alt.unit_cnt)
      || !pctab__cover_make (dw) || !find_lines (dw)
      || !pctab__cover_lines (dw) || !read_all (dw) || !pctab__dwarf_merge (dw))
    return false;
  count (dw);
  return true;
}

bool
pctab__import_dwarf (struct elf_file *f, struct model *m, unsigned threads, struct diag *d)
{
  struct dwarf dw = { .m = m, .f = f, .d = d };
  pthread_mutex_init (&dw.lock, NULL);
  bool good = import (&dw, threads);
  pctab__pool_close (&dw);
  for (size_t i = 0; i < dw.table_cnt; i++)
    pctab__abbrev_free (&dw.tables[i]);
  for (size_t i = 0; i < dw.lines.cnt; i++)
    pctab__line_free (&dw.lines.at[i]);
  for (size_t i = 0; i < dw.splits.cnt; i++)
    {
      pctab__dwarf_object_free (dw.splits.at[i]);
      free (dw.splits.at[i]);
    }
  pctab__dwarf_object_free (&dw.package);
  pctab__dwarf_object_free (&dw.alt);
  pctab__dwarf_object_free (&dw.main);
  free (dw.splits.at);
  free (dw.lines.at);
  free (dw.tables);
  free (dw.order);
  free (dw.cover);
  free (dw.line_cover);
  if (!good)
    pctab__diag_advise (d, ", or leave lines out with lines=no");
  return good;
}
