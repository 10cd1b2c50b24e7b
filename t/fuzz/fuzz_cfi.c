/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages an ELF file in memory, again and again from one seed, and imports its frames and symbols.  Whatever is
 * accepted must still be a model as model.h says; whatever is refused must come with a message.  Build it with
 * sanitizers: they see the reads that this program cannot.
 *
 * usage: fuzz_cfi FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration. */
#include <inttypes.h>
#include <unistd.h>

#include "import.h"
#include "mutate.h"

struct region {
  size_t off, len;
};

struct target {
  unsigned char *data;
  size_t len;
  struct region regions[64];
  unsigned region_cnt;
};

static void
add_region (struct target *t, uint64_t off, uint64_t len)
{
  if (off < t->len && len && len <= t->len - off && t->region_cnt < sizeof t->regions / sizeof *t->regions)
    t->regions[t->region_cnt++] = (struct region){ off, len };
}

static bool
find_regions (struct target *t, const char *path)
{
  static const char *const names[] = { ".eh_frame", ".debug_frame", ".symtab", ".strtab", ".dynsym", ".dynstr" };
  struct elf_file f;
  struct diag d = { .file = path };
  if (!pctab__elf_over (&f, path, t->data, t->len, &d))
    {
      fprintf (stderr, "fuzz_cfi: %s\n", d.text);
      return false;
    }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const struct elf_section *s = pctab__elf_section (&f, names[i]);
      if (s && s->type != SHT_NOBITS)
        {
          add_region (t, s->off, s->size);
          /* The frames are what this is about. */
          if (i < 2)
            for (int again = 0; again < 5; again++)
              add_region (t, s->off, s->size);
        }
    }
  add_region (t, 0, f.is64 ? 64 : 52);
  add_region (t, f.phoff, (uint64_t) f.segment_cnt * (f.is64 ? 56 : 32));
  add_region (t, f.shoff, (uint64_t) f.section_cnt * (f.is64 ? 64 : 40));
  pctab__elf_close (&f);
  return t->region_cnt > 0;
}

static void
damage (const struct target *t, unsigned char *data)
{
  const struct region *r = &t->regions[random_below (t->region_cnt)];
  damage_bytes (data + r->off, r->len);
}

static const char *
check_frames (const struct model *m)
{
  uint32_t last_end = 0;
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      const struct model_frame *f = &m->frames.at[i];
      if (f->off >= f->end || f->off < last_end)
        return "frames overlap or are empty";
      last_end = f->end;
      if (!f->row_cnt || (uint64_t) f->row + f->row_cnt > m->rows.cnt || m->rows.at[f->row].off != f->off)
        return "a frame's rows do not begin with it";
      for (uint32_t k = f->row; k < f->row + f->row_cnt; k++)
        {
          if (m->rows.at[k].rule >= m->rules.cnt || m->rows.at[k].off >= f->end)
            return "a row lies outside its frame or has no rule";
          if (k > f->row
              && (m->rows.at[k].off <= m->rows.at[k - 1].off || m->rows.at[k].rule == m->rows.at[k - 1].rule))
            return "rows do not rise or say the same";
        }
    }
  return NULL;
}

static const char *
check_symbols (const struct model *m, const unsigned char *data, size_t len)
{
  for (size_t i = 0; i < m->symbols.cnt; i++)
    {
      const unsigned char *name = (const unsigned char *) m->symbols.at[i].name.p;
      if (name < data || name >= data + len || m->symbols.at[i].name.len >= (size_t) (data + len - name)
          || memchr (name, 0, m->symbols.at[i].name.len))
        return "a symbol's name is not in the file";
    }
  return NULL;
}

/* What was promised and not held, or NULL. */
static const char *
import (const unsigned char *data, size_t len, bool *accepted)
{
  struct elf_file f;
  struct diag d = { .file = "input" };
  *accepted = false;
  if (!pctab__elf_over (&f, "input", data, len, &d))
    return d.failed ? NULL : "refused without a message";
  struct model m;
  pctab__model_init (&m);
  *accepted = pctab__import_module (&f, &m, &d) && pctab__import_cfi (&f, &m, &d) && pctab__import_symbol (&f, &m, &d);
  const char *broken = NULL;
  if (*accepted == d.failed)
    broken = "the result and the message disagree";
  if (!broken && *accepted)
    broken = check_frames (&m);
  if (!broken && *accepted)
    broken = check_symbols (&m, data, len);
  pctab__model_free (&m);
  pctab__elf_close (&f);
  return broken;
}

int
main (int argc, char **argv)
{
  struct target t = { 0 };
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_cfi FILE COUNT [SEED]\n");
      return 2;
    }
  t.data = read_file (argv[1], &t.len);
  if (!t.data || !find_regions (&t, argv[1]))
    {
      fprintf (stderr, "fuzz_cfi: can't use %s\n", argv[1]);
      free (t.data);
      return 2;
    }
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  unsigned long cnt = strtoul (argv[2], NULL, 0), accepted_cnt = 0;
  const char *broken = NULL;
  for (unsigned long i = 0; i < cnt && !broken; i++)
    {
      watch_time ();
      /* Cut short now and then; always a copy of just that length, so that reads past its end are seen. */
      size_t len = i % 16 ? t.len : random_below (t.len + 1);
      unsigned char *data = malloc (len ? len : 1);
      if (!data)
        break;
      memcpy (data, t.data, len);
      for (size_t k = len == t.len ? 1 + random_below (6) : 0; k; k--)
        damage (&t, data);
      bool accepted;
      broken = import (data, len, &accepted);
      accepted_cnt += accepted;
      free (data);
      if (broken)
        fprintf (stderr, "fuzz_cfi: %s, iteration %lu: %s\n", argv[1], i, broken);
    }
  printf ("%lu mutations of %s: %lu accepted, %lu refused\n", cnt, argv[1], accepted_cnt, cnt - accepted_cnt);
  free (t.data);
  return broken != NULL;
}
