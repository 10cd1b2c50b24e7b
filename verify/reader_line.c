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

/* What a symbol does to the bits: SYMBOL << 12 | bits of its code << 6 | bits to take.  A length takes its number too. */
static uint32_t
pack_symbol (uint16_t symbol, unsigned len, bool number)
{
  return (uint32_t) symbol << 12 | len << 6 | (len + (number && symbol ? symbol - 1u : 0));
}

/* The symbol of each DIRECT_BITS bits that begin with one, and behind these the symbols of all CODE_LEN_MAX bits from the
 * first longer code on: longer codes are the last ones.  0: no symbol. */
static bool
make_direct (struct decoded *d, struct dec_code *code)
{
  const size_t direct_cnt = (size_t) 1 << DIRECT_BITS;
  const unsigned more = CODE_LEN_MAX - DIRECT_BITS;
  uint32_t short_end = code->first[DIRECT_BITS] + code->count[DIRECT_BITS];
  code->long_first = short_end << more;
  code->direct = pctab__decoded_alloc (d, direct_cnt + ((direct_cnt - short_end) << more), sizeof *code->direct);
  if (!code->direct)
    return false;
  for (unsigned l = 1; l <= CODE_LEN_MAX; l++)
    for (uint32_t i = 0; i < code->count[l]; i++)
      {
        bool direct = l <= DIRECT_BITS;
        unsigned any = (direct ? DIRECT_BITS : CODE_LEN_MAX) - l; /* bits behind the code */
        size_t first = (size_t) (code->first[l] + i) << any;
        uint32_t *at = code->direct + (direct ? first : direct_cnt + first - code->long_first);
        uint32_t packed = pack_symbol (code->symbols[code->place[l] + i], l, code == &d->number_code);
        for (uint32_t k = 0; k < 1u << any; k++)
          at[k] = packed;
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
      if (!read_code (d, &at, names[i], codes[i], d->symbol_arena + used) || !check_symbols (d, codes[i], names[i]))
        return false;
      used += codes[i]->symbol_cnt;
    }
  for (uint32_t i = 0; i < d->number_code.symbol_cnt; i++)
    if (d->number_code.symbols[i] > NUMBER_SYMBOL_MAX)
      return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, 0, "a length is %u bits", d->number_code.symbols[i]);
  if (at != d->parts[PART_LINE_CODES].len)
    return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, at, "bytes behind the last code");
  return make_direct (d, codes[0]) && make_direct (d, codes[1]) && make_direct (d, codes[2]);
}

/* Bits, the most significant of each byte first, the next one at the top.  They go on behind the function's last byte, up to
 * the table's end and there as 0; whoever takes them compares bits_taken() with what there is. */
struct bits {
  const unsigned char *start;
  size_t next; /* byte that is not in acc */
  size_t len;  /* up to the table's end */
  uint64_t acc;
  unsigned have; /* in acc */
  bool bad;      /* a code was none */
};

static uint64_t
last_bytes (const unsigned char *start, size_t next, size_t len)
{
  uint64_t v = 0;
  for (size_t i = next; i < next + 8; i++)
    v = v << 8 | (i < len ? start[i] : 0);
  return v;
}

/* 56 bits at least are at hand. */
static inline void
refill (struct bits *b)
{
  uint64_t v;
  if (__builtin_expect (b->next + 8 <= b->len, true))
    {
      memcpy (&v, b->start + b->next, sizeof v);
      if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        v = __builtin_bswap64 (v);
    }
  else
    v = last_bytes (b->start, b->next, b->len);
  b->acc |= v >> b->have;
  b->next += (63 - b->have) / 8;
  b->have |= 56;
}

static inline void
drop (struct bits *b, unsigned cnt)
{
  b->acc <<= cnt;
  b->have -= cnt;
}

static inline size_t
bits_taken (const struct bits *b)
{
  return 8 * b->next - b->have;
}

/* The packed symbol that comes next.  15 bits are at hand. */
static inline uint32_t
peek_symbol (struct bits *b, const struct dec_code *code)
{
  uint32_t packed = code->direct[b->acc >> (64 - DIRECT_BITS)];
  if (__builtin_expect (!packed, false))
    {
      packed = code->direct[(1u << DIRECT_BITS) + (b->acc >> (64 - CODE_LEN_MAX)) - code->long_first];
      b->bad |= !packed;
    }
  return packed;
}

static inline uint16_t
take_symbol (struct bits *b, const struct dec_code *code)
{
  uint32_t packed = peek_symbol (b, code);
  drop (b, packed & 63);
  return (uint16_t) (packed >> 12);
}

/* The first bit of the N that it has is not stored: it is 1. */
static inline uint32_t
take_number (struct bits *b, const struct dec_code *code)
{
  refill (b);
  uint32_t packed = peek_symbol (b, code);
  uint64_t bits = b->acc << (packed >> 6 & 63) >> 1 | UINT64_C (1) << 63;
  drop (b, packed & 63);
  return (uint32_t) (bits >> 1 >> (63 - (packed >> 12)));
}

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
      *out++ = (struct dec_position) { (uint32_t) s->off, (uint32_t) (where >> 32), (uint32_t) where, s->no_line ? 0 : s->list.line[now] };
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
