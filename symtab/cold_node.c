/* SPDX-License-Identifier: MIT */
/* The inline tree of a function: nodes in preorder, read in that order with the path to the last one read in hand. */
#include "cold_decode.h"

void
pctab__origin (const struct pctab_cold *c, uint32_t number, uint32_t *file, uint32_t *line)
{
  *file = *line = 0;
  struct cursor index = pctab__cold_part (c->table, PCTAB_P_ORIGIN_INDEX), at = pctab__cold_part (c->table, PCTAB_P_ORIGINS);
  if (number >= c->origin_cnt)
    return;
  cursor_take (&index, 12 + 4 * (uint64_t) (number / PCTAB_ORIGIN_GROUP));
  cursor_take (&at, cursor_u32 (&index));
  for (uint32_t i = number % PCTAB_ORIGIN_GROUP + 1; i && !at.bad; i--)
    {
      *file = cursor_uvar (&at);
      *line = cursor_uvar (&at);
    }
}

static bool
start (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record)
{
  struct cursor bytes;
  if (pctab__cold_block ((struct pctab_cold *) c, true, record->block, &bytes) || record->node_off > cursor_left (&bytes)
      || record->node_len > cursor_left (&bytes) - record->node_off)
    return false;
  r->at = cursor_over (bytes.pos + record->node_off, record->node_len, bytes.big);
  r->cold = c;
  r->number = 0;
  r->node_cnt = record->node_cnt;
  r->depth = 0;
  r->level[0].next_file = record->file;
  r->level[0].next_line = record->line;
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
  if (head & 1)
    *file = cursor_uvar (&r->at);
  *line += (uint32_t) cursor_svar (&r->at);
  r->depth++;
  r->level[r->depth].origin = head >> 4;
  r->level[r->depth].file = *file;
  r->level[r->depth].line = *line;
  pctab__origin (r->cold, head >> 4, &r->level[r->depth].next_file, &r->level[r->depth].next_line);
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
      return false;
  return true;
}
