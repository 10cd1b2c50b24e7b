/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Subprograms and inlined calls of a unit, in one pass over its DIEs without keeping any.
 *
 * A node is made when its first range turns up, or that of a call below it: so a call without code of its own has a
 * node exactly when it is a link of a chain, and chains read as LLVM's do (from the innermost call up to the nearest
 * subprogram, whether that one has code or not). */
#include "dwarf.h"

#include "dwarf_const.h"
#include "dwarf_leb.h"

#include <stdio.h>
#include <stdlib.h>

struct walk {
  struct dwarf_worker *w;
  struct dwarf_unit *u;
  uint64_t base;
  const unsigned char *at; /* the DIE being read */
  size_t node, origin; /* where the unit's own begin in the worker's vectors */
  struct cover_look look;
};

/* --- origins ------------------------------------------------------------ */

static bool
hash_begin (struct dwarf_worker *w)
{
  if (!w->origin_hash)
    {
      w->origin_cap = 1024;
      w->origin_hash = malloc (w->origin_cap * sizeof *w->origin_hash);
      if (!w->origin_hash)
        return pctab__diag_memory (&w->diag);
    }
  w->origin_size = 1024;
  memset (w->origin_hash, 0, w->origin_size * sizeof *w->origin_hash);
  return true;
}

static struct origin_slot *
hash_slot (struct dwarf_worker *w, const unsigned char *die)
{
  size_t mask = w->origin_size - 1;
  size_t at = (size_t) (((uintptr_t) die * UINT64_C (0x9e3779b97f4a7c15)) >> 32) & mask;
  while (w->origin_hash[at].die && w->origin_hash[at].die != die)
    at = (at + 1) & mask;
  return &w->origin_hash[at];
}

static bool
hash_grow (struct dwarf_worker *w)
{
  size_t old_size = w->origin_size;
  struct origin_slot *old = malloc (old_size * sizeof *old);
  if (!old)
    return pctab__diag_memory (&w->diag);
  memcpy (old, w->origin_hash, old_size * sizeof *old);
  size_t size = old_size * 4;
  if (size > w->origin_cap)
    {
      struct origin_slot *more = realloc (w->origin_hash, size * sizeof *more);
      if (!more)
        {
          free (old);
          return pctab__diag_memory (&w->diag);
        }
      w->origin_hash = more;
      w->origin_cap = size;
    }
  w->origin_size = size;
  memset (w->origin_hash, 0, size * sizeof *w->origin_hash);
  for (size_t i = 0; i < old_size; i++)
    if (old[i].die)
      *hash_slot (w, old[i].die) = old[i];
  free (old);
  return true;
}

/* Reads the DIE at P of unit U; false when it is no DIE of a subprogram or inlined call. */
static bool
read_code_die (const struct dwarf_unit *u, const unsigned char *p, struct dwarf_die *die)
{
  uint64_t code;
  if (!u->abbrevs || !leb_u (&p, u->end, &code))
    return false;
  const struct abbrev *a = abbrev_find (u->abbrevs, code);
  return a->kind == ABBREV_CODE && pctab__die_read (u, a, p, die);
}

/* What a DIE is called and where it is declared, along DW_AT_specification and DW_AT_abstract_origin. */
static struct dwarf_origin
describe (const struct dwarf_unit *u, const unsigned char *p)
{
  struct dwarf_origin o = { .file = MODEL_NONE };
  struct dwarf_die die;
  const char *plain = NULL;
  bool plain_foreign = false, have_line = false;
  for (unsigned depth = 0; p && depth < DWARF_CHAIN_MAX && read_code_die (u, p, &die); depth++)
    {
      if (!o.name)
        o.name = pctab__unit_string (u, &die, SLOT_LINKAGE, &o.foreign);
      if (!plain)
        plain = pctab__unit_string (u, &die, SLOT_NAME, &plain_foreign);
      if (!o.unit && die_has (&die, SLOT_DECL_FILE))
        {
          o.unit = (struct dwarf_unit *) u;
          o.file = die.value[SLOT_DECL_FILE] < MODEL_NONE ? (uint32_t) die.value[SLOT_DECL_FILE] : MODEL_NONE;
        }
      if (!have_line && die_has (&die, SLOT_DECL_LINE))
        {
          have_line = true;
          o.line = (uint32_t) die.value[SLOT_DECL_LINE];
        }
      enum dwarf_slot next = die_has (&die, SLOT_SPEC) ? SLOT_SPEC : SLOT_ORIGIN;
      const struct dwarf_unit *target = u;
      p = pctab__unit_refer (u, &die, next, &target);
      u = target;
    }
  if (!o.name)
    {
      o.name = plain;
      o.foreign = plain_foreign;
    }
  return o;
}

