/* SPDX-License-Identifier: MIT */
/* The inline tree of a function: nodes in preorder, read in that order with the path to the last one read in hand. */
#include "cold_decode.h"

/* Origins can be read from the start of their group only. */
struct origin
pctab__origin (const struct pctab_cold *c, uint32_t number)
{
  struct cursor index = cold_part (c, PCTAB_P_ORIGIN_INDEX), at = cold_part (c, PCTAB_P_ORIGINS);
  struct origin origin = { 0 };
  uint32_t group = number / PCTAB_ORIGIN_GROUP;
  if (number >= c->origin_cnt)
    return origin;
  cursor_take (&index, 12 + 4 * (uint64_t) group);
  cursor_take (&at, cursor_u32 (&index));
  for (uint32_t i = group * PCTAB_ORIGIN_GROUP; i <= number; i++)
    {
      origin.file = cursor_uvar (&at);
      origin.line = cursor_uvar (&at);
    }
  if (at.bad)
    origin = (struct origin){ 0 };
  return origin;
}

void
pctab__node_reader_init (struct node_reader *r)
{
  r->cold = NULL;
  r->number = r->read_cnt = 0;
}

static void
start (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record)
{
  r->cold = c;
  r->pos = r->end = NULL;
  r->off = record->node_off;
  r->left = record->node_len;
  r->bad = false;
  r->number = 0;
  r->node_cnt = record->node_cnt;
  r->depth = 0;
  r->level[0].number = 0;
  r->level[0].next_file = record->file;
  r->level[0].next_line = record->line;
  r->level[0].next_known = true;
}

/* Goes on to the block that has the next byte.  False: there is none. */
static bool
next_block (struct node_reader *r)
{
  uint32_t block, in;
  if (!r->left || !pctab__store_find (r->cold, PCTAB_P_NODE_INDEX, r->off, &block))
    return false;
  struct store_entry e = pctab__store_entry (r->cold, PCTAB_P_NODE_INDEX, block);
  in = r->off - e.key;
  if (!e.len || in >= e.raw_len || e.raw_len > sizeof r->block)
    return false;
  uint32_t want = e.raw_len - in < r->left ? e.raw_len : in + r->left;
  if (pctab__store_unpack (r->cold, PCTAB_P_NODE_INDEX, &e, r->block, want) != want)
    return false;
  r->pos = r->block + in;
  r->end = r->block + want;
  r->off += want - in;
  r->left -= want - in;
  return true;
}

static uint32_t
take_uvar (struct node_reader *r)
{
  uint32_t v = 0;
  for (unsigned shift = 0; shift < 35 && !r->bad; shift += 7)
    {
      if (r->pos == r->end && !next_block (r))
        break;
      unsigned char b = *r->pos++;
      v |= (uint32_t) (b & 127) << (shift & 31);
      if (!(b & 128))
        return v;
    }
  r->bad = true;
  return 0;
}

static int32_t
take_svar (struct node_reader *r)
{
  uint32_t v = take_uvar (r);
  return (int32_t) (v >> 1 ^ -(v & 1));
}

static bool
read_node (struct node_reader *r)
{
  uint32_t head = take_uvar (r), up = head >> 1 & 7;
  if (up == 7)
    up += take_uvar (r);
  if (up > r->depth || r->depth - up >= PCTAB_DEPTH_MAX || r->number >= r->node_cnt || r->read_cnt++ >= PCTAB_NODES_MAX)
    return false;
  r->depth -= up;
  struct node_level *l = &r->level[r->depth];
  if (!l->next_known)
    {
      struct origin origin = pctab__origin (r->cold, l->origin);
      l->next_file = origin.file;
      l->next_line = origin.line;
      l->next_known = true;
    }
  if (head & 1)
    l->next_file = take_uvar (r);
  l->next_line += (uint32_t) take_svar (r);
  r->number++;
  r->depth++;
  l[1] = (struct node_level){ r->number, head >> 4, l->next_file, l->next_line, 0, 0, false };
  return !r->bad;
}

bool
pctab__node_next (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record)
{
  if (!r->cold)
    start (r, c, record);
  if (read_node (r))
    return true;
  r->cold = NULL;
  return false;
}

unsigned
pctab__node_seek (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record, uint32_t number)
{
  if (r->cold)
    for (unsigned depth = r->depth; depth && r->level[depth].number >= number; depth--)
      if (r->level[depth].number == number)
        return depth;
  if (!r->cold || number < r->number)
    start (r, c, record);
  while (r->number < number)
    if (!pctab__node_next (r, c, record))
      return 0;
  return r->depth;
}
