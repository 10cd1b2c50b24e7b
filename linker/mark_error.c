/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages say where in words of the source: the object, the function and the offset in it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "mark_work.h"

/* Whether S is of the function that OFF, in the frame at hand or its end, is in. */
static bool
symbol_holds (const struct mark_work *w, const struct model_symbol *s, uint32_t off)
{
  if (s->off > off || (w->frame && s->off >= w->frame->end))
    return false;
  if (!s->size)
    return w->frame && s->off == w->frame->off;
  return off - s->off < s->size || (w->frame && off == w->frame->end && off - s->off == s->size);
}

/* The innermost one; with a size before without, global before local. */
static const struct model_symbol *
symbol_of (const struct mark_work *w, uint32_t off)
{
  const struct model_symbol *best = NULL;
  for (size_t i = 0; i < w->m->symbols.cnt; i++)
    {
      const struct model_symbol *s = &w->m->symbols.at[i];
      if (!symbol_holds (w, s, off) || (best && s->off < best->off))
        continue;
      if (!best || s->off > best->off || (!best->size && s->size)
          || (best->bind == STB_LOCAL && s->bind != STB_LOCAL && !best->size == !s->size))
        best = s;
    }
  return best;
}

bool
pctab__mark_error (struct mark_work *w, uint32_t record, uint32_t off, uint32_t len, const char *format, ...)
{
  char text[512], where[256];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  const struct model_symbol *s = symbol_of (w, off);
  uint32_t start = s ? s->off : w->frame && w->frame->off <= off ? w->frame->off : off;
  if (s)
    snprintf (where, sizeof where, "%.*s", s->name.len < 200 ? (int) s->name.len : 200, s->name.p);
  else
    snprintf (where, sizeof where, "function at 0x%" PRIx64, w->m->base + start);
  static const struct model_str none = { "", 0 };
  const char *object = NULL;
  if (w->by->object && record != MODEL_NONE)
    object = w->by->object (w->by->context, record, s ? &s->name : &none);
  return pctab__diag_error (w->d, ".pcdata", "%.200s%s%s+0x%" PRIx32 " (%" PRIu32 " bytes): %s", object ? object : "",
                            object ? ": " : "", where, off - start, len, text);
}
