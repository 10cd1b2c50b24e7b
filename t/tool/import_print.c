/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pctab_module_import_loaded() makes of this process' files, by <pctab/pctab.h>, for tests to compare.
 *
 * usage: import_print frames FILE    the functions and rows of the module whose path ends like FILE, as model_print does,
 *                                    in the file's addresses, by lookups of all PCs
 *        import_print symbols FILE   START END NAME of its functions that have a name
 *        import_print write FILE TO  its table, as it is
 *        import_print modules        PATH BYTES ORIGIN of all modules, and how many were made, first and again
 *        import_print time           the milliseconds of an import
 *        import_print vdso TO        writes the vDSO there */
#include <pctab/pctab.h>

#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "rule_print.h"

static void
die (const char *what, uint64_t pc)
{
  fprintf (stderr, "import_print: %#" PRIx64 ": %s\n", pc, what);
  exit (1);
}

static const char *
base_name (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

struct search {
  const char *name;
  const struct pctab_module *found;
};

/* A module stays where it is as long as the file is loaded, and nothing here is unloaded. */
static bool
match (const struct pctab_module_info *info, void *arg)
{
  struct search *s = arg;
  if (info->module && info->module->origin == PCTAB_ORIGIN_IMPORTED
      && !strcmp (base_name (info->path), base_name (s->name)))
    s->found = info->module;
  return true;
}

static const struct pctab_module *
find (const char *name)
{
  struct search s = { name, NULL };
  pctab_module_import_loaded ();
  pctab_module_each (match, &s);
  if (s.found)
    return s.found;
  fprintf (stderr, "import_print: %s has no module\n", name);
  exit (1);
}

static struct pctab_func
func_at (const struct pctab_module *m, uint64_t pc)
{
  const struct pctab_module *found = pctab_find_module (pctab_modules (), pc);
  if (pc < m->hi && found != m)
    die ("another module", pc);
  struct pctab_func f = { 0 };
  if (found == m)
    f = pctab_findfunc (&m->table, pc);
  return f;
}

/* The first PC behind F, which ends in the unit before PC. */
static uint64_t
exact_end (const struct pctab_module *m, struct pctab_func f, uint64_t pc)
{
  for (;; pc--)
    {
      struct pctab_func g = func_at (m, pc - 1);
      if (g.bits && g.off == f.off)
        return pc;
    }
}

/* The rows of F, from PC on; returns its end. */
static uint64_t
print_rows (const struct pctab_module *m, struct pctab_func f, uint64_t pc, uint64_t insn)
{
  struct pctab_rule rule;
  uint64_t entry = pc, last = 0, start;
  char *text = NULL;
  size_t len = 0;
  FILE *rows = open_memstream (&text, &len);
  for (struct pctab_func g = f; rows && g.bits && g.off == f.off; pc += insn, g = func_at (m, pc))
    {
      pctab_value_rule (&m->table, pctab_pcvalue (&m->table, g, pc, &start), &rule);
      if (start > pc || start < last || (start != last && start != pc))
        die ("another start", pc);
      if (start == last)
        continue;
      last = start;
      fprintf (rows, "%" PRIx64 " ", start - m->bias);
      print_rule (rows, (const struct rule *) (const void *) &rule);
    }
  if (!rows || fclose (rows))
    die ("out of memory", pc);
  pc = exact_end (m, f, pc);
  printf ("frame %" PRIx64 " %" PRIx64 "%s\n%s", entry - m->bias, pc - m->bias,
          pctab_funcflags (&m->table, f) & PCTAB_FUNCFLAG_SIGNAL ? " signal" : "", text);
  free (text);
  return pc;
}

static void
open_cold (struct pctab_cold *c, const struct pctab_module *m)
{
  size_t len = pctab_cold_size (&m->table);
  if (pctab_cold_open (c, &m->table, malloc (len), len))
    die ("the cold part does not open", m->lo);
}

static int
print_frames (const struct pctab_module *m)
{
  uint64_t insn = 1u << m->table.insn_shift;
  struct pctab_cold c;
  open_cold (&c, m);
  pctab_read_begin ();
  for (uint64_t pc = m->lo; pc < m->hi;)
    {
      struct pctab_func f = func_at (m, pc);
      if (!f.bits)
        {
          pc++;
          continue;
        }
      if (pc != pctab_func_entry (&m->table, f))
        die ("not at a function's entry", pc);
      if (!(pctab_funcflags (&m->table, f) & PCTAB_FUNCFLAG_NOPREEMPT) || pctab_funcreason (&c, f) != 15)
        die ("a preemptible function", pc);
      pc = print_rows (m, f, pc, insn);
    }
  pctab_read_end ();
  free (c.buf);
  return 0;
}

static int
print_symbols (const struct pctab_module *m)
{
  struct pctab_record r = { 0 };
  struct pctab_cold c;
  const char *name;
  open_cold (&c, m);
  while (!pctab_record_next (&c, &r) && r.end)
    if (!pctab_record_name (&c, &r, &name) && name)
      printf ("%" PRIx64 " %" PRIx64 " %s\n", r.entry - m->bias, r.end - m->bias, name);
  free (c.buf);
  return 0;
}

static int
write_bytes (const char *path, const void *bytes, size_t len)
{
  FILE *out = fopen (path, "wb");
  if (!out)
    return 1;
  bool good = fwrite (bytes, 1, len, out) == len;
  return !fclose (out) && good ? 0 : 1;
}

static bool
print_one (const struct pctab_module_info *info, void *arg)
{
  (void) arg;
  if (info->module)
    printf ("%s %" PRIu32 " %s\n", info->path, info->module->table.len,
            info->module->origin == PCTAB_ORIGIN_IMPORTED ? "imported" : "other");
  else
    printf ("%s: %s\n", info->path, pctab_error_text (info->error));
  return true;
}

static int
print_modules (void)
{
  int first = pctab_module_import_loaded (), again = pctab_module_import_loaded ();
  pctab_module_each (print_one, NULL);
  printf ("made %d, again %d\n", first, again);
  return 0;
}

static int
print_time (void)
{
  struct timespec a, b;
  clock_gettime (CLOCK_MONOTONIC, &a);
  int made = pctab_module_import_loaded ();
  clock_gettime (CLOCK_MONOTONIC, &b);
  printf ("%d tables: %.2f ms\n", made,
          (double) (b.tv_sec - a.tv_sec) * 1e3 + (double) (b.tv_nsec - a.tv_nsec) / 1e6);
  return 0;
}

/* Its section headers stand behind its one segment's contents, in the same pages. */
static int
write_dso (const char *path)
{
  const ElfW (Ehdr) *e = (const void *) getauxval (AT_SYSINFO_EHDR);
  return e ? write_bytes (path, e, e->e_shoff + (size_t) e->e_shnum * e->e_shentsize) : 1;
}

int
main (int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  if (argc == 3 && !strcmp (what, "frames"))
    return print_frames (find (argv[2]));
  if (argc == 3 && !strcmp (what, "symbols"))
    return print_symbols (find (argv[2]));
  if (argc == 4 && !strcmp (what, "write"))
    return write_bytes (argv[3], find (argv[2])->table.image, find (argv[2])->table.len);
  if (argc == 2 && !strcmp (what, "modules"))
    return print_modules ();
  if (argc == 2 && !strcmp (what, "time"))
    return print_time ();
  if (argc == 3 && !strcmp (what, "vdso"))
    return write_dso (argv[2]);
  fprintf (stderr, "usage: import_print frames FILE | symbols FILE | write FILE TO | modules | time | vdso TO\n");
  return 2;
}
