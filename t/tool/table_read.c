/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a file's table through <pctab/table.h> alone, as a program would.
 *
 * usage: table_read rows FILE        ENTRY START CFA-OFFSET for each PC (hexadecimal, standard input), or "none"
 *        table_read count FILE A B N  looks N PCs of [A, B) up, spread evenly; count_lookups() is what to measure
 *        table_read open FILE N       opens the table N times: open_table() is what to measure
 * The file has this machine's byte order. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include <pctab/table.h>

static int
fail (const char *file, const char *what)
{
  fprintf (stderr, "table_read: %s: %s\n", file, what);
  return 1;
}

static void
print_rows (const struct pctab_table *t)
{
  for (uint64_t pc; scanf ("%" SCNx64, &pc) == 1;)
    {
      struct pctab_func f = pctab_findfunc (t, pc);
      struct pctab_rule rule;
      uint64_t start;
      if (!f.bits)
        {
          printf ("none\n");
          continue;
        }
      pctab_value_rule (t, pctab_pcvalue (t, f, pc, &start), &rule);
      printf ("%" PRIx64 " %" PRIx64 " %d\n", pctab_func_entry (t, f), start, rule.cfa_off);
    }
}

__attribute__ ((noinline)) uint64_t count_lookups (const struct pctab_table *t, uint64_t from, uint64_t to,
                                                   uint64_t cnt);

uint64_t
count_lookups (const struct pctab_table *t, uint64_t from, uint64_t to, uint64_t cnt)
{
  uint64_t sum = 0, start;
  for (uint64_t i = 0; i < cnt; i++)
    {
      uint64_t pc = from + i * (to - from) / cnt;
      struct pctab_func f = pctab_findfunc (t, pc);
      if (f.bits)
        sum += (uint64_t) pctab_pcvalue (t, f, pc, &start) + start;
    }
  return sum;
}

__attribute__ ((noinline)) int open_table (struct pctab_table *t, const void *image, size_t len, uint64_t addr);

int
open_table (struct pctab_table *t, const void *image, size_t len, uint64_t addr)
{
  return (int) pctab_table_open (t, image, len, addr);
}

static int
run (int argc, char **argv, const struct pctab_table *t, const void *image, size_t len, uint64_t addr)
{
  if (!strcmp (argv[1], "rows"))
    print_rows (t);
  else if (!strcmp (argv[1], "count") && argc == 6)
    printf ("%" PRIu64 "\n", count_lookups (t, strtoull (argv[3], NULL, 16), strtoull (argv[4], NULL, 16),
                                            strtoull (argv[5], NULL, 10)));
  else if (!strcmp (argv[1], "open") && argc == 4)
    {
      struct pctab_table again;
      for (unsigned long n = strtoul (argv[3], NULL, 10); n; n--)
        if (open_table (&again, image, len, addr))
          return fail (argv[2], "opens once only");
    }
  else
    return fail (argv[2], "what to do?");
  return 0;
}

int
main (int argc, char **argv)
{
  struct elf_file f;
  struct diag d = { 0 };
  if (argc < 3)
    return fail ("usage", "table_read rows|count|open FILE [ARGUMENT...]");
  if (!pctab__elf_open (&f, argv[2], &d))
    return fail (argv[2], d.text);
  const struct elf_section *s = pctab__elf_section (&f, ".pctab");
  int status;
  if (!s || s->type == SHT_NOBITS || s->off > f.len || s->size > f.len - s->off)
    status = fail (argv[2], "no table");
  else
    {
      unsigned char *image = aligned_alloc (64, (s->size + 63) & ~UINT64_C (63));
      struct pctab_table t;
      enum pctab_error error = PCTAB_ERROR_TRUNCATED;
      if (image)
        {
          memcpy (image, f.data + s->off, s->size);
          error = pctab_table_open (&t, image, s->size, s->addr);
        }
      status = error ? fail (argv[2], pctab_error_text (error)) : run (argc, argv, &t, image, s->size, s->addr);
      free (image);
    }
  pctab__elf_close (&f);
  return status;
}
