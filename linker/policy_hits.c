/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stretches are collected in any order and number, and laid over the frames once, by one sweep for each reason: a file
 * whose symbols all claim the whole text costs no more than another. */
#include "policy_state.h"

#include <stdlib.h>

#include "radix.h"

bool
pctab__hits_add (struct policy_hits *h, unsigned reason, uint32_t off, uint32_t end)
{
  if (end <= off)
    return true;
  if (!model_reserve (&h->of[reason], 1))
    return false;
  h->of[reason].at[h->of[reason].cnt++] = (uint64_t) off << 32 | end;
  return true;
}

void
pctab__hits_free (struct policy_hits *h)
{
  for (unsigned i = 0; i < REASON_END; i++)
    free (h->of[i].at);
}

bool
pctab__hits_visit (struct policy_hits *h, unsigned reason, struct model *m,
                   void (*visit) (struct model_frame *f, unsigned reason))
{
  uint64_t *at = h->of[reason].at;
  size_t cnt = h->of[reason].cnt, next = 0;
  uint32_t reach = 0; /* the furthest end of the stretches that begin before the frame's end */
  if (!pctab__radix_sort (at, cnt))
    return false;
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      struct model_frame *f = &m->frames.at[i];
      for (; next < cnt && at[next] >> 32 < f->end; next++)
        if ((uint32_t) at[next] > reach)
          reach = (uint32_t) at[next];
      if (reach > f->off)
        visit (f, reason);
    }
  return true;
}
