/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pctab-verify: the rules over files and trees. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

enum { EXIT_CLEAN = 0, EXIT_FOUND = 1, EXIT_UNABLE = 2 };

/* What is said after all files. */
struct run {
  struct settings *s;
  uint64_t files, tables, failed, suppressed;
  uint64_t by_severity[SEVERITY_CNT];
  uint64_t seen;
  const char *comma;
  bool progress;
  struct timespec shown;
};

static void
print_help (void)
{
  printf ("Usage: pctab-verify [OPTION...] FILE-OR-DIRECTORY...\n"
          "Verifies the module tables of linked programs and shared objects.\n\n"
          "  --format=text|json        how findings are printed (text)\n"
          "  --fail-on=error|warning|note   from which severity on the exit status is 1 (error)\n"
          "  --require-table           an ELF program without a table is an error\n"
          "  --min-coverage=PERCENT    a table that knows less of the text is an error\n"
          "  --overrides=FILE          findings to suppress: lines \"ID path-glob [function-glob]\"\n"
          "  -j, --jobs=N              files at a time (the number of CPUs)\n"
          "  --time-limit=SECONDS      a file that takes more CPU time could not be verified (300; 0: none)\n"
          "  -q, --quiet               print nothing but what makes the exit status 1 or 2\n"
          "  --list                    list the rules\n"
          "  --explain=ID              say what a rule means and what to do about it\n"
          "  --help, --version\n\n"
          "Exit status: 0 clean, 1 something was found, 2 something could not be verified.\n");
}

static void
print_list (void)
{
  enum check_id check = 0;
  char name[CHECK_NAME_MAX];
#define GROUP(text) printf ("%s%s\n", check ? "\n" : "", text);
#define CHECK(id, upper, severity, meaning, explanation)                                                               \
  printf ("  %s  %-8s %-22s %s\n", #id, pctab__severity_text (SEVERITY_##severity), pctab__check_name (check, name),   \
          meaning);                                                                                                    \
  check++;
#include "checks.def"
#undef CHECK
#undef GROUP
}

/* TEXT in lines of at most 79 columns. */
static void
print_wrapped (const char *text)
{
  unsigned column = 0;
  for (const char *p = text; *p;)
    {
      int len = (int) strcspn (p, " ");
      if (column && column + 1 + (unsigned) len > 79)
        column = 0, putchar ('\n');
      column += (unsigned) printf ("%s%.*s", column ? " " : "", len, p);
      p += len;
      p += strspn (p, " ");
    }
  putchar ('\n');
}

static int
explain (const char *id)
{
  enum check_id check = pctab__check_find (id);
  char name[CHECK_NAME_MAX];
  if (check == CHECK_CNT)
    {
      fprintf (stderr, "pctab-verify: no rule has the ID '%s'; --list shows them\n", id);
      return EXIT_UNABLE;
    }
  const struct check *c = pctab__check_get (check);
  printf ("%s, %s (%s)\n", c->id, pctab__check_name (check, name), pctab__severity_text (c->severity));
  print_wrapped (c->meaning);
  putchar ('\n');
  print_wrapped (c->explanation);
  return EXIT_CLEAN;
}

static void
show_progress (struct run *r, const char *path)
{
  struct timespec now;
  clock_gettime (CLOCK_MONOTONIC, &now);
  if (now.tv_sec == r->shown.tv_sec && now.tv_nsec - r->shown.tv_nsec < 100000000)
    return;
  r->shown = now;
  fprintf (stderr, "\r\033[K%" PRIu64 " files, %" PRIu64 " tables: %.60s", r->seen, r->tables, path);
}

static void
take (void *arg, const char *path, const struct result *result)
{
  struct run *r = arg;
  r->seen++;
  r->files += result->state != TARGET_NOT_ELF;
  r->tables += result->state == TARGET_TABLE;
  r->failed += result->state == TARGET_FAILED;
  r->suppressed += result->suppressed;
  for (unsigned i = 0; i < SEVERITY_CNT; i++)
    r->by_severity[i] += result->by_severity[i];
  if (r->progress && (result->text_len || result->failure))
    fprintf (stderr, "\r\033[K");
  if (result->text_len)
    {
      fputs (r->comma, stdout);
      fwrite (result->text, 1, result->text_len, stdout);
      r->comma = r->s->json ? ",\n" : "";
    }
  if (result->failure)
    {
      fflush (stdout);
      fprintf (stderr, "pctab-verify: %s: %s\n", path, result->failure);
    }
  if (r->progress)
    show_progress (r, path);
}

