/* SPDX-License-Identifier: MIT */
/* From a PC to its function and the values there.
 *
 * findfunc: a slot covers some 256 bytes of code and names the last functab entry that starts in it or before; from
 * there it is as a rule none to two steps down.  Go's findfunctab goes up from the first one instead; down, the entry
 * at the page's start ends the search, so that 16 bits of an address are enough to compare.
 *
 * pcvalue: a function's offsets are compared with the PC all at once, 16 near ones of one byte and 16 far ones of two,
 * so that no branch depends on where in the function the PC is.
 *
 * The table was validated when it was opened, but may have been overwritten since.  So whatever is read from it and leads
 * elsewhere in it is held against what struct pctab_table remembers, which is its user's: a damaged table gives wrong
 * answers, not faults.  Where it matters that is a branch that is never taken. */
#include <pctab/table.h>

#include "lists.h"

/* The function at IN bytes from the start of range R, whose text offset is OFF. */
static inline __attribute__ ((always_inline)) struct pctab_func
find_in_range (const struct pctab_table *t, const struct pctab_range *r, uint32_t off, uint64_t in)
{
  const unsigned char *functab = t->functab;
  uint64_t idx = at_u32 (r->pages + 4 * (in >> 16)) + (uint64_t) at_u16 (r->slots + 2 * (in >> t->slot_shift));
  if (__builtin_expect (idx > t->entry_last, 0))
    return (struct pctab_func){ 0 };
  const unsigned char *e = functab + PCTAB_FUNCTAB_BYTES * idx;
  /* Up to two steps without a branch, since nothing could foretell it.  The page's first entry starts at 0 and so
   * stays; what stands before the functab's first ones is readable. */
  unsigned above = entry_start (e) > (uint16_t) in,
           both = above & (entry_start (e - PCTAB_FUNCTAB_BYTES) > (uint16_t) in);
  idx -= above + both;
  uint64_t bits = at_u64 (functab + PCTAB_FUNCTAB_BYTES * idx);
  while (__builtin_expect ((uint16_t) bits > (uint16_t) in, 0))
    {
      if (idx - 1 >= t->entry_last)
        return (struct pctab_func){ 0 };
      bits = at_u64 (functab + PCTAB_FUNCTAB_BYTES * --idx);
    }
  /* The bytes between PC and the next entry, which is at most a page away, against those that are not the
   * function's. */
  uint16_t left = (uint16_t) (entry_start (functab + PCTAB_FUNCTAB_BYTES * idx + PCTAB_FUNCTAB_BYTES) - 1 - in);
  if (left < (bits >> PCTAB_E_PAD_SHIFT & PCTAB_E_PAD_MAX))
    return (struct pctab_func){ 0 };
  if (__builtin_expect (entry_kind (bits) - 1 > PCTAB_E_KIND_FAR - 1, 0))
    {
      if (entry_kind (bits) == PCTAB_E_KIND_LONG && bits >> PCTAB_E_LONG_SHIFT < t->long_cnt)
        return (struct pctab_func){ at_u32 (t->longs + PCTAB_LONG_BYTES * (bits >> PCTAB_E_LONG_SHIFT)), (uint32_t) idx,
                                    bits };
      if (entry_kind (bits) != PCTAB_E_KIND_CONT)
        return (struct pctab_func){ 0 };
      bits = at_u64 (functab + PCTAB_FUNCTAB_BYTES * --idx);
    }
  return (struct pctab_func){ off + (uint32_t) in - (uint16_t) (in - bits), (uint32_t) idx, bits };
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
    return (struct pctab_func){ 0 };
  pctab__table_range (t, found, &range);
  uint64_t page = at_u32 (found + 8) + ((pc - range.pc) >> 16);
  if (pc - range.pc >= range.len || page >= t->page_cnt)
    return (struct pctab_func){ 0 };
  return find_in_range (t, &range, at_u32 (found), pc - range.pc);
}

struct pctab_func
pctab_findfunc (const struct pctab_table *t, uint64_t pc)
{
  uint64_t in = pc - t->first.pc;
  if (__builtin_expect (in >= t->first.len, 0))
    return find_elsewhere (t, pc);
  return find_in_range (t, &t->first, 0, in);
}

