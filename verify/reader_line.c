/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 9: the steps of a function's lines. */
#include "reader_bits.h"

#include <stdlib.h>

#define PLACES 9
#define OP_END 15
#define OP_ESCAPE 14
#define ADVANCE_ESCAPE 65535

/* The last positions.  Each has a slot; a move to the front changes their order alone. */
struct list {
  uint64_t order; /* of the slots: four bits each, the present position's the lowest */
  unsigned cnt;   /* slots in use, the first ones */
  uint32_t line[PLACES];
  uint64_t where[PLACES]; /* node << 32 | file */
};

/* The state of a function's steps. */
struct steps {
  struct decoded *d;
  const struct dec_record *record;
  struct dec_positions *out;
  uint64_t off; /* text offset of the last step */
  uint32_t highest;
  bool no_line; /* but line 0 holds, by op 13 */
  struct list list;
  const char *what; /* is wrong */
};

static bool
bad (struct steps *s, const char *what)
{
  s->what = what;
  return false;
}

/* The slot at place AT comes to the front; which it is.  Without a loop, whose end nobody could foretell. */
static inline unsigned
list_front (struct list *l, unsigned at)
{
  uint64_t slot = l->order >> 4 * at & 15, before = (UINT64_C (1) << 4 * at) - 1;
  l->order = (l->order & ~(before << 4 | 15)) | (l->order & before) << 4 | slot;
  return (unsigned) slot;
}

static void
list_start (struct list *l, uint64_t where, uint32_t line)
{
  memset (l->where, 0, sizeof l->where);
  l->where[0] = where;
  l->line[0] = line;
  l->order = UINT64_C (0x876543210);
  l->cnt = 1;
}

/* The place of slot SLOT. */
static inline unsigned
list_place (const struct list *l, unsigned slot)
{
  uint64_t zero = l->order ^ slot * UINT64_C (0x111111111);
  return (unsigned) __builtin_ctzll ((zero - UINT64_C (0x111111111)) & ~zero & UINT64_C (0x888888888)) / 4;
}

/* The place for a position that is not there: a further one, or the last. */
static inline unsigned
list_new (const struct list *l)
{
  return l->cnt < PLACES ? l->cnt : PLACES - 1;
}

/* The place of an older position of the same node and file, or else for a new one. */
static inline unsigned
list_find (const struct list *l, uint64_t where)
{
  unsigned found = 0;
#pragma GCC unroll 9
  for (unsigned i = 0; i < PLACES; i++)
    found |= (unsigned) (l->where[i] == where) << i;
  found &= (1u << l->cnt) - 1;
  unsigned old = list_place (l, (unsigned) __builtin_ctz (found | 1u << (PLACES - 1)));
  return found ? old : list_new (l);
}

/* A position comes to the front, in place of that at AT. */
static inline void
list_push (struct list *l, unsigned at, uint64_t where, uint32_t line)
{
  l->cnt = at < l->cnt ? l->cnt : at + 1;
  unsigned slot = list_front (l, at);
  l->where[slot] = where;
  l->line[slot] = line;
}

/* Room for LEN bytes of steps, of which each takes two bits at least, and the position at the start. */
static bool
reserve (struct decoded *d, struct dec_positions *out, uint32_t len)
{
  size_t need = 4 * (size_t) len + 2;
  if (need <= out->cap)
    return true;
  struct dec_position *at = realloc (out->at, need * sizeof *at);
  d->memory |= !at;
  if (!at)
    return false;
  out->at = at;
  out->cap = need;
  return true;
}

static inline struct dec_origin
node_origin (const struct steps *s, uint32_t node)
{
  return s->d->origins[s->d->nodes[s->record->node + node - 1].origin];
}

/* Ops 9 to 11: a node that was not visited before. */
static inline bool
visit_next (struct steps *s, unsigned op, uint32_t change)
{
  uint32_t node = s->highest + op - 8;
  if (node > s->record->node_cnt)
    return bad (s, "a step is in a node that is not there");
  struct dec_origin o = node_origin (s, node);
  list_push (&s->list, list_new (&s->list), (uint64_t) node << 32 | o.file, o.line + change);
  s->highest = node;
  return true;
}

