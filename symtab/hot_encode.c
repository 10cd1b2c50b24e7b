/* SPDX-License-Identifier: MIT */
/* Frames to the lists of the hot part: rules to numbered values, rows to a list of these and one of where they
 * begin. */
#include "hot.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "offset_list.h"

/* Rules to shapes and values */

static bool
same_shape (const struct rule *a, const struct rule *b)
{
  struct rule x = *a, y = *b;
  x.cfa_off = y.cfa_off = 0;
  return !memcmp (&x, &y, sizeof x);
}

struct shape_count {
  uint32_t rule; /* one that has it */
  uint32_t rows;
};

static int
compare_shapes (const void *a, const void *b)
{
  const struct shape_count *x = a, *y = b;
  if (x->rows != y->rows)
    return x->rows > y->rows ? -1 : 1;
  return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* The largest power of two, up to 128, that divides every CFA offset. */
static unsigned
offset_unit (const struct model *m)
{
  uint32_t all = 128;
  for (size_t i = 0; i < m->rules.cnt; i++)
    all |= (uint32_t) m->rules.at[i].cfa_off;
  return all & -all;
}

/* The shape of rule R, a new one if there is room; else that of "nothing known", which is shape 0 here.  A lost offset
 * makes a rule as useless as a lost shape. */
static uint32_t
shape_number (const struct model *m, struct hot *h, struct shape_count *shapes, uint32_t r)
{
  const struct rule *rule = &m->rules.at[r];
  if (rule->cfa_off > PCTAB_CFA_OFF_MAX || rule->cfa_off < -PCTAB_CFA_OFF_MAX)
    return 0;
  uint32_t s = 0;
  while (s < h->shape_cnt && !same_shape (rule, &m->rules.at[shapes[s].rule]))
    s++;
  if (s == PCTAB_SHAPES_MAX)
    return 0;
  if (s == h->shape_cnt)
    shapes[h->shape_cnt++] = (struct shape_count){ r, 0 };
  return s;
}

static int32_t
rule_value (const struct model *m, const struct hot *h, const uint32_t *rank, uint32_t r)
{
  int32_t off = h->shape_of[r] == 0 ? 0 : m->rules.at[r].cfa_off / (int32_t) h->sp_unit;
  return off * (1 << h->shape_bits) + (int32_t) rank[h->shape_of[r]];
}

/* Rules beyond a limit come to the same, SAME[rule]; of neighbouring rows that do so the first is enough. */
static void
merge_rows (struct model *m, const uint32_t *same)
{
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      struct model_frame *f = &m->frames.at[i];
      struct model_row *rows = m->rows.at + f->row;
      uint32_t kept = 0;
      for (uint32_t r = 0; r < f->row_cnt; r++)
        if (!kept || same[rows[r].rule] != same[rows[kept - 1].rule])
          rows[kept++] = rows[r];
      f->row_cnt = kept;
    }
}

/* After the shapes are chosen: rules that have none are "nothing known". */
static void
merge_unknown (struct model *m, struct hot *h, uint32_t unknown)
{
  bool any = false;
  for (uint32_t r = 0; r < m->rules.cnt; r++)
    {
      any |= !h->shape_of[r] && r != unknown;
      h->number_of[r] = h->shape_of[r] ? r : unknown;
    }
  if (any)
    merge_rows (m, h->number_of);
}

struct value_count {
  int32_t value;
  uint32_t rule; /* the first that has it */
  uint32_t rows;
};

static int
compare_values (const void *a, const void *b)
{
  const struct value_count *x = a, *y = b;
  if (x->rows != y->rows)
    return x->rows > y->rows ? -1 : 1;
  return x->value < y->value ? -1 : x->value > y->value;
}

