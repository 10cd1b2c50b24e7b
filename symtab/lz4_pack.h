/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_LZ4_PACK_H
#define PCTAB_LZ4_PACK_H

#include "buf.h"

/* Packs blocks with one dictionary, which stays where it is. */
struct lz4_packer;

/* NULL: memory is out.  DICT_LEN is at most LZ4_DICT_MAX. */
#define LZ4_DICT_MAX 32768
struct lz4_packer *pctab__lz4_packer_new (const unsigned char *dict, size_t dict_len);
void pctab__lz4_packer_free (struct lz4_packer *p);

/* Appends the LEN bytes at DATA to OUT as an LZ4 block. */
void pctab__lz4_pack (struct lz4_packer *p, const unsigned char *data, size_t len, struct buf *out);

#endif
