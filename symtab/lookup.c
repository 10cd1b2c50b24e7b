/* SPDX-License-Identifier: MIT */
/* From a PC to its function and the values there.
 *
 * findfunc: a slot covers some 256 bytes of code and names the last functab entry that starts in it or before; from
 * there it is as a rule none to two steps down.  Go's findfunctab goes up from the first one instead; down, the entry
 * at the page's start ends the search, so that 16 bits of an address are enough to compare.
 *
 * pcvalue: a function's offsets are compared with the PC all at once, 16 near ones of one byte and 16 far ones of two,
 * so that no branch depends on where in the function the PC is. */
#include "pctab.h"

#include "lists.h"

/* The function at IN bytes from the start of range R. */
static inline __attribute__ ((always_inline)) struct pctab_func
find_in_range (const struct pctab_table *t, const struct pctab_range *r, uint64_t in, uint64_t pc)
{
  uint64_t idx = at_u32 (r->pages + 4 * (in >> 16)) + (uint64_t) at_u16 (r->slots + 2 * (in >> t->slot_shift));
  const unsigned char *e = t->functab + PCTAB_FUNCTAB_BYTES * idx;
  /* Up to two steps without a branch, since nothing could foretell it.  The page's first entry starts at 0 and so
   * stays; what stands before the functab's first one is readable. */
  unsigned above = entry_start (e) > (uint16_t) in,
           both = above & (entry_start (e - PCTAB_FUNCTAB_BYTES) > (uint16_t) in);
  e -= PCTAB_FUNCTAB_BYTES * (above + both);
  uint64_t bits = at_u64 (e);
  while (__builtin_expect ((uint16_t) bits > (uint16_t) in, 0))
    bits = at_u64 (e -= PCTAB_FUNCTAB_BYTES);
  /* The bytes between PC and the next entry, which is at most a page away, against those that are not the
   * function's. */
  uint16_t left = (uint16_t) (entry_start (e + PCTAB_FUNCTAB_BYTES) - 1 - in);
  if (left < (bits >> PCTAB_E_PAD_SHIFT & PCTAB_E_PAD_MAX))
    return (struct pctab_func){ 0, 0 };
  if (__builtin_expect (entry_kind (bits) - 1 > PCTAB_E_KIND_FAR - 1, 0))
    {
      if (entry_kind (bits) == PCTAB_E_KIND_GAP)
        return (struct pctab_func){ 0, 0 };
      if (entry_kind (bits) == PCTAB_E_KIND_LONG)
        return (struct pctab_func){ t->base + at_u32 (t->longs + PCTAB_LONG_BYTES * (bits >> PCTAB_E_LONG_SHIFT)),
                                    bits };
      bits = at_u64 (e - PCTAB_FUNCTAB_BYTES);
    }
  return (struct pctab_func){ pc - (uint16_t) (in - bits), bits };
}

/* The range that PC is at or behind; NULL: before all. */
static const unsigned char *
find_range (const struct pctab_table *t, uint64_t pc)
{
  uint32_t lo = 0, hi = t->range_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (t->base + at_u32 (t->ranges + PCTAB_RANGE_BYTES * (uint64_t) mid) <= pc)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo ? t->ranges + PCTAB_RANGE_BYTES * (uint64_t) (lo - 1) : NULL;
}

/* The same where PC is not in the first range. */
static __attribute__ ((noinline)) struct pctab_func
find_elsewhere (const struct pctab_table *t, uint64_t pc)
{
  const unsigned char *found = find_range (t, pc);
  struct pctab_range range;
  if (!found)
    return (struct pctab_func){ 0, 0 };
  pctab__table_range (t, found, &range);
  if (pc - range.pc >= range.len)
    return (struct pctab_func){ 0, 0 };
  return find_in_range (t, &range, pc - range.pc, pc);
}

struct pctab_func
pctab_findfunc (const struct pctab_table *t, uint64_t pc)
{
  uint64_t in = pc - t->first.pc;
  if (__builtin_expect (in >= t->first.len, 0))
    return find_elsewhere (t, pc);
  return find_in_range (t, &t->first, in, pc);
}

/* What the lists of the function's range count from: 0 in the first. */
static uint32_t
list_base (const struct pctab_table *t, struct pctab_func f, unsigned field)
{
  return t->range_cnt > 1 ? at_u32 (find_range (t, f.entry) + field) : 0;
}

/* A short function's lists, if the range's base is 0. */
static inline const unsigned char *
func_values (const struct pctab_table *t, struct pctab_func f)
{
  return t->value_lists + 2 * (f.bits >> PCTAB_E_VALUES_SHIFT & ((1u << PCTAB_E_VALUES_BITS) - 1));
}

