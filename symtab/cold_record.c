/* SPDX-License-Identifier: MIT */
/* Function records: read one after the other within a block, since each is relative to the one before. */
#include "cold_decode.h"

struct record_reader {
  struct cursor at;
  const struct pctab_table *table;
  uint32_t name, line_off, node_off; /* of the next record */
  uint32_t entry, entry_off;
  uint32_t end, file, line;
  unsigned char unpacked[PCTAB_RECORD_BLOCK + 64]; /* a block that is packed */
};

static void
start_reader (struct record_reader *r, const struct pctab_table *t, struct cursor block, uint32_t key)
{
  r->at = block;
  r->table = t;
  r->end = key;
  r->file = r->line = 0;
  r->name = cursor_uvar (&r->at);
  r->line_off = cursor_uvar (&r->at);
  r->node_off = cursor_uvar (&r->at);
  r->entry = cursor_uvar (&r->at);
  r->entry_off = cursor_uvar (&r->at);
}

/* A record found keeps the reader's state for the one after it. */
static void
keep_reader (const struct record_reader *r, uint32_t number, struct cursor block, struct pctab_record *out)
{
  out->block = number;
  out->next_off = (uint32_t) (r->at.pos - block.pos);
  out->next_name = r->name;
  out->next_entry = r->entry;
  out->next_entry_off = r->entry_off;
  out->next_file = r->file;
  out->next_line = r->line;
}

static void
resume_reader (struct record_reader *r, const struct pctab_table *t, struct cursor block,
               const struct pctab_record *after)
{
  r->at = block;
  r->name = after->next_name;
  r->line_off = after->line_off + after->line_len;
  r->node_off = after->node_off + after->node_len;
  r->entry = after->next_entry;
  r->entry_off = after->next_entry_off;
  r->end = (uint32_t) (after->end - t->base);
  r->file = after->next_file;
  r->line = after->next_line;
  cursor_take (&r->at, after->next_off);
}

static const unsigned char *
functab_entry (const struct pctab_table *t, uint32_t i)
{
  return t->functab + PCTAB_FUNCTAB_BYTES * (uint64_t) i;
}

/* Every page has an entry, so the next one is at most a page away. */
static bool
next_entry (struct record_reader *r)
{
  const struct pctab_table *t = r->table;
  if (r->entry >= t->entry_cnt || t->entry_cnt - r->entry < 2)
    return false;
  const unsigned char *e = functab_entry (t, r->entry++);
  uint16_t far = (uint16_t) (entry_start (e + PCTAB_FUNCTAB_BYTES) - entry_start (e));
  r->entry_off += far ? far : PCTAB_PAGE_BYTES;
  return true;
}

/* The functab entry at the cursor, 0 for a gap or none. */
static uint64_t
cursor_bits (const struct record_reader *r)
{
  uint64_t bits = r->entry < r->table->entry_cnt ? at_u64 (functab_entry (r->table, r->entry)) : 0;
  return entry_kind (bits) == PCTAB_E_KIND_GAP ? 0 : bits;
}

/* Whether the entry at the cursor goes on with the function of the one before it. */
static bool
goes_on (const struct record_reader *r)
{
  uint64_t bits = cursor_bits (r);
  if (entry_kind (bits) != PCTAB_E_KIND_LONG)
    return entry_kind (bits) == PCTAB_E_KIND_CONT;
  uint64_t before = r->entry ? at_u64 (functab_entry (r->table, r->entry - 1)) : 0;
  return entry_kind (before) == PCTAB_E_KIND_LONG && before >> PCTAB_E_LONG_SHIFT == bits >> PCTAB_E_LONG_SHIFT;
}

/* Bounds of the next function of the functab. */
static void
hot_bounds (struct record_reader *r, uint32_t *off, uint32_t *end)
{
  while ((!cursor_bits (r) || goes_on (r)) && next_entry (r))
    ;
  *off = r->entry_off;
  uint64_t bits = cursor_bits (r);
  do
    {
      bits = cursor_bits (r);
      if (!bits || !next_entry (r))
        {
          cursor_fail (&r->at);
          return;
        }
    }
  while (goes_on (r));
  *end = r->entry_off - (bits >> PCTAB_E_PAD_SHIFT & PCTAB_E_PAD_MAX);
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

/* OUT is a zeroed record, or the one before.  False: the block has no further record, or is damaged (at.bad). */
static inline __attribute__ ((always_inline)) bool
read_record (struct record_reader *r, struct pctab_record *out)
{
  if (!cursor_left (&r->at))
    return false;
  uint32_t off, end = 0;
  out->flags = cursor_u8 (&r->at);
  out->line_off = r->line_off;
  out->node_off = r->node_off;
  out->file = out->line = out->line_len = out->node_cnt = out->node_len = 0;
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
      r->node_off += out->node_len;
    }
  while (r->entry < r->table->entry_cnt && r->entry_off < end && next_entry (r))
    ;
  /* The last range ends within the address space; what has no frame may lie behind it. */
  if (off < r->end || off >= end || r->table->base + end < end)
    cursor_fail (&r->at);
  r->end = end;
  out->entry = r->table->base + off;
  out->end = r->table->base + end;
  return !r->at.bad;
}

