/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks are sorted once, by table and offset; then each table is a sweep over the frames.  Without marks, and without
 * an architecture that finds some by itself, nothing is looked at. */
#include "mark.h"

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "format.h"
#include "mark_work.h"
#include "radix.h"

/* The marks by table and offset; equal ones as they stood. */
static uint64_t *
order_marks (const struct model *m)
{
  size_t cnt = m->marks.cnt;
  uint32_t tables = 0;
  uint64_t *keys = malloc ((cnt + 1) * sizeof *keys);
  if (!keys)
    return NULL;
  for (size_t i = 0; i < cnt; i++)
    {
      keys[i] = (uint64_t) m->marks.at[i].off << 32 | i;
      tables |= m->marks.at[i].table;
    }
  bool good = pctab__radix_sort (keys, cnt);
  if (good && tables)
    {
      for (size_t i = 0; i < cnt; i++)
        keys[i] = (uint64_t) m->marks.at[(uint32_t) keys[i]].table << 32 | (uint32_t) keys[i];
      good = pctab__radix_sort (keys, cnt);
      for (size_t i = 0; i < cnt; i++)
        keys[i] = (uint64_t) m->marks.at[(uint32_t) keys[i]].off << 32 | (uint32_t) keys[i];
    }
  if (good)
    return keys;
  free (keys);
  return NULL;
}

static uint64_t *
order_points (const struct model *m)
{
  uint64_t *keys = malloc ((m->points.cnt + 1) * sizeof *keys);
  if (!keys)
    return NULL;
  for (size_t i = 0; i < m->points.cnt; i++)
    keys[i] = (uint64_t) m->points.at[i].off << 32 | i;
  if (pctab__radix_sort (keys, m->points.cnt))
    return keys;
  free (keys);
  return NULL;
}

static bool
same_name (const struct model_str *a, const struct model_str *b)
{
  return a->len == b->len && !memcmp (a->p, b->p, a->len);
}

/* Tables as the importer left them, one a record: sorted, one a number. */
static bool
merge_names (struct model *m, struct diag *d)
{
  size_t cnt = m->tables.cnt, kept = 0;
  uint64_t *keys = malloc ((cnt + 1) * sizeof *keys);
  struct model_table *tables = malloc ((cnt + 1) * sizeof *tables);
  bool good = keys && tables;
  for (size_t i = 0; good && i < cnt; i++)
    keys[i] = (uint64_t) m->tables.at[i].number << 32 | i;
  good = (good && pctab__radix_sort (keys, cnt)) || pctab__diag_memory (d);
  for (size_t i = 0; good && i < cnt; i++)
    {
      struct model_table t = { .number = (uint32_t) (keys[i] >> 32), .name = m->tables.at[(uint32_t) keys[i]].name };
      struct model_table *last = kept ? &tables[kept - 1] : NULL;
      if (!last || last->number != t.number)
        tables[kept++] = t;
      else if (!last->name.len)
        last->name = t.name;
      else if (t.name.len && !same_name (&last->name, &t.name))
        good = pctab__diag_error (d, ".pcdata", "pcdata table %u has two names, %.*s and %.*s; let the objects "
                                  "that use it agree on one, or use different tables", (unsigned) t.number,
                                  (int) (last->name.len < 200 ? last->name.len : 200), last->name.p,
                                  (int) (t.name.len < 200 ? t.name.len : 200), t.name.p);
    }
  if (good && cnt)
    memcpy (m->tables.at, tables, kept * sizeof *tables);
  m->tables.cnt = good ? kept : 0;
  free (keys);
  free (tables);
  return good;
}

/* The marks of table NUMBER, from KEYS[*AT] on, which moves behind them; its stretches. */
static bool
do_table (struct mark_work *w, const uint64_t *keys, size_t *at, uint32_t number)
{
  const struct model_mark *marks = w->m->marks.at;
  w->marks = keys + *at;
  w->mark = w->mark_cnt = 0;
  while (*at < w->m->marks.cnt && marks[(uint32_t) keys[*at]].table == number)
    {
      w->mark_cnt++;
      ++*at;
    }
  w->own_end = 0;
  return number == PCTAB_TABLE_UNSAFEPOINT ? pctab__mark_unsafe (w) : pctab__mark_values (w);
}

/* All tables, by number: of those that are NAMED, of those that have marks, and UnsafePoint. */
static bool
do_tables (struct mark_work *w, const uint64_t *keys, const struct model_table *named, size_t named_cnt)
{
  struct model *m = w->m;
  size_t at = 0, name = 0;
  for (uint64_t next = PCTAB_TABLE_UNSAFEPOINT; next <= UINT32_MAX;)
    {
      struct model_table t = { .number = (uint32_t) next, .stretch = (uint32_t) m->stretches.cnt };
      if (name < named_cnt && named[name].number == t.number)
        t.name = named[name++].name;
      if (!do_table (w, keys, &at, t.number))
        return false;
      t.stretch_cnt = (uint32_t) (m->stretches.cnt - t.stretch);
      if (m->stretches.cnt > UINT32_MAX)
        return pctab__diag_error (w->d, ".pcdata", "more than 4294967295 stretches; link fewer objects with marks");
      if (t.stretch_cnt || t.name.len)
        {
          if (!model_reserve (&m->tables, 1))
            return pctab__diag_memory (w->d);
          m->tables.at[m->tables.cnt++] = t;
        }
      next = UINT64_MAX;
      if (at < m->marks.cnt)
        next = m->marks.at[(uint32_t) keys[at]].table;
      if (name < named_cnt && named[name].number < next)
        next = named[name].number;
    }
  return true;
}

static bool
do_all (struct mark_work *w)
{
  struct model *m = w->m;
  uint64_t *keys = order_marks (m);
  size_t named_cnt = m->tables.cnt;
  struct model_table *named = malloc ((named_cnt + 1) * sizeof *named);
  w->points = order_points (m);
  w->point_cnt = m->points.cnt;
  bool good = (keys && named && w->points) || pctab__diag_memory (w->d);
  if (good)
    {
      if (named_cnt)
        memcpy (named, m->tables.at, named_cnt * sizeof *named);
      m->tables.cnt = m->stretches.cnt = 0;
      good = do_tables (w, keys, named, named_cnt);
    }
  free (keys);
  free (named);
  return good;
}

bool
pctab__mark_resolve (struct elf_file *f, struct model *m, const struct mark_by *by, struct diag *d)
{
  const struct arch *arch = pctab__arch (m->machine, m->is64);
  struct mark_work w = { .f = f, .m = m, .by = by, .d = d, .insn = arch ? arch->insn : 1 };
  bool finds = by->arch && (by->arch->is_unsafe_point || by->arch->is_restartable);
  if (!m->marks.cnt && !m->points.cnt && !m->tables.cnt && !finds)
    return true;
  if (m->marks.cnt >= UINT32_MAX || m->points.cnt >= UINT32_MAX || m->tables.cnt >= UINT32_MAX)
    return pctab__diag_error (d, ".pcdata", "more than 4294967294 marks; link fewer objects with marks");
  pctab__model_drop_stubs (m);
  bool good = merge_names (m, d) && do_all (&w);
  free (w.points);
  free (w.bounds);
  free (w.sections);
  free (w.literals.at);
  free (w.unsafe.at);
  free (w.restarts.at);
  free (w.entries.at);
  free (w.open.at);
  return good;
}
