/* SPDX-License-Identifier: GPL-3.0-or-later */
/* verify_link FILE ADDRESS: what a link says of the table in FILE.  0: nothing; 1: the message is printed. */
#include <stdio.h>
#include <stdlib.h>

#include "verify.h"

#define TABLE_MAX (64u << 20)

int
main (int argc, char **argv)
{
  FILE *from = argc == 3 ? fopen (argv[1], "rb") : NULL;
  unsigned char *image = malloc (TABLE_MAX);
  if (!from || !image)
    return 2;
  size_t len = fread (image, 1, TABLE_MAX, from);
  char text[VERIFY_TEXT_MAX];
  fclose (from);
  bool good = pctab__verify_at_link (image, len, strtoull (argv[2], NULL, 16), text);
  if (!good)
    puts (text);
  free (image);
  return !good;
}
