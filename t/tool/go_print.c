/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints what a Go program's own tables say.
 *
 * usage: go_print funcs FILE    ENTRY END NEXT NAME of each function
 *        go_print lines FILE    FILE:LINE of each PC (hexadecimal, standard input), or "?"
 *        go_print values FILE   for each function ENTRY max N; for each stream (s is pcsp, a number a pcdata table)
 *                               ENTRY STREAM START VALUE, for each value
 *        go_print records FILE  source for the assembler: the program's code from label .Ltext on, for each function a
 * symbol f0, f1 ... and records of OBJECT-FORMAT that say what Go's streams say */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "go_pclntab.h"

typedef bool print_fn (const struct go_pclntab *g, struct diag *d);

static bool
print_funcs (const struct go_pclntab *g, struct diag *d)
{
  struct go_func f;
  for (uint32_t i = 0; i < g->func_cnt; i++)
    {
      if (!go_func (g, i, &f, d))
        return false;
      printf ("%" PRIx64 " %" PRIx64 " %" PRIx64 " %s\n", f.entry, go_func_end (g, &f), f.next, f.name);
    }
  return true;
}

/* The function that PC is in, by bisection of all. */
static bool
find_func (const struct go_pclntab *g, uint64_t pc, struct go_func *f, struct diag *d)
{
  uint32_t low = 0, high = g->func_cnt;
  while (high - low > 1)
    {
      uint32_t mid = low + (high - low) / 2;
      if (!go_func (g, mid, f, d))
        return false;
      if (f->entry <= pc)
        low = mid;
      else
        high = mid;
    }
  return go_func (g, low, f, d);
}

static bool
print_lines (const struct go_pclntab *g, struct diag *d)
{
  struct go_func f;
  uint64_t start;
  for (uint64_t pc; scanf ("%" SCNx64, &pc) == 1;)
    {
      if (!find_func (g, pc, &f, d))
        return false;
      int32_t file = go_pcvalue (g, &f, f.pcfile, pc, &start), line = go_pcvalue (g, &f, f.pcln, pc, &start);
      if (pc < f.entry || pc >= f.next || line == -1)
        printf ("?\n");
      else
        printf ("%s:%d\n", go_file (g, &f, file), line);
    }
  return true;
}

static void
print_stream (const struct go_pclntab *g, const struct go_func *f, const char *name, uint32_t off)
{
  struct go_walk w = go_walk_start (g, f, off);
  struct go_stretch s;
  if (!off)
    printf ("%" PRIx64 " %s 0 -1\n", f->entry, name);
  while (go_walk_next (&w, &s))
    printf ("%" PRIx64 " %s %" PRIx64 " %d\n", f->entry, name, s.pc, s.value);
}

static bool
print_values (const struct go_pclntab *g, struct diag *d)
{
  struct go_func f;
  for (uint32_t i = 0; i < g->func_cnt; i++)
    {
      if (!go_func (g, i, &f, d))
        return false;
      printf ("%" PRIx64 " max %d\n", f.entry, go_maxspdelta (g, &f));
      print_stream (g, &f, "s", f.pcsp);
      for (uint32_t k = 0; k < f.table_cnt; k++)
        {
          char name[16];
          snprintf (name, sizeof name, "%u", k);
          print_stream (g, &f, name, go_table (&f, k));
        }
    }
  return true;
}

static void
put_record_head (unsigned kind, uint64_t size, uint64_t off, const char *section, uint32_t number)
{
  printf (".pushsection %s,\"o?\",\"progbits\",.Ltext\n.L%u_%u: .byte 1,%u,8,0\n.4byte %" PRIu64
          "\n.8byte .Ltext+%" PRIu64 "\n",
          section, kind, number, kind, size, off);
}

static uint64_t
count_stretches (const struct go_pclntab *g, const struct go_func *f, uint32_t off)
{
  struct go_walk w = go_walk_start (g, f, off);
  struct go_stretch s;
  uint64_t cnt = 0;
  while (go_walk_next (&w, &s))
    cnt++;
  return cnt;
}