/* The number of the origin that DIE names, the same for one DIE; MODEL_NONE when memory is out. */
static uint32_t
find_origin (struct walk *walk, const struct dwarf_unit *unit, const unsigned char *die)
{
  struct dwarf_worker *w = walk->w;
  size_t cnt = w->origins.cnt - walk->origin;
  if (cnt * 2 >= w->origin_size && !hash_grow (w))
    return MODEL_NONE;
  struct origin_slot *slot = hash_slot (w, die);
  if (slot->die)
    return slot->origin;
  if (!model_reserve (&w->origins, 1))
    {
      pctab__diag_memory (&w->diag);
      return MODEL_NONE;
    }
  w->origins.at[w->origins.cnt++] = describe (unit, die);
  *slot = (struct origin_slot){ die, (uint32_t) cnt };
  return (uint32_t) cnt;
}

/* --- nodes -------------------------------------------------------------- */

static bool
make_node (struct walk *walk, struct walk_frame *f, uint32_t parent)
{
  struct dwarf_worker *w = walk->w;
  uint32_t origin = find_origin (walk, f->key_unit, f->key);
  if (origin == MODEL_NONE)
    return false;
  if (!model_reserve (&w->nodes, 1))
    return pctab__diag_memory (&w->diag);
  size_t idx = w->nodes.cnt - walk->node;
  if (idx >= UINT32_MAX / 4)
    return pctab__unit_error (walk->u, &w->diag, "has more inlined calls than a table can hold");
  w->nodes.at[w->nodes.cnt++] = (struct model_node){ parent, origin, f->call_file, f->call_line };
  f->node = (uint32_t) idx;
  return !f->inlined || pctab__worker_mark (w, f->call_file);
}

/* The node on top of the stack, made if need be, and those above it first. */
static uint32_t
top_node (struct walk *walk)
{
  struct walk_frame *at = walk->w->stack.at;
  size_t top = walk->w->stack.cnt - 1, first = top;
  if (at[top].node != MODEL_NONE)
    return at[top].node;
  while (at[first].inlined && first && at[first - 1].node == MODEL_NONE)
    first--;
  uint32_t parent = at[first].inlined && first ? at[first - 1].node : MODEL_NONE;
  for (size_t i = first; i <= top; i++)
    {
      if (!make_node (walk, &at[i], parent))
        return MODEL_NONE;
      parent = at[i].node;
    }
  return parent;
}

static bool
add_range (void *arg, uint64_t low, uint64_t high)
{
  struct walk *walk = arg;
  struct dwarf_worker *w = walk->w;
  const struct model_text *text = low < high ? dwarf_text (w->dw, low - walk->base) : NULL;
  if (!text)
    return true;
  uint32_t off = (uint32_t) (low - walk->base);
  uint32_t stop = high - walk->base < text->end ? (uint32_t) (high - walk->base) : text->end;
  for (uint32_t end = stop; off < stop && cover_part (&walk->look, &off, &end); off = end, end = stop)
    {
      uint32_t node = top_node (walk);
      if (node == MODEL_NONE)
        return false;
      if (!model_reserve (&w->ranges, 1))
        return pctab__diag_memory (&w->diag);
      w->ranges.at[w->ranges.cnt++] = (struct model_range){ off, end, node };
    }
  return true;
}