/* Op 12.  For node 0 another's origin is read and not used, since nobody could foretell a branch. */
static inline bool
visit_any (struct steps *s, struct bits *b, uint32_t change)
{
  uint32_t node = s->highest + unzigzag (take_number (b, &s->d->number_code));
  uint32_t file = take_number (b, &s->d->number_code);
  if (node > s->record->node_cnt)
    return bad (s, "a step is in a node that is not there");
  if (file > s->d->file_cnt)
    return bad (s, "a step is in a file that is not there");
  uint32_t line = s->record->node_cnt ? node_origin (s, node + !node).line & -(uint32_t) !!node : 0;
  uint64_t where = (uint64_t) node << 32 | file;
  list_push (&s->list, list_find (&s->list, where), where, line + change);
  s->highest = node > s->highest ? node : s->highest;
  return true;
}

/* Any op but one that goes back to a position. */
static inline bool
take_op (struct steps *s, struct bits *b, unsigned op, uint32_t change)
{
  if (op < PLACES)
    return bad (s, "a step goes back to a position that there was not");
  if (op == 12)
    return visit_any (s, b, change);
  if (op < 12)
    return visit_next (s, op, change);
  if (op > 13)
    return bad (s, "a step's op is none");
  s->no_line = true;
  return change == 0 || bad (s, "a step to no line has a change of it");
}

/* An escape: the op, and the change.  Bits for a symbol are left. */
static inline unsigned
take_escape (struct bits *b, const struct dec_code *code, uint32_t *change)
{
  unsigned op = (unsigned) (b->acc >> 60);
  drop (b, 4);
  *change = unzigzag (take_number (b, code));
  refill (b);
  return op;
}

/* The end's symbol was taken: it has to be in the last of LEN bytes. */
static bool
check_end (struct steps *s, const struct bits *b, size_t len)
{
  size_t left = 8 * len - bits_taken (b);
  if (b->bad || bits_taken (b) > 8 * len || (left % 8 && b->acc >> (64 - left % 8)))
    return bad (s, "bits behind the end are not 0");
  return left < 8 || bad (s, "they end before their bytes do");
}

/* Steps up to the end's symbol, in LEN bytes at AT.  Two symbols are at hand after one refill(). */
static bool
take_steps (struct steps *s, const unsigned char *at, size_t len)
{
  const struct decoded *d = s->d;
  const struct dec_code *step_code = &d->step_code, *advance_code = &d->advance_code;
  const uint64_t end = s->record->end;
  struct dec_position *out = s->out ? s->out->at + s->out->cnt : NULL;
  /* Only inline functions have its address: it is in registers. */
  struct bits b = { .start = at, .len = (size_t) (d->bytes + d->len - at) };
  bool good = false;
  for (;;)
    {
      refill (&b);
      uint16_t symbol = take_symbol (&b, step_code);
      unsigned op = symbol & 15;
      uint32_t change = (uint32_t) (int32_t) ((int16_t) symbol >> 4);
      if (__builtin_expect (op >= OP_ESCAPE, false))
        {
          if (symbol == OP_END)
            {
              good = check_end (s, &b, len);
              break;
            }
          if (symbol != OP_ESCAPE)
            {
              bad (s, "a step's symbol is none");
              break;
            }
          op = take_escape (&b, &d->number_code, &change);
        }
      uint32_t advance = take_symbol (&b, advance_code);
      if (__builtin_expect (advance == ADVANCE_ESCAPE, false))
        advance = take_number (&b, &d->number_code);
      s->off += (uint64_t) advance * d->insn;
      if (b.bad || bits_taken (&b) > 8 * len)
        {
          bad (s, "they end without an end");
          break;
        }
      s->no_line = false;
      if (op < s->list.cnt)
        s->list.line[list_front (&s->list, op)] += change;
      else if (!take_op (s, &b, op, change))
        break;
      if (s->off >= end)
        {
          bad (s, "a step is behind the function's end");
          break;
        }
      if (!out)
        continue;
      unsigned now = s->list.order & 15;
      uint64_t where = s->list.where[now];
      uint32_t line = s->no_line ? 0 : s->list.line[now];
      *out++ = (struct dec_position) { (uint32_t) s->off, (uint32_t) (where >> 32), (uint32_t) where, line };
    }
  if (out)
    s->out->cnt = (size_t) (out - s->out->at);
  return good;
}