/* Kind 16: the CFA is SP + delta, nothing else is known. */
static void
put_frame (const struct go_pclntab *g, const struct go_func *f, uint32_t number)
{
  struct go_walk w = go_walk_start (g, f, f->pcsp);
  struct go_stretch s;
  uint64_t last = f->entry;
  put_record_head (16, 24 + 28 * count_stretches (g, f, f->pcsp), f->entry - g->text, ".pcsp", number);
  printf (".4byte %" PRIu64 ",0\n", go_func_end (g, f) - f->entry);
  for (; go_walk_next (&w, &s); last = s.pc)
    printf (".4byte %" PRIu64 "\n.byte 1,0,0,0,0,0,0,0\n.4byte %d,0,0,0\n", s.pc - last, s.value);
  printf (".popsection\n.reloc .Ltext+%" PRIu64 ", BFD_RELOC_NONE, .L16_%u\n", f->entry - g->text, number);
}

/* Kind 1, stretches of -1 as well. */
static void
put_values (const struct go_pclntab *g, const struct go_func *f, uint32_t table, uint32_t number)
{
  struct go_walk w = go_walk_start (g, f, go_table (f, table));
  struct go_stretch s;
  uint64_t cnt = count_stretches (g, f, go_table (f, table));
  if (!cnt)
    return;
  put_record_head (1, 20 + 8 * cnt, f->entry - g->text, ".pcdata", number);
  printf (".4byte %u\n", table);
  while (go_walk_next (&w, &s))
    printf (".4byte %" PRIu64 ",%d\n", s.end - s.pc, s.value);
  printf (".popsection\n.reloc .Ltext+%" PRIu64 ", BFD_RELOC_NONE, .L1_%u\n", f->entry - g->text, number);
}

static bool
print_records (const struct go_pclntab *g, struct diag *d)
{
  struct elf_section *text = pctab__elf_section ((struct elf_file *) &g->elf, ".text");
  struct go_func f;
  if (!text || text->addr != g->text)
    return pctab__diag_error (d, NULL, "has no .text where its table counts from");
  printf (".text\n.balign 4096\n.globl f0\n.Ltext: .incbin \"%s\",%" PRIu64 ",%" PRIu64 "\n", g->elf.path, text->off,
          text->size);
  for (uint32_t i = 0; i < g->func_cnt; i++)
    {
      if (!go_func (g, i, &f, d))
        return false;
      uint64_t off = f.entry - g->text, end = go_func_end (g, &f);
      if (end == f.entry)
        continue;
      printf (".type f%u,STT_FUNC\n.set f%u,.Ltext+%" PRIu64 "\n.size f%u,%" PRIu64 "\n", i, i, off, i, end - f.entry);
      put_frame (g, &f, i);
      for (uint32_t table = 0; table < 3; table++)
        put_values (g, &f, table, 3 * i + table);
    }
  printf (".section .note.GNU-stack,\"\"\n");
  return true;
}

static const struct command {
  const char *name;
  print_fn *print;
} commands[] = {
  { "funcs", print_funcs },
  { "lines", print_lines },
  { "values", print_values },
  { "records", print_records },
};

static print_fn *
find_command (const char *name)
{
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
    if (!strcmp (commands[i].name, name))
      return commands[i].print;
  return NULL;
}

int
main (int argc, char **argv)
{
  print_fn *print = argc == 3 ? find_command (argv[1]) : NULL;
  if (!print)
    {
      fprintf (stderr, "usage: go_print funcs|lines|values|records FILE\n");
      return 2;
    }
  struct go_pclntab g;
  struct diag d = { .file = argv[2] };
  bool good = go_open (&g, argv[2], &d) && print (&g, &d);
  go_close (&g);
  if (!good)
    fprintf (stderr, "go_print: %s\n", d.text);
  return !good || fflush (stdout) || ferror (stdout);
}
