/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dwarf_print FILE: what the DWARF import says of each PC on standard input (hex, one a line), for the oracle.
 *
 * Slow and obvious on purpose: every byte of the module's text is painted with the number of its line row and its node,
 * in the model's order, and a PC reads what it finds.  One line a frame, innermost first:
 * PC <tab> number of the frame <tab> name or ?? <tab> file or ?? <tab> line */
#include "import.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct paint {
  uint32_t len; /* text offsets below */
  uint32_t *row, *node;
};

static bool
paint (struct paint *p, const struct model *m)
{
  for (size_t i = 0; i < m->texts.cnt; i++)
    p->len = m->texts.at[i].end > p->len ? m->texts.at[i].end : p->len;
  p->row = malloc (((size_t) p->len + 1) * sizeof *p->row);
  p->node = malloc (((size_t) p->len + 1) * sizeof *p->node);
  if (!p->row || !p->node)
    return false;
  memset (p->row, 0xff, (size_t) p->len * sizeof *p->row);
  memset (p->node, 0xff, (size_t) p->len * sizeof *p->node);
  for (size_t i = m->sequences.cnt; i-- > 0;)
    {
      const struct model_sequence *s = &m->sequences.at[i];
      for (uint32_t j = 0; j < s->line_cnt; j++)
        {
          uint32_t end = j + 1 < s->line_cnt ? m->lines.at[s->line + j + 1].off : s->end;
          for (uint32_t off = m->lines.at[s->line + j].off; off < end; off++)
            p->row[off] = s->line + j;
        }
    }
  for (size_t i = 0; i < m->ranges.cnt; i++)
    for (uint32_t off = m->ranges.at[i].off; off < m->ranges.at[i].end; off++)
      p->node[off] = m->ranges.at[i].node;
  return true;
}

static void
print_str (const struct model_str *s)
{
  if (s && s->len)
    fwrite (s->p, 1, s->len, stdout);
  else
    fputs ("??", stdout);
}

static void
print_frame (const struct model *m, uint64_t pc, unsigned idx, const struct model_str *name, uint32_t file,
             uint32_t line)
{
  printf ("0x%" PRIx64 "\t%u\t", pc, idx);
  print_str (name);
  putchar ('\t');
  print_str (file == MODEL_NONE ? NULL : &m->files.at[file]);
  printf ("\t%" PRIu32 "\n", line);
}

static void
print_chain (const struct model *m, const struct paint *p, uint64_t pc)
{
  uint64_t off = pc - m->base;
  uint32_t row = off < p->len ? p->row[off] : MODEL_NONE, node = off < p->len ? p->node[off] : MODEL_NONE;
  uint32_t file = row == MODEL_NONE ? MODEL_NONE : m->lines.at[row].file;
  uint32_t line = row == MODEL_NONE ? 0 : m->lines.at[row].line;
  if (node == MODEL_NONE)
    {
      print_frame (m, pc, 0, NULL, file, line);
      return;
    }
  for (unsigned idx = 0; node != MODEL_NONE; idx++)
    {
      const struct model_node *n = &m->nodes.at[node];
      print_frame (m, pc, idx, &m->origins.at[n->origin].name, file, line);
      file = n->call_file;
      line = n->call_line;
      node = n->parent;
    }
}

/* Whether the model keeps its own rules. */
static bool
check (const struct model *m)
{
  for (size_t i = 0; i < m->sequences.cnt; i++)
    {
      const struct model_sequence *s = &m->sequences.at[i];
      const struct model_line *l = m->lines.at + s->line;
      if (!s->line_cnt || (size_t) s->line + s->line_cnt > m->lines.cnt || l[0].off != s->off
          || l[s->line_cnt - 1].off >= s->end)
        return false;
      for (uint32_t j = 0; j < s->line_cnt; j++)
        if ((l[j].file != MODEL_NONE && l[j].file >= m->files.cnt)
            || (j && (l[j].off <= l[j - 1].off || (l[j].file == l[j - 1].file && l[j].line == l[j - 1].line))))
          return false;
    }
  for (size_t i = 0; i < m->nodes.cnt; i++)
    {
      const struct model_node *n = &m->nodes.at[i];
      if ((n->parent != MODEL_NONE && n->parent >= i) || n->origin >= m->origins.cnt
          || (n->call_file != MODEL_NONE && n->call_file >= m->files.cnt))
        return false;
    }
  for (size_t i = 0; i < m->ranges.cnt; i++)
    if (m->ranges.at[i].off >= m->ranges.at[i].end || m->ranges.at[i].node >= m->nodes.cnt)
      return false;
  return true;
}

int
main (int argc, char **argv)
{
  struct diag d = { .failed = false };
  struct elf_file f;
  struct model m;
  struct paint p = { .len = 0 };
  char text[64];
  pctab__model_init (&m);
  if (argc != 2)
    {
      fputs ("usage: dwarf_print FILE <PCS\n", stderr);
      return 2;
    }
  if (!pctab__elf_open (&f, argv[1], &d))
    {
      fprintf (stderr, "%s\n", d.text);
      return 1;
    }
  if (!pctab__import_module (&f, &m, &d) || !pctab__import_dwarf (&f, &m, 2, &d))
    fprintf (stderr, "%s\n", d.text);
  else if (!check (&m))
    {
      d.failed = true;
      fprintf (stderr, "%s: the model breaks its own rules\n", argv[1]);
    }
  else if (paint (&p, &m))
    while (fgets (text, sizeof text, stdin))
      print_chain (&m, &p, strtoull (text, NULL, 16));
  fprintf (stderr, "units %" PRIu64 " missing %" PRIu64 "\n", m.stats.units, m.stats.units_missing);
  free (p.row);
  free (p.node);
  pctab__model_free (&m);
  pctab__elf_close (&f);
  return d.failed;
}
