/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 9: prefix codes, and the steps of a function's lines. */
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>

#define CODE_LEN_MAX 15
#define DIRECT_BITS 12
#define PLACES 9
#define OP_END 15
#define OP_ESCAPE 14
#define ADVANCE_ESCAPE 65535
#define NUMBER_SYMBOL_MAX 32

/* One code: counts by length, then the symbols, by length and then by number; complete, unless it has one alone. */
static bool
read_code (struct decoded *d, uint64_t *at, const char *name, struct dec_code *code, uint16_t *symbols)
{
  const struct dec_part *part = &d->parts[PART_LINE_CODES];
  const unsigned char *p = part_bytes (d, PART_LINE_CODES) + *at;
  if (*at + 2 * CODE_LEN_MAX > part->len)
    return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, *at, "the code of %s is cut off", name);
  uint32_t cnt = 0, next = 0;
  for (unsigned l = 1; l <= CODE_LEN_MAX; l++, p += 2)
    {
      code->count[l] = get_u16 (d, p);
      next <<= 1;
      code->first[l] = next;
      code->place[l] = cnt;
      next += code->count[l];
      cnt += code->count[l];
      if (next > 1u << l)
        return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, *at + 2 * (l - 1), "the code of %s has too many of %u bits", name,
                           l);
    }
  if (next != 1u << CODE_LEN_MAX && cnt > 1)
    return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, *at, "the code of %s is not complete", name);
  *at += 2 * CODE_LEN_MAX;
  if (*at + 2 * (uint64_t) cnt > part->len)
    return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, *at, "the symbols of %s are cut off", name);
  code->symbols = symbols;
  code->symbol_cnt = cnt;
  for (uint32_t i = 0; i < cnt; i++, p += 2)
    symbols[i] = get_u16 (d, p);
  for (unsigned l = 1; l <= CODE_LEN_MAX; l++)
    for (uint32_t i = 1; i < code->count[l]; i++)
      if (symbols[code->place[l] + i] <= symbols[code->place[l] + i - 1])
        return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, *at + 2 * (uint64_t) (code->place[l] + i),
                           "symbols of %s of one length do not rise", name);
  *at += 2 * (uint64_t) cnt;
  return true;
}

/* For each DIRECT_BITS bits the symbol that they begin with, if its code is no longer: symbol << 4 | length. */
static bool
make_direct (struct decoded *d, struct dec_code *code)
{
  code->direct = pctab__decoded_alloc (d, 1u << DIRECT_BITS, sizeof *code->direct);
  if (!code->direct)
    return false;
  for (unsigned l = 1; l <= DIRECT_BITS; l++)
    for (uint32_t i = 0; i < code->count[l]; i++)
      {
        uint32_t known = (uint32_t) code->symbols[code->place[l] + i] << 4 | l;
        uint32_t from = (code->first[l] + i) << (DIRECT_BITS - l), cnt = 1u << (DIRECT_BITS - l);
        for (uint32_t k = 0; k < cnt; k++)
          code->direct[from + k] = known;
      }
  return true;
}

/* No symbol twice, also with two lengths. */
static bool
check_symbols (struct decoded *d, const struct dec_code *code, const char *name)
{
  static const uint32_t words = 65536 / 64;
  uint64_t *seen = pctab__decoded_alloc (d, words, sizeof *seen);
  bool good = seen;
  for (uint32_t i = 0; good && i < code->symbol_cnt; i++)
    {
      uint16_t symbol = code->symbols[i];
      good = !(seen[symbol / 64] >> symbol % 64 & 1)
             || FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, 0, "the code of %s has symbol %u twice", name, symbol);
      seen[symbol / 64] |= UINT64_C (1) << symbol % 64;
    }
  free (seen);
  return good;
}

bool
pctab__read_codes (struct decoded *d)
{
  static const char *const names[3] = { "advances", "steps", "lengths" };
  struct dec_code *codes[3] = { &d->advance_code, &d->step_code, &d->number_code };
  uint64_t at = 0;
  d->symbol_arena = pctab__decoded_alloc (d, d->parts[PART_LINE_CODES].len / 2, sizeof *d->symbol_arena);
  if (!d->symbol_arena)
    return false;
  for (unsigned i = 0, used = 0; i < 3; i++)
    {
      if (!read_code (d, &at, names[i], codes[i], d->symbol_arena + used) || !check_symbols (d, codes[i], names[i])
          || !make_direct (d, codes[i]))
        return false;
      used += codes[i]->symbol_cnt;
    }
  for (uint32_t i = 0; i < d->number_code.symbol_cnt; i++)
    if (d->number_code.symbols[i] > NUMBER_SYMBOL_MAX)
      return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, 0, "a length is %u bits", d->number_code.symbols[i]);
  return at == d->parts[PART_LINE_CODES].len
         || FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, at, "bytes behind the last code");
}

