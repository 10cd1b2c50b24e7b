/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages the records of an ELF file in memory, again and again from one seed, and imports it with all else that it
 * has. Whatever is accepted must be a model as model.h says, and one that can be encoded; whatever is refused must come
 * with a message.  The time must follow the file's size.  Build it with sanitizers: they see the reads that this
 * program cannot.
 *
 * usage: fuzz_records FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration. */
#include <inttypes.h>
#include <unistd.h>

#include "image_encode.h"
#include "import.h"
#include "mark.h"
#include "mutate.h"

struct region {
  size_t off, len;
};

struct target {
  unsigned char *data;
  size_t len;
  bool big, is64;
  struct region regions[64];
  unsigned region_cnt;
};

static bool
find_regions (struct target *t, const char *path)
{
  static const char *const names[] = { ".pcdata", ".pcsp", ".pcln" };
  struct elf_file f;
  struct diag d = { .file = path };
  if (!pctab__elf_over (&f, path, t->data, t->len, &d))
    {
      fprintf (stderr, "fuzz_records: %s\n", d.text);
      return false;
    }
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const struct elf_section *s = pctab__elf_section (&f, names[i]);
      if (s && s->size && s->off <= t->len && s->size <= t->len - s->off)
        t->regions[t->region_cnt++] = (struct region){ s->off, s->size };
    }
  t->big = f.big;
  t->is64 = f.is64;
  pctab__elf_close (&f);
  return t->region_cnt > 0;
}

/* A record of the region, found by walking it as it is in the file; its length in *LEN. */
static size_t
choose_record (const struct target *t, const struct region *r, size_t *len)
{
  size_t at = 0, chosen = 0, seen = 0;
  *len = r->len;
  while (r->len - at >= 8)
    {
      size_t size = load_u32 (t->data + r->off + at + 4, t->big);
      if (size < 8 || size > r->len - at)
        break;
      if (!random_below (++seen))
        {
          chosen = at;
          *len = size;
        }
      at += size;
    }
  return chosen;
}

static void
put_u32 (unsigned char *at, uint32_t v, bool big)
{
  for (unsigned i = 0; i < 4; i++)
    at[i] = (unsigned char) (v >> 8 * (big ? 3 - i : i));
}

/* Whole fields, since single bytes mostly break the first check: a small or boundary value, another record's address,
 * one field in the place of another. */
static void
damage_field (const struct target *t, unsigned char *data)
{
  static const uint32_t values[] = { 0, 1, 2, 3, 4, 5, 8, 16, 20, 21, 24, 28, 100, 0x7fffffff, 0x80000000, UINT32_MAX,
                                     UINT32_MAX - 1, UINT32_MAX - 2, UINT32_MAX - 4 };
  const struct region *r = &t->regions[random_below (t->region_cnt)];
  size_t len, other_len, at = r->off + choose_record (t, r, &len);
  size_t other = r->off + choose_record (t, r, &other_len);
  unsigned head = t->is64 ? 16 : 12;
  if (len < head + 4u || other_len < head + 4u)
    return;
  size_t field = at + head + 4 * random_below ((len - head) / 4);
  switch (random_below (5))
    {
    case 0: put_u32 (data + field, values[random_below (sizeof values / sizeof *values)], t->big); return;
    case 1: put_u32 (data + field, load_u32 (data + field, t->big) + (uint32_t) random_below (9) - 4, t->big); return;
    case 2: memcpy (data + at + 8, t->data + other + 8, head - 8u); return;
    case 3:
      put_u32 (data + at + (t->is64 && t->big ? 12 : 8),
               load_u32 (data + at + (t->is64 && t->big ? 12 : 8), t->big) + (uint32_t) random_below (33) - 16, t->big);
      return;
    default: memcpy (data + field, t->data + other + head + 4 * random_below ((other_len - head) / 4), 4); return;
    }
}

static void
damage (const struct target *t, unsigned char *data)
{
  const struct region *r = &t->regions[random_below (t->region_cnt)];
  if (random_below (4))
    damage_field (t, data);
  else
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
        if (m->rows.at[k].rule >= m->rules.cnt || m->rows.at[k].off >= f->end
            || (k > f->row
                && (m->rows.at[k].off <= m->rows.at[k - 1].off || m->rows.at[k].rule == m->rows.at[k - 1].rule)))
          return "rows do not rise, say the same, or leave their frame";
      if (!(f->flags & FRAME_NOPREEMPT) != !f->reason || ((f->flags & FRAME_NOPREEMPT) && (f->flags & FRAME_PREEMPT)))
        return "a frame's flags contradict each other";
    }
  return NULL;
}

