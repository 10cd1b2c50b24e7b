/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One file: open, check, suppress, print. */
#include "work.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void
pctab__result_free (struct result *r)
{
  free (r->text);
  free (r->failure);
  memset (r, 0, sizeof *r);
}

void
pctab__work_keep_memory (void)
{
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD)
  mallopt (M_MMAP_THRESHOLD, 32 << 20);
  mallopt (M_TRIM_THRESHOLD, 256 << 20);
#endif
}

static void
check_presence (struct target *t, const struct settings *s)
{
  bool not_elf = t->state == TARGET_NOT_ELF;
  if (s->require_table && (t->state == TARGET_NO_TABLE || (not_elf && t->named)))
    pctab__report_add (t->report, CHECK_NO_TABLE, WHERE_FILE,
                       not_elf ? "it is no ELF program or shared object" : "it has no .pctab");
  else if (not_elf && t->named)
    pctab__report_add (t->report, CHECK_NOT_ELF, WHERE_FILE, "there is nothing to verify");
}

/* Which findings are shown, and how many of each severity. */
static bool *
suppress (struct settings *s, const struct target *t, struct result *result)
{
  const struct report *r = t->report;
  bool *show = calloc (r->cnt + 1, 1);
  memcpy (result->by_severity, r->by_severity, sizeof result->by_severity);
  for (size_t i = 0; show && i < r->cnt; i++)
    {
      show[i] = !pctab__overrides_take (&s->overrides, t->path, &r->at[i]);
      result->suppressed += !show[i];
      result->by_severity[pctab__check_get (r->at[i].check)->severity] -= !show[i];
    }
  return show;
}

static bool
print (struct settings *s, const struct target *t, struct result *result)
{
  bool *show = suppress (s, t, result);
  size_t len;
  FILE *to = show ? open_memstream (&result->text, &len) : NULL;
  bool good = to;
  if (to && s->json)
    pctab__print_json (to, t, show, result->suppressed);
  else if (to)
    pctab__print_text (to, s, t, show);
  if (to && fclose (to))
    good = false;
  free (show);
  result->text_len = good ? (uint32_t) len : 0;
  result->state = t->state;
  if (good && t->state == TARGET_FAILED)
    good = (result->failure = strdup (t->failure));
  return good;
}

bool
pctab__work_file (struct settings *s, const char *path, bool named, struct result *result)
{
  struct report report;
  struct target t = { .path = path, .named = named, .report = &report };
  memset (result, 0, sizeof *result);
  pctab__report_init (&report);
  pctab__target_open (&t);
  check_presence (&t, s);
  if (t.state == TARGET_TABLE)
    pctab__check_target (&t, s);
  pctab__target_unchanged (&t);
  if (report.memory)
    pctab__target_fail (&t, "memory is out");
  bool good = print (s, &t, result);
  pctab__target_close (&t);
  pctab__report_free (&report);
  return good;
}

bool
pctab__work_failure (const struct settings *s, const char *path, const char *failure, struct result *result)
{
  struct report report;
  struct settings plain = *s;
  struct target t = { .path = path, .fd = -1, .report = &report, .coverage_bytes = -1, .coverage_funcs = -1 };
  memset (result, 0, sizeof *result);
  pctab__report_init (&report);
  pctab__target_fail (&t, "%s", failure);
  bool good = print (&plain, &t, result);
  pctab__report_free (&report);
  return good;
}
