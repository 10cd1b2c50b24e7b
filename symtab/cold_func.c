/* SPDX-License-Identifier: MIT */
/* file:line with inlined calls: from what the cache keeps of a function, or decoded anew. */
#include "cold_decode.h"

/* Frames being put together, innermost first: of more than there is room for, the innermost and the outermost. */
struct frames {
  struct pctab_cold *cold;
  struct pctab_frame *at;
  unsigned max, cnt;
  enum pctab_error error;
  uint32_t last_file; /* of the frame before; files often follow each other */
};

/* --- decoded anew --- */

static const char *
get_string (struct frames *f, uint32_t number)
{
  const char *s;
  enum pctab_error error = pctab__cold_string (f->cold, number, &s);
  f->error = error ? error : f->error;
  return s;
}

/* A frame by numbers; the last one always has room.  The file first: where both have none it says more. */
static void
put_numbers (struct frames *f, bool last, uint32_t name, uint32_t file, uint32_t line)
{
  if (!last && f->cnt + 1 >= f->max)
    return;
  struct pctab_frame *to = &f->at[f->cnt++];
  bool again = f->cnt > 1 && file == f->last_file;
  to->line = line;
  to->file = again ? to[-1].file : get_string (f, file_string (f->cold, file));
  to->func = get_string (f, name);
  f->last_file = file;
}

/* The position UNITS into the function of C's last record: from where the cache's reader stopped, if it was there before,
 * else from its chunk's start.  Without a cache the reader is OWN.  NULL: the lines are damaged. */
static struct line_reader *
go_to (struct pctab_cold *c, struct line_reader *own, uint64_t units)
{
  struct pctab_cold_cache *k = c->cache;
  struct line_reader *r = k ? &k->reader : own;
  bool on = k && k->reading && k->reader_entry == c->last.entry && units >= r->units;
  r->nodes.read_cnt = 0;
  bool good = (on || pctab__line_start (r, c, &c->last, NULL, units)) && pctab__line_seek (r, units);
  if (k)
    {
      k->reading = good;
      k->reader_entry = c->last.entry;
    }
  return good ? r : NULL;
}

static void
decode_frames (struct frames *f, uint64_t pc)
{
  struct pctab_cold *c = f->cold;
  const struct pctab_record *record = &c->last;
  struct line_reader own, *r = go_to (c, &own, (pc - record->entry) >> c->table->insn_shift);
  f->error = PCTAB_ERROR_COLD;
  if (!r)
    return;
  struct position at = line_position (r);
  unsigned depth = at.node ? pctab__node_seek (&r->nodes, c, record, at.node) : 0;
  if (at.node && !depth)
    return;
  f->error = PCTAB_ERROR_OK;
  drop_strings (c);
  for (; depth; depth--)
    {
      const struct node_level *l = &r->nodes.level[depth];
      put_numbers (f, false, l->origin < c->origin_cnt ? c->name_cnt + l->origin : UINT32_MAX, at.file, at.line);
      at.file = l->file;
      at.line = l->line;
    }
  put_numbers (f, true, record->name_number, at.file, at.line);
  if (f->error == PCTAB_ERROR_COLD)
    f->cnt = 0;
}

/* --- kept --- */

/* The last row that begins at or before UNITS. */
static inline uint32_t
find_row (const uint16_t *offs, uint32_t cnt, uint32_t units)
{
  const uint16_t *at = offs;
  while (cnt > 1)
    {
      uint32_t half = cnt / 2;
      at = at[half] <= units ? at + half : at;
      cnt -= half;
    }
  return (uint32_t) (at - offs);
}

static inline const struct cold_rows *
kept_rows (const struct pctab_cold_cache *k, const struct cold_slot *slot)
{
  return (const void *) (k->arena + 8 * (size_t) (slot->lines - 1));
}

static inline const uint32_t *
row_positions (const struct cold_rows *rows)
{
  return (const void *) (rows + 1);
}

static inline const uint16_t *
row_offs (const struct cold_rows *rows)
{
  return (const void *) (row_positions (rows) + rows->row_cnt);
}

static inline const char *
kept_string (const struct pctab_cold_cache *k, uint32_t off)
{
  return off ? (const char *) k->strings + off - 1 : NULL;
}

