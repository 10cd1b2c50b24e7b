/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_XXH64_H
#define PCTAB_XXH64_H

#include <stddef.h>
#include <stdint.h>

/* XXH64 with seed SEED of LEN bytes (github.com/Cyan4973/xxHash, doc/xxhash_spec.md).  Digests against accidents, not
 * against an adversary: a table is no more trusted than the code beside it.  Signal: safe.  Cost: about 0.1 ns a
 * byte. */
uint64_t pctab__xxh64 (const void *data, size_t len, uint64_t seed);

#endif
