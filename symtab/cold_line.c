/* SPDX-License-Identifier: MIT */
/* Line streams: the position (node, file, line) at a PC, and the stack of inlined calls it stands for. */
#include "bits.h"
#include "cold_decode.h"

static inline uint32_t
take_symbol (struct bit_reader *r, const struct pctab_code *code)
{
  if (r->cnt < 32)
    bits_fill (r);
  uint32_t direct = code->direct ? code->direct[bits_peek (r, PCTAB_DIRECT_BITS)] : 0;
  if (direct)
    {
      bits_drop (r, direct & 255);
      return direct >> 8;
    }
  uint32_t v = bits_peek (r, PCTAB_CODE_BITS_MAX);
  unsigned len = code->shortest;
  while (len <= PCTAB_CODE_BITS_MAX && v >= code->limit[len])
    len++;
  if (len > PCTAB_CODE_BITS_MAX)
    {
      r->bad = true;
      return 0;
    }
  bits_drop (r, len);
  return at_u16 (code->symbols + 2 * ((v >> (PCTAB_CODE_BITS_MAX - len)) + code->place[len]));
}

static uint32_t
take_number (struct line_reader *r)
{
  uint32_t len = take_symbol (&r->bits, &r->cold->number);
  if (len > 32)
    {
      r->bits.bad = true;
      return 0;
    }
  return len < 2 ? len : UINT32_C (1) << (len - 1) | bits_take (&r->bits, len - 1);
}

static int32_t
take_signed (struct line_reader *r)
{
  uint32_t v = take_number (r);
  return (int32_t) (v >> 1 ^ -(v & 1));
}

static void
remember (struct line_reader *r, unsigned place, struct position to)
{
  if (place == r->recent_cnt && place < PCTAB_OP_RECENT_MAX)
    r->recent_cnt++;
  else if (place == r->recent_cnt)
    place--;
  for (; place; place--)
    r->recent[place] = r->recent[place - 1];
  r->recent[0] = to;
}

static bool
enter (struct line_reader *r, uint32_t node, int32_t change, bool same_file, uint32_t file)
{
  struct position to = { node, file, 0 };
  if (node)
    {
      if (!pctab__node_seek (&r->nodes, r->cold, r->record, node))
        return false;
      struct origin origin = pctab__origin (r->cold, r->nodes.level[r->nodes.depth].origin);
      to.line = origin.line;
      to.file = same_file ? origin.file : file;
    }
  to.line += (uint32_t) change;
  r->highest = node > r->highest ? node : r->highest;
  unsigned place = 0;
  while (place < r->recent_cnt && (r->recent[place].node != node || r->recent[place].file != to.file))
    place++;
  remember (r, place, to);
  return true;
}

/* Reads the next step, up to what a GOTO has behind it. */
static void
read_step (struct line_reader *r)
{
  uint32_t symbol = take_symbol (&r->bits, &r->cold->step);
  r->op = symbol & 15;
  r->change = (int16_t) symbol >> 4;
  r->ended = symbol == PCTAB_OP_END;
  if (r->ended)
    return;
  if (symbol == PCTAB_OP_ESCAPE)
    {
      r->op = bits_take (&r->bits, 4);
      r->change = take_signed (r);
    }
  r->adv = take_symbol (&r->bits, &r->cold->adv);
  if (r->adv == 0xffff)
    r->adv = take_number (r);
  r->ended = r->bits.bad;
}

/* Goes to the position of the step read.  False: there is none. */
static bool
take_step (struct line_reader *r)
{
  r->units += r->adv;
  r->zero = r->op == PCTAB_OP_ZERO;
  if (r->op < PCTAB_OP_RECENT_MAX)
    {
      if (r->op >= r->recent_cnt)
        return false;
      struct position to = r->recent[r->op];
      to.line += (uint32_t) r->change;
      remember (r, r->op, to);
      return true;
    }
  if (r->op < PCTAB_OP_ENTER + PCTAB_OP_ENTER_MAX)
    return enter (r, r->highest + 1 + (r->op - PCTAB_OP_ENTER), r->change, true, 0);
  if (r->op == PCTAB_OP_GOTO)
    {
      uint32_t node = r->highest + (uint32_t) take_signed (r), file = take_number (r);
      return enter (r, node, r->change, false, file);
    }
  return r->zero;
}

/* Reads the entry of the chunk that starts here: its bytes, its span, and where it leaves off.  The last one has
 * none. */
static void
read_chunk (struct line_reader *r)
{
  struct cursor *at = &r->chunk.entries;
  r->chunk.end = UINT64_MAX;
  if (!r->chunk.cnt)
    return;
  r->chunk.cnt--;
  r->chunk.len = cursor_uvar (at);
  r->chunk.end = r->units + cursor_uvar (at);
  r->chunk.next.line += (uint32_t) cursor_svar (at);
  r->chunk.next.file = cursor_uvar (at);
  r->chunk.next.node = cursor_uvar (at);
  r->chunk.highest = r->chunk.next.node + cursor_uvar (at);
}

/* Passes the chunks that end at or before UNITS: so many bytes of steps. */
static uint64_t
pass_chunks (struct line_reader *r, uint64_t units)
{
  uint64_t len = 0;
  while (units >= r->chunk.end && !r->chunk.entries.bad)
    {
      len += r->chunk.len;
      r->units = r->chunk.end;
      r->recent[0] = r->chunk.next;
      r->highest = r->chunk.highest;
      read_chunk (r);
    }
  return len;
}

