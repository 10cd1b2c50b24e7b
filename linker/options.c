/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <stdlib.h>
#include <string.h>

struct option {
  const char *name;  /* "NAME", "NAME=" (any value follows) or "NAME=VALUE" */
  const char *value; /* what stands for the value in help */
  unsigned who;
  bool (*set) (struct options *o, const char *value);
  const char *help;
};

static bool
set_lines_yes (struct options *o, const char *value)
{
  (void) value;
  o->no_lines = false;
  return true;
}

static bool
set_lines_no (struct options *o, const char *value)
{
  (void) value;
  o->no_lines = true;
  return true;
}

static bool
set_require_lines (struct options *o, const char *value)
{
  (void) value;
  return o->require_lines = true;
}

static bool
set_stats (struct options *o, const char *value)
{
  (void) value;
  return o->stats = true;
}

static bool
set_force (struct options *o, const char *value)
{
  (void) value;
  return o->force = true;
}

static bool
set_help (struct options *o, const char *value)
{
  (void) value;
  return o->help = true;
}

static bool
set_version (struct options *o, const char *value)
{
  (void) value;
  return o->version = true;
}

static bool
read_number (const char *value, uint64_t max, uint64_t *n)
{
  char *end;
  if (*value < '0' || *value > '9')
    return false;
  unsigned long long v = strtoull (value, &end, 0);
  *n = v;
  return !*end && v <= max;
}

static bool
set_threads (struct options *o, const char *value)
{
  uint64_t n = 0;
  bool good = read_number (value, 256, &n) && n > 0;
  o->threads = good ? (unsigned) n : 0;
  return good;
}

static bool
set_reserve (struct options *o, const char *value)
{
  o->reserve_set = true;
  return read_number (value, UINT32_MAX, &o->reserve);
}

static bool
set_link (struct options *o, const char *value)
{
  o->link = value;
  return *value;
}

static bool
set_placeholder (struct options *o, const char *value)
{
  o->placeholder = value;
  return *value;
}

static bool
set_like (struct options *o, const char *value)
{
  o->like = value;
  return *value;
}

static bool
set_preempt_all (struct options *o, const char *value)
{
  (void) value;
  o->preempt = PREEMPT_ALL;
  return true;
}

static bool
set_preempt_marked (struct options *o, const char *value)
{
  (void) value;
  o->preempt = PREEMPT_MARKED;
  return true;
}

static bool
set_preempt_none (struct options *o, const char *value)
{
  (void) value;
  o->preempt = PREEMPT_NONE;
  return true;
}

static bool
add_exclusion (struct options *o, enum exclude what, const char *glob)
{
  struct exclusion *more = *glob ? realloc (o->exclusions, (o->exclusion_cnt + 1) * sizeof *more) : NULL;
  if (!more)
    return false;
  o->exclusions = more;
  more[o->exclusion_cnt++] = (struct exclusion){ what, glob };
  return true;
}

static bool
set_exclude (struct options *o, const char *value)
{
  return add_exclusion (o, EXCLUDE_SYMBOL, value);
}

static bool
set_exclude_object (struct options *o, const char *value)
{
  return add_exclusion (o, EXCLUDE_OBJECT, value);
}

static bool
set_exclude_archive (struct options *o, const char *value)
{
  return add_exclusion (o, EXCLUDE_ARCHIVE, value);
}

static bool
set_tls_allow (struct options *o, const char *value)
{
  (void) value;
  return o->tls_allow = true;
}

static bool
set_verify_quick (struct options *o, const char *value)
{
  (void) value;
  o->verify_full = false;
  return true;
}

static bool
set_verify_full (struct options *o, const char *value)
{
  (void) value;
  return o->verify_full = true;
}

static bool
set_inputs (struct options *o, const char *value)
{
  o->inputs = value;
  return *value;
}

#define BOTH (OPTION_PLUGIN | OPTION_LINK)

