/* SPDX-License-Identifier: MIT */
/* Entries in small blocks that are unpacked one by one: LZ4 where that saves enough, else as they are.  FORMAT, "Stores". */
#ifndef PCTAB_BLOCK_STORE_H
#define PCTAB_BLOCK_STORE_H

#include "buf.h"
#include "model.h"

struct store_block {
  uint32_t key;   /* what a reader searches for: of the block's first entry */
  uint32_t start; /* in raw */
};

struct store {
  struct buf raw; /* all blocks, unpacked; append entries here */
  MODEL_VEC (struct store_block) blocks;
};

/* Where an encoded store goes: index entries (key, offset, unpacked bytes), blocks, their dictionary. */
struct store_parts {
  struct buf *index, *data, *dict;
};

/* The next entry starts a block.  False: memory is out. */
bool pctab__store_block (struct store *s, uint32_t key);

/* Bytes in the current block. */
size_t pctab__store_used (const struct store *s);

/* Packs the blocks, on up to THREADS threads: with a dictionary, those that a thirty-second is saved of; without one (NULL),
 * those that half is saved of.  False: memory is out. */
bool pctab__store_encode (const struct store *s, unsigned threads, struct store_parts out);
void pctab__store_free (struct store *s);

#endif
