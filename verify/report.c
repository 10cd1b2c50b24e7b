/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of rules, and findings as they come. */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct check checks[CHECK_CNT] = {
#define GROUP(text)
#define CHECK(id, name, severity, meaning, explanation) { #id, #name, SEVERITY_##severity, meaning, explanation },
#include "checks.def"
#undef CHECK
#undef GROUP
};

const struct check *
pctab__check_get (enum check_id check)
{
  return &checks[check];
}

enum check_id
pctab__check_find (const char *id)
{
  size_t i = 0;
  while (i < CHECK_CNT && strcmp (checks[i].id, id))
    i++;
  return (enum check_id) i;
}

const char *
pctab__check_name (enum check_id check, char name[CHECK_NAME_MAX])
{
  size_t i = 0;
  for (const char *p = checks[check].name; *p && i + 1 < CHECK_NAME_MAX; p++)
    name[i++] = *p == '_' ? '-' : *p >= 'A' && *p <= 'Z' ? (char) (*p + 'a' - 'A') : *p;
  name[i] = 0;
  return name;
}

const char *
pctab__severity_text (enum check_severity severity)
{
  static const char *const texts[SEVERITY_CNT] = { "note", "warning", "error" };
  return texts[severity];
}

void
pctab__report_init (struct report *r)
{
  memset (r, 0, sizeof *r);
}

void
pctab__report_free (struct report *r)
{
  for (size_t i = 0; i < r->cnt; i++)
    free (r->at[i].text);
  for (size_t i = 0; i < r->string_cnt; i++)
    free (r->strings[i]);
  free (r->at);
  free (r->strings);
  pctab__report_init (r);
}

static bool
grow (void **at, size_t *cap, size_t cnt, size_t size)
{
  if (cnt < *cap)
    return true;
  size_t more = *cap ? 2 * *cap : 16;
  void *p = realloc (*at, more * size);
  if (!p)
    return false;
  *at = p;
  *cap = more;
  return true;
}

bool
pctab__report_add (struct report *r, enum check_id check, struct where where, const char *format, ...)
{
  r->by_severity[checks[check].severity]++;
  if (r->found[check]++ >= REPORT_KEEP)
    return false;
  char text[1024];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  char *copy = strdup (text);
  if (!copy || !grow ((void **) &r->at, &r->cap, r->cnt, sizeof *r->at))
    {
      free (copy);
      r->memory = true;
      return false;
    }
  r->at[r->cnt++] = (struct finding) { check, where, copy };
  return false;
}

const char *
pctab__report_keep (struct report *r, const char *text)
{
  char *copy = strdup (text);
  if (!copy || !grow ((void **) &r->strings, &r->string_cap, r->string_cnt, sizeof *r->strings))
    {
      free (copy);
      r->memory = true;
      return NULL;
    }
  return r->strings[r->string_cnt++] = copy;
}

void
pctab__report_name (struct report *r, const char *(*name) (void *arg, uint64_t pc), void *arg)
{
  for (size_t i = 0; i < r->cnt; i++)
    {
      struct where *w = &r->at[i].where;
      const char *found = w->func || w->pc == WHERE_NONE ? NULL : name (arg, w->pc);
      if (found)
        w->func = pctab__report_keep (r, found);
    }
}
