/* SPDX-License-Identifier: MIT */
/* What a buffer that is large enough keeps of each function that was asked for.
 *
 * The line stream of a function is made to be small: to find a line in it, up to 128 steps are decoded, each a branch that
 * nothing foretells, and the inlined calls on the way, some 300 ns.  Decoded, its rows are found by a search in 2 bytes a
 * row, and their answer is a walk over what is stored beside them: files and names as offsets into unpacked strings.  6 bytes
 * a row, 8 a place (a node and file), 16 a node.  Slots are by functab entry, so that findfunc is the whole search for them;
 * functions without frames, and what is too large for the fields, are decoded each time.
 *
 * When the arena is full, it is emptied: then it holds what is in use now. */
#include "cold_decode.h"

#define LZ4_RATIO_MAX 255 /* unpacked bytes for a packed one: lz4_Block_format.md, "a length byte adds 255" */

/* The unpacked bytes of the blocks of strings.  More than packed ones can make is damage: no buffer grows large because a
 * small table says so. */
static bool
strings_len (const struct pctab_cold *c, uint64_t *len)
{
  *len = 0;
  uint64_t most = 0;
  for (uint32_t i = 0, cnt = store_cnt (c, PCTAB_P_STRING_INDEX); i < cnt; i++)
    {
      struct store_entry e = pctab__store_entry (c, PCTAB_P_STRING_INDEX, i);
      *len += e.raw_len;
      most += LZ4_RATIO_MAX * (uint64_t) e.len;
    }
  return *len <= most && *len < UINT32_MAX;
}

/* What the arena may need, with some to spare: 6 bytes a row, of which there are 0.5 to 0.8 for a byte of lines, 16 a node,
 * which has some 3 bytes, 8 for the place that most nodes have, and what stands before a function's. */
static uint64_t
arena_len (const struct pctab_cold *c)
{
  uint32_t cnt = store_cnt (c, PCTAB_P_NODE_INDEX), nodes_len = 0;
  if (cnt)
    {
      struct store_entry last = pctab__store_entry (c, PCTAB_P_NODE_INDEX, cnt - 1);
      nodes_len = last.len ? last.key + last.raw_len : 0;
    }
  nodes_len = nodes_len / LZ4_RATIO_MAX <= c->parts[PCTAB_P_NODES - PCTAB_P_HOT_CNT].len ? nodes_len : 0;
  return 5 * (uint64_t) c->parts[PCTAB_P_LINES - PCTAB_P_HOT_CNT].len + 8 * (uint64_t) nodes_len
         + 24 * (uint64_t) c->table->entry_cnt;
}

static uint64_t
bits_len (const struct pctab_cold *c)
{
  return 8 * (((uint64_t) c->table->entry_cnt + 63) / 64);
}

bool
pctab__cold_cache_plan (const struct pctab_cold *c, uint64_t *fixed, uint64_t *arena)
{
  uint64_t len;
  if (!strings_len (c, &len))
    return false;
  *fixed = ((sizeof (struct pctab_cold_cache) + 7) & ~(size_t) 7) + bits_len (c)
           + c->table->entry_cnt * (uint64_t) sizeof (struct cold_slot)
           + ((4 * (uint64_t) store_cnt (c, PCTAB_P_STRING_INDEX) + len + 7) & ~UINT64_C (7)) + 8;
  *arena = arena_len (c);
  return true;
}

void
pctab__cold_cache_init (struct pctab_cold *c, uint64_t arena)
{
  struct pctab_cold_cache *k = (void *) c->buf;
  uint64_t len;
  unsigned char *at = c->buf + ((sizeof *k + 7) & ~(size_t) 7);
  uint32_t block_cnt = store_cnt (c, PCTAB_P_STRING_INDEX);
  strings_len (c, &len);
  memset (k, 0, sizeof *k);
  k->entry_cnt = c->table->entry_cnt;
  k->known = (void *) at;
  memset (k->known, 0, bits_len (c));
  at += bits_len (c);
  k->slots = (void *) at;
  at += k->entry_cnt * sizeof *k->slots;
  k->blocks = (void *) at;
  memset (k->blocks, 0, 4 * (size_t) block_cnt);
  at += 4 * (size_t) block_cnt;
  k->strings = at;
  k->strings_len = len;
  at += len;
  k->arena = c->buf + (((size_t) (at - c->buf) + 7) & ~(size_t) 7);
  k->arena_len = arena & ~UINT64_C (7);
  c->cache = k;
}

