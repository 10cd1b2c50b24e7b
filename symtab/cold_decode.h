/* SPDX-License-Identifier: MIT */
/* What the readers of the cold part share.  Nothing here trusts a byte of it: the digest may not have been checked, and
 * bytes may be overwritten between two lookups.  Where the parts are, a pctab_cold knows since it was opened. */
#ifndef PCTAB_COLD_DECODE_H
#define PCTAB_COLD_DECODE_H

#include "bits.h"
#include "cursor.h"
#include <pctab/table.h>
#include "table.h"

/* A cold part's bytes. */
static inline struct cursor
cold_part (const struct pctab_cold *c, unsigned number)
{
  const struct pctab_bytes *part = &c->parts[number - PCTAB_P_HOT_CNT];
  return cursor_over (part->at, part->len, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/* The varints of FORMAT; longer than five bytes is an error of the cursor. */
static inline uint32_t
cursor_uvar (struct cursor *c)
{
  uint32_t v = 0;
  /* Mostly it is one byte or two. */
  if (__builtin_expect (cursor_left (c) >= 2, 1))
    {
      if (!(c->pos[0] & 128))
        return *c->pos++;
      if (!(c->pos[1] & 128))
        {
          c->pos += 2;
          return (c->pos[-2] & 127) | (uint32_t) c->pos[-1] << 7;
        }
    }
  for (unsigned shift = 0; shift < 35 && c->pos < c->end; shift += 7)
    {
      unsigned char b = *c->pos++;
      v |= (uint32_t) (b & 127) << (shift & 31);
      if (!(b & 128))
        return v;
    }
  cursor_fail (c);
  return 0;
}

static inline int32_t
cursor_svar (struct cursor *c)
{
  uint32_t v = cursor_uvar (c);
  return (int32_t) (v >> 1 ^ -(v & 1));
}

/* --- cold_open.c --- */

/* Where part NUMBER of a table lies in it, whatever the directory says now. */
struct pctab_bytes pctab__cold_bytes (const struct pctab_table *t, unsigned number);

/* --- cold_store.c --- */

/* Blocks of the store whose index is part INDEX. */
static inline uint32_t
store_cnt (const struct pctab_cold *c, unsigned index)
{
  return c->parts[index - PCTAB_P_HOT_CNT].len / PCTAB_STORE_BYTES;
}

/* The last block whose key is at or before KEY.  False: there is none. */
bool pctab__store_find (const struct pctab_cold *c, unsigned index, uint32_t key, uint32_t *block);

/* What the index says of a block, which must be there. */
struct store_entry {
  uint32_t key, raw_len;
  const unsigned char *at; /* its bytes as they are stored */
  uint32_t len;            /* 0: the index is damaged */
};

struct store_entry pctab__store_entry (const struct pctab_cold *c, unsigned index, uint32_t block);

/* Up to LEN first bytes of a block, unpacked, to TO: how many. */
size_t pctab__store_unpack (const struct pctab_cold *c, unsigned index, const struct store_entry *e, unsigned char *to,
                            size_t len);

/* --- cold_string.c --- */

/* String NUMBER; NULL for a number that is not there, or if it has no room (PCTAB_ERROR_BUFFER). */
enum pctab_error pctab__cold_string (struct pctab_cold *c, uint32_t number, const char **string);

/* The same as an offset from the cache's strings plus 1; 0: none, or it is damaged.  There must be a cache. */
uint32_t pctab__cold_string_off (struct pctab_cold *c, uint32_t number);

/* The number of the string that names file FILE, from 1 on; UINT32_MAX: there is none. */
static inline uint32_t
file_string (const struct pctab_cold *c, uint32_t file)
{
  return file && file <= c->file_cnt ? c->name_cnt + c->origin_cnt + file - 1 : UINT32_MAX;
}

/* Strings that earlier calls returned go, where there is no room to keep all. */
static inline void
drop_strings (struct pctab_cold *c)
{
  c->used = 0;
}

/* --- cold_record.c --- */

/* Makes C's last record the one that PC lies in; its `end` 0: there is none. */
enum pctab_error pctab__record_find (struct pctab_cold *c, uint64_t pc);

/* --- cold_node.c --- */

/* Where an inlined function is declared: file + 1, line; both 0 for a number that is not there. */
struct origin {
  uint32_t file, line;
};

struct origin pctab__origin (const struct pctab_cold *c, uint32_t number);

/* Nodes that are read for one answer at most; beyond, the table is damaged. */
#define PCTAB_NODES_MAX (1u << 20)

/* The nodes of one function, one after the other, out of blocks that end anywhere.  Bytes: 3 KiB. */
struct node_reader {
  const struct pctab_cold *cold; /* NULL: it must start again */
  const unsigned char *pos, *end; /* of the block at hand */
  uint32_t off, left;             /* of the next block in all nodes; the function's bytes there */
  bool bad;
  uint32_t number, node_cnt; /* of the last node read; 0: none yet, the function itself */
  uint32_t read_cnt;         /* by all starts together */
  unsigned depth;
  struct node_level {
    uint32_t number, origin, file, line; /* of the node at this depth, and of its call; file + 1, 0: none */
    uint32_t next_file, next_line;       /* what the next call in it is relative to */
    bool next_known;                     /* else they are the origin's */
  } level[PCTAB_DEPTH_MAX + 2];
  unsigned char block[PCTAB_NODE_BLOCK];
};

void pctab__node_reader_init (struct node_reader *r);

/* Reads the next node of RECORD.  False: there is none. */
bool pctab__node_next (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record);

/* Reads on, or again from the start, until node NUMBER, not 0, is on the path; its depth there.  0: it is not there. */
unsigned pctab__node_seek (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record,
                           uint32_t number);

/* --- cold_line.c --- */

struct position {
  uint32_t node, file, line; /* file + 1 */
};

/* Steps that are read of a chunk at most; beyond, it is damaged.  FORMAT has 129 at most. */
#define PCTAB_STEPS_MAX 256

/* A place in a function's line stream: the position of the last step taken, the step after it, and where its chunk
 * ends. */
struct line_reader {
  struct bit_reader bits;
  const struct pctab_cold *cold;
  const struct pctab_record *record;
  const uint32_t *origins; /* of each node from 1 on, if they are known; else they are read */
  bool zero, ended;
  uint64_t units; /* from the function's entry to the last step */
  uint32_t op, adv, step_cnt;
  int32_t change;
  uint32_t highest, recent_cnt;
  struct position recent[PCTAB_OP_RECENT_MAX];
  struct {
    struct cursor entries, data; /* of the chunks behind this one; this one's steps */
    uint32_t cnt, highest;       /* entries left; what the next chunk starts with */
    struct position next;
    uint64_t len, end; /* of its steps; in units */
  } chunk;
  struct node_reader nodes;
};

/* Starts with the function's chunk that has UNITS.  False: its lines are damaged. */
bool pctab__line_start (struct line_reader *r, const struct pctab_cold *c, const struct pctab_record *record,
                        const uint32_t *origins, uint64_t units);

/* Takes the steps up to UNITS, which is not before the last one taken.  False: they are damaged. */
bool pctab__line_seek (struct line_reader *r, uint64_t units);

/* Takes the next step, or goes to the next chunk.  False: there is none; then r->bits.bad says whether of damage. */
bool pctab__line_next (struct line_reader *r);

/* Where the step after the last one taken begins, units; UINT64_MAX: there is none. */
uint64_t pctab__line_end (const struct line_reader *r);

static inline struct position
line_position (const struct line_reader *r)
{
  struct position at = r->recent[0];
  at.line = r->zero ? 0 : at.line;
  return at;
}

/* --- cold_cache.c --- */

/* What is kept where the buffer has room for all: unpacked strings, and of each function that was asked for its name
 * and its rows of lines, for a lookup of a few cache lines. */
struct cold_slot {
  uint32_t name;  /* offset in the strings plus 1; 0: none */
  uint32_t lines; /* offset of a cold_rows in the arena, in eights, plus 1; 0: not decoded yet */
};
#define PCTAB_LINES_APART UINT32_MAX /* as `lines`: they are not kept, but decoded each time */

/* The lines of a function.  Behind it: a position for each row, u32, and where it begins, u16; the places, the last one
 * first; the nodes. */
struct cold_rows {
  uint32_t row_cnt, places_off; /* bytes from here to the end of the places */
};
#define PCTAB_ROW_LINE_BITS 20 /* of a position: its line; above, the number of its place */

struct cold_place {
  uint32_t file; /* offset in the strings plus 1; 0: none */
  uint32_t node; /* bytes from the cold_rows to its cold_node; 0: the function itself */
};

struct cold_node {
  uint32_t name, call_file, call_line; /* offsets in the strings plus 1; 0: none */
  uint32_t parent;                     /* as cold_place's node */
};

#define PCTAB_MEMO_CNT 256

struct pctab_cold_cache {
  uint32_t entry_cnt;
  uint64_t *known; /* bits by functab entry: its slot is set */
  struct cold_slot *slots;
  uint32_t *blocks; /* of each block of strings: its offset in the strings plus 1; 0: not unpacked */
  unsigned char *strings, *arena;
  size_t strings_len, strings_used, arena_len, arena_used;
  struct {
    uint32_t number, off; /* of a string, both plus 1; 0: none */
  } memo[PCTAB_MEMO_CNT];
  struct line_reader reader; /* where it stopped in a function whose lines are not kept */
  uint64_t reader_entry;     /* that function's */
  bool reading;
};

/* Bytes of the cache of a table but for the arena, and what the arena may need; false: the indexes are damaged. */
bool pctab__cold_cache_plan (const struct pctab_cold *c, uint64_t *fixed, uint64_t *arena);

/* Makes C's buffer a cache with an arena of ARENA bytes. */
void pctab__cold_cache_init (struct pctab_cold *c, uint64_t arena);

/* Keeps the name of the function F, whose entry C's last record has. */
void pctab__cold_keep_name (struct pctab_cold *c, struct pctab_func f);

/* Keeps its lines too, if they can be kept. */
void pctab__cold_keep_lines (struct pctab_cold *c, struct pctab_func f);

/* The slot of F; NULL: it is not set. */
static inline struct cold_slot *
known_slot (const struct pctab_cold *c, struct pctab_func f)
{
  const struct pctab_cold_cache *k = c->cache;
  bool known = f.bits && k && f.idx < k->entry_cnt && k->known[f.idx / 64] >> f.idx % 64 & 1;
  return known ? &k->slots[f.idx] : NULL;
}

#endif