/* The DIE at AT, a subprogram or an inlined call, opens a frame. */
static bool
push_frame (struct walk *walk, const struct abbrev *a, const unsigned char *at, const struct dwarf_die *die,
            uint32_t depth)
{
  struct dwarf_worker *w = walk->w;
  if (!model_reserve (&w->stack, 1))
    return pctab__diag_memory (&w->diag);
  struct walk_frame *f = &w->stack.at[w->stack.cnt++];
  *f = (struct walk_frame){ .depth = depth, .node = MODEL_NONE, .inlined = a->tag == DW_TAG_inlined_subroutine,
                            .key = at, .key_unit = walk->u, .call_file = MODEL_NONE };
  const uint32_t own = 1u << SLOT_NAME | 1u << SLOT_LINKAGE | 1u << SLOT_SPEC;
  if (die_has (die, SLOT_ORIGIN) && !(die->have & own))
    {
      const struct dwarf_unit *target;
      const unsigned char *origin = pctab__unit_refer (walk->u, die, SLOT_ORIGIN, &target);
      if (origin)
        {
          f->key = origin;
          f->key_unit = target;
        }
    }
  if (f->inlined)
    {
      if (die_has (die, SLOT_CALL_FILE) && die->value[SLOT_CALL_FILE] < MODEL_NONE)
        f->call_file = (uint32_t) die->value[SLOT_CALL_FILE];
      if (die_has (die, SLOT_CALL_LINE))
        f->call_line = (uint32_t) die->value[SLOT_CALL_LINE];
    }
  return true;
}

/* --- the walk ----------------------------------------------------------- */

/* Where DW_AT_sibling points, behind P; NULL. */
static const unsigned char *
find_sibling (const struct dwarf_unit *u, const struct dwarf_die *die, const unsigned char *p)
{
  const struct dwarf_unit *target;
  const unsigned char *sibling = pctab__unit_refer (u, die, SLOT_SIBLING, &target);
  return sibling && target == u && sibling >= p ? sibling : NULL;
}

/* A subprogram or inlined call, its code read, its values at P: returns where the next DIE begins; NULL after an error,
 * with or without a message. */
static const unsigned char *
code_die (struct walk *walk, const struct abbrev *a, const unsigned char *at, const unsigned char *p, uint32_t *depth)
{
  struct dwarf_worker *w = walk->w;
  struct dwarf_die die;
  p = pctab__die_read (walk->u, a, p, &die);
  if (!p)
    return NULL;
  bool code = die_has (&die, SLOT_RANGES) || (die_has (&die, SLOT_LOW) && die_has (&die, SLOT_HIGH));
  if (!code && !a->children)
    return p;
  if (!push_frame (walk, a, at, &die, *depth))
    return NULL;
  size_t ranges = w->ranges.cnt;
  if (code && !pctab__unit_ranges (walk->u, &die, add_range, walk, &w->diag))
    return NULL;
  const unsigned char *sibling = NULL;
  /* None of a function's code is there, or another unit speaks for it: nor is what lies below. */
  if (code && a->children && w->ranges.cnt == ranges && a->tag == DW_TAG_subprogram)
    sibling = find_sibling (walk->u, &die, p);
  if (!a->children || sibling)
    w->stack.cnt--;
  else
    ++*depth;
  return sibling ? sibling : p;
}

/* Where a DIE of no interest ends, or where DW_AT_sibling points; NULL when it is damaged. */
static const unsigned char *
skip_ops (const struct dwarf_unit *u, const struct abbrev *a, const unsigned char *p, bool *jumped)
{
  struct dwarf_die die;
  const unsigned char *next = pctab__die_read (u, a, p, &die);
  if (!next || a->kind != ABBREV_JUMP_OPS || !die_has (&die, SLOT_SIBLING))
    return next;
  *jumped = true;
  return find_sibling (u, &die, next);
}

