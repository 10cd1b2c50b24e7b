/* SPDX-License-Identifier: MIT */
/* What the readers of the cold part share.  Nothing here trusts a byte of it: the digest may not have been checked. */
#ifndef PCTAB_COLD_DECODE_H
#define PCTAB_COLD_DECODE_H

#include "bits.h"
#include "cursor.h"
#include <pctab/table.h>
#include "table.h"

/* A cold part's bytes. */
struct cursor pctab__cold_part (const struct pctab_table *t, unsigned number);

/* Block BLOCK of the strings or of the records, unpacked; its bytes stay as long as the pctab_cold. */
enum pctab_error pctab__cold_block (struct pctab_cold *c, bool records, uint32_t block, struct cursor *out);

/* String NUMBER; NULL for a number that is not there. */
enum pctab_error pctab__cold_string (struct pctab_cold *c, uint32_t number, const char **string);

/* The block whose entries begin at or before KEY.  False: there is none. */
bool pctab__cold_find (const struct pctab_cold *c, bool records, uint32_t key, uint32_t *block);

/* Makes C's last record the one that PC lies in; its `end` 0: there is none. */
enum pctab_error pctab__record_find (struct pctab_cold *c, uint64_t pc);

/* The varints of FORMAT; longer than five bytes is an error of the cursor. */
static inline uint32_t
cursor_uvar (struct cursor *c)
{
  uint32_t v = 0;
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

/* The nodes of one function, one after the other. */
struct node_reader {
  struct cursor at;
  const struct pctab_cold *cold;
  uint32_t number, node_cnt; /* of the last node read; 0: none yet, the function itself */
  unsigned depth;
  struct {
    uint32_t origin, file, line;           /* of the node at this depth, and of its call; file + 1, 0: none */
    uint32_t next_file, next_line;         /* what the next call in it is relative to */
    bool next_known;                       /* else they are the origin's */
  } level[PCTAB_DEPTH_MAX + 2];
};

/* Reads on, or again from the start, up to node NUMBER.  False: it is not there. */
bool pctab__node_seek (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record,
                       uint32_t number);

/* Where an inlined function is declared: file + 1, line; both 0 for a number that is not there. */
struct origin {
  uint32_t file, line;
};

struct origin pctab__origin (const struct pctab_cold *c, uint32_t number);

struct position {
  uint32_t node, file, line; /* file + 1 */
};

/* A place in a function's line stream: the position of the last step taken, the step after it, and where its chunk
 * ends. */
struct line_reader {
  struct bit_reader bits;
  struct pctab_cold *cold;
  const struct pctab_record *record;
  uint64_t entry; /* of the record, as long as `good` */
  bool good, zero, ended;
  uint64_t units; /* from the function's entry to the last step */
  uint32_t op, adv;
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

#define PCTAB_DIRECT_BITS 10

struct pctab_cold_cache {
  const char **strings;         /* by number; NULL: not looked up yet, or not there */
  struct origin *origins;       /* by number */
  unsigned char *origin_groups; /* whether the origins of a group are decoded */
  uint32_t direct[3][1 << PCTAB_DIRECT_BITS];
  struct line_reader lines;
};

#endif