/* Starts with the steps LEN bytes on. */
static bool
start_chunk (struct line_reader *r, uint64_t len)
{
  cursor_take (&r->chunk.data, len);
  r->bits = (struct bit_reader){ .pos = r->chunk.data.pos, .end = r->chunk.data.end };
  r->recent_cnt = 1;
  r->zero = false;
  r->ended = !r->record->line_len;
  if (!r->ended)
    read_step (r);
  return !r->chunk.data.bad && !r->chunk.entries.bad;
}

/* Starts with the function's chunk that has UNITS. */
static bool
start_lines (struct line_reader *r, uint64_t units)
{
  const struct pctab_record *record = r->record;
  struct cursor at = pctab__cold_part (r->cold->table, PCTAB_P_LINES);
  cursor_take (&at, record->line_off);
  const unsigned char *from = cursor_take (&at, record->line_len);
  if (!from)
    return false;
  r->chunk.entries = cursor_over (from, record->line_len, at.big);
  r->chunk.cnt = record->flags & PCTAB_R_CHUNKS ? cursor_uvar (&r->chunk.entries) : 0;
  r->chunk.next = r->recent[0] = (struct position){ 0, record->file, record->line };
  r->highest = 0;
  r->units = 0;
  r->nodes.cold = NULL;
  read_chunk (r);
  uint64_t len = pass_chunks (r, units);
  r->chunk.data = r->chunk.entries;
  for (uint64_t i = 6 * (uint64_t) r->chunk.cnt; i && !r->chunk.data.bad; i--)
    cursor_uvar (&r->chunk.data);
  return start_chunk (r, len);
}

/* The position at PC: from where the reader is, if that is before it in the same function. */
static bool
position_at (struct line_reader *r, uint64_t pc, struct position *out)
{
  const struct pctab_record *record = r->record;
  unsigned shift = r->cold->table->insn_shift;
  uint64_t units = (pc - record->entry) >> shift;
  if (!r->good || r->entry != record->entry || units < r->units)
    r->good = start_lines (r, units);
  else if (units >= r->chunk.end)
    r->good = start_chunk (r, pass_chunks (r, units));
  if (!r->good)
    return false;
  r->entry = record->entry;
  while (!r->ended && r->units + r->adv <= units)
    if (take_step (r))
      read_step (r);
    else
      r->ended = true;
  r->good = !r->bits.bad;
  *out = r->recent[0];
  if (r->zero)
    out->line = 0;
  return r->good;
}

/* Strings of a frame: number of its name, file + 1. */
static enum pctab_error
set_frame (struct pctab_cold *c, struct pctab_frame *f, uint32_t name, uint32_t file, uint32_t line)
{
  enum pctab_error error = PCTAB_ERROR_OK;
  f->func = f->file = NULL;
  f->line = line;
  if (name != UINT32_MAX)
    error = pctab__cold_string (c, name, &f->func);
  if (!error && file && file <= c->file_cnt)
    error = pctab__cold_string (c, c->name_cnt + c->origin_cnt + file - 1, &f->file);
  return error;
}

/* The cache's reader as it was left, or a new one. */
static struct line_reader *
reader (struct pctab_cold *c, const struct pctab_record *record, struct line_reader *own)
{
  struct line_reader *r = c->cache ? &c->cache->lines : own;
  own->good = false;
  r->cold = c;
  r->record = record;
  return r;
}

enum pctab_error
pctab_funcline (struct pctab_cold *c, uint64_t pc, struct pctab_frame *frames, unsigned max, unsigned *cnt)
{
  const struct pctab_record *record = &c->last;
  struct line_reader own, *r = reader (c, record, &own);
  struct position at;
  *cnt = 0;
  enum pctab_error error = pctab__record_find (c, pc);
  if (error || !max || !record->end)
    return error;
  if (!position_at (r, pc, &at) || (at.node && !pctab__node_seek (&r->nodes, c, record, at.node)))
    return PCTAB_ERROR_COLD;
  for (unsigned depth = at.node ? r->nodes.depth : 0; depth && !error; depth--)
    {
      if (*cnt + 1 < max)
        error = set_frame (c, &frames[(*cnt)++], c->name_cnt + r->nodes.level[depth].origin, at.file, at.line);
      at.file = r->nodes.level[depth].file;
      at.line = r->nodes.level[depth].line;
    }
  if (!error)
    error = set_frame (c, &frames[(*cnt)++], record->name_number, at.file, at.line);
  *cnt = error ? 0 : *cnt;
  return error;
}

uint64_t
pctab_funcline_end (struct pctab_cold *c, uint64_t pc)
{
  const struct pctab_record *record = &c->last;
  struct line_reader own, *r = reader (c, record, &own);
  struct position at;
  unsigned shift = c->table->insn_shift;
  if (pctab__record_find (c, pc) || !record->end)
    return pc + 1;
  if (!position_at (r, pc, &at))
    return record->end;
  uint64_t end = !r->ended && r->units + r->adv < r->chunk.end ? r->units + r->adv : r->chunk.end;
  return end < (record->end - record->entry) >> shift ? record->entry + (end << shift) : record->end;
}
