/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "blame.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The symbol whose function has the code at OFF, or NULL: of several the one that starts last, then a global one. */
static const struct model_symbol *
find_symbol (const struct model *m, uint32_t off)
{
  const struct model_symbol *best = NULL;
  for (size_t i = 0; i < m->symbols.cnt; i++)
    {
      const struct model_symbol *s = &m->symbols.at[i];
      if (s->off > off || (s->size && off - s->off >= s->size))
        continue;
      if (!best || s->off > best->off || (s->off == best->off && !best->bind && s->bind))
        best = s;
    }
  return best;
}

void
pctab__blame_place (const struct model *m, uint32_t off, char *text, size_t size)
{
  const struct model_symbol *s = find_symbol (m, off);
  if (!s)
    snprintf (text, size, "%#" PRIx64, m->base + off);
  else if (s->off == off)
    snprintf (text, size, "%.*s", s->name.len < 200 ? (int) s->name.len : 200, s->name.p);
  else
    snprintf (text, size, "%.*s+%#" PRIx32, s->name.len < 200 ? (int) s->name.len : 200, s->name.p, off - s->off);
}

bool
pctab__blame_error (struct diag *d, const struct model *m, const char *section, uint32_t off, const char *format, ...)
{
  char place[256], text[640];
  va_list args;
  if (d->failed)
    return false;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  pctab__blame_place (m, off, place, sizeof place);
  d->pc = m->base + off;
  return pctab__diag_error (d, section, "%s: %s", place, text);
}
