/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which unit speaks for an address.
 *
 * The linker keeps one copy of a COMDAT function, and GNU ld points the debug information of all the other copies at it
 * too: code of a C++ header is then described by many units, each in its own way where compilers merged functions.  One
 * unit's word has to hold for lines and inlined calls alike.  As LLVM has it: by the ranges of the units' own DIEs, the
 * first unit, but the unit of the code right before where that one goes on.  What another unit says of the address is
 * dropped while it is read, and what a unit says of addresses outside its ranges too (a line sequence runs on into the
 * padding behind a section); only a unit without ranges may speak where no other one does. */
#include "dwarf.h"

#include "dwarf_const.h"

#include <stdlib.h>

struct cover_arg {
  struct dwarf_worker *w;
  uint32_t unit;
};

/* An endpoint as one number, so that sorting is cheap: offset, unit, and whether the range begins there. */
static uint64_t
endpoint (uint32_t off, uint32_t unit, bool begins)
{
  return (uint64_t) off << 32 | unit << 1 | begins;
}

static bool
add_endpoints (void *p, uint64_t low, uint64_t high)
{
  struct cover_arg *arg = p;
  struct dwarf_worker *w = arg->w;
  uint64_t base = w->dw->m->base;
  const struct model_text *text = low < high ? dwarf_text (w->dw, low - base) : NULL;
  if (!text)
    return true;
  uint32_t end = high - base < text->end ? (uint32_t) (high - base) : text->end;
  if (!model_reserve (&w->ends, 2))
    return pctab__diag_memory (&w->diag);
  w->ends.at[w->ends.cnt++] = endpoint ((uint32_t) (low - base), arg->unit, true);
  w->ends.at[w->ends.cnt++] = endpoint (end, arg->unit, false);
  return true;
}

/* Notes the ranges of the unit's DIE. */
bool
pctab__cover_note (struct dwarf_worker *w, struct dwarf_unit *u, const struct dwarf_die *die)
{
  struct cover_arg arg = { w, u->idx };
  u->bounded = die_has (die, SLOT_RANGES) || (die_has (die, SLOT_LOW) && die_has (die, SLOT_HIGH));
  return pctab__unit_ranges (u, die, add_endpoints, &arg, &w->diag);
}

/* The units that have ranges open at the sweep's place: how many, by unit, and a heap whose top is the first unit once
 * those that have closed are taken off. */
struct open {
  uint32_t *cnt;
  uint32_t *heap;
  size_t heap_cnt;
};

static void
heap_push (struct open *o, uint32_t unit)
{
  size_t i = o->heap_cnt++;
  for (; i && o->heap[(i - 1) / 2] > unit; i = (i - 1) / 2)
    o->heap[i] = o->heap[(i - 1) / 2];
  o->heap[i] = unit;
}

static void
heap_pop (struct open *o)
{
  uint32_t last = o->heap[--o->heap_cnt];
  size_t i = 0;
  for (size_t kid; (kid = i * 2 + 1) < o->heap_cnt; i = kid)
    {
      if (kid + 1 < o->heap_cnt && o->heap[kid + 1] < o->heap[kid])
        kid++;
      if (o->heap[kid] >= last)
        break;
      o->heap[i] = o->heap[kid];
    }
  o->heap[i] = last;
}

/* The first open unit; MODEL_NONE. */
static uint32_t
first_open (struct open *o)
{
  while (o->heap_cnt && !o->cnt[o->heap[0]])
    heap_pop (o);
  return o->heap_cnt ? o->heap[0] : MODEL_NONE;
}

static void
sweep (struct dwarf *dw, const uint64_t *ends, size_t cnt, struct open *o)
{
  uint32_t at = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      uint32_t off = (uint32_t) (ends[i] >> 32), unit = (uint32_t) ends[i] >> 1;
      uint32_t first = at < off ? first_open (o) : MODEL_NONE;
      if (first != MODEL_NONE)
        {
          struct dwarf_cover *last = dw->cover_cnt ? &dw->cover[dw->cover_cnt - 1] : NULL;
          if (last && last->end == at && o->cnt[last->unit])
            last->end = off;
          else
            dw->cover[dw->cover_cnt++] = (struct dwarf_cover){ at, off, first };
        }
      if (!(ends[i] & 1))
        o->cnt[unit]--;
      else if (!o->cnt[unit]++)
        heap_push (o, unit);
      at = off;
    }
}