static const struct option options[] = {
  { "lines=yes", NULL, BOTH, set_lines_yes, "take file names, lines and inlined calls (default)" },
  { "lines=no", NULL, BOTH, set_lines_no, "leave them out: names and frames alone" },
  { "require=lines", NULL, BOTH, set_require_lines, "fail when the file has no line information" },
  { "stats", NULL, BOTH, set_stats, "print one line of figures on standard error" },
  { "threads=", "N", BOTH, set_threads, "read on N threads (1 to 256; default: by the file's size and the CPUs)" },
  { "link=", "PATH", OPTION_PLUGIN, set_link, "the pctab-link to run (default: beside the plugin, else installed)" },
  { "reserve=", "BYTES", BOTH, set_reserve, "room that the placeholder keeps (default: estimated)" },
  { "preempt=all", NULL, BOTH, set_preempt_all, "functions are preemptible unless a rule or option says no (default)" },
  { "preempt=marked", NULL, BOTH, set_preempt_marked, "only those that an object's records say something of" },
  { "preempt=none", NULL, BOTH, set_preempt_none, "none is" },
  { "exclude=", "GLOB", BOTH, set_exclude, "functions with such a symbol are not preemptible; may be given often" },
  { "exclude-object=", "GLOB", BOTH, set_exclude_object, "nor are those of such an object" },
  { "exclude-archive=", "GLOB", BOTH, set_exclude_archive, "nor are those of such an archive" },
  { "tls=allow", NULL, BOTH, set_tls_allow, "those that use thread-local data are" },
  { "verify=quick", NULL, BOTH, set_verify_quick, "check what a decision at a signal rests on (default)" },
  { "verify=full", NULL, BOTH, set_verify_full, "run pctab-verify over the finished file: every rule" },
  { "inputs=", "FILE", OPTION_LINK, set_inputs, "the link's objects and archives, a line each" },
  { "force", NULL, OPTION_LINK, set_force, "replace a finished table" },
  { "placeholder=", "OBJ", OPTION_LINK, set_placeholder, "write a placeholder object for ld.lld, and nothing else" },
  { "like=", "OBJ", OPTION_LINK, set_like, "an object of the program, which the placeholder shall match" },
  { "help", NULL, OPTION_LINK, set_help, "print this text" },
  { "version", NULL, OPTION_LINK, set_version, "print the version" },
};

#define OPTION_CNT (sizeof options / sizeof *options)

/* The value's start when TEXT is this option, else NULL. */
static const char *
match (const struct option *option, const char *text)
{
  size_t len = strlen (option->name);
  if (strncmp (option->name, text, len))
    return NULL;
  if (option->name[len - 1] != '=' && text[len])
    return NULL;
  return text + len;
}

static void
list (char *text, size_t size, unsigned who)
{
  size_t len = 0;
  for (size_t i = 0; i < OPTION_CNT; i++)
    if ((options[i].who & who) && len < size)
      len += (size_t) snprintf (text + len, size - len, "%s%s%s", len ? ", " : "", options[i].name,
                                options[i].value ? options[i].value : "");
}

/* Keeps TEXT for pctab-link.  Given twice it is handed on twice: what holds here holds there. */
static bool
hand_on (struct options *o, const char *text)
{
  const char **more = realloc (o->handed, (o->handed_cnt + 1) * sizeof *more);
  if (!more)
    return false;
  o->handed = more;
  more[o->handed_cnt++] = text;
  return true;
}

bool
pctab__options_take (struct options *o, const char *text, unsigned who, struct diag *d)
{
  for (size_t i = 0; i < OPTION_CNT; i++)
    {
      const char *value = options[i].who & who ? match (&options[i], text) : NULL;
      if (!value)
        continue;
      if (!options[i].set (o, value))
        return pctab__diag_error (d, NULL, "option '%s': not a value for %s%s", text, options[i].name,
                                  options[i].value);
      return who != OPTION_PLUGIN || !(options[i].who & OPTION_LINK) || hand_on (o, text) || pctab__diag_memory (d);
    }
  char valid[512];
  list (valid, sizeof valid, who);
  return pctab__diag_error (d, NULL, "unknown option '%s'; there are %s%s", text, valid,
                            who == OPTION_PLUGIN
                              ? " (an option of another plugin must stand before this plugin is named)" : "");
}

void
pctab__options_print (FILE *to, unsigned who, const char *prefix)
{
  for (size_t i = 0; i < OPTION_CNT; i++)
    if (options[i].who & who)
      {
        int len = fprintf (to, "  %s%s%s", prefix, options[i].name, options[i].value ? options[i].value : "");
        fprintf (to, "%*s%s\n", len < 24 ? 24 - len : 1, "", options[i].help);
      }
}

void
pctab__options_free (struct options *o)
{
  free (o->exclusions);
  free (o->handed);
  memset (o, 0, sizeof *o);
}