static inline void
put_kept (struct frames *f, bool last, uint32_t name, uint32_t file, uint32_t line)
{
  if (!last && f->cnt + 1 >= f->max)
    return;
  f->at[f->cnt++] = (struct pctab_frame){ kept_string (f->cold->cache, name), kept_string (f->cold->cache, file), line };
}

static void
keep_frames (struct frames *f, const struct cold_slot *slot, struct pctab_func func, uint64_t pc)
{
  const struct cold_rows *rows = kept_rows (f->cold->cache, slot);
  const struct pctab_table *t = f->cold->table;
  uint32_t units = (uint32_t) (pc - pctab_func_entry (t, func)) >> t->insn_shift;
  uint32_t position = row_positions (rows)[find_row (row_offs (rows), rows->row_cnt, units)];
  const unsigned char *base = (const unsigned char *) rows;
  const struct cold_place *place
    = (const struct cold_place *) (const void *) (base + rows->places_off) - 1 - (position >> PCTAB_ROW_LINE_BITS);
  uint32_t file = place->file, line = position & ((1u << PCTAB_ROW_LINE_BITS) - 1);
  for (uint32_t at = place->node; at;)
    {
      const struct cold_node *n = (const void *) (base + at);
      put_kept (f, false, n->name, file, line);
      file = n->call_file;
      line = n->call_line;
      at = n->parent;
    }
  put_kept (f, true, slot->name, file, line);
}

/* The function's lines as they are kept, now or from now on; NULL: they are not. */
static const struct cold_slot *
slot_with_lines (struct pctab_cold *c, struct pctab_func func, uint64_t pc, enum pctab_error *error)
{
  struct cold_slot *slot = known_slot (c, func);
  *error = PCTAB_ERROR_OK;
  if (__builtin_expect (!slot || !slot->lines, 0))
    {
      *error = pctab__record_find (c, pc);
      if (*error)
        return NULL;
      pctab__cold_keep_lines (c, func);
      slot = known_slot (c, func);
    }
  return slot && slot->lines && slot->lines != PCTAB_LINES_APART ? slot : NULL;
}

enum pctab_error
pctab_funcline (struct pctab_cold *c, uint64_t pc, struct pctab_frame *frames, unsigned max, unsigned *cnt)
{
  struct frames f = { c, frames, max, 0, PCTAB_ERROR_OK, 0 };
  struct pctab_func func = pctab_findfunc (c->table, pc);
  *cnt = 0;
  const struct cold_slot *slot = slot_with_lines (c, func, pc, &f.error);
  if (!max || f.error)
    return f.error;
  if (__builtin_expect (slot != NULL, 1))
    keep_frames (&f, slot, func, pc);
  else
    {
      f.error = pctab__record_find (c, pc);
      if (!f.error && c->last.end)
        decode_frames (&f, pc);
    }
  *cnt = f.cnt;
  return f.error;
}

/* The same of the position that follows. */
static uint64_t
kept_end (const struct pctab_cold *c, const struct cold_slot *slot, struct pctab_func func, uint64_t pc)
{
  const struct cold_rows *rows = kept_rows (c->cache, slot);
  uint64_t entry = pctab_func_entry (c->table, func);
  uint32_t row = find_row (row_offs (rows), rows->row_cnt, (uint32_t) (pc - entry) >> c->table->insn_shift) + 1;
  return row < rows->row_cnt ? entry + ((uint64_t) row_offs (rows)[row] << c->table->insn_shift) : UINT64_MAX;
}

uint64_t
pctab_funcline_end (struct pctab_cold *c, uint64_t pc)
{
  struct pctab_func func = pctab_findfunc (c->table, pc);
  enum pctab_error error;
  const struct cold_slot *slot = slot_with_lines (c, func, pc, &error);
  const struct pctab_record *record = &c->last;
  unsigned shift = c->table->insn_shift;
  struct line_reader own, *r;
  if (error || pctab__record_find (c, pc) || !record->end)
    return pc + 1;
  uint64_t end = record->end;
  if (slot)
    end = kept_end (c, slot, func, pc);
  else if ((r = go_to (c, &own, (pc - record->entry) >> shift))
           && pctab__line_end (r) < (record->end - record->entry) >> shift)
    end = record->entry + (pctab__line_end (r) << shift);
  return end > pc && end < record->end ? end : record->end;
}
