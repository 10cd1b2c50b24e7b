/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the verifier's rules over a table cost, by group: MB of table a second of CPU time, one thread.
 *
 * usage: bench_verify FILE [ROUNDS] */
#include <malloc.h>
#include <time.h>

#include "../fuzz/mutate.h"
#include "../lib/agree.h"
#include "reader.h"

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return x < y ? -1 : x > y;
}

enum { DIGESTS, HOT, COLD, LINES, ALL, GROUP_CNT };

/* Seconds of each group, one after the other as pctab__verify_image() runs them. */
static bool
run_once (const struct agree_table *t, double seconds[GROUP_CNT])
{
  struct report r;
  struct decoded d;
  volatile uint64_t sink;
  pctab__report_init (&r);
  double start = now ();
  sink = pctab__digest (t->image, t->len, 0);
  seconds[DIGESTS] = now () - start;
  start = now ();
  bool good = pctab__verify_image (&d, t->image, t->len, t->addr, VERIFY_HOT, &r);
  pctab__decoded_free (&d);
  seconds[HOT] = now () - start;
  start = now ();
  pctab__decoded_read (&d, t->image, t->len, t->addr, true, &r);
  double read = now ();
  seconds[COLD] = read - start - seconds[HOT];
  pctab__check_lines (&d);
  seconds[LINES] = now () - read;
  pctab__decoded_free (&d);
  start = now ();
  good = good && pctab__verify_image (&d, t->image, t->len, t->addr, VERIFY_ALL, &r);
  pctab__decoded_free (&d);
  seconds[ALL] = now () - start;
  good = good && !r.cnt;
  pctab__report_free (&r);
  (void) sink;
  return good;
}

int
main (int argc, char **argv)
{
  static const char *const names[GROUP_CNT] = { "digest of the whole table", "hot part and marks (at every link)",
                                                "names, records, calls", "lines", "all rules over the table" };
  static double seconds[GROUP_CNT][256];
  size_t len;
  unsigned char *data = argc > 1 ? read_file (argv[1], &len) : NULL;
  int rounds = argc > 2 ? atoi (argv[2]) : 21;
  struct agree_table t;
  if (!data || rounds < 1 || rounds > 256 || !agree_find (&t, argv[1], data, len))
    {
      fprintf (stderr, "usage: bench_verify FILE [ROUNDS]\n");
      return 2;
    }
  /* As pctab-verify's workers, which keep memory from file to file. */
  mallopt (M_MMAP_THRESHOLD, 32 << 20);
  mallopt (M_TRIM_THRESHOLD, 256 << 20);
  for (int i = 0; i < rounds; i++)
    {
      double s[GROUP_CNT];
      if (!run_once (&t, s))
        {
          fprintf (stderr, "bench_verify: %s: the rules find something\n", argv[1]);
          return 1;
        }
      for (int g = 0; g < GROUP_CNT; g++)
        seconds[g][i] = s[g];
    }
  for (int g = 0; g < GROUP_CNT; g++)
    {
      qsort (seconds[g], (size_t) rounds, sizeof (double), compare);
      double median = seconds[g][rounds / 2];
      printf ("  %-36s %8.3f ms  %8.1f MB/s\n", names[g], median * 1e3, (double) t.len / 1e6 / median);
    }
  free (data);
  return 0;
}
