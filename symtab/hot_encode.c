/* SPDX-License-Identifier: MIT */
/* Frames to the pcsp streams of the hot part: rules to values, functions to classes and streams, equal streams once. */
#include "hot.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "xxh64.h"

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

/* Gives each rule its value: shape in the low bits, offset above.  RANK: the final number of each shape. */
static void
set_values (const struct model *m, struct hot *h, const uint32_t *rank)
{
  while (h->shape_cnt > 1u << h->shape_bits)
    h->shape_bits++;
  for (size_t r = 0; r < m->rules.cnt; r++)
    {
      int32_t off = h->shape_of[r] == 0 ? 0 : m->rules.at[r].cfa_off / (int32_t) h->sp_unit;
      h->values[r] = off * (1 << h->shape_bits) + (int32_t) rank[h->shape_of[r]];
    }
}

/* Numbers the shapes, commonest first: a change of shape then is a small number as a rule. */
static bool
value_rules (struct model *m, struct hot *h)
{
  uint32_t unknown = pctab__model_rule (m, &(struct rule){ 0 });
  size_t cnt = m->rules.cnt;
  struct shape_count *shapes = calloc (PCTAB_SHAPES_MAX + 1, sizeof *shapes);
  h->shape_of = calloc (cnt + 1, sizeof *h->shape_of);
  h->values = calloc (cnt + 1, sizeof *h->values);
  h->shapes = calloc (PCTAB_SHAPES_MAX + 1, sizeof *h->shapes);
  bool good = unknown != MODEL_NONE && shapes && h->shape_of && h->values && h->shapes;
  if (good)
    {
      uint32_t rank[PCTAB_SHAPES_MAX + 1], first[PCTAB_SHAPES_MAX + 1];
      shape_number (m, h, shapes, unknown);
      for (size_t r = 0; r < cnt; r++)
        h->shape_of[r] = shape_number (m, h, shapes, (uint32_t) r);
      for (size_t i = 0; i < m->rows.cnt; i++)
        shapes[h->shape_of[m->rows.at[i].rule]].rows++;
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
      set_values (m, h, rank);
    }
  free (shapes);
  return good;
}

/* Functions to classes and streams */

static uint32_t
frame_max_sp (const struct model *m, const struct model_frame *f)
{
  uint32_t max = 0;
  for (uint32_t i = f->row; i < f->row + f->row_cnt; i++)
    {
      const struct rule *r = &m->rules.at[m->rows.at[i].rule];
      if (r->cfa != CFA_SP || r->cfa_off < 0)
        return PCTAB_SP_UNBOUNDED;
      max = (uint32_t) r->cfa_off > max ? (uint32_t) r->cfa_off : max;
    }
  return max;
}

static struct hot_class
frame_class (const struct model *m, const struct hot *h, const struct model_frame *f)
{
  uint32_t rule = m->rows.at[f->row].rule;
  struct hot_class c = { h->values[rule], frame_max_sp (m, f), 0 };
  if (f->flags & FRAME_SIGNAL)
    c.flags |= PCTAB_FUNC_SIGNAL;
  if (m->rules.at[rule].ra == RA_UNDEFINED)
    c.flags |= PCTAB_FUNC_TOP;
  return c;
}

/* The number of a class; equal ones once, in the order of their first function. */
static uint32_t
class_number (struct hot *h, struct hot_class c)
{
  uint64_t hash = pctab__xxh64 (&c, sizeof c, 0);
  size_t cap = h->class_hash_cap, at = hash & (cap - 1);
  for (; cap && h->class_hash[at] != MODEL_NONE; at = (at + 1) & (cap - 1))
    if (!memcmp (&h->classes.at[h->class_hash[at]], &c, sizeof c))
      return h->class_hash[at];
  if (!model_reserve (&h->classes, 1))
    return MODEL_NONE;
  h->classes.at[h->classes.cnt++] = c;
  if (h->classes.cnt * 2 <= cap)
    return h->class_hash[at] = (uint32_t) h->classes.cnt - 1;
  cap = cap ? cap * 2 : 1024;
  uint32_t *slots = realloc (h->class_hash, cap * sizeof *slots);
  if (!slots)
    return MODEL_NONE;
  memset (slots, 0xff, cap * sizeof *slots);
  for (size_t i = 0; i < h->classes.cnt; i++)
    {
      at = pctab__xxh64 (&h->classes.at[i], sizeof c, 0) & (cap - 1);
      while (slots[at] != MODEL_NONE)
        at = (at + 1) & (cap - 1);
      slots[at] = (uint32_t) i;
    }
  h->class_hash = slots;
  h->class_hash_cap = cap;
  return (uint32_t) h->classes.cnt - 1;
}

static bool
end_stream (struct hot *h, uint32_t head)
{
  if (!model_reserve (&h->set.ends, 1) || !model_reserve (&h->heads, 1))
    return false;
  h->set.ends.at[h->set.ends.cnt++] = (uint32_t) h->set.steps.cnt;
  h->heads.at[h->heads.cnt++] = head;
  return true;
}

