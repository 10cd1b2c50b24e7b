/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FORMAT, 7 and 8: origins, records, nodes. */
#include "reader.h"

#include <inttypes.h>
#include <stdlib.h>

#define DEPTH_MAX 64

static bool
fault_walk (struct decoded *d, const struct walk *w, enum check_id check, enum part_number part, uint64_t off)
{
  if (w->long_form && !w->bad)
    return FAULT_PART (d, CHECK_VARINT, part, off, "a number takes more bytes than it needs");
  return FAULT_PART (d, check, part, off, "it ends in the middle, or a number has more than 32 bits");
}

bool
pctab__read_origins (struct decoded *d)
{
  const unsigned char *index = part_bytes (d, PART_ORIGIN_INDEX) + 12, *start = part_bytes (d, PART_ORIGINS);
  struct walk w = { start, start + d->parts[PART_ORIGINS].len, false, false };
  if (d->parts[PART_ORIGIN_INDEX].len != 12 + 4 * (((uint64_t) d->origin_cnt + 15) / 16))
    return FAULT_PART (d, CHECK_ORIGINS, PART_ORIGIN_INDEX, 0, "%" PRIu32 " origins, but %" PRIu32 " bytes of index",
                       d->origin_cnt, d->parts[PART_ORIGIN_INDEX].len);
  d->origins = pctab__decoded_alloc (d, d->origin_cnt, sizeof *d->origins);
  if (!d->origins)
    return false;
  for (uint32_t i = 0; i < d->origin_cnt; i++)
    {
      uint64_t at = (uint64_t) (w.at - start);
      if (i % 16 == 0 && get_u32 (d, index + i / 16 * 4) != at)
        return FAULT_PART (d, CHECK_ORIGINS, PART_ORIGIN_INDEX, 12 + i / 16 * 4, "origin %" PRIu32 " is at %" PRIu64
                           ", not where the index says", i, at);
      d->origins[i].file = walk_uvar (&w);
      d->origins[i].line = walk_uvar (&w);
      if (w.bad || w.long_form)
        return fault_walk (d, &w, CHECK_ORIGINS, PART_ORIGINS, at);
      if (d->origins[i].file > d->file_cnt)
        return FAULT_PART (d, CHECK_ORIGINS, PART_ORIGINS, at, "origin %" PRIu32 " has file %" PRIu32 " of %" PRIu32, i,
                           d->origins[i].file - 1, d->file_cnt);
    }
  return w.at == w.end || FAULT_PART (d, CHECK_ORIGINS, PART_ORIGINS, w.at - start, "bytes behind the last origin");
}

/* What goes on from record to record. */
struct records {
  uint32_t block;
  uint32_t name;        /* the next one */
  uint32_t lines, nodes; /* where the next function's are */
  uint32_t cursor;      /* functab entry */
  uint32_t end;         /* of the function before, or the block's key */
  uint32_t range_end;   /* of the range that the block is in */
  uint32_t file, line;  /* of the last record with lines */
  const unsigned char *node_bytes; /* all nodes, unpacked */
  uint32_t node_len;
};

static bool
fault_record (struct decoded *d, const struct records *s, enum check_id check, uint32_t off, const char *what)
{
  return FAULT_CODE (d, check, PART_RECORDS, off, "block %" PRIu32 ": %s", s->block, what);
}

/* What was read last for the calls of one parent, on the way to the node before. */
struct level {
  uint32_t node, file, line;
};

static bool
read_node (struct decoded *d, struct walk *w, struct level *levels, uint32_t *depth, struct dec_node *n,
           uint32_t number, const char **what)
{
  uint32_t head = walk_uvar (w), up = head >> 1 & 7;
  if (up == 7)
    {
      uint32_t more = walk_uvar (w);
      up = more > DEPTH_MAX ? NONE : 7 + more;
    }
  *what = "a node's parent is above the function";
  if (up > *depth)
    return false;
  uint32_t parent_depth = *depth - up;
  *depth = parent_depth + 1;
  *what = "a tree is deeper than 64";
  if (*depth > DEPTH_MAX)
    return false;
  struct level *l = &levels[parent_depth];
  if (head & 1)
    l->file = walk_uvar (w);
  l->line += walk_svar (w);
  *n = (struct dec_node) { l->node, head >> 4, l->file, l->line };
  *what = "a node names an origin that is not there";
  if (n->origin >= d->origin_cnt)
    return false;
  *what = "a call is in a file that is not there";
  if (l->file > d->file_cnt)
    return false;
  levels[*depth] = (struct level) { number, d->origins[n->origin].file, d->origins[n->origin].line };
  return true;
}

