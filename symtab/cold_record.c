/* SPDX-License-Identifier: MIT */
/* Function records: read one after the other within a block, since each is relative to the one before. */
#include "cold_decode.h"

struct record_reader {
  struct cursor at;
  const struct pctab_table *table;
  uint32_t name, line_off; /* of the next record */
  uint32_t entry, entry_off;
  uint32_t end, file, line;
};

static void
start_reader (struct record_reader *r, const struct pctab_table *t, struct cursor block, uint32_t key)
{
  *r = (struct record_reader){ .at = block, .table = t, .end = key };
  r->name = cursor_uvar (&r->at);
  r->line_off = cursor_uvar (&r->at);
  r->entry = cursor_uvar (&r->at);
  r->entry_off = cursor_uvar (&r->at);
}

static const unsigned char *
functab_entry (const struct pctab_table *t, uint32_t i)
{
  return t->functab + i * PCTAB_FUNCTAB_BYTES;
}

static bool
next_entry (struct record_reader *r)
{
  const struct pctab_table *t = r->table;
  if (r->entry >= t->entry_cnt || t->entry_cnt - r->entry < 2)
    return false;
  r->entry_off += (uint16_t) (at_u16 (functab_entry (t, r->entry + 1)) - at_u16 (functab_entry (t, r->entry)));
  r->entry++;
  return true;
}

/* Bounds of the next function of the functab. */
static void
hot_bounds (struct record_reader *r, uint32_t *off, uint32_t *end)
{
  const struct pctab_table *t = r->table;
  while (r->entry < t->entry_cnt && !at_u32 (functab_entry (t, r->entry) + 2))
    if (!next_entry (r))
      break;
  *off = r->entry_off;
  uint32_t rec = r->entry < t->entry_cnt ? at_u32 (functab_entry (t, r->entry) + 2) : 0;
  if (!rec || !next_entry (r))
    {
      cursor_fail (&r->at);
      return;
    }
  *end = r->entry_off - (rec & PCTAB_REC_PAD_MASK);
}

static void
read_lines (struct record_reader *r, struct pctab_record *out)
{
  if (out->flags & PCTAB_R_LINES)
    {
      if (!(out->flags & PCTAB_R_SAME_FILE))
        r->file = cursor_uvar (&r->at);
      r->line += (uint32_t) cursor_svar (&r->at);
      out->file = r->file;
      out->line = r->line;
      out->line_len = cursor_uvar (&r->at);
      r->line_off += out->line_len;
    }
}

/* False: the block has no further record, or is damaged (at.bad). */
static bool
read_record (struct record_reader *r, struct cursor block, struct pctab_record *out)
{
  if (!cursor_left (&r->at))
    return false;
  uint32_t off, end = 0;
  *out = (struct pctab_record){ .flags = cursor_u8 (&r->at), .line_off = r->line_off };
  out->name_number = out->flags & PCTAB_R_NAMED ? r->name++ : UINT32_MAX;
  if (out->flags & PCTAB_R_HOT)
    hot_bounds (r, &off, &end);
  else
    {
      off = r->end + cursor_uvar (&r->at);
      end = off + cursor_uvar (&r->at);
    }
  read_lines (r, out);
  if (out->flags & PCTAB_R_NODES)
    {
      out->node_cnt = cursor_uvar (&r->at);
      out->node_len = cursor_uvar (&r->at);
      out->node_off = (uint32_t) (r->at.pos - block.pos);
      cursor_take (&r->at, out->node_len);
    }
  while (r->entry < r->table->entry_cnt && r->entry_off < end && next_entry (r))
    ;
  r->end = end;
  out->entry = r->table->base + off;
  out->end = r->table->base + end;
  if (off >= end)
    cursor_fail (&r->at);
  return !r->at.bad;
}

static uint32_t
block_key (const struct pctab_cold *c, uint32_t block)
{
  return at_u32 (pctab__cold_part (c->table, PCTAB_P_RECORD_INDEX).pos + block * PCTAB_STORE_BYTES);
}

/* Goes through block BLOCK up to the record that has FROM or, failing that, starts behind it. */
static enum pctab_error
scan_block (struct pctab_cold *c, uint32_t block, uint64_t from, struct pctab_record *out)
{
  struct cursor bytes;
  enum pctab_error error = pctab__cold_block (c, true, block, &bytes);
  if (error)
    return error;
  struct record_reader r;
  start_reader (&r, c->table, bytes, block_key (c, block));
  while (read_record (&r, bytes, out))
    if (out->end > from)
      {
        out->block = block;
        return PCTAB_ERROR_OK;
      }
  out->end = 0;
  return r.at.bad ? PCTAB_ERROR_COLD : PCTAB_ERROR_OK;
}

enum pctab_error
pctab_find_record (struct pctab_cold *c, uint64_t pc, struct pctab_record *record)
{
  uint32_t block;
  *record = (struct pctab_record){ 0 };
  if (pc - c->table->base > UINT32_MAX || !pctab__cold_find (c, true, (uint32_t) (pc - c->table->base), &block))
    return PCTAB_ERROR_OK;
  enum pctab_error error = scan_block (c, block, pc, record);
  if (error || !record->end || record->entry > pc)
    {
      *record = (struct pctab_record){ 0 };
      return error;
    }
  return pctab_record_name (c, record, &record->name);
}

enum pctab_error
pctab_record_next (struct pctab_cold *c, struct pctab_record *record)
{
  uint64_t from = record->end;
  uint32_t block = from ? record->block : 0;
  *record = (struct pctab_record){ 0 };
  for (; block < c->record_block_cnt; block++)
    {
      enum pctab_error error = scan_block (c, block, from, record);
      if (error || record->end)
        return error;
    }
  return PCTAB_ERROR_OK;
}

enum pctab_error
pctab_record_name (struct pctab_cold *c, const struct pctab_record *record, const char **name)
{
  *name = NULL;
  return record->name_number == UINT32_MAX || !record->end ? PCTAB_ERROR_OK
                                                           : pctab__cold_string (c, record->name_number, name);
}
