/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules over a table in memory. */
#include "verify.h"

/* Every function's lines are decoded; what is wrong with them the decoder reports. */
void
pctab__check_lines (struct decoded *d)
{
  if (!(~d->good & (GOOD_RECORDS | GOOD_CODES)))
    for (uint32_t i = 0; i < d->record_cnt && !d->memory; i++)
      pctab__decoded_lines (d, &d->records[i], NULL);
}

bool
pctab__verify_image (struct decoded *d, const unsigned char *image, size_t len, uint64_t addr,
                     enum verify_extent extent, struct report *r)
{
  pctab__decoded_read (d, image, len, addr, extent == VERIFY_ALL, r);
  pctab__check_marks (d);
  if (extent == VERIFY_ALL)
    pctab__check_lines (d);
  return !d->memory && !r->memory;
}
