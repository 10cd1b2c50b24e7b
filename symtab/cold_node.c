/* SPDX-License-Identifier: MIT */
/* The inline tree of a function: nodes in preorder, read in that order with the path to the last one read in hand. */
#include "cold_decode.h"

/* Origins can be read from the start of their group only; a cache takes the whole group. */
struct origin
pctab__origin (const struct pctab_cold *c, uint32_t number)
{
  struct cursor index = pctab__cold_part (c->table, PCTAB_P_ORIGIN_INDEX),
                at = pctab__cold_part (c->table, PCTAB_P_ORIGINS);
  struct origin *known = c->cache ? c->cache->origins : NULL, origin = { 0 };
  uint32_t group = number / PCTAB_ORIGIN_GROUP, i = group * PCTAB_ORIGIN_GROUP, end = number + 1;
  if (number >= c->origin_cnt)
    return origin;
  if (known && c->cache->origin_groups[group])
    return known[number];
  if (known)
    {
      end = c->origin_cnt - i < PCTAB_ORIGIN_GROUP ? c->origin_cnt : i + PCTAB_ORIGIN_GROUP;
      c->cache->origin_groups[group] = 1;
    }
  cursor_take (&index, 12 + 4 * (uint64_t) group);
  cursor_take (&at, cursor_u32 (&index));
  for (; i < end && !at.bad; i++)
    {
      origin.file = cursor_uvar (&at);
      origin.line = cursor_uvar (&at);
      if (at.bad)
        origin = (struct origin){ 0 };
      if (known)
        known[i] = origin;
    }
  return known ? known[number] : origin;
}

static bool
start (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record)
{
  struct cursor bytes;
  if (pctab__cold_block ((struct pctab_cold *) c, true, record->block, &bytes)
      || record->node_off > cursor_left (&bytes)
      || record->node_len > cursor_left (&bytes) - record->node_off)
    return false;
  r->at = cursor_over (bytes.pos + record->node_off, record->node_len, bytes.big);
  r->cold = c;
  r->number = 0;
  r->node_cnt = record->node_cnt;
  r->depth = 0;
  r->level[0].next_file = record->file;
  r->level[0].next_line = record->line;
  r->level[0].next_known = true;
  return true;
}

static bool
read_node (struct node_reader *r)
{
  uint32_t head = cursor_uvar (&r->at), up = head >> 1 & 7;
  if (up == 7)
    up += cursor_uvar (&r->at);
  if (up > r->depth || r->depth - up >= PCTAB_DEPTH_MAX || r->number >= r->node_cnt)
    return false;
  r->depth -= up;
  uint32_t *file = &r->level[r->depth].next_file, *line = &r->level[r->depth].next_line;
  if (!r->level[r->depth].next_known)
    {
      struct origin origin = pctab__origin (r->cold, r->level[r->depth].origin);
      *file = origin.file;
      *line = origin.line;
      r->level[r->depth].next_known = true;
    }
  if (head & 1)
    *file = cursor_uvar (&r->at);
  *line += (uint32_t) cursor_svar (&r->at);
  r->depth++;
  r->level[r->depth].origin = head >> 4;
  r->level[r->depth].file = *file;
  r->level[r->depth].line = *line;
  r->level[r->depth].next_known = false;
  r->number++;
  return !r->at.bad;
}

bool
pctab__node_seek (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record, uint32_t number)
{
  if ((!r->cold || number < r->number) && !start (r, c, record))
    return false;
  while (r->number < number)
    if (!read_node (r))
      {
        r->cold = NULL;
        return false;
      }
  return true;
}
