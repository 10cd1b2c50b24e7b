/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_IMAGE_SWAP_H
#define PCTAB_IMAGE_SWAP_H

#include <stdbool.h>
#include <stddef.h>

/* Turns LEN bytes at IMAGE, a whole table in the other byte order, into this machine's, digests included; what varints
 * and bits say has no byte order.  A table whose digests do not match is turned all the same, and so that they still do
 * not.  False: its header or directory is damaged; the bytes are then of no use.
 * For tools: a process reads its own tables as they are.  Signal: safe. */
bool pctab__image_swap (unsigned char *image, size_t len);

#endif
