/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_DICTIONARY_H
#define PCTAB_DICTIONARY_H

#include "buf.h"
#include <stdbool.h>
#include <stddef.h>

/* Fills OUT with up to CAP bytes out of the LEN at DATA, for blocks of about BLOCK_LEN of them to be packed with.  Nothing,
 * where LEN is too short for it to be worth anything.  False: memory is out. */
bool pctab__dictionary_make (const unsigned char *data, size_t len, size_t block_len, size_t cap, struct buf *out);

#endif
