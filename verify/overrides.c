/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "overrides.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
add_line (struct overrides *o, char *line, unsigned number, char *text, size_t size)
{
  char *save, *id = strtok_r (line, " \t\r\n", &save);
  if (!id || *id == '#')
    return true;
  char *path = strtok_r (NULL, " \t\r\n", &save), *func = path ? strtok_r (NULL, " \t\r\n", &save) : NULL;
  enum check_id check = pctab__check_find (id);
  if (check == CHECK_CNT || !path || (func && strtok_r (NULL, " \t\r\n", &save)))
    {
      snprintf (text, size, "%s:%u: %s; a line is: ID path-glob [function-glob]", o->file, number,
                check == CHECK_CNT ? "no rule has this ID, --list shows them" : "too few or too many words");
      return false;
    }
  if (o->cnt == o->cap)
    {
      size_t cap = o->cap ? 2 * o->cap : 16;
      struct override *more = realloc (o->at, cap * sizeof *more);
      if (!more)
        return false;
      o->at = more;
      o->cap = cap;
    }
  struct override *at = &o->at[o->cnt++];
  *at = (struct override) { check, strdup (path), func ? strdup (func) : NULL, number, false };
  return at->path && (!func || at->func);
}

bool
pctab__overrides_read (struct overrides *o, const char *path, char *text, size_t size)
{
  FILE *in = fopen (path, "re");
  char *line = NULL;
  size_t cap = 0;
  bool good = in;
  o->file = path;
  snprintf (text, size, "%s: memory is out", path);
  for (unsigned number = 1; good && getline (&line, &cap, in) >= 0; number++)
    good = add_line (o, line, number, text, size);
  if (!in || ferror (in))
    {
      snprintf (text, size, "%s: can't read: %s", path, strerror (errno));
      good = false;
    }
  free (line);
  if (in)
    fclose (in);
  return good;
}

void
pctab__overrides_free (struct overrides *o)
{
  for (size_t i = 0; i < o->cnt; i++)
    {
      free (o->at[i].path);
      free (o->at[i].func);
    }
  free (o->at);
  memset (o, 0, sizeof *o);
}

bool
pctab__overrides_take (struct overrides *o, const char *path, const struct finding *f)
{
  bool taken = false;
  for (size_t i = 0; i < o->cnt; i++)
    {
      struct override *at = &o->at[i];
      if (at->check == f->check && !fnmatch (at->path, path, 0)
          && (!at->func || (f->where.func && !fnmatch (at->func, f->where.func, 0))))
        taken = at->used = true;
    }
  return taken;
}