/* Lines of the overrides file that suppressed nothing are findings too. */
static void
report_unused (struct run *r)
{
  const struct overrides *o = &r->s->overrides;
  const struct check *c = pctab__check_get (CHECK_OVERRIDE_UNUSED);
  const char *comma = "";
  if (r->s->json)
    printf ("\n],\"overrides_unused\":[");
  for (size_t i = 0; i < o->cnt; i++)
    {
      const struct override *at = &o->at[i];
      if (at->used)
        continue;
      r->by_severity[c->severity]++;
      if (r->s->json)
        {
          printf ("%s{\"line\":%u,\"id\":\"%s\",\"path\":", comma, at->line, pctab__check_get (at->check)->id);
          pctab__print_json_string (stdout, at->path);
          printf ("}");
        }
      else if (!r->s->quiet || c->severity >= r->s->fail_on)
        printf ("%s:%u: %s: %s: %s %s%s%s [%s]\n", o->file, at->line, pctab__severity_text (c->severity), c->meaning,
                pctab__check_get (at->check)->id, at->path, at->func ? " " : "", at->func ? at->func : "", c->id);
      comma = ",";
    }
}

static void
print_summary (const struct run *r)
{
  const uint64_t *n = r->by_severity;
  if (r->s->json)
    printf ("],\n\"summary\":{\"files\":%" PRIu64 ",\"tables\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"errors\":%" PRIu64
            ",\"warnings\":%" PRIu64 ",\"notes\":%" PRIu64 ",\"suppressed\":%" PRIu64 "}}\n",
            r->files, r->tables, r->failed, n[SEVERITY_ERROR], n[SEVERITY_WARNING], n[SEVERITY_NOTE], r->suppressed);
  else if (!r->s->quiet)
    printf ("%" PRIu64 " ELF files, %" PRIu64 " tables: %" PRIu64 " errors, %" PRIu64 " warnings, %" PRIu64
            " notes, %" PRIu64 " suppressed; %" PRIu64 " files could not be verified\n",
            r->files, r->tables, n[SEVERITY_ERROR], n[SEVERITY_WARNING], n[SEVERITY_NOTE], r->suppressed, r->failed);
}

static int
verify_all (struct settings *s, char **paths)
{
  struct run r = { .s = s, .comma = "", .progress = !s->quiet && isatty (STDERR_FILENO) };
  struct walk_files *files = pctab__walk_open (paths);
  if (s->json)
    printf ("{\"version\":1,\"files\":[\n");
  if (!files || !pctab__pool_run (s, files, take, &r))
    {
      fprintf (stderr, "pctab-verify: can't start a worker: %s\n", strerror (errno));
      return EXIT_UNABLE;
    }
  pctab__walk_close (files);
  if (r.progress)
    fprintf (stderr, "\r\033[K");
  report_unused (&r);
  print_summary (&r);
  if (fflush (stdout) || ferror (stdout))
    {
      fprintf (stderr, "pctab-verify: can't write: %s\n", strerror (errno));
      return EXIT_UNABLE;
    }
  if (r.failed)
    return EXIT_UNABLE;
  for (unsigned i = s->fail_on; i < SEVERITY_CNT; i++)
    if (r.by_severity[i])
      return EXIT_FOUND;
  return EXIT_CLEAN;
}

static int
usage (const char *what, const char *value)
{
  fprintf (stderr, "pctab-verify: %s '%s'; --help says more\n", what, value);
  return EXIT_UNABLE;
}

static bool
parse_severity (const char *text, enum check_severity *severity)
{
  for (unsigned i = 0; i < SEVERITY_CNT; i++)
    if (!strcmp (text, pctab__severity_text (i)))
      {
        *severity = i;
        return true;
      }
  return false;
}

static bool
parse_number (const char *text, double max, double *number)
{
  char *end;
  *number = strtod (text, &end);
  return *text && !*end && *number >= 0 && *number <= max;
}