/* What the lists of the function's range count from: 0 in the first. */
static uint32_t
list_base (const struct pctab_table *t, struct pctab_func f, unsigned field)
{
  const unsigned char *range = t->range_cnt > 1 ? find_range (t, pctab_func_entry (t, f)) : NULL;
  return range ? at_u32 (range + field) : 0;
}

/* Where a short function's offset list is, if the range's base is 0. */
static inline uint64_t
func_offsets (struct pctab_func f)
{
  return 2 * (f.bits >> PCTAB_E_OFFSETS_SHIFT);
}

/* The value list at OFF; where no list can be, the first one. */
static inline const unsigned char *
value_list (const struct pctab_table *t, uint64_t off)
{
  return t->value_lists + (__builtin_expect (off < t->value_list_len, 1) ? off : 0);
}

static inline const unsigned char *
offset_list (const struct pctab_table *t, uint64_t off)
{
  return t->offset_lists + (__builtin_expect (off < t->offset_list_len, 1) ? off : 0);
}

/* Value NUMBER; one that is not there is 0. */
static inline int32_t
numbered_value (const struct pctab_table *t, unsigned number)
{
  return __builtin_expect (number < t->value_cnt, 1) ? (int32_t) at_u32 (t->value_of + 4 * number) : 0;
}

static inline int32_t
list_value (const struct pctab_table *t, const unsigned char *values, unsigned row)
{
  unsigned number = __builtin_expect (values[0] & PCTAB_V_WIDE, 0) ? at_le16 (values + PCTAB_V_HEAD_BYTES + 2 * row)
                                                                   : values[PCTAB_V_HEAD_BYTES + row];
  return numbered_value (t, number);
}

static const unsigned char *
func_long (const struct pctab_table *t, struct pctab_func f)
{
  bool is_long = entry_kind (f.bits) == PCTAB_E_KIND_LONG && f.bits >> PCTAB_E_LONG_SHIFT < t->long_cnt;
  return is_long ? t->longs + PCTAB_LONG_BYTES * (f.bits >> PCTAB_E_LONG_SHIFT) : NULL;
}

/* A short function's value list. */
static const unsigned char *
short_values (const struct pctab_table *t, struct pctab_func f)
{
  uint64_t halved = f.bits >> PCTAB_E_VALUES_SHIFT & ((1u << PCTAB_E_VALUES_BITS) - 1);
  return value_list (t, 2 * halved + list_base (t, f, PCTAB_R_VALUES));
}

/* The last of CNT blocks of BYTES each, from number FIRST of the ALL at B on, that starts at or before OFF, an offset from
 * the function's entry.  NULL: they are not there. */
static inline const unsigned char *
find_block (const unsigned char *b, unsigned bytes, uint32_t all, uint32_t first, uint32_t cnt, uint32_t off)
{
  if (__builtin_expect (first >= all || cnt > all - first, 0))
    return NULL;
  b += bytes * (uint64_t) first;
  while (cnt > 1)
    {
      uint32_t half = cnt / 2;
      const unsigned char *mid = b + bytes * (uint64_t) half;
      b = at_u32 (mid) <= off ? mid : b;
      cnt -= half;
    }
  return b;
}

/* How far PC is from the function's entry. */
static inline uint32_t
func_offset (const struct pctab_table *t, struct pctab_func f, uint64_t pc)
{
  return (uint32_t) (pc - t->base) - f.off;
}

/* Apart from its caller, and called with all of F: else GCC takes F to pieces there, for the fast path too. */
#if __has_attribute (noclone)
#define APART __attribute__ ((noinline, noclone))
#else
#define APART __attribute__ ((noinline))
#endif

/* The value in a function of any kind, in any range. */
static APART int32_t
any_value (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *start)
{
  const unsigned char *l = func_long (t, f), *values, *offsets;
  uint32_t in = func_offset (t, f, pc), from = 0, row_from;
  if (l)
    {
      const unsigned char *b = find_block (t->blocks, PCTAB_BLOCK_BYTES, t->block_cnt, at_u32 (l + 4), at_u32 (l + 8), in);
      from = b ? at_u32 (b) : 0;
      values = value_list (t, b ? at_u32 (b + 4) : 0);
      offsets = offset_list (t, b ? at_u32 (b + 8) : 0);
    }
  else
    {
      values = short_values (t, f);
      offsets = offset_list (t, func_offsets (f) + list_base (t, f, PCTAB_R_OFFSETS));
    }
  uint32_t units = (in - from) >> t->insn_shift;
  unsigned row = entry_kind (f.bits) == PCTAB_E_KIND_NEAR ? near_row (offsets, values[0], units, &row_from)
                                                          : far_row (offsets, values[0] & PCTAB_V_ROWS, units,
                                                                     &row_from);
  *start = pctab_func_entry (t, f) + from + ((uint64_t) row_from << t->insn_shift);
  return list_value (t, values, row);
}