static const unsigned char *
jump (const struct dwarf_unit *u, const struct abbrev *a, const unsigned char *p)
{
  if ((size_t) (u->end - p) < a->sibling + 4u)
    return NULL;
  uint64_t off = load_u32 (p + a->sibling, u->obj->big);
  return off < (uint64_t) (u->end - u->start) && u->start + off > p ? u->start + off : NULL;
}

/* Walks all DIEs of the unit, from its own on. */
static bool
walk_unit (struct walk *walk)
{
  struct dwarf_worker *w = walk->w;
  const struct dwarf_unit *u = walk->u;
  const unsigned char *p = u->dies, *const end = u->end;
  const struct abbrev *const direct = u->abbrevs->at;
  const size_t direct_cnt = u->abbrevs->direct_cnt;
  uint32_t depth = 0;
  while (p < end)
    {
      const unsigned char *at = walk->at = p;
      uint64_t code = *p++;
      if (code >= 0x80)
        {
          p = at;
          if (!leb_u (&p, end, &code))
            return false;
        }
      if (!code)
        {
          if (depth <= 1)
            return true;
          depth--;
          while (w->stack.cnt && w->stack.at[w->stack.cnt - 1].depth >= depth)
            w->stack.cnt--;
          continue;
        }
      const struct abbrev *a = code < direct_cnt ? &direct[code] : pctab__abbrev_sparse (u->abbrevs, code);
      bool jumped = false;
      switch (a->kind)
        {
        case ABBREV_LEAF: case ABBREV_PARENT:
          if ((size_t) (end - p) < a->tail)
            return false;
          p += a->tail;
          depth += a->children;
          break;
        case ABBREV_JUMP:
          p = jump (u, a, p);
          break;
        case ABBREV_CODE:
          p = code_die (walk, a, at, p, &depth);
          break;
        case ABBREV_BAD:
          return pctab__unit_error (u, &w->diag, "uses an abbreviation that .debug_abbrev does not have");
        default:
          p = skip_ops (u, a, p, &jumped);
          depth += a->children && !jumped;
        }
      if (!p)
        return false;
      if (!depth)
        return true; /* a unit's DIE without children */
    }
  return true;
}

static bool
walk_error (const struct walk *walk)
{
  char text[100];
  snprintf (text, sizeof text, "its entry at 0x%llx is cut short, or has an unknown form or a bad sibling",
            (unsigned long long) (walk->at - walk->u->obj->sec[SEC_INFO].at));
  return pctab__unit_error (walk->u, &walk->w->diag, text);
}

/* The nodes, ranges and origins of a unit go to the worker's vectors; their numbers count from the unit's first. */
bool
pctab__inline_import (struct dwarf_worker *w, struct dwarf_unit *u)
{
  struct walk walk = { .w = w, .u = u, .base = w->dw->m->base, .node = w->nodes.cnt, .origin = w->origins.cnt,
                       .look = { .cover = w->dw->cover, .cnt = w->dw->cover_cnt, .unit = u->idx,
                                 .bounded = (u->skeleton ? u->skeleton : u)->bounded,
                                 .work = u->work } };
  u->nodes = (struct dwarf_span){ w->idx, w->nodes.cnt, 0 };
  u->ranges = (struct dwarf_span){ w->idx, w->ranges.cnt, 0 };
  u->origins = (struct dwarf_span){ w->idx, w->origins.cnt, 0 };
  u->used = (struct dwarf_span){ w->idx, w->used.cnt, 0 };
  w->mark_gen++;
  w->stack.cnt = 0;
  if (!hash_begin (w))
    return false;
  if (!walk_unit (&walk))
    return walk_error (&walk);
  if (!walk.look.work)
    return pctab__unit_error (u, &w->diag, "has far more address ranges than entries");
  u->nodes.cnt = w->nodes.cnt - u->nodes.at;
  u->ranges.cnt = w->ranges.cnt - u->ranges.at;
  u->origins.cnt = w->origins.cnt - u->origins.at;
  u->used.cnt = w->used.cnt - u->used.at;
  return true;
}
