/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_LZ4_UNPACK_H
#define PCTAB_LZ4_UNPACK_H

#include <stddef.h>

/* Unpacks the first bytes of the SRC_LEN at SRC, an LZ4 block packed with a dictionary, into the DST_LEN at DST: as many as
 * there are, or as have room.  Returns how many.  What can't be unpacked ends it. */
size_t pctab__lz4_unpack (const unsigned char *src, size_t src_len, unsigned char *dst, size_t dst_len,
                          const unsigned char *dict, size_t dict_len);

#endif