static int
compare_by_value (const void *a, const void *b)
{
  const struct value_count *x = a, *y = b;
  if (x->value != y->value)
    return x->value < y->value ? -1 : 1;
  return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Numbers the values of all rules, the commonest first: the first 256 take one byte in a list.  RANK: the final number
 * of each shape; UNKNOWN: the rule for values that find no number. */
static bool
number_values (struct model *m, struct hot *h, const uint32_t *rank, uint32_t unknown)
{
  size_t cnt = m->rules.cnt, used = 0;
  struct value_count *values = calloc (cnt + 1, sizeof *values);
  uint32_t *first = calloc (cnt + 1, sizeof *first); /* of each rule: the first one with its value */
  if (!values || !first || !model_reserve (&h->values, cnt))
    {
      free (values);
      free (first);
      return false;
    }
  for (uint32_t r = 0; r < cnt; r++)
    values[r] = (struct value_count){ rule_value (m, h, rank, r), r, 0 };
  for (size_t i = 0; i < m->frames.cnt; i++)
    for (uint32_t r = 0; r < m->frames.at[i].row_cnt; r++)
      values[m->rows.at[m->frames.at[i].row + r].rule].rows++;
  values[unknown].rows++;
  qsort (values, cnt, sizeof *values, compare_by_value);
  for (size_t i = 0; i < cnt; i++)
    {
      struct value_count one = values[i]; /* its place may be taken */
      if (used && values[used - 1].value == one.value)
        values[used - 1].rows += one.rows;
      else
        values[used++] = one;
      first[one.rule] = values[used - 1].rule;
    }
  qsort (values, used, sizeof *values, compare_values);
  bool dropped = used > PCTAB_VALUES_MAX;
  used = dropped ? PCTAB_VALUES_MAX : used;
  for (size_t i = 0; i < cnt; i++)
    h->number_of[i] = MODEL_NONE;
  for (size_t i = 0; i < used; i++)
    {
      h->values.at[h->values.cnt++] = values[i].value;
      h->number_of[values[i].rule] = (uint32_t) i;
    }
  for (size_t i = 0; i < cnt; i++)
    h->number_of[i] = h->number_of[first[i]] != MODEL_NONE ? h->number_of[first[i]] : h->number_of[first[unknown]];
  if (dropped)
    merge_rows (m, h->number_of);
  free (values);
  free (first);
  return true;
}

/* Numbers the shapes, commonest first: a change of shape then is a small number as a rule. */
static bool
value_rules (struct model *m, struct hot *h)
{
  uint32_t unknown = pctab__model_rule (m, &(struct rule){ 0 });
  size_t cnt = m->rules.cnt;
  struct shape_count *shapes = calloc (PCTAB_SHAPES_MAX + 1, sizeof *shapes);
  h->shape_of = calloc (cnt + 1, sizeof *h->shape_of);
  h->number_of = calloc (cnt + 1, sizeof *h->number_of);
  h->shapes = calloc (PCTAB_SHAPES_MAX + 1, sizeof *h->shapes);
  bool good = unknown != MODEL_NONE && shapes && h->shape_of && h->number_of && h->shapes;
  if (good)
    {
      uint32_t rank[PCTAB_SHAPES_MAX + 1], first[PCTAB_SHAPES_MAX + 1];
      shape_number (m, h, shapes, unknown);
      for (size_t r = 0; r < cnt; r++)
        h->shape_of[r] = shape_number (m, h, shapes, (uint32_t) r);
      merge_unknown (m, h, unknown);
      for (size_t i = 0; i < m->frames.cnt; i++)
        for (uint32_t r = 0; r < m->frames.at[i].row_cnt; r++)
          shapes[h->shape_of[m->rows.at[m->frames.at[i].row + r].rule]].rows++;
      for (uint32_t s = 0; s < h->shape_cnt; s++)
        first[s] = shapes[s].rule;
      qsort (shapes, h->shape_cnt, sizeof *shapes, compare_shapes);
      for (uint32_t i = 0; i < h->shape_cnt; i++)
        {
          h->shapes[i] = m->rules.at[shapes[i].rule];
          for (uint32_t s = 0; s < h->shape_cnt; s++)
            if (first[s] == shapes[i].rule)
              rank[s] = i;
        }
      h->sp_unit = offset_unit (m);
      while (h->shape_cnt > 1u << h->shape_bits)
        h->shape_bits++;
      good = number_values (m, h, rank, unknown);
    }
  free (shapes);
  return good;
}

/* Functions to lists */

/* The row with the largest SP delta; MODEL_NONE where some row does not count from SP. */
static uint32_t
max_row (const struct model *m, const struct hot *h, const struct model_frame *f)
{
  uint32_t max = 0;
  int32_t max_off = -1;
  for (uint32_t i = 0; i < f->row_cnt; i++)
    {
      uint32_t rule = m->rows.at[f->row + i].rule;
      const struct rule *r = &m->rules.at[rule];
      if (r->cfa != CFA_SP || r->cfa_off < 0 || h->shape_of[rule] == 0)
        return MODEL_NONE;
      if (r->cfa_off > max_off)
        {
          max_off = r->cfa_off;
          max = i;
        }
    }
  return max;
}

/* A value list's second byte. */
static unsigned
frame_head (const struct model *m, const struct model_frame *f, uint32_t max)
{
  bool top = f->flags & FRAME_TOP || m->rules.at[m->rows.at[f->row].rule].ra == RA_UNDEFINED;
  return (max == MODEL_NONE ? PCTAB_V_UNBOUNDED : max) | (f->flags & FRAME_SIGNAL ? PCTAB_V_SIGNAL : 0)
         | (top ? PCTAB_V_TOP : 0);
}

static unsigned char *
put_u16 (unsigned char *p, unsigned v)
{
  p[0] = (unsigned char) v;
  p[1] = (unsigned char) (v >> 8);
  return p + 2;
}

/* Whether some row's value has a number of two bytes. */
static bool
need_wide (const struct hot *h, const struct model_row *rows, uint32_t cnt)
{
  for (uint32_t i = 0; i < cnt; i++)
    if (h->number_of[rows[i].rule] > 255)
      return true;
  return false;
}

static uint32_t
add_values (struct hot *h, const struct model_row *rows, uint32_t cnt, unsigned head)
{
  unsigned char list[PCTAB_V_HEAD_BYTES + 2 * OFFSET_LIST_ROWS], *p = list;
  unsigned wide = need_wide (h, rows, cnt) ? PCTAB_V_WIDE : 0;
  *p++ = (unsigned char) (cnt | wide);
  *p++ = (unsigned char) head;
  for (uint32_t i = 0; i < cnt; i++)
    if (wide)
      p = put_u16 (p, h->number_of[rows[i].rule]);
    else
      *p++ = (unsigned char) h->number_of[rows[i].rule];
  return pctab__pool_add (&h->value_lists, list, (size_t) (p - list));
}

static uint32_t
add_near_offsets (struct hot *h, const struct model_row *rows, uint32_t cnt)
{
  unsigned char list[PCTAB_O_NEAR_MAX];
  for (uint32_t i = 1; i < cnt; i++)
    list[i - 1] = (unsigned char) ((rows[i].off - rows[0].off) / h->insn);
  return pctab__pool_add (&h->offset_lists, list, cnt - 1);
}

static uint32_t
add_far_offsets (struct hot *h, const struct model_row *rows, uint32_t cnt, uint32_t near)
{
  unsigned char list[OFFSET_LIST_BYTES];
  return pctab__pool_add (&h->offset_lists, list,
                          (size_t) (pctab__offsets_put (list, rows, cnt, near, h->insn) - list));
}

/* A long function: its rows in blocks, each from a stated row on with lists of its own, so that a lookup searches the
 * blocks and then one pair of lists. */
static bool
add_long (const struct model *m, struct hot *h, const struct model_frame *f, struct hot_func *func)
{
  const struct model_row *rows = &m->rows.at[f->row];
  if (!model_reserve (&h->longs, 1))
    return false;
  func->kind = PCTAB_E_KIND_LONG;
  func->number = (uint32_t) h->longs.cnt;
  struct hot_long *l = &h->longs.at[h->longs.cnt++];
  uint32_t max = max_row (m, h, f);
  *l = (struct hot_long){ f->off, (uint32_t) h->blocks.cnt, 0, 0, 0 };
  l->flags = (uint16_t) frame_head (m, f, max == MODEL_NONE ? max : 0);
  l->max_value = max == MODEL_NONE ? 0 : (uint16_t) h->number_of[rows[max].rule];
  for (uint32_t i = 0, cnt, near; i < f->row_cnt; i += cnt)
    {
      cnt = pctab__offsets_fit (rows + i, f->row_cnt - i, h->insn, &near);
      uint32_t values = add_values (h, rows + i, cnt, 0), offsets = add_far_offsets (h, rows + i, cnt, near);
      if (values == UINT32_MAX || offsets == UINT32_MAX || !model_reserve (&h->blocks, 1))
        return false;
      h->blocks.at[h->blocks.cnt++] = (struct hot_block){ rows[i].off - f->off, values, offsets };
      l->block_cnt++;
    }
  return true;
}

static bool
add_frame (const struct model *m, struct hot *h, const struct model_frame *f, struct hot_func *func)
{
  const struct model_row *rows = &m->rows.at[f->row];
  uint32_t near;
  if (pctab__offsets_fit (rows, f->row_cnt, h->insn, &near) < f->row_cnt
      || f->end - f->off >= PCTAB_LONG_BYTES_MIN)
    return add_long (m, h, f, func);
  func->values = add_values (h, rows, f->row_cnt, frame_head (m, f, max_row (m, h, f)));
  bool all_near = near + 1 == f->row_cnt && !need_wide (h, rows, f->row_cnt);
  func->kind = all_near ? PCTAB_E_KIND_NEAR : PCTAB_E_KIND_FAR;
  func->offsets = all_near ? add_near_offsets (h, rows, f->row_cnt) : add_far_offsets (h, rows, f->row_cnt, near);
  return func->values != UINT32_MAX && func->offsets != UINT32_MAX;
}

/* Starts new bases before frame I when half of what the bits of an entry reach is used up, where no function crosses
 * the start of a page: the functab starts a range there.  Programs of some 200,000 functions come to this. */
static bool
split_lists (const struct model *m, struct hot *h, size_t i)
{
  const struct hot_split *last = h->splits.cnt ? &h->splits.at[h->splits.cnt - 1] : NULL;
  size_t values = h->value_lists.bytes.len - (last ? last->values : 0);
  size_t offsets = h->offset_lists.bytes.len - (last ? last->offsets : 0);
  if (values < 1u << PCTAB_E_VALUES_BITS && offsets < 1u << PCTAB_E_OFFSETS_BITS)
    return true;
  if (m->frames.at[i - 1].end > m->frames.at[i].off / PCTAB_PAGE_BYTES * PCTAB_PAGE_BYTES)
    return true;
  if (!model_reserve (&h->splits, 1))
    return false;
  pctab__pool_forget (&h->value_lists);
  pctab__pool_forget (&h->offset_lists);
  h->splits.at[h->splits.cnt++]
    = (struct hot_split){ (uint32_t) i, (uint32_t) h->value_lists.bytes.len, (uint32_t) h->offset_lists.bytes.len };
  return true;
}

bool
pctab__hot_collect (struct hot *h, struct model *m, unsigned insn)
{
  memset (h, 0, sizeof *h);
  h->insn = insn;
  h->funcs = calloc (m->frames.cnt + 1, sizeof *h->funcs);
  bool good = h->funcs && value_rules (m, h);
  for (size_t i = 0; good && i < m->frames.cnt; i++)
    good = (!i || split_lists (m, h, i)) && add_frame (m, h, &m->frames.at[i], &h->funcs[i]);
  return good;
}

void
pctab__hot_free (struct hot *h)
{
  free (h->shape_of);
  free (h->number_of);
  free (h->values.at);
  free (h->shapes);
  free (h->funcs);
  free (h->longs.at);
  free (h->blocks.at);
  free (h->splits.at);
  pctab__pool_free (&h->value_lists);
  pctab__pool_free (&h->offset_lists);
  memset (h, 0, sizeof *h);
}