static const char *
check_lines (const struct model *m)
{
  for (size_t i = 0; i < m->sequences.cnt; i++)
    {
      const struct model_sequence *s = &m->sequences.at[i];
      if (s->off >= s->end || !s->line_cnt || (uint64_t) s->line + s->line_cnt > m->lines.cnt)
        return "a sequence is empty or has no lines";
      for (uint32_t k = s->line; k < s->line + s->line_cnt; k++)
        if (m->lines.at[k].off < s->off || m->lines.at[k].off >= s->end
            || (k > s->line && m->lines.at[k].off <= m->lines.at[k - 1].off)
            || (m->lines.at[k].file != MODEL_NONE && m->lines.at[k].file >= m->files.cnt))
          return "lines do not rise, leave their sequence or have no file";
    }
  return NULL;
}

static const char *
check_nodes (const struct model *m)
{
  for (size_t i = 0; i < m->nodes.cnt; i++)
    {
      const struct model_node *n = &m->nodes.at[i];
      if ((n->parent != MODEL_NONE && n->parent >= i) || n->origin >= m->origins.cnt
          || (n->call_file != MODEL_NONE && n->call_file >= m->files.cnt))
        return "a node has no parent, origin or file";
    }
  for (size_t i = 0; i < m->ranges.cnt; i++)
    if (m->ranges.at[i].node >= m->nodes.cnt || m->ranges.at[i].off > m->ranges.at[i].end)
      return "a range has no node, or ends before it begins";
  for (size_t i = 0; i < m->origins.cnt; i++)
    if (m->origins.at[i].file != MODEL_NONE && m->origins.at[i].file >= m->files.cnt)
      return "an origin has no file";
  return NULL;
}

static const char *
check_marks (const struct model *m)
{
  for (size_t i = 0; i < m->marks.cnt; i++)
    if (m->marks.at[i].end < m->marks.at[i].off)
      return "a mark ends before it begins";
  for (size_t i = 1; i < m->tables.cnt; i++)
    if (m->tables.at[i].number <= m->tables.at[i - 1].number)
      return "tables do not rise";
  return NULL;
}

/* What was promised and not held, or NULL. */
static const char *
finish (struct elf_file *f, struct model *m, struct diag *d)
{
  const char *broken = check_frames (m);
  if (!broken)
    broken = check_lines (m);
  if (!broken)
    broken = check_nodes (m);
  if (!broken)
    broken = check_marks (m);
  if (broken)
    return broken;
  struct image_about about = { .text_digest = 0 };
  unsigned char *image = NULL;
  size_t image_len;
  const struct mark_by by = { .arch = pctab__mark_arch (m->machine) };
  if (pctab__mark_resolve (f, m, &by, d) && pctab__image_encode (m, &about, 1, &image, &image_len, d) == d->failed)
    broken = "the encoder's result and its message disagree";
  free (image);
  return broken;
}

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
  *accepted = pctab__import_module (&f, &m, &d) && pctab__import_cfi (&f, &m, &d) && pctab__import_symbol (&f, &m, &d)
              && pctab__import_dwarf (&f, &m, 1, &d) && pctab__import_section (&f, &m, true, NULL, &d);
  const char *broken = *accepted == d.failed ? "the result and the message disagree" : NULL;
  if (!broken && *accepted)
    broken = finish (&f, &m, &d);
  if (!broken && d.failed && (!strstr (d.text, "; ") || strlen (d.text) < 30))
    broken = "a message that does not say what to do";
  if (broken)
    fprintf (stderr, "fuzz_records: %s\n", d.text);
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
      fprintf (stderr, "usage: fuzz_records FILE COUNT [SEED]\n");
      return 2;
    }
  t.data = read_file (argv[1], &t.len);
  if (!t.data || !find_regions (&t, argv[1]))
    {
      fprintf (stderr, "fuzz_records: can't use %s\n", argv[1]);
      free (t.data);
      return 2;
    }
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  unsigned long cnt = strtoul (argv[2], NULL, 0), accepted_cnt = 0;
  const char *broken = NULL;
  for (unsigned long i = 0; i < cnt && !broken; i++)
    {
      watch_time ();
      unsigned char *data = malloc (t.len);
      if (!data)
        break;
      memcpy (data, t.data, t.len);
      for (size_t k = random_below (5); k; k--)
        damage (&t, data);
      bool accepted;
      broken = import (data, t.len, &accepted);
      accepted_cnt += accepted;
      free (data);
      if (broken)
        fprintf (stderr, "fuzz_records: %s, iteration %lu: %s\n", argv[1], i, broken);
    }
  printf ("%lu mutations of %s: %lu accepted, %lu refused\n", cnt, argv[1], accepted_cnt, cnt - accepted_cnt);
  free (t.data);
  return broken != NULL;
}