static bool
read_nodes (struct decoded *d, struct records *s, struct walk *w, struct dec_record *r)
{
  uint32_t cnt = walk_uvar (w), len = walk_uvar (w), depth = 0;
  struct level levels[DEPTH_MAX + 1]; /* read_node() sets one before its calls are read */
  levels[0] = (struct level) { 0, r->file, r->line };
  const char *what;
  if (w->bad || len > s->node_len - s->nodes || !cnt || cnt > len)
    return fault_record (d, s, CHECK_NODES, r->off, "the function's nodes are none, or more than its bytes");
  if (!pctab__decoded_grow (d, &d->nodes, &d->node_cap, (size_t) d->node_cnt + cnt, sizeof *d->nodes))
    return false;
  struct walk nodes = { s->node_bytes + s->nodes, s->node_bytes + s->nodes + len, false, false };
  s->nodes += len;
  r->node_cnt = cnt;
  for (uint32_t i = 0; i < cnt; i++)
    if (!read_node (d, &nodes, levels, &depth, &d->nodes[d->node_cnt++], i + 1, &what))
      return fault_record (d, s, CHECK_NODES, r->off, what);
  if (nodes.long_form && !nodes.bad)
    return fault_record (d, s, CHECK_VARINT, r->off, "a number takes more bytes than it needs");
  if (nodes.bad || nodes.at != nodes.end)
    return fault_record (d, s, CHECK_NODES, r->off, "the function's nodes do not end where their bytes do");
  return true;
}

/* The bounds of a function: the functab's next, or its own. */
static bool
read_bounds (struct decoded *d, struct records *s, struct walk *w, struct dec_record *r)
{
  if (r->flags & RECORD_HOT)
    {
      while (s->cursor < d->entry_cnt && d->entries[s->cursor].off < s->range_end && !d->entries[s->cursor].starts)
        s->cursor++;
      if (s->cursor >= d->entry_cnt || !d->entries[s->cursor].starts)
        return fault_record (d, s, CHECK_RECORDS, s->end,
                             "a function with a frame, but the functab has no further one");
      r->func = d->entries[s->cursor].func;
      r->off = d->funcs[r->func].off;
      r->end = d->funcs[r->func].end;
    }
  else
    {
      uint64_t off = (uint64_t) s->end + walk_uvar (w), end = off + walk_uvar (w);
      r->func = NONE;
      if (end > UINT32_MAX || off == end)
        return fault_record (d, s, CHECK_RECORDS, s->end, "a function is empty or behind the text");
      r->off = (uint32_t) off;
      r->end = (uint32_t) end;
    }
  if (r->off < s->end)
    return fault_record (d, s, CHECK_RECORDS, r->off, "a function begins before the end of the one before");
  s->end = r->end;
  while (s->cursor < d->entry_cnt && d->entries[s->cursor].off < s->end)
    s->cursor++;
  return true;
}

static bool
read_file_and_lines (struct decoded *d, struct records *s, struct walk *w, struct dec_record *r)
{
  if (!(r->flags & RECORD_SAME_FILE))
    s->file = walk_uvar (w);
  s->line += walk_svar (w);
  r->lines = s->lines;
  r->lines_len = walk_uvar (w);
  r->file = s->file;
  r->line = s->line;
  if (r->file > d->file_cnt)
    return fault_record (d, s, CHECK_RECORD_INDEX, r->off, "its file is not there");
  if (r->lines_len > d->parts[PART_LINES].len - s->lines)
    return fault_record (d, s, CHECK_RECORD_INDEX, r->off, "its lines are behind the part's end");
  s->lines += r->lines_len;
  return true;
}

static bool
read_record (struct decoded *d, struct records *s, struct walk *w)
{
  if (!pctab__decoded_grow (d, &d->records, &d->record_cap, (size_t) d->record_cnt + 1, sizeof *d->records))
    return false;
  struct dec_record *r = &d->records[d->record_cnt++];
  *r = (struct dec_record) { .name = NONE, .node = d->node_cnt, .flags = walk_u8 (w) };
  bool lines = r->flags & RECORD_LINES;
  if (r->flags & 192 || (!lines && r->flags & (RECORD_SAME_FILE | RECORD_CHUNKS)))
    return fault_record (d, s, CHECK_RECORDS, s->end, "a record has flags that mean nothing");
  if (!read_bounds (d, s, w, r))
    return false;
  if (r->flags & RECORD_NAMED)
    r->name = s->name++;
  if (r->name != NONE && r->name >= d->name_cnt)
    return fault_record (d, s, CHECK_RECORD_INDEX, r->off, "its name is not there");
  if ((lines && !read_file_and_lines (d, s, w, r)) || (r->flags & RECORD_NODES && !read_nodes (d, s, w, r)))
    return false;
  if (w->bad)
    return fault_record (d, s, CHECK_RECORDS, r->off,
                         "the record ends in the middle, or a number has more than 32 bits");
  return !w->long_form || fault_record (d, s, CHECK_VARINT, r->off, "a number takes more bytes than it needs");
}

