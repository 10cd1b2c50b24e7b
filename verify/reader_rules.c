/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 5: values and shapes. */
#include "reader.h"

#include <inttypes.h>

#define CFA_OFFSET_MAX 8388607

static bool
read_shape (struct decoded *d, uint32_t i)
{
  const unsigned char *p = part_bytes (d, PART_SHAPES) + 20 * (uint64_t) i;
  struct dec_shape *s = &d->shapes[i];
  *s = (struct dec_shape) { p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7], (int32_t) get_u32 (d, p + 8),
                            (int32_t) get_u32 (d, p + 12), (int32_t) get_u32 (d, p + 16) };
  if (s->cfa >= RULE_CFA_CNT || s->ra >= RULE_RA_CNT || s->fp >= RULE_FP_CNT)
    return FAULT_PART (d, CHECK_SHAPES, PART_SHAPES, 20 * (uint64_t)i, "shape %" PRIu32 " is of kinds %u, %u and %u", i,
                       s->cfa, s->ra, s->fp);
  bool word = s->cfa == RULE_CFA_WORD || s->cfa == RULE_CFA_WORD_INDEX;
  bool unused = (s->cfa_reg && s->cfa != RULE_CFA_REG && !word)
                || ((s->index_reg || s->scale) && s->cfa != RULE_CFA_WORD_INDEX) || (s->add && !word)
                || (s->ra_reg && s->ra != RULE_RA_REG && s->ra != RULE_RA_AT_REG)
                || (s->ra_off && s->ra != RULE_RA_CFA && s->ra != RULE_RA_AT_REG)
                || (s->fp_reg && s->fp != RULE_FP_AT_REG && s->fp != RULE_FP_IN_REG)
                || (s->fp_off && s->fp != RULE_FP_CFA && s->fp != RULE_FP_AT_REG);
  if (unused)
    return FAULT_PART (d, CHECK_SHAPES, PART_SHAPES, 20 * (uint64_t)i,
                       "shape %" PRIu32 ", of kinds %u, %u and %u, has a field that these do not use", i, s->cfa, s->ra,
                       s->fp);
  return true;
}

static bool
read_value (struct decoded *d, uint32_t i)
{
  int32_t raw = (int32_t) get_u32 (d, part_bytes (d, PART_VALUES) + 4 * (uint64_t) i);
  struct dec_value *v = &d->values[i];
  v->shape = (uint32_t) raw & ((1u << d->shape_bits) - 1);
  v->cfa_off = (int64_t) (raw >> d->shape_bits) * d->sp_unit;
  if (v->shape >= d->shape_cnt)
    return FAULT_PART (d, CHECK_VALUES, PART_VALUES, 4 * (uint64_t)i,
                       "value %" PRIu32 " has shape %" PRIu32 " of %" PRIu32, i, v->shape, d->shape_cnt);
  if (v->cfa_off > CFA_OFFSET_MAX || v->cfa_off < -CFA_OFFSET_MAX)
    return FAULT_PART (d, CHECK_VALUES, PART_VALUES, 4 * (uint64_t) i, "value %" PRIu32 " has a CFA offset of %" PRId64
                       " bytes", i, v->cfa_off);
  if (v->cfa_off && d->shapes[v->shape].cfa == RULE_CFA_UNKNOWN)
    return FAULT_PART (d, CHECK_VALUES, PART_VALUES, 4 * (uint64_t)i,
                       "value %" PRIu32 " has an offset, but its shape no CFA", i);
  v->sp_delta = d->shapes[v->shape].cfa == RULE_CFA_SP && v->cfa_off >= 0 ? v->cfa_off : -1;
  return true;
}

bool
pctab__read_rules (struct decoded *d)
{
  d->shape_cnt = d->parts[PART_SHAPES].len / 20;
  d->value_cnt = d->parts[PART_VALUES].len / 4;
  d->shapes = pctab__decoded_alloc (d, d->shape_cnt, sizeof *d->shapes);
  d->values = pctab__decoded_alloc (d, d->value_cnt, sizeof *d->values);
  if (!d->shapes || !d->values)
    return false;
  for (uint32_t i = 0; i < d->shape_cnt; i++)
    if (!read_shape (d, i))
      return false;
  for (uint32_t i = 0; i < d->value_cnt; i++)
    if (!read_value (d, i))
      return false;
  return true;
}
