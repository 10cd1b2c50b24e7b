/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages the module table of a linked file in memory, again and again from one seed, and verifies it.
 *
 * Digests are made right every other time.  Damage that the digests can see must be found; where they were made right,
 * what symtab's reader refuses must be found too, and what is taken both readers must answer alike.  Build it with
 * sanitizers: they see the reads that this program cannot.
 *
 * usage: fuzz_verify FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration; 77: FILE has no
 * table. */
#include "mutate.h"
#include "../lib/agree.h"

#include <unistd.h>

#include "digest.h"

struct counts {
  unsigned long found, taken, pcs;
};

/* One part, or the header with the directory: small parts are hit as often as large ones. */
static void
damage (const struct agree_table *t, unsigned char *image)
{
  unsigned number = (unsigned) random_below (PART_CNT + 2);
  size_t off = 0, len = HEADER_BYTES + DIRECTORY_BYTES;
  if (number < PART_CNT)
    {
      const unsigned char *p = t->image + HEADER_BYTES + 8 * number;
      uint32_t words[2] = { 0, 0 };
      for (unsigned i = 0; i < 8; i++)
        words[i / 4] |= (uint32_t) p[i] << 8 * (t->big ? 3 - i % 4 : i % 4);
      off = words[0];
      len = words[1];
    }
  if (len)
    damage_bytes (image + off, len);
}

/* What was promised and not held, or NULL. */
static const char *
verify (const struct agree_table *t, const unsigned char *image, size_t len, bool must_find, struct counts *n)
{
  static char text[600];
  struct agree a;
  agree_open (&a, image, len, t->addr, t->big);
  bool found = agree_errors (&a.r);
  const char *broken = NULL;
  n->found += found;
  n->taken += !found;
  if (!found && must_find)
    broken = "damage was not found";
  else if (!found && !a.open)
    broken = "symtab refuses it, verify finds nothing";
  else if (!found && !agree_everywhere (&a))
    {
      snprintf (text, sizeof text, "the readers differ at %s", a.text);
      broken = text;
    }
  n->pcs += a.pcs;
  agree_close (&a);
  return broken;
}

static const char *
iterate (const struct agree_table *t, unsigned long i, struct counts *n)
{
  /* Cut short now and then; always a copy of just that length, so that reads past its end are seen. */
  size_t len = i % 32 == 31 ? random_below (t->len) : t->len;
  unsigned char *image = malloc (len ? len : 1);
  struct digest_bounds b;
  if (!image)
    return "memory is out";
  memcpy (image, t->image, len);
  for (uint64_t k = len == t->len && i ? 1 + random_below (i % 3 ? 2 : 6) : 0; k; k--)
    damage (t, image);
  bool changed = len < t->len || memcmp (image, t->image, len), fix = i % 2;
  if (fix && len == t->len && pctab__digest_bounds (image, len, t->big, &b))
    pctab__digest_store (image, &b, t->big);
  const char *broken = verify (t, image, len, changed && !fix, n);
  free (image);
  return broken;
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_verify FILE COUNT [SEED]\n");
      return 2;
    }
  size_t len;
  unsigned char *data = read_file (argv[1], &len);
  struct agree_table t;
  if (!data || !agree_find (&t, argv[1], data, len))
    {
      free (data);
      return 77;
    }
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  unsigned long cnt = strtoul (argv[2], NULL, 0);
  struct counts n = { 0 };
  const char *broken = NULL;
  for (unsigned long i = 0; i < cnt && !broken; i++)
    {
      watch_time ();
      broken = iterate (&t, i, &n);
      if (!i && !n.taken && !broken)
        broken = "the undamaged table is not clean";
      if (broken)
        fprintf (stderr, "fuzz_verify: %s, iteration %lu: %s\n", argv[1], i, broken);
    }
  printf ("%lu mutations of %s's table: %lu found, %lu taken, with the same answers at %lu PCs\n", cnt, argv[1],
          n.found, n.taken, n.pcs);
  free (data);
  return broken != NULL;
}