/* Whether C's last record is the whole of F, so that F's entry stands for it. */
static bool
is_whole (const struct pctab_cold *c, struct pctab_func f)
{
  return f.bits && f.idx < c->cache->entry_cnt && c->last.flags & PCTAB_R_HOT && c->last.end
         && c->last.entry == pctab_func_entry (c->table, f);
}

void
pctab__cold_keep_name (struct pctab_cold *c, struct pctab_func f)
{
  struct pctab_cold_cache *k = c->cache;
  if (!k || !is_whole (c, f) || known_slot (c, f))
    return;
  k->slots[f.idx] = (struct cold_slot){ pctab__cold_string_off (c, c->last.name_number), 0 };
  k->known[f.idx / 64] |= UINT64_C (1) << f.idx % 64;
}

/* A function's lines being decoded into the free part of the arena: rows from its start up; from its end down the nodes'
 * origins, the nodes, and places as they come.  What is kept is then moved together. */
struct row {
  uint32_t position, off;
};

struct keeper {
  struct pctab_cold *c;
  struct cold_rows *rows;
  struct row *row;
  unsigned char *high;   /* the end of what is free */
  uint32_t *origins;     /* of each node, from 1 on */
  struct cold_node *nodes;
  uint32_t row_cnt, place_cnt, node_cnt;
  bool fits, small; /* so far: there is room; nothing is too large for its field */
  struct {
    uint32_t node, file, number; /* of a place, the number plus 1; 0: none */
  } recent[64];
};

/* LEN bytes, a multiple of 4, from the end of what is free; NULL: there is no room. */
static void *
take_high (struct keeper *k, size_t len)
{
  size_t room = (size_t) (k->high - (unsigned char *) (k->row + k->row_cnt));
  k->fits &= len <= room;
  return k->fits ? k->high -= len : NULL;
}

static uint32_t
file_off (struct pctab_cold *c, uint32_t file)
{
  return pctab__cold_string_off (c, file_string (c, file));
}

/* All nodes, as they will be kept, but that a parent is its number.  False: they are damaged. */
static bool
keep_nodes (struct keeper *k, struct node_reader *r)
{
  struct pctab_cold *c = k->c;
  uint32_t cnt = c->last.node_cnt;
  k->node_cnt = cnt;
  k->small &= cnt < UINT32_MAX / 64;
  k->fits &= k->small;
  k->origins = k->fits ? take_high (k, (cnt + cnt % 2) * sizeof *k->origins) : NULL;
  k->nodes = k->fits ? take_high (k, cnt * sizeof *k->nodes) : NULL;
  pctab__node_reader_init (r);
  for (uint32_t i = 0; i < cnt && k->fits; i++)
    {
      if (!pctab__node_next (r, c, &c->last))
        return false;
      const struct node_level *l = &r->level[r->depth];
      k->origins[i] = l->origin;
      k->nodes[i] = (struct cold_node){
        .name = l->origin < c->origin_cnt ? pctab__cold_string_off (c, c->name_cnt + l->origin) : 0,
        .call_file = file_off (c, l->file),
        .call_line = l->line,
        .parent = l[-1].number,
      };
    }
  return true;
}

/* The number of a place: of one just like it, if that was used lately. */
static uint32_t
keep_place (struct keeper *k, struct position at)
{
  unsigned i = (at.node * 31 + at.file) % 64;
  if (k->recent[i].number && k->recent[i].node == at.node && k->recent[i].file == at.file)
    return k->recent[i].number - 1;
  k->small &= k->place_cnt < 1u << (32 - PCTAB_ROW_LINE_BITS) && at.node <= k->node_cnt;
  struct cold_place *p = k->small ? take_high (k, sizeof *p) : NULL;
  if (!p)
    return 0;
  *p = (struct cold_place){ file_off (k->c, at.file), at.node };
  k->recent[i].node = at.node;
  k->recent[i].file = at.file;
  k->recent[i].number = ++k->place_cnt;
  return k->place_cnt - 1;
}

/* The position from UNITS on. */
static void
keep_row (struct keeper *k, uint64_t units, struct position at)
{
  struct row row = { keep_place (k, at) << PCTAB_ROW_LINE_BITS | at.line, (uint32_t) units };
  k->small &= at.line < 1u << PCTAB_ROW_LINE_BITS && units <= UINT16_MAX;
  k->fits &= k->small;
  struct row *last = k->row + k->row_cnt - 1;
  if (k->row_cnt && k->fits && last->off == row.off)
    last->position = row.position;
  else if (k->fits && !(k->row_cnt && last->position == row.position))
    {
      k->fits = (size_t) (k->high - (unsigned char *) (k->row + k->row_cnt)) >= sizeof row;
      if (k->fits)
        k->row[k->row_cnt++] = row;
    }
}

