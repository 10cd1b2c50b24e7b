/* SPDX-License-Identifier: MIT */
/* Line streams: step after step, the positions (node, file, line) that a function's PCs have. */
#include "bits.h"
#include "cold_decode.h"
#include "lists.h"

/* The length of the code that V, 15 bits, begins with, minus 1: how many lengths end at or before V. */
static inline unsigned
code_len (const struct pctab_code *code, uint32_t v)
{
  return (unsigned) __builtin_ctz (~far_mask (code->limits, v));
}

static inline uint32_t
take_symbol (struct bit_reader *r, const struct pctab_code *code)
{
  if (r->cnt < 32)
    bits_fill (r);
  uint32_t v = bits_peek (r, PCTAB_CODE_BITS_MAX);
  unsigned len = code_len (code, v) + 1;
  if (__builtin_expect (len > PCTAB_CODE_BITS_MAX, 0))
    {
      r->bad = true;
      return 0;
    }
  bits_drop (r, len);
  return at_u16 (code->symbols + 2 * (size_t) ((v >> (PCTAB_CODE_BITS_MAX - len)) + code->place[len]));
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

/* The origin of a node, not 0; false: it is not there. */
static bool
node_origin (struct line_reader *r, uint32_t node, uint32_t *origin)
{
  if (r->origins)
    {
      *origin = node <= r->record->node_cnt ? r->origins[node - 1] : 0;
      return node <= r->record->node_cnt;
    }
  unsigned depth = pctab__node_seek (&r->nodes, r->cold, r->record, node);
  *origin = r->nodes.level[depth].origin;
  return depth > 0;
}

static bool
enter (struct line_reader *r, uint32_t node, int32_t change, bool same_file, uint32_t file)
{
  struct position to = { node, file, 0 };
  if (node)
    {
      uint32_t number;
      if (!node_origin (r, node, &number))
        return false;
      struct origin origin = pctab__origin (r->cold, number);
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
  r->ended = symbol == PCTAB_OP_END || r->bits.bad;
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
  r->bits.bad |= ++r->step_cnt > PCTAB_STEPS_MAX;
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
  r->step_cnt = 0;
  r->ended = !r->record->line_len;
  if (!r->ended)
    read_step (r);
  r->bits.bad |= r->chunk.data.bad || r->chunk.entries.bad;
  return !r->bits.bad;
}

bool
pctab__line_start (struct line_reader *r, const struct pctab_cold *c, const struct pctab_record *record,
                   const uint32_t *origins, uint64_t units)
{
  struct cursor at = cold_part (c, PCTAB_P_LINES);
  cursor_take (&at, record->line_off);
  const unsigned char *from = cursor_take (&at, record->line_len);
  r->cold = c;
  r->record = record;
  r->origins = origins;
  r->bits.bad = !from;
  if (!from)
    return false;
  r->chunk.entries = cursor_over (from, record->line_len, at.big);
  r->chunk.cnt = record->flags & PCTAB_R_CHUNKS ? cursor_uvar (&r->chunk.entries) : 0;
  r->chunk.next = r->recent[0] = (struct position){ 0, record->file, record->line };
  r->highest = 0;
  r->units = 0;
  pctab__node_reader_init (&r->nodes);
  read_chunk (r);
  uint64_t len = pass_chunks (r, units);
  r->chunk.data = r->chunk.entries;
  for (uint64_t i = 6 * (uint64_t) r->chunk.cnt; i && !r->chunk.data.bad; i--)
    cursor_uvar (&r->chunk.data);
  return start_chunk (r, len);
}

bool
pctab__line_seek (struct line_reader *r, uint64_t units)
{
  if (units >= r->chunk.end && !start_chunk (r, pass_chunks (r, units)))
    return false;
  while (!r->ended && r->units + r->adv <= units)
    if (!pctab__line_next (r))
      return false;
  return !r->bits.bad;
}

bool
pctab__line_next (struct line_reader *r)
{
  if (r->ended && !r->bits.bad && r->chunk.end != UINT64_MAX)
    return start_chunk (r, pass_chunks (r, r->chunk.end));
  if (r->ended)
    return false;
  r->bits.bad |= !take_step (r);
  r->ended = r->bits.bad;
  if (!r->ended)
    read_step (r);
  return !r->bits.bad;
}

uint64_t
pctab__line_end (const struct line_reader *r)
{
  return !r->ended && r->units + r->adv < r->chunk.end ? r->units + r->adv : r->chunk.end;
}