static inline const unsigned char *
func_offsets (const struct pctab_table *t, struct pctab_func f)
{
  return t->offset_lists + 2 * (f.bits >> PCTAB_E_OFFSETS_SHIFT);
}

static inline int32_t
list_value (const struct pctab_table *t, const unsigned char *values, unsigned row)
{
  unsigned number = __builtin_expect (values[0] & PCTAB_V_WIDE, 0) ? at_le16 (values + PCTAB_V_HEAD_BYTES + 2 * row)
                                                                   : values[PCTAB_V_HEAD_BYTES + row];
  return (int32_t) at_u32 (t->value_of + 4 * number);
}

static const unsigned char *
func_long (const struct pctab_table *t, struct pctab_func f)
{
  return entry_kind (f.bits) == PCTAB_E_KIND_LONG ? t->longs + PCTAB_LONG_BYTES * (f.bits >> PCTAB_E_LONG_SHIFT) : NULL;
}

/* The last block of a long function that starts at or before OFF, an offset from its entry. */
static const unsigned char *
find_block (const struct pctab_table *t, const unsigned char *l, uint32_t off)
{
  const unsigned char *b = t->blocks + PCTAB_BLOCK_BYTES * (uint64_t) at_u32 (l + 4);
  for (uint32_t cnt = at_u32 (l + 8); cnt > 1;)
    {
      uint32_t half = cnt / 2;
      const unsigned char *mid = b + PCTAB_BLOCK_BYTES * (uint64_t) half;
      b = at_u32 (mid) <= off ? mid : b;
      cnt -= half;
    }
  return b;
}

/* The value in a function of any kind, in any range. */
static __attribute__ ((noinline)) int32_t
any_value (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *start)
{
  const unsigned char *l = func_long (t, f), *values, *offsets;
  uint32_t from = 0, row_from;
  if (l)
    {
      const unsigned char *b = find_block (t, l, (uint32_t) (pc - f.entry));
      from = at_u32 (b);
      values = t->value_lists + at_u32 (b + 4);
      offsets = t->offset_lists + at_u32 (b + 8);
    }
  else
    {
      values = func_values (t, f) + list_base (t, f, PCTAB_R_VALUES);
      offsets = func_offsets (t, f) + list_base (t, f, PCTAB_R_OFFSETS);
    }
  uint32_t units = (uint32_t) (pc - f.entry - from) >> t->insn_shift;
  unsigned row = entry_kind (f.bits) == PCTAB_E_KIND_NEAR ? near_row (offsets, values[0], units, &row_from)
                                                          : far_row (offsets, values[0] & PCTAB_V_ROWS, units,
                                                                     &row_from);
  *start = f.entry + from + ((uint64_t) row_from << t->insn_shift);
  return list_value (t, values, row);
}

int32_t
pctab_pcvalue (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *start)
{
  if (entry_kind (f.bits) != PCTAB_E_KIND_NEAR || __builtin_expect (t->range_cnt > 1, 0))
    return any_value (t, f, pc, start);
  const unsigned char *values = func_values (t, f);
  uint32_t from;
  unsigned row = near_row (func_offsets (t, f), values[0], (uint32_t) (pc - f.entry) >> t->insn_shift, &from);
  *start = f.entry + ((uint64_t) from << t->insn_shift);
  return (int32_t) at_u32 (t->value_of + 4 * values[PCTAB_V_HEAD_BYTES + row]);
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

/* A value list's second byte, or what a long function has in its place. */
static unsigned
func_head (const struct pctab_table *t, struct pctab_func f)
{
  const unsigned char *l = func_long (t, f);
  return l ? at_u16 (l + 14) : (func_values (t, f) + list_base (t, f, PCTAB_R_VALUES))[1];
}

uint32_t
pctab_funcmaxspdelta (const struct pctab_table *t, struct pctab_func f)
{
  const unsigned char *l = func_long (t, f);
  unsigned max = func_head (t, f) & PCTAB_V_MAX_ROW;
  if (max == PCTAB_V_UNBOUNDED)
    return PCTAB_MAXSPDELTA_UNBOUNDED;
  int32_t value = l ? (int32_t) at_u32 (t->value_of + 4 * at_u16 (l + 12))
                    : list_value (t, func_values (t, f) + list_base (t, f, PCTAB_R_VALUES), max);
  return (uint32_t) (value >> t->shape_bits) * t->sp_unit;
}

unsigned
pctab_funcflags (const struct pctab_table *t, struct pctab_func f)
{
  unsigned head = func_head (t, f);
  return (head & PCTAB_V_SIGNAL ? PCTAB_FUNCFLAG_SIGNAL : 0) | (head & PCTAB_V_TOP ? PCTAB_FUNCFLAG_TOP : 0);
}
