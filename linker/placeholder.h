/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The placeholder: a small relocatable object whose section .pctab keeps the table's place in a link.  It begins with
 * an unfinished table's header (magic, version 0, size), the rest is zeros. */
#ifndef PCTAB_PLACEHOLDER_H
#define PCTAB_PLACEHOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

#define PLACEHOLDER_BYTES_MIN 16 /* the header alone */

/* Writes the placeholder with RESERVE bytes of room to the empty file FD.  False: errno says why. */
bool pctab__placeholder_write (int fd, const struct like *like, uint64_t reserve);

#endif
