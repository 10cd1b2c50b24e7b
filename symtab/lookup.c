/* SPDX-License-Identifier: MIT */
/* From a PC to its function and the values there.
 *
 * findfunc: a row covers 4096 bytes of code (by default) in sixteen parts and says which functab entries start in each
 * part, so that as a rule one entry or two remain to be compared.  Go's findfunctab has the same idea with an entry's low
 * bound alone; here the next part's count is its high bound, which lets entries keep 16 bits of their address.
 *
 * pcvalue: strides over codes, each a step or a known sequence of steps with its total advance beside it, until one
 * reaches beyond the PC; only that one is taken apart. */
#include "pctab.h"

#include "table.h"

static const unsigned char *
find_range (const struct pctab_table *t, uint32_t off)
{
  const unsigned char *r = t->ranges, *end = r + t->range_cnt * PCTAB_RANGE_BYTES;
  while (r < end && off >= at_u32 (r + 4))
    r += PCTAB_RANGE_BYTES;
  return r < end && off >= at_u32 (r) ? r : NULL;
}

bool
pctab_findfunc (const struct pctab_table *t, uint64_t pc, struct pctab_func *f)
{
  uint64_t wide = pc - t->base;
  if (wide > UINT32_MAX)
    return false;
  uint32_t off = (uint32_t) wide;
  const unsigned char *range = find_range (t, off);
  if (!range)
    return false;
  const unsigned char *row
    = t->rows + (at_u32 (range + 8) + ((off - at_u32 (range)) >> (t->row_shift + 4))) * PCTAB_ROW_BYTES;
  unsigned sub = off >> t->row_shift & (PCTAB_ROW_SUBS - 1);
  uint32_t idx = at_u32 (row) + (sub ? row[3 + sub] : 0), last = at_u32 (row) + row[4 + sub];
  const unsigned char *e = t->functab + idx * PCTAB_FUNCTAB_BYTES;
  uint16_t low = (uint16_t) off;
  for (; idx < last && at_u16 (e + PCTAB_FUNCTAB_BYTES) <= low; idx++)
    e += PCTAB_FUNCTAB_BYTES;
  uint32_t rec = at_u32 (e + 2);
  /* The distance to the next entry, modulo 64 KiB: an entry with a pad is shorter than that. */
  if (!rec || (uint16_t) (at_u16 (e + PCTAB_FUNCTAB_BYTES) - low - 1) < (rec & PCTAB_REC_PAD_MASK))
    return false;
  uint32_t start = rec & PCTAB_REC_LONG ? at_u32 (t->longs + (rec >> PCTAB_REC_SHIFT) * PCTAB_LONG_BYTES)
                                        : off - (uint16_t) (low - at_u16 (e));
  *f = (struct pctab_func){ t, t->base + start, start, rec, idx };
  return true;
}

/* A place in a stream: what remains to the PC, in units, and the value so far. */
struct walk {
  uint32_t left;
  int32_t value;
};

/* Walks the codes at P until the next step would pass the PC. */
static struct walk
walk_stream (const struct pctab_table *t, const unsigned char *p, struct walk w)
{
  const unsigned char *codes = t->codes;
  for (;;)
    {
      unsigned code = *p++, adv = code_adv (codes, code);
      if (adv <= w.left)
        {
          w.left -= adv;
          w.value += code_dv (codes, code);
          continue;
        }
      if (code == 0)
        {
          uint32_t far = take_uvar (&p);
          int32_t change = take_svar (&p);
          if (far > w.left)
            return w;
          w.left -= far;
          w.value += change;
          continue;
        }
      while (code >= t->pair_min)
        {
          unsigned left = t->pairs[2 * code];
          bool past = code_adv (codes, left) <= w.left;
          if (past)
            {
              w.left -= code_adv (codes, left);
              w.value += code_dv (codes, left);
            }
          code = past ? t->pairs[2 * code + 1] : left;
        }
      return w;
    }
}