enum
{
  OPT_FORMAT = 256,
  OPT_FAIL_ON,
  OPT_REQUIRE,
  OPT_COVERAGE,
  OPT_OVERRIDES,
  OPT_TIME_LIMIT,
  OPT_LIST,
  OPT_EXPLAIN,
  OPT_HELP,
  OPT_VERSION
};

static const struct option options[] = {
  { "format", required_argument, NULL, OPT_FORMAT },
  { "fail-on", required_argument, NULL, OPT_FAIL_ON },
  { "require-table", no_argument, NULL, OPT_REQUIRE },
  { "min-coverage", required_argument, NULL, OPT_COVERAGE },
  { "overrides", required_argument, NULL, OPT_OVERRIDES },
  { "time-limit", required_argument, NULL, OPT_TIME_LIMIT },
  { "jobs", required_argument, NULL, 'j' },
  { "quiet", no_argument, NULL, 'q' },
  { "list", no_argument, NULL, OPT_LIST },
  { "explain", required_argument, NULL, OPT_EXPLAIN },
  { "help", no_argument, NULL, OPT_HELP },
  { "version", no_argument, NULL, OPT_VERSION },
  { NULL, 0, NULL, 0 },
};

/* Takes one option.  -1: go on; else the exit status. */
static int
take_option (struct settings *s, int option)
{
  double number;
  char text[512];
  switch (option)
    {
    case OPT_FORMAT:
      s->json = !strcmp (optarg, "json");
      return s->json || !strcmp (optarg, "text") ? -1 : usage ("--format is text or json, not", optarg);
    case OPT_FAIL_ON:
      return parse_severity (optarg, &s->fail_on) ? -1 : usage ("--fail-on is error, warning or note, not", optarg);
    case OPT_REQUIRE:
      s->require_table = true;
      return -1;
    case OPT_COVERAGE:
      return parse_number (optarg, 100, &s->min_coverage) ? -1 : usage ("--min-coverage is 0 to 100, not", optarg);
    case OPT_OVERRIDES:
      if (s->overrides.file)
        return usage ("one --overrides at a time, not also", optarg);
      if (pctab__overrides_read (&s->overrides, optarg, text, sizeof text))
        return -1;
      fprintf (stderr, "pctab-verify: %s\n", text);
      return EXIT_UNABLE;
    case OPT_TIME_LIMIT:
      return parse_number (optarg, 1e6, &s->time_limit) ? -1 : usage ("--time-limit is 0 to 1000000 seconds, not", optarg);
    case 'j':
      if (!parse_number (optarg, 1000, &number) || number < 1)
        return usage ("-j takes a number from 1 on, not", optarg);
      s->jobs = (unsigned) number;
      return -1;
    case 'q':
      s->quiet = true;
      return -1;
    case OPT_LIST:
      print_list ();
      return EXIT_CLEAN;
    case OPT_EXPLAIN:
      return explain (optarg);
    case OPT_HELP:
      print_help ();
      return EXIT_CLEAN;
    case OPT_VERSION:
      printf ("pctab-verify %s\n", PACKAGE_VERSION);
      return EXIT_CLEAN;
    default:
      fprintf (stderr, "pctab-verify: --help lists the options\n");
      return EXIT_UNABLE;
    }
}

int
main (int argc, char **argv)
{
  struct settings s = { .fail_on = SEVERITY_ERROR, .min_coverage = -1, .time_limit = 300 };
  cpu_set_t set;
  int option, status = -1;
  s.jobs = sched_getaffinity (0, sizeof set, &set) ? 1 : (unsigned) CPU_COUNT (&set);
  while (status < 0 && (option = getopt_long (argc, argv, "j:q", options, NULL)) >= 0)
    status = take_option (&s, option);
  if (status < 0 && optind == argc)
    {
      fprintf (stderr, "pctab-verify: which files? --help says more\n");
      status = EXIT_UNABLE;
    }
  if (status < 0)
    status = verify_all (&s, argv + optind);
  else if (fflush (stdout))
    status = EXIT_UNABLE;
  pctab__overrides_free (&s.overrides);
  return status;
}
