/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any other table: what the records say. */
#include "mark_work.h"

static bool
emit_literals (struct mark_work *w)
{
  for (size_t i = 0; i < w->literals.cnt; i++)
    if (!pctab__mark_emit (w, w->literals.at[i].off, w->literals.at[i].end, w->literals.at[i].value))
      return false;
  return true;
}

bool
pctab__mark_values (struct mark_work *w)
{
  const struct mark_sweep sweep = { .each = emit_literals };
  return pctab__mark_sweep (w, &sweep);
}
