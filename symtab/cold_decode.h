/* SPDX-License-Identifier: MIT */
/* What the readers of the cold part share.  Nothing here trusts a byte of it: the digest may not have been checked. */
#ifndef PCTAB_COLD_DECODE_H
#define PCTAB_COLD_DECODE_H

#include "cursor.h"
#include "pctab.h"
#include "table.h"

/* A cold part's bytes. */
struct cursor pctab__cold_part (const struct pctab_table *t, unsigned number);

/* Block BLOCK of the strings or of the records, unpacked; its bytes stay as long as the pctab_cold. */
enum pctab_error pctab__cold_block (struct pctab_cold *c, bool records, uint32_t block, struct cursor *out);

/* String NUMBER; NULL for a number that is not there. */
enum pctab_error pctab__cold_string (struct pctab_cold *c, uint32_t number, const char **string);

/* The block whose entries begin at or before KEY.  False: there is none. */
bool pctab__cold_find (const struct pctab_cold *c, bool records, uint32_t key, uint32_t *block);

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
  } level[PCTAB_DEPTH_MAX + 2];
};

/* Reads on, or again from the start, up to node NUMBER.  False: it is not there. */
bool pctab__node_seek (struct node_reader *r, const struct pctab_cold *c, const struct pctab_record *record,
                       uint32_t number);

/* File (plus 1) and line of an origin. */
void pctab__origin (const struct pctab_cold *c, uint32_t number, uint32_t *file, uint32_t *line);

#endif