static bool
is_long (const struct model *m, const struct model_frame *f, unsigned insn)
{
  const struct model_row *rows = &m->rows.at[f->row];
  return f->row_cnt - 1 > PCTAB_BLOCK_STEPS_MAX || f->end - f->off >= PCTAB_LONG_BYTES_MIN
         || (rows[f->row_cnt - 1].off - rows[0].off) / insn > CODE_ADV_MAX;
}

static struct step
row_step (const struct hot *h, const struct model_row *row)
{
  return (struct step){ (row->off - row[-1].off) / h->insn, h->values[row->rule] - h->values[row[-1].rule] };
}

/* A short function: one stream, shared with every function that has the same class and steps. */
static bool
add_short (const struct model *m, struct hot *h, const struct model_frame *f, uint32_t class, uint32_t *stream)
{
  if (!model_reserve (&h->set.steps, f->row_cnt))
    return false;
  struct step *steps = h->set.steps.at + h->set.steps.cnt;
  for (uint32_t i = 1; i < f->row_cnt; i++)
    steps[i - 1] = row_step (h, &m->rows.at[f->row + i]);
  size_t len = (f->row_cnt - 1) * sizeof *steps;
  size_t at = pctab__xxh64 (steps, len, class) & (h->stream_hash_cap - 1);
  for (; h->stream_hash[at] != MODEL_NONE; at = (at + 1) & (h->stream_hash_cap - 1))
    {
      uint32_t have = h->stream_hash[at], first = have ? h->set.ends.at[have - 1] : 0;
      if (h->heads.at[have] == class && h->set.ends.at[have] - first == f->row_cnt - 1
          && !memcmp (h->set.steps.at + first, steps, len))
        {
          *stream = have;
          return true;
        }
    }
  *stream = h->stream_hash[at] = (uint32_t) h->set.ends.cnt;
  h->set.steps.cnt += f->row_cnt - 1;
  return end_stream (h, class);
}

/* A long function: its rows in blocks, each a stream of its own from a stated row on, so that a lookup searches the
 * blocks and walks one. */
static bool
add_long (const struct model *m, struct hot *h, const struct model_frame *f, uint32_t class, uint32_t *number)
{
  if (!model_reserve (&h->longs, 1))
    return false;
  *number = (uint32_t) h->longs.cnt++;
  h->longs.at[*number] = (struct hot_long){ f->off, class, (uint32_t) h->blocks.cnt, 0 };
  const struct model_row *rows = &m->rows.at[f->row];
  for (uint32_t i = 0; i < f->row_cnt;)
    {
      uint32_t from = i++;
      if (!model_reserve (&h->blocks, 1) || !model_reserve (&h->set.steps, PCTAB_BLOCK_STEPS_MAX))
        return false;
      h->blocks.at[h->blocks.cnt++]
        = (struct hot_block){ rows[from].off - f->off, h->values[rows[from].rule], (uint32_t) h->set.ends.cnt };
      for (; i < f->row_cnt && i - from <= PCTAB_BLOCK_STEPS_MAX && (rows[i].off - rows[from].off) / h->insn <= CODE_ADV_MAX;
           i++)
        h->set.steps.at[h->set.steps.cnt++] = row_step (h, &rows[i]);
      if (!end_stream (h, MODEL_NONE))
        return false;
    }
  h->longs.at[*number].block_cnt = (uint32_t) h->blocks.cnt - h->longs.at[*number].block;
  return true;
}

static bool
add_frames (const struct model *m, struct hot *h)
{
  for (h->stream_hash_cap = 1024; h->stream_hash_cap < 2 * m->frames.cnt;)
    h->stream_hash_cap *= 2;
  h->stream_hash = malloc (h->stream_hash_cap * sizeof *h->stream_hash);
  h->funcs = calloc (m->frames.cnt + 1, sizeof *h->funcs);
  if (!h->stream_hash || !h->funcs)
    return false;
  memset (h->stream_hash, 0xff, h->stream_hash_cap * sizeof *h->stream_hash);
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      const struct model_frame *f = &m->frames.at[i];
      struct hot_func *func = &h->funcs[i];
      uint32_t class = class_number (h, frame_class (m, h, f));
      func->is_long = is_long (m, f, h->insn);
      if (class == MODEL_NONE
          || !(func->is_long ? add_long (m, h, f, class, &func->at) : add_short (m, h, f, class, &func->at)))
        return false;
    }
  return true;
}

bool
pctab__hot_collect (struct hot *h, struct model *m, unsigned insn)
{
  memset (h, 0, sizeof *h);
  h->insn = insn;
  return value_rules (m, h) && add_frames (m, h);
}

void
pctab__hot_free (struct hot *h)
{
  free (h->shape_of);
  free (h->values);
  free (h->shapes);
  free (h->classes.at);
  free (h->class_hash);
  free (h->stream_hash);
  free (h->funcs);
  free (h->longs.at);
  free (h->blocks.at);
  free (h->heads.at);
  pctab__step_set_free (&h->set);
  memset (h, 0, sizeof *h);
}