/* What a chunk's head says of its end. */
struct chunk {
  uint32_t len, units, line, file, node, highest;
};

static bool
read_chunk_heads (struct steps *s, struct walk *w, struct chunk *chunks, uint32_t cnt)
{
  uint32_t line = s->record->line;
  for (uint32_t i = 0; i + 1 < cnt; i++)
    {
      struct chunk *c = &chunks[i];
      c->len = walk_uvar (w);
      c->units = walk_uvar (w);
      c->line = line += walk_svar (w);
      c->file = walk_uvar (w);
      c->node = walk_uvar (w);
      c->highest = c->node + walk_uvar (w);
    }
  uint64_t sum = 0;
  for (uint32_t i = 0; i + 1 < cnt; i++)
    sum += chunks[i].len;
  if (w->bad || sum > (size_t) (w->end - w->at))
    return bad (s, "the chunks' heads are longer than the lines");
  chunks[cnt - 1].len = (uint32_t) ((size_t) (w->end - w->at) - sum);
  return true;
}

static bool
check_chunk_end (struct steps *s, const struct chunk *c, uint64_t start)
{
  unsigned now = s->list.order & 15;
  if (s->no_line)
    return bad (s, "a chunk ends with a step to no line");
  if (s->off - start != (uint64_t) c->units * s->d->insn || s->list.line[now] != c->line
      || s->list.where[now] != ((uint64_t) c->node << 32 | c->file) || s->highest != c->highest)
    return bad (s, "a chunk does not end as its head says");
  return true;
}

static bool
take_chunks (struct steps *s, struct walk *w)
{
  uint32_t cnt = walk_uvar (w);
  /* A head has 6 bytes at least. */
  if (w->bad || !cnt || cnt > (size_t) (w->end - w->at) / 6)
    return bad (s, "they have more chunks than bytes, or one alone");
  cnt++;
  struct chunk *chunks = pctab__decoded_alloc (s->d, cnt, sizeof *chunks);
  bool good = chunks && read_chunk_heads (s, w, chunks, cnt);
  for (uint32_t i = 0; good && i < cnt; i++)
    {
      uint64_t start = s->off;
      good = take_steps (s, w->at, chunks[i].len) && (i + 1 == cnt || check_chunk_end (s, &chunks[i], start));
      w->at += chunks[i].len;
      unsigned now = s->list.order & 15;
      list_start (&s->list, s->list.where[now], s->list.line[now]);
    }
  free (chunks);
  if (good && w->long_form)
    return FAULT_CODE (s->d, CHECK_VARINT, PART_LINES, s->record->off, "a number takes more bytes than it needs");
  return good;
}

bool
pctab__decoded_lines (struct decoded *d, const struct dec_record *record, struct dec_positions *out)
{
  const unsigned char *p = part_bytes (d, PART_LINES) + record->lines;
  struct steps s;
  struct walk w = { p, p + record->lines_len, false, false };
  if (out && !reserve (d, out, record->lines_len))
    return false;
  s.d = d;
  s.record = record;
  s.out = out;
  s.off = record->off;
  s.highest = 0;
  s.no_line = false;
  s.what = NULL;
  list_start (&s.list, record->file, record->line);
  if (out)
    out->at[0] = (struct dec_position) { record->off, 0, record->file, record->line }, out->cnt = 1;
  if (!(record->flags & RECORD_LINES))
    return true;
  bool good = record->flags & RECORD_CHUNKS ? take_chunks (&s, &w)
              : record->lines_len           ? take_steps (&s, p, record->lines_len)
                                            : true;
  if (!good && s.what)
    FAULT_CODE (d, CHECK_LINES, PART_LINES, record->off, "%s", s.what);
  return good;
}
