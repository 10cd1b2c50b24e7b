/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 9: prefix codes. */
#include "reader_bits.h"

#include <inttypes.h>
#include <stdlib.h>

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
        return FAULT_PART (d, CHECK_LINE_CODES, PART_LINE_CODES, *at + 2 * (l - 1),
                           "the code of %s has too many of %u bits", name, l);
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

/* What a symbol does to the bits: SYMBOL << 12 | bits of its code << 6 | bits to take.  A length takes its number too.
 */
static uint32_t
pack_symbol (uint16_t symbol, unsigned len, bool number)
{
  return (uint32_t) symbol << 12 | len << 6 | (len + (number && symbol ? symbol - 1u : 0));
}

/* The symbol of each DIRECT_BITS bits that begin with one, and behind these the symbols of all CODE_LEN_MAX bits from
 * the first longer code on: longer codes are the last ones.  0: no symbol. */
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
      good
          = !(seen[symbol / 64] >> symbol % 64 & 1)
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