int32_t
pctab_pcvalue (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *start)
{
  if (entry_kind (f.bits) != PCTAB_E_KIND_NEAR || __builtin_expect (f.bits > t->near_max, 0))
    return any_value (t, f, pc, start);
  /* What the mask and a byte for a value's number can lead to is readable: see near_max. */
  const unsigned char *values = t->value_lists + 2 * (f.bits >> PCTAB_E_VALUES_SHIFT & t->near_mask);
  uint64_t entry = pctab_func_entry (t, f);
  uint32_t from;
  unsigned row = near_row (t->offset_lists + func_offsets (f), values[0], (uint32_t) (pc - entry) >> t->insn_shift,
                           &from);
  *start = entry + ((uint64_t) from << t->insn_shift);
  return (int32_t) at_u32 (t->value_of + 4 * values[PCTAB_V_HEAD_BYTES + row]);
}

/* The CFA's offset of a value. */
static inline int32_t
value_offset (const struct pctab_table *t, int32_t value)
{
  return (int32_t) ((uint32_t) (value >> t->shape_bits) * t->sp_unit);
}

void
pctab_value_rule (const struct pctab_table *t, int32_t value, struct pctab_rule *rule)
{
  uint32_t shape = (uint32_t) value & ((1u << t->shape_bits) - 1);
  const unsigned char *s = t->shapes + (shape < t->shape_cnt ? shape : 0) * PCTAB_SHAPE_BYTES;
  *rule = (struct pctab_rule){
    .cfa = s[0] <= PCTAB_CFA_DEREF_INDEX ? s[0] : PCTAB_CFA_UNKNOWN,
    .cfa_reg = s[1],
    .ra = s[2] <= PCTAB_RA_AT_REG ? s[2] : PCTAB_RA_UNKNOWN,
    .ra_reg = s[3],
    .fp = s[4] <= PCTAB_FP_UNKNOWN ? s[4] : PCTAB_FP_UNKNOWN,
    .fp_reg = s[5],
    .cfa_idx = s[6],
    .cfa_scale = s[7],
    .cfa_off = value_offset (t, value),
    .cfa_add = (int32_t) at_u32 (s + 8),
    .ra_off = (int32_t) at_u32 (s + 12),
    .fp_off = (int32_t) at_u32 (s + 16),
  };
}

int32_t
pctab_funcspdelta (const struct pctab_table *t, struct pctab_func f, uint64_t pc)
{
  struct pctab_rule rule;
  uint64_t start;
  pctab_value_rule (t, pctab_pcvalue (t, f, pc, &start), &rule);
  return rule.cfa == PCTAB_CFA_SP && rule.cfa_off >= 0 ? rule.cfa_off : -1;
}

/* A value list's second byte, or what a long function has in its place. */
static unsigned
func_head (const struct pctab_table *t, struct pctab_func f)
{
  const unsigned char *l = func_long (t, f);
  return l ? at_u16 (l + 14) : short_values (t, f)[1];
}

uint32_t
pctab_funcmaxspdelta (const struct pctab_table *t, struct pctab_func f)
{
  const unsigned char *l = func_long (t, f);
  unsigned max = func_head (t, f) & PCTAB_V_MAX_ROW;
  if (max >= PCTAB_O_NEAR_MAX + PCTAB_O_FAR_MAX + 1)
    return PCTAB_MAXSPDELTA_UNBOUNDED;
  return (uint32_t) value_offset (t, l ? numbered_value (t, at_u16 (l + 12)) : list_value (t, short_values (t, f), max));
}