/* All rows.  False: the lines are damaged. */
static bool
keep_rows (struct keeper *k, struct line_reader *r)
{
  if (!pctab__line_start (r, k->c, &k->c->last, k->origins, 0))
    return false;
  keep_row (k, 0, line_position (r));
  while (k->fits && pctab__line_next (r))
    keep_row (k, r->units, line_position (r));
  return !r->bits.bad;
}

/* Moves together what is kept: its bytes, a multiple of 8; 0: there is no room. */
static size_t
join (struct keeper *k)
{
  struct cold_place *places = (void *) k->high;
  uint16_t *offs = take_high (k, (k->row_cnt * sizeof *offs + 7) & ~(size_t) 7);
  if (!offs)
    return 0;
  for (uint32_t i = 0; i < k->row_cnt; i++)
    offs[i] = (uint16_t) k->row[i].off;
  uint32_t *positions = (void *) (k->rows + 1);
  for (uint32_t i = 0; i < k->row_cnt; i++)
    {
      uint32_t position = k->row[i].position;
      memcpy (&positions[i], &position, sizeof position);
    }
  size_t len = sizeof *k->rows + k->row_cnt * (sizeof *positions + sizeof *offs);
  memmove (positions + k->row_cnt, offs, k->row_cnt * sizeof *offs);
  len = (len + 7) & ~(size_t) 7;
  size_t rest = k->place_cnt * sizeof *places + k->node_cnt * sizeof *k->nodes;
  memmove ((unsigned char *) k->rows + len, places, rest);
  *k->rows = (struct cold_rows){ k->row_cnt, (uint32_t) (len + k->place_cnt * sizeof *places) };
  return len + rest;
}

/* Numbers of nodes become where they are. */
static void
link_nodes (struct cold_rows *rows, uint32_t place_cnt, uint32_t node_cnt)
{
  struct cold_node *nodes = (void *) ((unsigned char *) rows + rows->places_off);
  struct cold_place *places = (struct cold_place *) (void *) nodes - place_cnt;
  uint32_t first = rows->places_off - (uint32_t) sizeof *nodes;
  for (uint32_t i = 0; i < place_cnt; i++)
    places[i].node = places[i].node ? first + places[i].node * (uint32_t) sizeof *nodes : 0;
  for (uint32_t i = 0; i < node_cnt; i++)
    nodes[i].parent = nodes[i].parent ? first + nodes[i].parent * (uint32_t) sizeof *nodes : 0;
}

/* The lines of C's last record into the arena, as a slot has them; 0: there is no room now. */
static uint32_t
decode_lines (struct pctab_cold *c)
{
  struct pctab_cold_cache *cache = c->cache;
  unsigned char *from = cache->arena + cache->arena_used;
  struct keeper k = { .c = c, .rows = (void *) from, .row = (void *) (from + sizeof (struct cold_rows)),
                      .high = cache->arena + cache->arena_len, .fits = true, .small = true };
  struct line_reader r;
  if (cache->arena_len - cache->arena_used < sizeof (struct cold_rows))
    return 0;
  if (!keep_nodes (&k, &r.nodes) || (k.fits && !keep_rows (&k, &r)))
    return PCTAB_LINES_APART;
  size_t len = k.fits ? join (&k) : 0;
  if (!len)
    return k.small ? 0 : PCTAB_LINES_APART;
  link_nodes (k.rows, k.place_cnt, k.node_cnt);
  cache->arena_used += len;
  return (uint32_t) ((size_t) (from - cache->arena) / 8) + 1;
}

void
pctab__cold_keep_lines (struct pctab_cold *c, struct pctab_func f)
{
  struct pctab_cold_cache *k = c->cache;
  if (!k || !is_whole (c, f))
    return;
  uint32_t lines = decode_lines (c);
  if (!lines && k->arena_used)
    {
      /* What is kept of other functions goes, and comes again if it is asked for. */
      memset (k->known, 0, bits_len (c));
      k->arena_used = 0;
      lines = decode_lines (c);
    }
  pctab__cold_keep_name (c, f);
  k->slots[f.idx].lines = lines ? lines : PCTAB_LINES_APART;
}