/* The last block of a long function that starts at or before OFF, an offset from its entry. */
static const unsigned char *
find_block (const struct pctab_table *t, const unsigned char *l, uint32_t off)
{
  const unsigned char *b = t->blocks + at_u32 (l + 8) * PCTAB_BLOCK_BYTES;
  for (uint32_t cnt = at_u32 (l + 12); cnt > 1;)
    {
      uint32_t half = cnt / 2;
      const unsigned char *mid = b + half * PCTAB_BLOCK_BYTES;
      b = at_u32 (mid) <= off ? mid : b;
      cnt -= half;
    }
  return b;
}

static const unsigned char *
class_at (const struct pctab_table *t, uint32_t class)
{
  return t->classes + class * PCTAB_CLASS_BYTES;
}

int32_t
pctab_pcvalue (const struct pctab_func *f, uint64_t pc, uint64_t *start)
{
  const struct pctab_table *t = f->table;
  uint32_t off = (uint32_t) (pc - f->entry), from = 0;
  const unsigned char *p;
  struct walk w;
  if (!(f->rec & PCTAB_REC_LONG))
    {
      p = t->streams + (f->rec >> PCTAB_REC_SHIFT);
      w.value = (int32_t) at_u32 (class_at (t, take_head (&p)));
    }
  else
    {
      const unsigned char *b = find_block (t, t->longs + (f->rec >> PCTAB_REC_SHIFT) * PCTAB_LONG_BYTES, off);
      from = at_u32 (b);
      w.value = (int32_t) at_u32 (b + 4);
      p = t->streams + at_u32 (b + 8);
    }
  uint32_t units = (off - from) >> t->insn_shift;
  /* A stream's steps advance less than 0xffff all told; behind the last of them nothing changes. */
  w.left = units < 0xfffe ? units : 0xfffe;
  units = w.left;
  w = walk_stream (t, p, w);
  *start = f->entry + from + ((uint64_t) (units - w.left) << t->insn_shift);
  return w.value;
}

void
pctab_value_rule (const struct pctab_table *t, int32_t value, struct pctab_rule *rule)
{
  uint32_t shape = (uint32_t) value & ((1u << t->shape_bits) - 1);
  const unsigned char *s = t->shapes + (shape < t->shape_cnt ? shape : 0) * PCTAB_SHAPE_BYTES;
  *rule = (struct pctab_rule){
    .cfa = s[0],
    .cfa_reg = s[1],
    .ra = s[2],
    .ra_reg = s[3],
    .fp = s[4],
    .fp_reg = s[5],
    .cfa_idx = s[6],
    .cfa_scale = s[7],
    .cfa_off = (value >> t->shape_bits) * t->sp_unit,
    .cfa_add = (int32_t) at_u32 (s + 8),
    .ra_off = (int32_t) at_u32 (s + 12),
    .fp_off = (int32_t) at_u32 (s + 16),
  };
}

int64_t
pctab_value_spdelta (const struct pctab_table *t, int32_t value)
{
  struct pctab_rule rule;
  pctab_value_rule (t, value, &rule);
  return rule.cfa == PCTAB_CFA_SP ? rule.cfa_off : -1;
}

static const unsigned char *
func_class (const struct pctab_func *f)
{
  const struct pctab_table *t = f->table;
  const unsigned char *p = t->streams + (f->rec >> PCTAB_REC_SHIFT);
  if (f->rec & PCTAB_REC_LONG)
    return class_at (t, at_u32 (t->longs + (f->rec >> PCTAB_REC_SHIFT) * PCTAB_LONG_BYTES + 4));
  return class_at (t, take_head (&p));
}

uint32_t
pctab_funcmaxspdelta (const struct pctab_func *f)
{
  return at_u32 (func_class (f) + 4);
}

unsigned
pctab_funcflags (const struct pctab_func *f)
{
  return at_u32 (func_class (f) + 8);
}
