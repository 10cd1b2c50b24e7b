/* SPDX-License-Identifier: MIT */
/* Line streams: the position (node, file, line) at a PC, and the stack of inlined calls it stands for. */
#include "bits.h"
#include "cold_decode.h"

struct position {
  uint32_t node, file, line; /* file + 1 */
};

struct line_reader {
  struct bit_reader bits;
  struct pctab_cold *cold;
  const struct pctab_record *record;
  struct node_reader nodes;
  struct position recent[PCTAB_OP_RECENT_MAX];
  unsigned recent_cnt;
  uint32_t highest;
  bool zero;
};

static uint32_t
take_symbol (struct bit_reader *r, const struct pctab_code *code)
{
  if (r->cnt < 32)
    bits_fill (r);
  uint32_t v = bits_peek (r, PCTAB_CODE_BITS_MAX);
  unsigned len = 1;
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
  memmove (r->recent + 1, r->recent, place * sizeof *r->recent);
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
      uint32_t origin = r->nodes.level[r->nodes.depth].origin, origin_file;
      pctab__origin (r->cold, origin, &origin_file, &to.line);
      to.file = same_file ? origin_file : file;
    }
  to.line += (uint32_t) change;
  r->highest = node > r->highest ? node : r->highest;
  unsigned place = 0;
  while (place < r->recent_cnt && (r->recent[place].node != node || r->recent[place].file != to.file))
    place++;
  remember (r, place, to);
  return true;
}

/* The next step, if it is at most LEFT units ahead: its advance, and the position changed.  False: there is none. */
static bool
take_step (struct line_reader *r, uint32_t *left)
{
  uint32_t symbol = take_symbol (&r->bits, &r->cold->step), op = symbol & 15;
  int32_t change = (int16_t) symbol >> 4;
  if (symbol == PCTAB_OP_END)
    return false;
  if (symbol == PCTAB_OP_ESCAPE)
    {
      op = bits_take (&r->bits, 4);
      change = take_signed (r);
    }
  uint32_t adv = take_symbol (&r->bits, &r->cold->adv);
  if (adv == 0xffff)
    adv = take_number (r);
  if (r->bits.bad || adv > *left)
    return false;
  *left -= adv;
  r->zero = op == PCTAB_OP_ZERO;
  if (op < PCTAB_OP_RECENT_MAX)
    {
      if (op >= r->recent_cnt)
        return false;
      struct position to = r->recent[op];
      to.line += (uint32_t) change;
      remember (r, op, to);
      return true;
    }
  if (op < PCTAB_OP_ENTER + PCTAB_OP_ENTER_MAX)
    return enter (r, r->highest + 1 + (op - PCTAB_OP_ENTER), change, true, 0);
  if (op == PCTAB_OP_GOTO)
    {
      uint32_t node = r->highest + (uint32_t) take_signed (r), file = take_number (r);
      return enter (r, node, change, false, file);
    }
  return op == PCTAB_OP_ZERO;
}

/* Passes the chunks that end at or before the PC; AT then stands at the one to read. */
static bool
seek_chunk (struct line_reader *r, struct cursor *at, uint32_t *left)
{
  uint32_t cnt = cursor_uvar (at), skip = 0;
  struct position p = r->recent[0];
  bool found = false;
  for (uint32_t i = 0; i < cnt && !at->bad; i++)
    {
      uint32_t len = cursor_uvar (at), span = cursor_uvar (at);
      p.line += (uint32_t) cursor_svar (at);
      p.file = cursor_uvar (at);
      p.node = cursor_uvar (at);
      uint32_t highest = p.node + cursor_uvar (at);
      if (found || span > *left)
        {
          found = true;
          continue;
        }
      *left -= span;
      skip += len;
      r->recent[0] = p;
      r->highest = highest;
    }
  cursor_take (at, skip);
  return !at->bad;
}

static bool
position_at (struct line_reader *r, uint64_t pc, struct position *out)
{
  const struct pctab_table *t = r->cold->table;
  struct cursor at = pctab__cold_part (t, PCTAB_P_LINES);
  uint32_t left = (uint32_t) (pc - r->record->entry) >> t->insn_shift;
  r->recent[0] = (struct position){ 0, r->record->file, r->record->line };
  r->recent_cnt = 1;
  cursor_take (&at, r->record->line_off);
  const unsigned char *from = cursor_take (&at, r->record->line_len);
  if (!from)
    return false;
  at = cursor_over (from, r->record->line_len, at.big);
  if (r->record->flags & PCTAB_R_CHUNKS && !seek_chunk (r, &at, &left))
    return false;
  r->bits = (struct bit_reader){ .pos = at.pos, .end = at.end };
  if (r->record->line_len)
    while (take_step (r, &left))
      ;
  *out = r->recent[0];
  if (r->zero)
    out->line = 0;
  return !r->bits.bad;
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

enum pctab_error
pctab_funcline (struct pctab_cold *c, const struct pctab_record *record, uint64_t pc, struct pctab_frame *frames,
                unsigned max, unsigned *cnt)
{
  struct line_reader r = { .cold = c, .record = record };
  struct position at;
  *cnt = 0;
  if (!max || !record->end || pc < record->entry || pc >= record->end)
    return PCTAB_ERROR_OK;
  if (!position_at (&r, pc, &at) || !pctab__node_seek (&r.nodes, c, record, at.node))
    return PCTAB_ERROR_COLD;
  enum pctab_error error = PCTAB_ERROR_OK;
  for (unsigned depth = r.nodes.depth; depth && !error; depth--)
    {
      if (*cnt + 1 < max)
        error = set_frame (c, &frames[(*cnt)++], c->name_cnt + r.nodes.level[depth].origin, at.file, at.line);
      at.file = r.nodes.level[depth].file;
      at.line = r.nodes.level[depth].line;
    }
  return error ? error : set_frame (c, &frames[(*cnt)++], record->name_number, at.file, at.line);
}
