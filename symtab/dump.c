/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pctab-dump: prints the module table of a file, and looks PCs up in it. */
#include "dump.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct options {
  bool functions, stats, json, lookup, has_base;
  uint64_t base;
  const char *maps;
};

static struct out standard_output = { .fd = STDOUT_FILENO };

static int
usage (FILE *to)
{
  fprintf (to, "Usage: pctab-dump [OPTION...] FILE\n"
               "       pctab-dump --lookup [OPTION...] FILE [PC...]\n"
               "Prints the module table of a program or shared object.\n"
               "\n"
               "  --functions     the functions alone, a line each\n"
               "  --stats         the header and the sizes alone\n"
               "  --json          JSON in place of text\n"
               "  --lookup        a line of JSON for each PC; PCs (hexadecimal) are arguments, or lines of "
               "standard input\n"
               "  --base ADDR     PCs are run-time addresses; the file is loaded at ADDR\n"
               "  --maps FILE     the same, by a copy of /proc/PID/maps\n"
               "  --return        PCs are return addresses: looked up at PC - 1\n"
               "  --demangle      C++ and other names as their authors wrote them\n"
               "  --help, --version\n");
  return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static unsigned
hex_digit (char c)
{
  unsigned letter = ((unsigned char) c | 32u) - 'a', digit = (unsigned char) c - '0';
  return digit < 10 ? digit : letter < 6 ? letter + 10 : 16;
}

/* With or without 0x before it. */
static bool
parse_hex (const char *s, uint64_t *v)
{
  s += strspn (s, " \t");
  if (s[0] == '0' && (s[1] | 32) == 'x')
    s += 2;
  const char *from = s;
  uint64_t number = 0;
  for (unsigned digit; (digit = hex_digit (*s)) < 16; s++)
    {
      if (number >> 60)
        return false;
      number = number << 4 | digit;
    }
  *v = number;
  return s > from && s[strspn (s, " \t\r\n")] == '\0';
}

static bool
bad_pc (struct dump *d, const char *text)
{
  size_t len = strcspn (text, "\r\n");
  return pctab__diag_error (&d->diag, NULL, "'%.*s' is no PC; give hexadecimal numbers",
                            (int) (len < 80 ? len : 80), text);
}

static bool
lookup_stdin (struct dump *d)
{
  char *line = NULL;
  size_t cap = 0;
  bool good = true;
  while (good && getline (&line, &cap, stdin) > 0)
    {
      uint64_t pc;
      if (line[strspn (line, " \t\r\n")] == '\0')
        continue;
      good = parse_hex (line, &pc) ? dump_lookup (d, pc, &standard_output) : bad_pc (d, line);
    }
  free (line);
  return good;
}

static bool
lookup_all (struct dump *d, char **pcs)
{
  if (!*pcs)
    return lookup_stdin (d);
  for (; *pcs; pcs++)
    {
      uint64_t pc;
      if (!parse_hex (*pcs, &pc))
        return bad_pc (d, *pcs);
      if (!dump_lookup (d, pc, &standard_output))
        return false;
    }
  return true;
}

static bool
print (struct dump *d, const struct options *o, char **pcs)
{
  if (o->lookup)
    return lookup_all (d, pcs);
  if (o->json)
    return dump_json (d, &standard_output, o->functions || !o->stats);
  if (!o->functions)
    {
      dump_text_header (d, &standard_output);
      if (!dump_text_stats (d, &standard_output))
        return false;
    }
  return o->stats || dump_text_functions (d, &standard_output, !o->functions);
}

static bool
run (struct dump *d, const struct options *o, char **args)
{
  uint64_t bias = 0;
  if (o->has_base && !dump_base_bias (d, args[0], o->base, &bias))
    return false;
  if (o->maps && !dump_maps_bias (d, o->maps, args[0], &bias))
    return false;
  return dump_open (d, args[0], bias) && print (d, o, args + 1);
}

static int
finish (struct dump *d, bool good)
{
  pctab__out_flush (&standard_output);
  if (!good)
    fprintf (stderr, "pctab-dump: %s\n", d->diag.text);
  else if (standard_output.failed)
    fprintf (stderr, "pctab-dump: standard output: can't write: %s\n", strerror (standard_output.err));
  good = good && !standard_output.failed;
  dump_close (d);
  return good ? EXIT_DONE : EXIT_FAILED;
}

/* The file is mapped: what was cut off meanwhile is no memory any more. */
static void
cut_off (int sig)
{
  static const char text[]
    = "pctab-dump: the file became shorter while it was read; try again, when nothing writes to it\n";
  (void) sig;
  if (write (STDERR_FILENO, text, sizeof text - 1) < 0)
    _exit (EXIT_FAILED); /* and nobody hears of it */
  _exit (EXIT_FAILED);
}

int
main (int argc, char **argv)
{
  enum { FUNCTIONS = 256, STATS, JSON, LOOKUP, BASE, MAPS, RETURN, DEMANGLE, HELP, VERSION };
  static const struct option longs[]
    = { { "functions", no_argument, NULL, FUNCTIONS }, { "stats", no_argument, NULL, STATS },
        { "json", no_argument, NULL, JSON },           { "lookup", no_argument, NULL, LOOKUP },
        { "base", required_argument, NULL, BASE },     { "maps", required_argument, NULL, MAPS },
        { "return", no_argument, NULL, RETURN },       { "demangle", no_argument, NULL, DEMANGLE },
        { "help", no_argument, NULL, HELP },           { "version", no_argument, NULL, VERSION },
        { NULL, 0, NULL, 0 } };
  struct options o = { 0 };
  static struct dump d;
  for (int c; (c = getopt_long (argc, argv, "", longs, NULL)) != -1;)
    switch (c)
      {
      case FUNCTIONS: o.functions = true; break;
      case STATS: o.stats = true; break;
      case JSON: o.json = true; break;
      case LOOKUP: o.lookup = true; break;
      case MAPS: o.maps = optarg; break;
      case RETURN: d.minus_one = true; break;
      case DEMANGLE: d.demangle = true; break;
      case HELP: return usage (stdout);
      case VERSION: printf ("pctab-dump %s\n", PACKAGE_VERSION); return EXIT_DONE;
      case BASE:
        o.has_base = true;
        if (parse_hex (optarg, &o.base))
          break;
        fprintf (stderr, "pctab-dump: --base: '%s' is no address; give a hexadecimal number\n", optarg);
        return EXIT_USAGE;
      default: return usage (stderr);
      }
  if (optind >= argc || (!o.lookup && optind + 1 < argc) || (o.has_base && o.maps))
    return usage (stderr);
  signal (SIGBUS, cut_off);
  return finish (&d, run (&d, &o, argv + optind));
}
