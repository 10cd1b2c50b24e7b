/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two commands, run alternately, so that a machine that slows down slows both: prints one line of medians,
 *
 *     wall-A wall-B wall-ratio cpu-A cpu-B cpu-ratio rss-A rss-B rss-ratio     seconds, seconds, KiB
 *
 * Ratios are B / A, each the median of the rounds' own ratios and not the ratio of the medians.  CPU is user + system
 * of the command and what it waited for; rss is the largest process among those (wait4's ru_maxrss).
 *
 *     pair [-n ROUNDS] [-i STDIN] [-p PREPARE] A... -- B...
 *
 * PREPARE is a shell command that runs before each command, unmeasured.  Standard output goes to /dev/null. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WALL, CPU, RSS, FIELDS };

struct pair {
  const char *input, *prepare;
  int rounds;
  char **command[2];
  double *value[2][FIELDS]; /* [round] */
};

static void
die (const char *what, const char *why)
{
  fprintf (stderr, "pair: %s: %s\n", what, why);
  exit (1);
}

static double
seconds (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static double
of_timeval (struct timeval t)
{
  return (double) t.tv_sec + (double) t.tv_usec * 1e-6;
}

static void
run (const struct pair *p, char **argv, double *fields)
{
  posix_spawn_file_actions_t fa;
  posix_spawn_file_actions_init (&fa);
  posix_spawn_file_actions_addopen (&fa, 0, p->input ? p->input : "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&fa, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid;
  double start = seconds ();
  int error = posix_spawnp (&pid, argv[0], &fa, NULL, argv, environ);
  if (error)
    die (argv[0], strerror (error));
  struct rusage use;
  int status;
  while (wait4 (pid, &status, 0, &use) < 0)
    if (errno != EINTR)
      die ("wait4", strerror (errno));
  fields[WALL] = seconds () - start;
  fields[CPU] = of_timeval (use.ru_utime) + of_timeval (use.ru_stime);
  fields[RSS] = (double) use.ru_maxrss;
  posix_spawn_file_actions_destroy (&fa);
  if (!WIFEXITED (status) || WEXITSTATUS (status))
    die (argv[0], "it failed");
}

static void
measure (struct pair *p)
{
  for (int round = -1; round < p->rounds; round++) /* the first warms the caches and is not counted */
    for (int k = 0; k < 2; k++)
      {
        int which = k ^ (round & 1); /* neither is always the second */
        double fields[FIELDS];
        if (p->prepare && system (p->prepare))
          die (p->prepare, "it failed");
        run (p, p->command[which], fields);
        for (int f = 0; round >= 0 && f < FIELDS; f++)
          p->value[which][f][round] = fields[f];
      }
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
median (double *v, int n)
{
  qsort (v, (size_t) n, sizeof *v, compare);
  return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static void
report (struct pair *p)
{
  double *ratio = calloc ((size_t) p->rounds, sizeof *ratio);
  if (!ratio)
    die ("calloc", strerror (errno));
  for (int f = 0; f < FIELDS; f++)
    {
      double **v[2] = { &p->value[0][f], &p->value[1][f] };
      for (int i = 0; i < p->rounds; i++)
        ratio[i] = (*v[0])[i] > 0 ? (*v[1])[i] / (*v[0])[i] : 0;
      const char *format = f == RSS ? "%.0f %.0f %.3f" : "%.4f %.4f %.3f";
      printf (format, median (*v[0], p->rounds), median (*v[1], p->rounds), median (ratio, p->rounds));
      putchar (f == FIELDS - 1 ? '\n' : ' ');
    }
  free (ratio);
}

int
main (int argc, char **argv)
{
  struct pair p = { .rounds = 11 };
  int option;
  while ((option = getopt (argc, argv, "+n:i:p:")) != -1)
    switch (option)
      {
      case 'n': p.rounds = atoi (optarg); break;
      case 'i': p.input = optarg; break;
      case 'p': p.prepare = optarg; break;
      default: return 2;
      }
  p.command[0] = argv + optind;
  int split = optind;
  while (split < argc && strcmp (argv[split], "--"))
    split++;
  if (split >= argc - 1 || split == optind || p.rounds < 1)
    die ("usage", "pair [-n ROUNDS] [-i STDIN] [-p PREPARE] A... -- B...");
  argv[split] = NULL;
  p.command[1] = argv + split + 1;
  for (int k = 0; k < 2; k++)
    for (int f = 0; f < FIELDS; f++)
      if (!(p.value[k][f] = calloc ((size_t) p.rounds, sizeof (double))))
        die ("calloc", strerror (errno));
  measure (&p);
  report (&p);
  return 0;
}