/* Bits, the most significant of each byte first: up to 64 of them at hand, the next one at the top.  Bits behind the end
 * are 0, and `bad` when they are taken. */
struct bits {
  const unsigned char *at, *end;
  uint64_t acc;
  unsigned have; /* in acc */
  bool bad;
};

static inline void
refill (struct bits *b)
{
  if (b->end - b->at >= 8)
    {
      uint64_t v;
      memcpy (&v, b->at, sizeof v);
      if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        v = __builtin_bswap64 (v);
      b->acc |= v >> b->have;
      b->at += (63 - b->have) / 8;
      b->have |= 56;
      return;
    }
  for (; b->have <= 56 && b->at < b->end; b->have += 8)
    b->acc |= (uint64_t) *b->at++ << (56 - b->have);
}

/* CNT bits at hand are taken. */
static inline void
drop (struct bits *b, unsigned cnt)
{
  b->bad |= cnt > b->have;
  b->acc <<= cnt;
  b->have -= cnt;
}

/* Up to 32 bits. */
static inline uint32_t
take_bits (struct bits *b, unsigned cnt)
{
  if (!cnt)
    return 0;
  refill (b);
  uint32_t v = (uint32_t) (b->acc >> (64 - cnt));
  drop (b, cnt);
  return v;
}

/* A code too long for the table, or none. */
static uint16_t
take_long_symbol (struct bits *b, const struct dec_code *code)
{
  for (unsigned l = 1; l <= CODE_LEN_MAX; l++)
    {
      uint32_t v = (uint32_t) (b->acc >> (64 - l));
      if (v >= code->first[l] && v - code->first[l] < code->count[l])
        {
          drop (b, l);
          return code->symbols[code->place[l] + v - code->first[l]];
        }
    }
  b->bad = true;
  return 0;
}

/* 15 bits are at hand, if there are so many. */
static inline uint16_t
take_symbol (struct bits *b, const struct dec_code *code)
{
  uint32_t known = code->direct[b->acc >> (64 - DIRECT_BITS)];
  if (!known)
    return take_long_symbol (b, code);
  drop (b, known & 15);
  return (uint16_t) (known >> 4);
}

static uint32_t
take_number (struct bits *b, const struct dec_code *code)
{
  refill (b);
  unsigned n = take_symbol (b, code);
  return b->bad || !n ? 0 : (uint32_t) (UINT64_C (1) << (n - 1) | take_bits (b, n - 1));
}

/* The state of a function's steps. */
struct steps {
  struct decoded *d;
  const struct dec_record *record;
  struct dec_positions *out;
  uint64_t off; /* text offset of the last step */
  uint32_t highest;
  struct dec_position slots[PLACES];
  uint64_t order; /* of the slots in the list: four bits each, the present one's the lowest */
  unsigned list_cnt;
  bool no_line;     /* but line 0 holds, by op 13 */
  const char *what; /* is wrong */
};

static bool
bad (struct steps *s, const char *what)
{
  s->what = what;
  return false;
}

/* The slot at place AT comes to the front; which it is.  Without a loop, whose end nobody could foretell. */
static inline struct dec_position *
list_front (struct steps *s, unsigned at)
{
  uint64_t slot = s->order >> 4 * at & 15, before = (UINT64_C (1) << 4 * at) - 1;
  s->order = (s->order & ~(before << 4 | 15)) | (s->order & before) << 4 | slot;
  return &s->slots[slot];
}

static inline struct dec_position *
list_first (struct steps *s)
{
  return &s->slots[s->order & 15];
}

static void
list_start (struct steps *s, struct dec_position p)
{
  s->slots[0] = p;
  s->order = UINT64_C (0x876543210);
  s->list_cnt = 1;
}