static int
rising (const void *x, const void *y)
{
  const uint64_t *a = x, *b = y;
  return *a < *b ? -1 : *a > *b;
}

/* Makes dw->cover of what the workers noted. */
bool
pctab__cover_make (struct dwarf *dw)
{
  size_t cnt = 0;
  for (unsigned i = 0; i < dw->worker_cnt; i++)
    cnt += dw->workers[i].ends.cnt;
  uint64_t *ends = malloc ((cnt + 1) * sizeof *ends);
  struct open o = { calloc (dw->main.unit_cnt + 1, sizeof *o.cnt), malloc ((cnt + 1) * sizeof *o.heap), 0 };
  dw->cover = malloc ((cnt + 1) * sizeof *dw->cover);
  bool good = ends && o.cnt && o.heap && dw->cover;
  if (good)
    {
      cnt = 0;
      for (unsigned i = 0; i < dw->worker_cnt; i++)
        {
          const struct dwarf_worker *w = &dw->workers[i];
          if (w->ends.cnt)
            memcpy (ends + cnt, w->ends.at, w->ends.cnt * sizeof *ends);
          cnt += w->ends.cnt;
        }
      qsort (ends, cnt, sizeof *ends, rising);
      sweep (dw, ends, cnt, &o);
    }
  free (ends);
  free (o.cnt);
  free (o.heap);
  return good || pctab__diag_memory (dw->d);
}

/* The same for line tables: a table may be that of several units. */
bool
pctab__cover_lines (struct dwarf *dw)
{
  dw->line_cover = malloc ((dw->cover_cnt + 1) * sizeof *dw->line_cover);
  if (!dw->line_cover)
    return pctab__diag_memory (dw->d);
  for (size_t i = 0; i < dw->cover_cnt; i++)
    {
      dw->line_cover[i] = dw->cover[i];
      dw->line_cover[i].unit = dw->main.units[dw->cover[i].unit].line;
    }
  for (size_t i = 0; i < dw->lines.cnt; i++)
    dw->lines.at[i].bounded = true;
  for (const struct dwarf_unit *u = dw->main.units; u < dw->main.units + dw->main.unit_cnt; u++)
    if (u->line != MODEL_NONE && u->tag != DW_TAG_partial_unit && !u->bounded)
      dw->lines.at[u->line].bounded = false;
  return true;
}

/* The first interval that ends behind OFF. */
static size_t
find (const struct cover_look *look, uint32_t off)
{
  size_t lo = 0, hi = look->cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (look->cover[mid].end <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

/* Where LOOK's unit may speak, from OFF on: in an interval of its own or, where it has no ranges at all, also in a gap
 * before interval *I.  END: nowhere before that. */
static uint32_t
begin_part (struct cover_look *look, size_t *i, uint32_t off, uint32_t end)
{
  const struct dwarf_cover *c = look->cover;
  for (; *i < look->cnt && off < end && look->work; look->work--)
    {
      if (c[*i].off > off && !look->bounded)
        return off;
      if (c[*i].off > off)
        off = c[*i].off;
      else if (c[*i].unit == look->unit)
        return off;
      else
        off = c[(*i)++].end;
    }
  return off < end && !look->bounded && look->work ? off : end;
}

/* The first part of [off, end) where LOOK's unit speaks: false when there is none, or no work left. */
bool
pctab__cover_part (struct cover_look *look, uint32_t *off, uint32_t *end)
{
  const struct dwarf_cover *c = look->cover;
  size_t i = find (look, *off);
  look->last = i;
  *off = begin_part (look, &i, *off, *end);
  uint32_t at = *off;
  for (; i < look->cnt && at < *end && look->work; at = c[i++].end, look->work--)
    if (c[i].off > at ? look->bounded : c[i].unit != look->unit)
      break;
    else if (c[i].unit != look->unit)
      {
        at = c[i].off;
        break;
      }
  if (at < *end && (look->bounded || (i < look->cnt && c[i].off <= at)))
    *end = at;
  return look->work && *off < *end;
}
