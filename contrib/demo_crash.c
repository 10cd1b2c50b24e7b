/* SPDX-License-Identifier: MIT */
/* For demo.sh: a program that crashes in what qsort() calls, and says where. */
#include <pctab/crash.h>
#include <stdlib.h>

struct entry {
  const char *name;
  const int *value;
};

static inline int
value_of (const struct entry *e)
{
  return *e->value;
}

static int
compare (const void *a, const void *b)
{
  return value_of (a) - value_of (b);
}

int
main (void)
{
  static const int one = 1;
  struct entry entries[] = { { "first", NULL }, { "second", &one } };
  if (pctab_crash_handler_install (NULL))
    return 1;
  qsort (entries, 2, sizeof *entries, compare);
  return 0;
}