/* A block's head: counters that go on from the block before, and the functab's entry to go on from. */
static bool
read_block_head (struct decoded *d, struct records *s, struct walk *w, uint32_t key)
{
  uint32_t name = walk_uvar (w), lines = walk_uvar (w), nodes = walk_uvar (w), cursor = walk_uvar (w),
           off = walk_uvar (w);
  if (w->bad || key < s->end)
    return fault_record (d, s, CHECK_RECORDS, key, "it is cut off, or begins before the end of the one before");
  if (w->long_form)
    return fault_record (d, s, CHECK_VARINT, key, "a number takes more bytes than it needs");
  if (name != s->name || lines != s->lines || nodes != s->nodes)
    return fault_record (d, s, CHECK_RECORD_INDEX, key,
                         "it counts other names, lines or nodes than the blocks before have");
  const struct dec_range *r = d->ranges, *in = NULL;
  uint32_t low = 0, high = d->range_cnt;
  while (low < high)
    {
      uint32_t middle = low + (high - low) / 2;
      if (r[middle].off <= key)
        in = &r[middle], low = middle + 1;
      else
        high = middle;
    }
  s->range_end = in && key < in->end ? in->end : UINT32_MAX;
  if (cursor >= d->entry_cnt ? d->entry_cnt != 0 || cursor || off : d->entries[cursor].off != off)
    return fault_record (d, s, CHECK_RECORDS, key, "its functab entry is not there or is elsewhere");
  s->cursor = cursor;
  s->end = key;
  s->file = s->line = 0;
  return true;
}

static bool
read_block (struct decoded *d, struct records *s, const unsigned char *p, const struct store_block *b)
{
  struct walk w = { p, p + b->len, false, false };
  uint32_t first = d->record_cnt;
  if (!read_block_head (d, s, &w, b->key))
    return false;
  while (w.at < w.end)
    if (!read_record (d, s, &w))
      return false;
  if (first == d->record_cnt || d->records[first].off != b->key)
    return fault_record (d, s, CHECK_RECORDS, b->key, "its key is not its first function's offset");
  return true;
}

/* The nodes' blocks have 1024 bytes each, the last one what is left. */
static bool
read_node_store (struct decoded *d, unsigned char **arena, uint32_t *len)
{
  struct store_block *blocks;
  uint32_t cnt;
  if (!pctab__read_store (d, PART_NODE_INDEX, arena, &blocks, &cnt))
    return false;
  bool good = true;
  *len = 0;
  for (uint32_t i = 0; good && i < cnt; i++)
    {
      *len += blocks[i].len;
      good = (blocks[i].key == 1024 * i && (i + 1 < cnt ? blocks[i].len == 1024 : blocks[i].len <= 1024))
             || FAULT_PART (d, CHECK_STORES, PART_NODE_INDEX, 12 * (uint64_t) i,
                            "block %" PRIu32 " has %" PRIu32 " bytes from %" PRIu32 " on", i, blocks[i].len,
                            blocks[i].key);
    }
  free (blocks);
  return good;
}

/* All that is to be used up was. */
static bool
used_up (struct decoded *d, const struct records *s)
{
  if (s->name == d->name_cnt && s->lines == d->parts[PART_LINES].len && s->nodes == s->node_len)
    return true;
  return FAULT_PART (d, CHECK_RECORD_INDEX, PART_RECORDS, 0,
                     "the records use %" PRIu32 " names of %" PRIu32 ", %" PRIu32 " bytes of lines of %" PRIu32
                     " and %" PRIu32 " bytes of nodes of %" PRIu32,
                     s->name, d->name_cnt, s->lines, d->parts[PART_LINES].len, s->nodes, s->node_len);
}

bool
pctab__read_records (struct decoded *d)
{
  unsigned char *arena = NULL, *nodes;
  struct store_block *blocks = NULL;
  struct records s = { 0 };
  uint32_t cnt;
  bool good = read_node_store (d, &nodes, &s.node_len)
              && pctab__read_store (d, PART_RECORD_INDEX, &arena, &blocks, &cnt);
  s.node_bytes = nodes;
  /* A record has 5 bytes and more, a node 4: arrays grow once or twice. */
  good = good && pctab__decoded_grow (d, &d->records, &d->record_cap, d->parts[PART_RECORDS].len / 8 + 1, sizeof *d->records)
         && pctab__decoded_grow (d, &d->nodes, &d->node_cap, s.node_len / 5 + 1, sizeof *d->nodes);
  for (uint32_t i = 0; good && i < cnt; i++)
    {
      s.block = i;
      good = read_block (d, &s, arena + blocks[i].off, &blocks[i]);
    }
  free (nodes);
  free (arena);
  free (blocks);
  return good && used_up (d, &s);
}
