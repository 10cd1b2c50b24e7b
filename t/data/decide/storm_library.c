/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the storm loads and unloads: it has a table of its own. */
int library_work (int n, int (*back) (int));

static __attribute__ ((noinline)) int
deeper (int depth, int n, int (*back) (int))
{
  volatile int result = depth ? deeper (depth - 1, n, back) : back (n);
  return result;
}

__attribute__ ((visibility ("default"))) int
library_work (int n, int (*back) (int))
{
  for (int i = 0; i < 20; i++)
    deeper (i, n, back);
  return deeper (5, n, back);
}
