/* SPDX-License-Identifier: MIT */
/* Code made at run time. */
#include <string.h>

#include "module.h"

enum pctab_error
pctab_module_register (const char *name, const void *code, size_t len, const void *table, size_t table_len,
                       uint64_t *generation)
{
  struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  struct mask mask;
  struct source src = {
    .origin = PCTAB_ORIGIN_MADE,
    .safe = true,
    .lo = (uintptr_t) code,
    .hi = (uintptr_t) code + len,
    .bias = (uintptr_t) code,
    .path = (uintptr_t) name,
    .path_len = name ? strlen (name) : 0,
    .table = (uintptr_t) table,
    .table_len = table_len,
    .at_lo = true,
  };
  if (!len || src.hi <= src.lo)
    return PCTAB_ERROR_RANGE;
  pctab__native (&src.machine, &src.is64);
  struct record *r = s ? pctab__record_make (&src) : NULL;
  if (!r)
    return PCTAB_ERROR_MEMORY;
  enum pctab_error error = r->error;
  if (error)
    {
      pctab__record_free (r);
      return error == PCTAB_ERROR_NO_TABLE ? PCTAB_ERROR_NOT_TABLE : error;
    }
  pctab__writer_lock (s, &mask);
  error = pctab__list_change (s, r, NULL);
  if (!error)
    *generation = s->generation;
  pctab__writer_unlock (s, &mask);
  return error;
}

/* The registered module of that generation. */
static struct record *
find_made (const struct list *l, uint64_t generation)
{
  for (uint32_t i = 0; i < l->cnt; i++)
    if (l->at[i]->module.origin == PCTAB_ORIGIN_MADE && l->at[i]->module.generation == generation)
      return l->at[i];
  return NULL;
}

enum pctab_error
pctab_module_unregister (uint64_t generation)
{
  struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  struct mask mask;
  if (!s)
    return PCTAB_ERROR_RANGE;
  pctab__writer_lock (s, &mask);
  struct record *r = find_made (list_of (pctab_modules ()), generation);
  enum pctab_error error = r ? pctab__list_change (s, NULL, r) : PCTAB_ERROR_RANGE;
  pctab__writer_unlock (s, &mask);
  return error;
}
