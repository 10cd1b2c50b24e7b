/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Findings for people, one a line, as compilers print them. */
#include <inttypes.h>

#include "work.h"

#define SHOWN_MAX 20 /* of one rule in one file */

static void
print_where (FILE *to, const struct where *w)
{
  if (w->part)
    fprintf (to, "%s", w->part);
  if (w->off != WHERE_NONE)
    fprintf (to, "+%#" PRIx64, w->off);
  if (w->pc != WHERE_NONE)
    fprintf (to, "%s%#" PRIx64, w->part ? ", " : "", w->pc);
  if (w->func)
    fprintf (to, " in %s", w->func);
  if (w->part || w->pc != WHERE_NONE || w->func)
    fprintf (to, ": ");
}

void
pctab__print_text (FILE *to, const struct settings *s, const struct target *t, const bool *show)
{
  static uint32_t shown[CHECK_CNT];
  for (unsigned i = 0; i < CHECK_CNT; i++)
    shown[i] = 0;
  for (size_t i = 0; i < t->report->cnt; i++)
    {
      const struct finding *f = &t->report->at[i];
      const struct check *c = pctab__check_get (f->check);
      if (!show[i] || (s->quiet && c->severity < s->fail_on) || shown[f->check]++ >= SHOWN_MAX)
        continue;
      fprintf (to, "%s: %s: ", t->path, pctab__severity_text (c->severity));
      print_where (to, &f->where);
      fprintf (to, "%s: %s [%s]\n", c->meaning, f->text, c->id);
    }
  for (unsigned i = 0; i < CHECK_CNT; i++)
    if (shown[i] > SHOWN_MAX)
      fprintf (to, "%s: %s: %" PRIu32 " more of the same [%s]\n", t->path,
               pctab__severity_text (pctab__check_get (i)->severity), shown[i] - SHOWN_MAX, pctab__check_get (i)->id);
}
