/* SPDX-License-Identifier: MIT */
/* Many steps: as many as can be by what is known of PCs already, then one that looks its PC up; and so on.  Only that one
 * needs a read section, so a walk over known PCs opens none. */
#include "unwind_cache.h"

unsigned
pctab_unwind_pcs (struct pctab_cursor *c, void **pcs, unsigned max, enum pctab_stop *stop)
{
  unsigned cnt = 0;
  bool reads = false;
  enum pctab_stop why = PCTAB_STOP_TOO_DEEP;
  while (cnt < max)
    {
      pcs[cnt++] = (void *) (uintptr_t) c->pc;
      cnt += pctab__step_known (c, pcs + cnt, max - cnt);
      why = pctab__step_ends (c) ? PCTAB_STOP_END : PCTAB_STOP_NONE;
      if (!why)
        {
          if (!reads)
            pctab_read_begin ();
          reads = true;
          why = pctab_unwind_step (c);
        }
      if (why)
        break;
      why = PCTAB_STOP_TOO_DEEP;
    }
  if (reads)
    pctab_read_end ();
  *stop = why;
  return cnt;
}
