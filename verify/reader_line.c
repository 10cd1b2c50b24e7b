/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 9: prefix codes, and the steps of a function's lines. */
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>

#define CODE_LEN_MAX 15
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
  return at == d->parts[PART_LINE_CODES].len
         || FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, at, "bytes behind the last code");
}

/* Bits, the most significant of each byte first. */
struct bits {
  const unsigned char *at, *end;
  unsigned used; /* of the byte at `at` */
  bool bad;
};

static unsigned
take_bit (struct bits *b)
{
  if (b->at >= b->end)
    {
      b->bad = true;
      return 0;
    }
  unsigned bit = *b->at >> (7 - b->used) & 1;
  if (++b->used == 8)
    {
      b->used = 0;
      b->at++;
    }
  return bit;
}

static uint32_t
take_bits (struct bits *b, unsigned cnt)
{
  uint32_t v = 0;
  while (cnt-- && !b->bad)
    v = v << 1 | take_bit (b);
  return v;
}

static uint16_t
take_symbol (struct bits *b, const struct dec_code *code)
{
  uint32_t v = 0;
  for (unsigned l = 1; l <= CODE_LEN_MAX && !b->bad; l++)
    {
      v = v << 1 | take_bit (b);
      if (v >= code->first[l] && v - code->first[l] < code->count[l])
        return code->symbols[code->place[l] + v - code->first[l]];
    }
  b->bad = true;
  return 0;
}

static uint32_t
take_number (struct bits *b, const struct dec_code *code)
{
  unsigned n = take_symbol (b, code);
  return b->bad || !n ? 0 : (uint32_t) (UINT64_C (1) << (n - 1) | take_bits (b, n - 1));
}

/* The state of a function's steps. */
struct steps {
  struct decoded *d;
  const struct dec_record *record;
  struct dec_positions *out;
  struct bits bits;
  uint64_t off; /* text offset of the last step */
  uint32_t node, file, line; /* there */
  uint32_t highest;
  struct dec_position list[PLACES];
  unsigned list_cnt;
  const char *what; /* is wrong */
};

static bool
bad (struct steps *s, const char *what)
{
  s->what = what;
  return false;
}

/* P comes to the front; what was at place AT, or the last one or an older one of the same node and file, goes. */
static void
list_push (struct steps *s, struct dec_position p, unsigned at)
{
  if (at == PLACES)
    for (at = 0; at < s->list_cnt && (s->list[at].node != p.node || s->list[at].file != p.file);)
      at++;
  if (at == s->list_cnt)
    {
      if (s->list_cnt < PLACES)
        s->list_cnt++;
      else
        at--;
    }
  memmove (s->list + 1, s->list, at * sizeof *s->list);
  s->list[0] = p;
}

static void
list_start (struct steps *s, uint32_t node, uint32_t file, uint32_t line)
{
  s->list[0] = (struct dec_position) { 0, node, file, line };
  s->list_cnt = 1;
  s->node = node;
  s->file = file;
  s->line = line;
}

static bool
emit (struct steps *s)
{
  if (!pctab__decoded_grow (s->d, &s->out->at, &s->out->cap, s->out->cnt + 1, sizeof *s->out->at))
    return bad (s, NULL);
  s->out->at[s->out->cnt++] = (struct dec_position) { (uint32_t) s->off, s->node, s->file, s->line };
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
  s->node = node;
  s->file = file;
  s->line = line + change;
  list_push (s, (struct dec_position) { 0, node, file, s->line }, PLACES);
  return true;
}

static bool
take_op (struct steps *s, unsigned op, uint32_t change)
{
  if (op < PLACES)
    {
      if (op >= s->list_cnt)
        return bad (s, "a step goes back to a position that there was not");
      struct dec_position p = s->list[op];
      p.line += change;
      list_push (s, p, op);
      s->node = p.node;
      s->file = p.file;
      s->line = p.line;
      return true;
    }
  if (op < 12)
    return visit (s, s->highest + op - 8, 0, true, change);
  if (op == 13)
    {
      s->node = s->list[0].node;
      s->file = s->list[0].file;
      s->line = 0;
      return change == 0 || bad (s, "a step to no line has a change of it");
    }
  if (op != 12)
    return bad (s, "a step's op is none");
  uint32_t node = s->highest + unzigzag (take_number (&s->bits, &s->d->number_code));
  return visit (s, node, take_number (&s->bits, &s->d->number_code), false, change);
}

/* One step: 1, or 0 at the end's symbol, or -1. */
static int
take_step (struct steps *s)
{
  const struct decoded *d = s->d;
  uint16_t symbol = take_symbol (&s->bits, &d->step_code);
  unsigned op = symbol & 15;
  uint32_t change = (uint32_t) (int32_t) ((int16_t) symbol >> 4);
  if (s->bits.bad)
    return bad (s, "they end without an end"), -1;
  if (symbol == OP_END)
    return 0;
  if (op >= OP_ESCAPE && symbol != OP_ESCAPE)
    return bad (s, "a step's symbol is none"), -1;
  if (op == OP_ESCAPE)
    {
      op = take_bits (&s->bits, 4);
      change = unzigzag (take_number (&s->bits, &d->number_code));
    }
  uint32_t advance = take_symbol (&s->bits, &d->advance_code);
  if (advance == ADVANCE_ESCAPE)
    advance = take_number (&s->bits, &d->number_code);
  s->off += (uint64_t) advance * d->insn;
  if (!take_op (s, op, change))
    return -1;
  if (s->bits.bad)
    return bad (s, "they end in the middle of a step"), -1;
  if (s->off >= s->record->end)
    return bad (s, "a step is behind the function's end"), -1;
  return emit (s) ? 1 : -1;
}

/* Steps up to the end's symbol, which is in the last of the bytes at AT, LEN of them. */
static bool
take_steps (struct steps *s, const unsigned char *at, uint32_t len)
{
  int got;
  s->bits = (struct bits) { at, at + len, 0, false };
  while ((got = take_step (s)) > 0)
    ;
  if (got < 0)
    return false;
  while (s->bits.used)
    if (take_bit (&s->bits))
      return bad (s, "bits behind the end are not 0");
  return s->bits.at == s->bits.end || bad (s, "they end before their bytes do");
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
  if (s->node != s->list[0].node || s->file != s->list[0].file || s->line != s->list[0].line)
    return bad (s, "a chunk ends with a step to no line");
  if (s->off - start != (uint64_t) c->units * s->d->insn || s->line != c->line || s->file != c->file || s->node != c->node
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
      list_start (s, s->node, s->file, s->line);
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
  list_start (&s, 0, record->file, record->line);
  if (!emit (&s))
    return false;
  if (!(record->flags & RECORD_LINES))
    return true;
  bool good = record->flags & RECORD_CHUNKS ? take_chunks (&s, &w)
              : record->lines_len           ? take_steps (&s, p, record->lines_len)
                                            : true;
  if (!good && s.what)
    FAULT_CODE (d, CHECK_LINES, PART_LINES, record->off, "%s", s.what);
  return good;
}
