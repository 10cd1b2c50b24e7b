/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages the debug sections of an ELF file in memory, again and again from one seed, and imports it.  What is accepted
 * must be a model as model.h says, and the same one with one thread and with two; what is refused must come with a
 * message.  Build it with sanitizers: they see the reads that this program cannot.
 *
 * usage: fuzz_dwarf FILE COUNT [SEED [DWO]]; with DWO, a file that FILE names, that one is damaged where it lies, and
 * in the end as it was.  Exits 1 at the first broken promise, naming the iteration. */
#include <inttypes.h>
#include <unistd.h>

#include "import.h"
#include "mutate.h"

#define REGION_MAX 32

struct region {
  size_t off, len;
};

struct target {
  const char *path;
  unsigned char *data;
  size_t len;
  struct region regions[REGION_MAX];
  unsigned region_cnt;
};

static void
add_region (struct target *t, uint64_t off, uint64_t len)
{
  if (off < t->len && len && len <= t->len - off && t->region_cnt < REGION_MAX)
    t->regions[t->region_cnt++] = (struct region){ off, len };
}

/* Every debug section counts the same, whatever its size; those that are read first are small. */
static bool
find_regions (struct target *t)
{
  struct elf_file f;
  struct diag d = { .file = t->path };
  if (!pctab__elf_over (&f, t->path, t->data, t->len, &d))
    {
      fprintf (stderr, "fuzz_dwarf: %s\n", d.text);
      return false;
    }
  for (uint32_t i = 1; i < f.section_cnt; i++)
    if (strstr (f.sections[i].name, "debug_") || strstr (f.sections[i].name, "gnu_debugaltlink"))
      {
        add_region (t, f.sections[i].off, f.sections[i].size);
        add_region (t, f.shoff + (uint64_t) i * (f.is64 ? 64 : 40), f.is64 ? 64 : 40);
        if (strstr (f.sections[i].name, "info") || strstr (f.sections[i].name, "abbrev")
            || strstr (f.sections[i].name, "line"))
          for (int again = 0; again < 2; again++)
            add_region (t, f.sections[i].off, f.sections[i].size);
      }
  pctab__elf_close (&f);
  return t->region_cnt > 0;
}

static void
damage (const struct target *t, unsigned char *data)
{
  const struct region *r = &t->regions[random_below (t->region_cnt)];
  damage_bytes (data + r->off, r->len);
}

static bool
check_lines (const struct model *m)
{
  for (size_t i = 0; i < m->sequences.cnt; i++)
    {
      const struct model_sequence *s = &m->sequences.at[i];
      if (!s->line_cnt || s->line > m->lines.cnt || s->line_cnt > m->lines.cnt - s->line)
        return false;
      const struct model_line *l = m->lines.at + s->line;
      if (l[0].off != s->off || l[s->line_cnt - 1].off >= s->end)
        return false;
      for (uint32_t j = 0; j < s->line_cnt; j++)
        if ((l[j].file != MODEL_NONE && l[j].file >= m->files.cnt)
            || (j && (l[j].off <= l[j - 1].off || (l[j].file == l[j - 1].file && l[j].line == l[j - 1].line))))
          return false;
    }
  return true;
}

static bool
check_nodes (const struct model *m)
{
  for (size_t i = 0; i < m->nodes.cnt; i++)
    {
      const struct model_node *n = &m->nodes.at[i];
      if ((n->parent != MODEL_NONE && n->parent >= i) || n->origin >= m->origins.cnt
          || (n->call_file != MODEL_NONE && n->call_file >= m->files.cnt))
        return false;
    }
  for (size_t i = 0; i < m->origins.cnt; i++)
    if (m->origins.at[i].file != MODEL_NONE && m->origins.at[i].file >= m->files.cnt)
      return false;
  for (size_t i = 0; i < m->ranges.cnt; i++)
    if (m->ranges.at[i].off >= m->ranges.at[i].end || m->ranges.at[i].node >= m->nodes.cnt)
      return false;
  return true;
}

/* FNV-1a: reads every byte that the model refers to. */
static uint64_t
mix (uint64_t h, const void *data, size_t len)
{
  const unsigned char *p = data;
  for (size_t i = 0; i < len; i++)
    h = (h ^ p[i]) * 0x100000001b3;
  return h;
}

