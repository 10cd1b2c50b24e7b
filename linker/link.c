/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pctab-link: finishes a linked file, or writes the placeholder object for a linker without plugins. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "finish.h"
#include "options.h"
#include "placeholder.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static int
fail (const struct diag *d, int status)
{
  fprintf (stderr, "pctab-link: %s\n", d->text);
  return status;
}

static int
print_help (void)
{
  printf ("Usage: pctab-link [OPTION...] FILE\n"
          "       pctab-link --placeholder=OBJ --like=ANY.o\n"
          "Builds the module table of a linked program or shared object and puts it into its .pctab section.\n\n");
  pctab__options_print (stdout, OPTION_LINK, "--");
  return fflush (stdout) ? EXIT_FAILED : EXIT_DONE;
}

static bool
read_like (const char *path, struct like *like, struct input_sizes *sizes, struct diag *d)
{
  struct stat st;
  d->file = path;
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat (fd, &st))
    {
      if (fd >= 0)
        close (fd);
      return pctab__diag_error (d, NULL, "can't open: %s", strerror (errno));
    }
  const char *joined;
  bool good = pctab__input_read (fd, 0, (uint64_t) st.st_size, sizes, like, &joined);
  close (fd);
  return good || pctab__diag_error (d, NULL, "not a relocatable ELF object (LTO's bitcode is none); name one that is");
}

static bool
write_placeholder (const struct options *o, struct diag *d)
{
  struct like like = { 0 };
  struct input_sizes sizes = { 0 };
  if (!o->like)
    pctab__like_host (&like);
  else if (!read_like (o->like, &like, &sizes, d))
    return false;
  d->file = o->placeholder;
  int fd = open (o->placeholder, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  bool good = fd >= 0 && pctab__placeholder_write (fd, &like, o->reserve);
  int err = errno;
  if (fd >= 0 && close (fd) && good)
    {
      good = false;
      err = errno;
    }
  pctab__like_free (&like);
  return good || pctab__diag_error (d, NULL, "can't write the placeholder: %s", strerror (err));
}

static void
abandon (int sig)
{
  pctab__place_abandon ();
  signal (sig, SIG_DFL);
  raise (sig);
}

/* The file is mapped: what was cut off meanwhile is no memory any more. */
static void
cut_off (int sig)
{
  static const char text[]
    = "pctab-link: the file became shorter while it was read; link again, when nothing writes to it\n";
  (void) sig;
  pctab__place_abandon ();
  if (write (STDERR_FILENO, text, sizeof text - 1) < 0)
    _exit (EXIT_FAILED); /* and nobody hears of it */
  _exit (EXIT_FAILED);
}

static void
catch_signals (void)
{
  static const int sigs[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ };
  for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
    {
      struct sigaction now;
      if (!sigaction (sigs[i], NULL, &now) && now.sa_handler != SIG_IGN)
        signal (sigs[i], abandon);
    }
  signal (SIGBUS, cut_off);
}

static bool
take_arguments (int argc, char **argv, struct options *o, const char **path, struct diag *d)
{
  bool options_end = false;
  for (int i = 1; i < argc; i++)
    {
      const char *arg = argv[i];
      if (!options_end && !strcmp (arg, "--"))
        options_end = true;
      else if (!options_end && !strncmp (arg, "--", 2))
        {
          if (!pctab__options_take (o, arg + 2, OPTION_LINK, d))
            return false;
        }
      else if (!options_end && arg[0] == '-' && arg[1])
        return pctab__diag_error (d, NULL, "unknown option '%s'; --help lists them", arg);
      else if (*path)
        return pctab__diag_error (d, NULL, "one file at a time: '%s' is one too many", arg);
      else
        *path = arg;
    }
  if (o->help || o->version)
    return true;
  if (o->placeholder ? *path != NULL : !*path)
    return pctab__diag_error (d, NULL, "%s; --help says more",
                              *path ? "--placeholder takes no file to finish" : "which file?");
  return true;
}

#define HUGE_PAGE ((size_t) 2 << 20)
#define HEAP_MIN (4 * HUGE_PAGE)
#define HEAP_MAX (256 * HUGE_PAGE)

/* Page faults were a fifth of the time.  So the heap is one piece for all threads, as large as it is likely to grow, in
 * huge pages where the system has them, and keeps what is freed.  Address space alone is taken in advance. */
static void
prepare_heap (const char *path)
{
#ifdef M_TOP_PAD
  struct stat st;
  if (stat (path, &st) || st.st_size <= 0)
    return;
  size_t len = (uintmax_t) st.st_size < HEAP_MAX / 2 ? HEAP_MIN + 2 * (size_t) st.st_size : HEAP_MAX;
  mallopt (M_ARENA_MAX, 1);
  mallopt (M_MMAP_THRESHOLD, 32 << 20); /* the most that glibc takes */
  mallopt (M_TRIM_THRESHOLD, HEAP_MAX);
  mallopt (M_TOP_PAD, (int) len);
  char *start = malloc (1);
  uintptr_t at = ((uintptr_t) start + HUGE_PAGE - 1) & -(uintptr_t) HUGE_PAGE, end = (uintptr_t) sbrk (0);
  if (start && at < end)
    (void) !madvise ((void *) at, end - at, MADV_HUGEPAGE);
  mallopt (M_TOP_PAD, HEAP_MIN);
  free (start);
#endif
}

static int
run (const char *path, const struct options *o)
{
  struct diag d = { 0 };
  if (o->help)
    return print_help ();
  if (o->version)
    return printf ("pctab-link %s\n", PACKAGE_VERSION) < 0 || fflush (stdout) ? EXIT_FAILED : EXIT_DONE;
  if (o->placeholder)
    return write_placeholder (o, &d) ? EXIT_DONE : fail (&d, EXIT_FAILED);
  catch_signals ();
  prepare_heap (path);
  struct finish_stats stats;
  if (!pctab__finish (path, o, &stats, &d))
    return fail (&d, EXIT_FAILED);
  fputs (stats.warnings, stderr);
  if (o->stats)
    {
      char text[1024];
      pctab__finish_describe (path, &stats, text, sizeof text);
      fprintf (stderr, "pctab: %s\n", text);
    }
  return EXIT_DONE;
}

int
main (int argc, char **argv)
{
  struct options o = { 0 };
  struct diag d = { 0 };
  const char *path = NULL;
  int status = take_arguments (argc, argv, &o, &path, &d) ? run (path, &o) : fail (&d, EXIT_USAGE);
  pctab__options_free (&o);
  return status;
}
