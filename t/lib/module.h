/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of modules ask. */
#include <pctab/pctab.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2: a function begins there, as its table says; 1: a module has it; 0: none. */
static inline int
look (const void *at)
{
  uint64_t pc = (uintptr_t) at;
  int found = 0;
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
  if (m)
    {
      struct pctab_func f = pctab_findfunc (&m->table, pc);
      found = f.bits && pctab_func_entry (&m->table, f) == pc ? 2 : 1;
    }
  pctab_read_end ();
  return found;
}

static inline uint64_t
generation_of (const void *at)
{
  struct pctab_identity identity = { .generation = 0 };
  pctab_identify ((uintptr_t) at, &identity);
  return identity.generation;
}

#define EXPECT(condition)                                                        \
  do                                                                             \
    if (!(condition))                                                            \
      {                                                                          \
        printf ("%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
        exit (1);                                                                \
      }                                                                          \
  while (0)