/* A position comes in; the last one or an older one of the same node and file goes. */
static void
list_push (struct steps *s, struct dec_position p)
{
  unsigned at = 0;
  for (; at < s->list_cnt; at++)
    {
      const struct dec_position *old = &s->slots[s->order >> 4 * at & 15];
      if (old->node == p.node && old->file == p.file)
        break;
    }
  if (at == s->list_cnt && s->list_cnt < PLACES)
    s->list_cnt++;
  else if (at == s->list_cnt)
    at--;
  *list_front (s, at) = p;
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

/* Ops 9 to 12: a node that is visited. */
static bool
visit (struct steps *s, uint32_t node, uint32_t file, bool own_file, uint32_t change)
{
  struct decoded *d = s->d;
  const struct dec_record *r = s->record;
  if (node > r->node_cnt)
    return bad (s, "a step is in a node that is not there");
  uint32_t line = 0;
  if (node)
    {
      const struct dec_origin *o = &d->origins[d->nodes[r->node + node - 1].origin];
      line = o->line;
      if (own_file)
        file = o->file;
    }
  if (file > d->file_cnt)
    return bad (s, "a step is in a file that is not there");
  if (node > s->highest)
    s->highest = node;
  list_push (s, (struct dec_position) { 0, node, file, line + change });
  return true;
}

static inline bool
take_op (struct steps *s, struct bits *b, unsigned op, uint32_t change)
{
  s->no_line = false;
  if (op < PLACES)
    {
      if (op >= s->list_cnt)
        return bad (s, "a step goes back to a position that there was not");
      list_front (s, op)->line += change;
      return true;
    }
  if (op < 12)
    return visit (s, s->highest + op - 8, 0, true, change);
  if (op == 13)
    {
      s->no_line = true;
      return change == 0 || bad (s, "a step to no line has a change of it");
    }
  if (op != 12)
    return bad (s, "a step's op is none");
  uint32_t node = s->highest + unzigzag (take_number (b, &s->d->number_code));
  return visit (s, node, take_number (b, &s->d->number_code), false, change);
}

/* An escape: the op, and the change. */
static unsigned
take_escape (struct bits *b, const struct dec_code *code, uint32_t *change)
{
  unsigned op = take_bits (b, 4);
  *change = unzigzag (take_number (b, code));
  refill (b);
  return op;
}

/* Steps up to the end's symbol, which is in the last of the bytes at AT, LEN of them.  Two symbols are at hand after one
 * refill(). */
static bool
take_steps (struct steps *s, const unsigned char *at, uint32_t len)
{
  const struct decoded *d = s->d;
  const uint64_t end = s->record->end;
  struct dec_position *out = s->out->at + s->out->cnt;
  struct bits b = { .at = at, .end = at + len };
  for (;;)
    {
      refill (&b);
      uint16_t symbol = take_symbol (&b, &d->step_code);
      unsigned op = symbol & 15;
      uint32_t change = (uint32_t) (int32_t) ((int16_t) symbol >> 4);
      if (symbol == OP_END)
        break;
      if (op >= OP_ESCAPE)
        {
          if (symbol != OP_ESCAPE)
            return bad (s, "a step's symbol is none");
          op = take_escape (&b, &d->number_code, &change);
        }
      uint32_t advance = take_symbol (&b, &d->advance_code);
      if (advance == ADVANCE_ESCAPE)
        advance = take_number (&b, &d->number_code);
      s->off += (uint64_t) advance * d->insn;
      if (b.bad)
        return bad (s, "they end without an end");
      if (!take_op (s, &b, op, change))
        return false;
      if (s->off >= end)
        return bad (s, "a step is behind the function's end");
      const struct dec_position *now = list_first (s);
      *out++ = (struct dec_position) { (uint32_t) s->off, now->node, now->file, s->no_line ? 0 : now->line };
    }
  s->out->cnt = (size_t) (out - s->out->at);
  unsigned left = b.have % 8;
  if (b.bad || (left && b.acc >> (64 - left)))
    return bad (s, "bits behind the end are not 0");
  return (b.at == b.end && b.have < 8) || bad (s, "they end before their bytes do");
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
  const struct dec_position *p = list_first (s);
  if (s->no_line)
    return bad (s, "a chunk ends with a step to no line");
  if (s->off - start != (uint64_t) c->units * s->d->insn || p->line != c->line || p->file != c->file || p->node != c->node
      || s->highest != c->highest)
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
      list_start (s, *list_first (s));
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
  struct steps s = { .d = d, .record = record, .out = out, .off = record->off };
  struct walk w = { p, p + record->lines_len, false, false };
  out->cnt = 0;
  if (!reserve (d, out, record->lines_len))
    return false;
  list_start (&s, (struct dec_position) { record->off, 0, record->file, record->line });
  out->at[out->cnt++] = s.slots[0];
  if (!(record->flags & RECORD_LINES))
    return true;
  bool good = record->flags & RECORD_CHUNKS ? take_chunks (&s, &w)
              : record->lines_len           ? take_steps (&s, p, record->lines_len)
                                            : true;
  if (!good && s.what)
    FAULT_CODE (d, CHECK_LINES, PART_LINES, record->off, "%s", s.what);
  return good;
}