/* A block, which is mostly stored as it is. */
static bool
start_block (struct record_reader *r, const struct pctab_cold *c, uint32_t block, struct cursor *bytes)
{
  struct store_entry e = pctab__store_entry (c, PCTAB_P_RECORD_INDEX, block);
  if (!e.len)
    return false;
  if (e.len != e.raw_len)
    {
      if (e.raw_len > sizeof r->unpacked
          || pctab__store_unpack (c, PCTAB_P_RECORD_INDEX, &e, r->unpacked, e.raw_len) != e.raw_len)
        return false;
      e.at = r->unpacked;
    }
  *bytes = cursor_over (e.at, e.raw_len, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
  start_reader (r, c->table, *bytes, e.key);
  return true;
}

enum pctab_error
pctab__record_find (struct pctab_cold *c, uint64_t pc)
{
  uint32_t block;
  struct cursor bytes;
  struct record_reader r;
  struct pctab_record *record = &c->last;
  if (pc >= record->entry && pc < record->end)
    return PCTAB_ERROR_OK;
  *record = (struct pctab_record){ 0 };
  if (pc - c->table->base > UINT32_MAX
      || !pctab__store_find (c, PCTAB_P_RECORD_INDEX, (uint32_t) (pc - c->table->base), &block))
    return PCTAB_ERROR_OK;
  if (!start_block (&r, c, block, &bytes))
    return PCTAB_ERROR_COLD;
  while (read_record (&r, record) && record->end <= pc)
    ;
  if (r.at.bad || pc < record->entry || pc >= record->end)
    *record = (struct pctab_record){ 0 };
  else
    keep_reader (&r, block, bytes, record);
  return r.at.bad ? PCTAB_ERROR_COLD : PCTAB_ERROR_OK;
}

enum pctab_error
pctab_find_record (struct pctab_cold *c, uint64_t pc, struct pctab_record *record)
{
  enum pctab_error error = pctab__record_find (c, pc);
  *record = c->last;
  return error ? error : pctab_record_name (c, record, &record->name);
}

enum pctab_error
pctab_record_next (struct pctab_cold *c, struct pctab_record *record)
{
  struct pctab_record last = *record;
  *record = (struct pctab_record){ 0 };
  for (uint32_t block = last.block, cnt = store_cnt (c, PCTAB_P_RECORD_INDEX); block < cnt; block++)
    {
      struct record_reader r;
      struct cursor bytes;
      if (!start_block (&r, c, block, &bytes))
        return PCTAB_ERROR_COLD;
      if (last.end && block == last.block)
        resume_reader (&r, c->table, bytes, &last);
      bool found = read_record (&r, record);
      if (r.at.bad || (found && last.end && record->entry < last.end))
        return PCTAB_ERROR_COLD;
      if (!found)
        continue;
      keep_reader (&r, block, bytes, record);
      c->last = *record;
      return PCTAB_ERROR_OK;
    }
  *record = (struct pctab_record){ 0 };
  return PCTAB_ERROR_OK;
}

enum pctab_error
pctab_record_name (struct pctab_cold *c, const struct pctab_record *record, const char **name)
{
  drop_strings (c);
  *name = NULL;
  return record->end ? pctab__cold_string (c, record->name_number, name) : PCTAB_ERROR_OK;
}

enum pctab_error
pctab_funcname (struct pctab_cold *c, uint64_t pc, const char **name)
{
  struct pctab_func f = pctab_findfunc (c->table, pc);
  const struct cold_slot *slot = known_slot (c, f);
  if (__builtin_expect (slot != NULL, 1))
    {
      *name = slot->name ? (const char *) c->cache->strings + slot->name - 1 : NULL;
      return PCTAB_ERROR_OK;
    }
  *name = NULL;
  enum pctab_error error = pctab__record_find (c, pc);
  if (error)
    return error;
  pctab__cold_keep_name (c, f);
  return pctab_record_name (c, &c->last, name);
}
