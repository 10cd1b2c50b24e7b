/* SPDX-License-Identifier: MIT */
/* Many steps. */
#include "unwinder.h"

unsigned
pctab_unwind_pcs (struct pctab_cursor *c, void **pcs, unsigned max, enum pctab_stop *stop)
{
  unsigned cnt = 0;
  enum pctab_stop why = PCTAB_STOP_NONE;
  pctab_read_begin ();
  while (cnt < max && !why)
    {
      pcs[cnt++] = (void *) (uintptr_t) c->pc;
      why = pctab_unwind_step (c);
    }
  pctab_read_end ();
  *stop = why ? why : PCTAB_STOP_TOO_DEEP;
  return cnt;
}
