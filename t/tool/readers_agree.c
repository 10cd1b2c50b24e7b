/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both readers of the format over one file's table: symtab's lookups and verify's arrays.
 *
 * usage: readers_agree all FILE           the same answer at every PC of the text
 *        readers_agree flips FILE N SEED  N tables with one bit flipped: verify finds each by the digests; with the
 * digests made right, what symtab refuses verify finds, and what verify takes both answer alike Exits 1 at the first
 * disagreement. */
#include "../lib/agree.h"
#include "../fuzz/mutate.h"

#include "digest.h"

static int
compare_all (const struct agree_table *t)
{
  struct agree a;
  agree_open (&a, t->image, t->len, t->addr, t->big);
  bool good = a.open && !agree_errors (&a.r);
  if (!good)
    {
      printf ("symtab %s, verify finds %zu\n", a.open ? "takes it" : "refuses it", a.r.cnt);
      agree_print (&a, stdout);
    }
  good = good && agree_everywhere (&a) && agree_at (&a, 0) && agree_at (&a, UINT64_MAX);
  for (uint64_t pc = t->text < 64 ? 0 : t->text - 64; good && pc < t->text_end + 64; pc++)
    good = agree_at (&a, pc);
  if (*a.text)
    printf ("symtab and verify differ at %s\n", a.text);
  printf ("%" PRIu64 " PCs, %" PRIu64 " in functions with frames, %" PRIu64 " calls, %" PRIu64 " pcdata values\n",
          a.pcs, a.funcs, a.frames, a.values);
  agree_close (&a);
  return !good;
}

/* One bit flipped at random; nothing but the bytes of the table. */
static bool
try_flip (const struct agree_table *t, unsigned char *image, uint64_t *raw, uint64_t counts[4])
{
  memcpy (image, t->image, t->len);
  uint64_t bit = random_below (t->len * 8);
  image[bit / 8] ^= (unsigned char) (1u << bit % 8);
  struct agree a;
  struct digest_bounds b;
  agree_open (&a, image, t->len, t->addr, t->big);
  bool good = agree_errors (&a.r);
  *raw += good;
  agree_close (&a);
  if (!good)
    {
      printf ("byte %#" PRIx64 " bit %" PRIu64 ": not found\n", bit / 8, bit % 8);
      return false;
    }
  if (!pctab__digest_bounds (image, t->len, t->big, &b))
    {
      counts[0]++;
      return true;
    }
  pctab__digest_store (image, &b, t->big);
  agree_open (&a, image, t->len, t->addr, t->big);
  bool found = agree_errors (&a.r);
  if (!found && !a.open)
    good = agree_differ (&a, 0, "symtab refuses it, verify finds nothing");
  else if (!found)
    good = agree_everywhere (&a);
  counts[found ? a.open ? 1 : 0 : memcmp (image, t->image, t->len) ? 2 : 3]++;
  if (!good)
    printf ("byte %#" PRIx64 " bit %" PRIu64 ", digests right: %s\n", bit / 8, bit % 8, a.text);
  agree_close (&a);
  return good;
}

static int
flip (const struct agree_table *t, unsigned long cnt)
{
  unsigned char *image = malloc (t->len);
  uint64_t raw = 0, counts[4] = { 0 };
  bool good = true;
  for (unsigned long i = 0; good && i < cnt; i++)
    good = try_flip (t, image, &raw, counts);
  printf ("%lu flips: %" PRIu64 " found by digest; digests right: both refuse %" PRIu64 ", verify alone %" PRIu64
          ", same answers %" PRIu64 ", unchanged %" PRIu64 "\n", cnt, raw, counts[0], counts[1], counts[2], counts[3]);
  free (image);
  return !good;
}

int
main (int argc, char **argv)
{
  size_t len;
  unsigned char *data = argc > 2 ? read_file (argv[2], &len) : NULL;
  struct agree_table t;
  if (!data || !agree_find (&t, argv[2], data, len))
    {
      fprintf (stderr, "usage: readers_agree all FILE | flips FILE N SEED\n");
      free (data);
      return 2;
    }
  random_state = argc > 4 ? strtoull (argv[4], NULL, 0) : 1;
  int status = argc > 3 && !strcmp (argv[1], "flips") ? flip (&t, strtoul (argv[3], NULL, 0)) : compare_all (&t);
  free (data);
  return status;
}