/* Bit IDX of a plane. */
static inline unsigned
plane_bit (const struct pctab_table *t, const unsigned char *plane, uint32_t idx)
{
  return plane && idx <= t->entry_last ? (unsigned) (at_u64 (plane + 8 * (idx / 64)) >> idx % 64) & 1 : 0;
}

unsigned
pctab_funcflags (const struct pctab_table *t, struct pctab_func f)
{
  unsigned head = func_head (t, f);
  return (head & PCTAB_V_SIGNAL ? PCTAB_FUNCFLAG_SIGNAL : 0) | (head & PCTAB_V_TOP ? PCTAB_FUNCFLAG_TOP : 0)
         | PCTAB_FUNCFLAG_NOPREEMPT * plane_bit (t, t->nopreempt, f.idx)
         | PCTAB_FUNCFLAG_SPWRITE * plane_bit (t, t->spwrite, f.idx)
         | PCTAB_FUNCFLAG_ASM * plane_bit (t, t->assembly, f.idx);
}

/* pcdata tables */

uint32_t
pctab_pcdata_cnt (const struct pctab_table *t)
{
  return t->table_cnt;
}

uint32_t
pctab_pcdata_number (const struct pctab_table *t, uint32_t i)
{
  return at_u32 (t->tables + PCTAB_TABLE_BYTES * (uint64_t) i);
}

/* What table I says of the function: its element in the functions; NULL: nothing. */
static inline const unsigned char *
find_function (const struct pctab_table *t, uint32_t i, struct pctab_func f)
{
  if (f.idx > t->entry_last)
    return NULL;
  const unsigned char *g = t->groups
                           + PCTAB_GROUP_BYTES * ((uint64_t) i * t->group_cnt + f.idx / PCTAB_GROUP_ENTRIES);
  uint64_t bits = at_u64 (g), bit = UINT64_C (1) << f.idx % PCTAB_GROUP_ENTRIES;
  if (!(bits & bit))
    return NULL;
  uint32_t before = at_u32 (t->tables + PCTAB_TABLE_BYTES * (uint64_t) i + 4) + at_u32 (g + 8)
                    + count_bits (bits & (bit - 1));
  return before < t->function_cnt ? t->functions + 4 * (uint64_t) before : NULL;
}

/* The table with that number, or the one where it would be. */
static uint32_t
find_table (const struct pctab_table *t, uint32_t number)
{
  uint32_t lo = 0, hi = t->table_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (pctab_pcdata_number (t, mid) < number)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo;
}

int32_t
pctab_pcdatavalue (const struct pctab_table *t, struct pctab_func f, uint32_t number, uint64_t pc, uint64_t *start)
{
  uint32_t i = find_table (t, number), in = func_offset (t, f, pc), from = 0, row_from;
  *start = pctab_func_entry (t, f);
  if (i == t->table_cnt || pctab_pcdata_number (t, i) != number)
    return PCTAB_UNSAFEPOINT_SAFE;
  const unsigned char *function = find_function (t, i, f);
  if (!function)
    return PCTAB_UNSAFEPOINT_SAFE;
  uint32_t list = at_u32 (function);
  if (list & PCTAB_F_BLOCKS)
    {
      uint32_t head = list & ~PCTAB_F_BLOCKS;
      if (head >= t->table_block_cnt)
        return PCTAB_UNSAFEPOINT_UNSAFE;
      const unsigned char *b = t->table_blocks + PCTAB_TABLE_BLOCK_BYTES * (uint64_t) head;
      b = find_block (t->table_blocks, PCTAB_TABLE_BLOCK_BYTES, t->table_block_cnt, head + 1, at_u32 (b), in);
      from = b ? at_u32 (b) : 0;
      list = b ? at_u32 (b + 4) : 0;
    }
  if (list >= t->table_list_len)
    return PCTAB_UNSAFEPOINT_UNSAFE;
  struct pcdata_list l = open_list (t->table_lists + list);
  unsigned row = far_row (l.offsets, l.row_cnt, (in - from) >> t->insn_shift, &row_from);
  if (__builtin_expect (l.values + l.width * (row + 1) > t->table_lists + t->table_list_len + PCTAB_O_SLACK, 0))
    return PCTAB_UNSAFEPOINT_UNSAFE;
  *start += from + ((uint64_t) row_from << t->insn_shift);
  return row_value (&l, row);
}
