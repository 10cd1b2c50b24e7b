/* SPDX-License-Identifier: MIT */
/* The digests of a table.  FORMAT, 2. */
#ifndef PCTAB_DIGEST_H
#define PCTAB_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a header says of where the digested stretches are. */
struct digest_bounds {
  uint32_t hot_from, hot_end, end; /* the hot parts behind the build ID, the table */
};

/* Reads the bounds from the table of LEN bytes at IMAGE, in the byte order BIG.  False: they contradict each other, or
 * lie outside.  Signal: safe. */
bool pctab__digest_bounds (const unsigned char *image, size_t len, bool big, struct digest_bounds *b);

/* Signal: safe, all three. */
uint64_t pctab__digest_head (const unsigned char *image, const struct digest_bounds *b);
uint64_t pctab__digest_hot (const unsigned char *image, const struct digest_bounds *b);
uint64_t pctab__digest_cold (const unsigned char *image, const struct digest_bounds *b);

/* Computes all and stores them in the header, in the byte order BIG. */
void pctab__digest_store (unsigned char *image, const struct digest_bounds *b, bool big);

#endif
