/* SPDX-License-Identifier: MIT */
/* Which strings and origins the cold part holds, and under which numbers.
 *
 * Strings: the names of the named functions, in their order (so a record needs no number); then the names of the
 * origins that some node has; then the files that something names.  Origins: those with the most nodes first, since
 * their numbers stand in every node; within a group of numbers of equal length by name, since neighbours that begin
 * alike pack best. */
#ifndef PCTAB_NAME_POOL_H
#define PCTAB_NAME_POOL_H

#include "cold_steps.h"

struct name_pool {
  uint32_t name_cnt, origin_cnt, file_cnt; /* strings: names, then origins', files', (pcdata tables') */
  uint32_t *origins; /* by number: index into the model's */
  uint32_t *origin_number; /* by index into the model's; MODEL_NONE: no node has it */
  uint32_t *files;
  uint32_t *file_number;
};

/* False: memory is out. */
bool pctab__name_pool_make (struct name_pool *p, const struct model *m, const struct cold *c);
void pctab__name_pool_free (struct name_pool *p);

#endif
