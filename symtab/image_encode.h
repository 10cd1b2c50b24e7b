/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_IMAGE_ENCODE_H
#define PCTAB_IMAGE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "model.h"

/* What the image says of the file it is for. */
struct image_about {
  uint64_t text_digest;
  const unsigned char *build_id; /* may be NULL */
  uint32_t build_id_len;
};

/* Encodes the model as a table: *IMAGE (malloc'd, the caller's) of *LEN bytes, a function of the model alone, in the
 * target's byte order.  THREADS: up to so many work on it; the bytes do not depend on their number.  Resolves the model
 * on the way: its arrays may be sorted, merged and extended.  False, with a message, when memory is out or a limit of
 * the format is passed; *IMAGE is untouched then.
 * Signal: not safe.  Threads: one model is one thread's.  Cost: linear in the model, plus LZ4's. */
bool pctab__image_encode (struct model *m, const struct image_about *about, unsigned threads, unsigned char **image,
                          size_t *len, struct diag *d);

#endif
