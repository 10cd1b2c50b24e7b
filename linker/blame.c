/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of the finished file don't say which object they came from; the inputs are asked again, and only when
 * there is something to say. */
#include "blame.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "objects.h"

/* Is section IDX of O one of code that has records, tied to it or to nothing? */
static bool
has_records (struct object *o, uint32_t idx)
{
  static const char *const known[] = { ".pcdata", ".pcsp", ".pcln" };
  struct diag unsaid = { 0 };
  struct cursor names;
  if (o->shstrndx >= o->section_cnt || !pctab__object_contents (o, &o->sections[o->shstrndx], &names, &unsaid))
    return false;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      const struct object_section *s = &o->sections[i];
      struct cursor c = names;
      cursor_take (&c, s->name_off);
      const char *name = s->flags & SHF_ALLOC || (s->flags & SHF_LINK_ORDER && s->link != idx) ? NULL : cursor_str (&c);
      for (size_t k = 0; name && k < sizeof known / sizeof *known; k++)
        if (!strcmp (name, known[k]))
          return true;
    }
  return false;
}

static bool
defines (struct object *o, const struct model_str *name)
{
  for (uint32_t i = 0; i < o->symbol_cnt; i++)
    {
      const struct elf_symbol *s = &o->symbols[i];
      struct model_str have;
      if (!s->section || s->section >= o->section_cnt || (s->type != STT_FUNC && s->type != STT_NOTYPE)
          || !pctab__elf_names_get (&o->names, s->name, &have) || have.len != name->len
          || memcmp (have.p, name->p, name->len))
        continue;
      return has_records (o, s->section);
    }
  return false;
}

static void
add_object (struct blame *b, const struct object *o)
{
  size_t len = strlen (b->object), room = sizeof b->object - len;
  const char *or = len ? " or " : "";
  if (o->archive)
    snprintf (b->object + len, room, "%s%.150s(%.80s)", or, o->archive->path, o->name);
  else
    snprintf (b->object + len, room, "%s%.240s", or, o->path);
}

const char *
pctab__blame_object (void *context, uint32_t record, const struct model_str *name)
{
  struct blame *b = context;
  struct diag unsaid = { 0 };
  struct object o = { .sections = NULL };
  struct inputs *in = b->inputs && name->len ? pctab__inputs_open (b->inputs, &unsaid) : NULL;
  (void) record;
  b->object[0] = 0;
  unsigned found = 0;
  while (in && found < 2 && pctab__inputs_next (in, &o, &unsaid) > 0)
    if (defines (&o, name))
      {
        add_object (b, &o);
        found++;
      }
  if (in)
    pctab__inputs_close (in);
  pctab__object_free (&o);
  return found ? b->object : NULL;
}

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

bool
pctab__blame_error (struct diag *d, struct blame *blame, const struct model *m, const char *section, uint32_t off,
                    const char *format, ...)
{
  char text[640], at[32] = "";
  va_list args;
  if (d->failed)
    return false;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  const struct model_symbol *s = find_symbol (m, off);
  const char *object = s && blame ? pctab__blame_object (blame, MODEL_NONE, &s->name) : NULL;
  if (!s)
    return pctab__diag_error (d, section, "code at 0x%" PRIx64 ": %s", m->base + off, text);
  if (off != s->off)
    snprintf (at, sizeof at, "+0x%" PRIx32, off - s->off);
  return pctab__diag_error (d, section, "%s%s%.*s%s: %s", object ? object : "", object ? ": " : "",
                            s->name.len < 200 ? (int) s->name.len : 200, s->name.p, at, text);
}
