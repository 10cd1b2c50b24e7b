/* SPDX-License-Identifier: MIT */
/* How long a task's first function is.
 *
 * The walk over known PCs stops at a return address in that function, so it needs to know its end, which a table says
 * only of the PC at hand: some twenty lookups.  There are few such functions in a process, so their ends are kept,
 * each in a word: the entry's low 48 bits and the length.  Of modules that are never unloaded, an entry stays right
 * for ever. */
#include "decide.h"

#if UINTPTR_MAX > UINT32_MAX

#define KEPT_BITS 6
#define LEN_BITS 16
#define LEN_MAX ((UINT64_C (1) << LEN_BITS) - 1)

/* The least number of bytes from F's entry on at which F is no more; LEN_MAX: of those or more. */
static uint64_t
measure (const struct pctab_table *t, struct pctab_func f)
{
  uint64_t entry = pctab_func_entry (t, f), in = 0, out = LEN_MAX;
  while (out - in > 1)
    {
      uint64_t mid = in + (out - in) / 2;
      struct pctab_func at = pctab_findfunc (t, entry + mid);
      if (at.bits && at.off == f.off)
        in = mid;
      else
        out = mid;
    }
  return out;
}

bool
pctab__decide_end (const struct pctab_modules *modules, uint64_t entry, uint64_t *len)
{
  static uint64_t kept[1 << KEPT_BITS];
  uint64_t *at = &kept[(entry ^ entry >> KEPT_BITS ^ entry >> 2 * KEPT_BITS) & ((1 << KEPT_BITS) - 1)];
  uint64_t word = __atomic_load_n (at, __ATOMIC_RELAXED);
  if (word >> LEN_BITS != entry)
    {
      const struct pctab_module *m = pctab_find_module (modules, entry);
      struct pctab_func f = m && m->permanent ? pctab_findfunc (&m->table, entry) : (struct pctab_func){ 0 };
      if (!f.bits || pctab_func_entry (&m->table, f) != entry || entry >> (64 - LEN_BITS))
        return false;
      word = entry << LEN_BITS | measure (&m->table, f);
      __atomic_store_n (at, word, __ATOMIC_RELAXED);
    }
  *len = word & LEN_MAX;
  return *len < LEN_MAX;
}

#else /* no walk over known PCs */

bool
pctab__decide_end (const struct pctab_modules *modules, uint64_t entry, uint64_t *len)
{
  (void) modules, (void) entry, (void) len;
  return false;
}

#endif
