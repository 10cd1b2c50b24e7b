/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An archive that defines malloc is an allocator as a whole: its members keep state for each other, and locks. */
#include "policy_object.h"

#include <stdlib.h>
#include <string.h>

enum { ARCHIVE_NEW, ARCHIVE_PLAIN, ARCHIVE_ALLOCATES };

static bool
object_allocates (struct object *o)
{
  for (uint32_t i = 1; i < o->symbol_cnt; i++)
    {
      const struct elf_symbol *s = &o->symbols[i];
      struct model_str name;
      if (s->bind != STB_LOCAL && s->section && s->section < o->section_cnt
          && pctab__object_has_code (&o->sections[s->section]) && pctab__elf_names_get (&o->names, s->name, &name)
          && pctab__name_allocates (name))
        return true;
    }
  return false;
}

/* Of an archive without a table of symbols, which --whole-archive takes and ld.lld always.  What can't be read may well
 * allocate. */
static bool
members_allocate (const struct archive *a)
{
  struct object o = { .sections = NULL };
  struct diag unsaid = { 0 };
  struct inputs *in = pctab__inputs_of_archive (a->path, &unsaid);
  int more = in ? 0 : -1;
  while (in && (more = pctab__inputs_next (in, &o, &unsaid)) > 0)
    if (object_allocates (&o))
      break;
  if (in)
    pctab__inputs_close (in);
  pctab__object_free (&o);
  return more != 0;
}

static bool
index_allocates (const char *names, size_t len)
{
  for (const char *at = names; at < names + len; at += strlen (at) + 1)
    if (pctab__name_allocates ((struct model_str){ at, (uint32_t) strnlen (at, 256) }))
      return true;
  return false;
}

bool
pctab__archive_allocates (struct archive *a)
{
  if (a->policy == ARCHIVE_NEW)
    {
      size_t len = 0;
      char *names = pctab__archive_symbols (a, &len);
      bool allocates = names ? index_allocates (names, len) : members_allocate (a);
      a->policy = allocates ? ARCHIVE_ALLOCATES : ARCHIVE_PLAIN;
      free (names);
    }
  return a->policy == ARCHIVE_ALLOCATES;
}