static uint64_t
digest (const struct model *m)
{
  uint64_t h = 0xcbf29ce484222325;
  for (size_t i = 0; i < m->files.cnt; i++)
    h = mix (h, m->files.at[i].p, m->files.at[i].len);
  for (size_t i = 0; i < m->origins.cnt; i++)
    {
      h = mix (h, m->origins.at[i].name.p, m->origins.at[i].name.len);
      h = mix (h, &m->origins.at[i].file, 8);
    }
  h = mix (h, m->nodes.at, m->nodes.cnt * sizeof *m->nodes.at);
  h = mix (h, m->ranges.at, m->ranges.cnt * sizeof *m->ranges.at);
  h = mix (h, m->sequences.at, m->sequences.cnt * sizeof *m->sequences.at);
  for (size_t i = 0; i < m->sequences.cnt; i++)
    h = mix (h, m->lines.at + m->sequences.at[i].line, m->sequences.at[i].line_cnt * sizeof *m->lines.at);
  return h;
}

struct result {
  bool good;
  uint64_t digest;
  char text[256];
};

/* Imports LEN bytes at DATA; false when a promise is broken. */
static bool
import (const char *path, const unsigned char *data, size_t len, unsigned threads, struct result *r)
{
  struct diag d = { .file = path };
  struct elf_file f;
  struct model m;
  memset (r, 0, sizeof *r);
  pctab__model_init (&m);
  if (!pctab__elf_over (&f, path, data, len, &d))
    return d.failed;
  r->good = pctab__import_module (&f, &m, &d) && pctab__import_dwarf (&f, &m, threads, &d);
  bool kept = r->good ? !d.failed && check_lines (&m) && check_nodes (&m) : d.failed && *d.text;
  if (r->good && kept)
    r->digest = digest (&m);
  snprintf (r->text, sizeof r->text, "%.255s", d.text);
  pctab__model_free (&m);
  pctab__elf_close (&f);
  return kept;
}

static bool
write_file (const char *path, const unsigned char *data, size_t len)
{
  FILE *out = fopen (path, "wb");
  bool good = out && fwrite (data, 1, len, out) == len;
  return out && !fclose (out) && good;
}

/* Damages DATA, a copy of T: it is FILE's own bytes, or those of a file that FILE names. */
static bool
iterate (const struct target *t, const struct target *file, unsigned char *data, uint64_t *refused)
{
  struct result one, two;
  memcpy (data, t->data, t->len);
  for (size_t i = 0, cnt = 1 + random_below (4); i < cnt; i++)
    damage (t, data);
  watch_time ();
  const unsigned char *input = t == file ? data : file->data;
  if (t != file && !write_file (t->path, data, t->len))
    return false;
  if (!import (file->path, input, file->len, 1, &one) || !import (file->path, input, file->len, 2, &two))
    return false;
  *refused += !one.good;
  return one.good == two.good && one.digest == two.digest && !strcmp (one.text, two.text);
}

static bool
run (const struct target *t, const struct target *file, uint64_t count)
{
  /* A copy of the exact size: a read behind the file is seen. */
  unsigned char *data = malloc (t->len);
  uint64_t refused = 0, i = 0;
  while (data && i < count && iterate (t, file, data, &refused))
    i++;
  free (data);
  if (i < count)
    fprintf (stderr, "fuzz_dwarf: %s: iteration %" PRIu64 " breaks a promise\n", t->path, i);
  printf ("%" PRIu64 " mutations of %s, %u regions: %" PRIu64 " accepted, %" PRIu64 " refused\n", i, t->path,
          t->region_cnt, i - refused, refused);
  return i == count && (t == file || write_file (t->path, t->data, t->len));
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_dwarf FILE COUNT [SEED [DWO]]\n");
      return 2;
    }
  struct target file = { .path = argv[1] }, dwo = { .path = argc > 4 ? argv[4] : NULL };
  struct target *damaged = dwo.path ? &dwo : &file;
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  file.data = read_file (file.path, &file.len);
  if (dwo.path)
    dwo.data = read_file (dwo.path, &dwo.len);
  bool good = file.data && (!dwo.path || dwo.data) && find_regions (damaged);
  if (!good)
    fprintf (stderr, "fuzz_dwarf: can't use %s\n", damaged->path);
  good = good && run (damaged, &file, strtoull (argv[2], NULL, 0));
  free (file.data);
  free (dwo.data);
  return good ? 0 : 1;
}
