/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages a linked file in memory - ELF header, program and section headers, their names, the table - and prints its
 * table in every way that pctab-dump can.  Half of the damaged tables get their digests made right again.  Whatever is
 * refused must come with a message.  Build it with sanitizers: they see the reads that this program cannot.
 *
 * usage: fuzz_dump FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration; 77: FILE has no
 * table. */
#include <fcntl.h>
#include <unistd.h>

#include "dump.h"
#include "format.h"
#include "mutate.h"
#include "digest.h"

#define REGIONS_MAX 16

struct region {
  size_t off, len;
};

struct subject {
  const char *path;
  unsigned char *data;
  size_t len, table, table_len;
  struct region regions[REGIONS_MAX];
  unsigned region_cnt;
  bool big;
  uint64_t text, text_len;
};

static void
add_region (struct subject *s, uint64_t off, uint64_t len)
{
  if (s->region_cnt < REGIONS_MAX && off < s->len && len && len <= s->len - off)
    s->regions[s->region_cnt++] = (struct region){ off, len };
}

static bool
read_subject (struct subject *s)
{
  struct elf_file f;
  struct diag d = { .file = s->path };
  if (!pctab__elf_over (&f, s->path, s->data, s->len, &d))
    return false;
  const struct elf_section *table = pctab__elf_section (&f, ".pctab"), *text = pctab__elf_section (&f, ".text");
  bool good = table && text && table->type != SHT_NOBITS && table->size >= PCTAB_H_BYTES && table->off <= s->len
              && table->size <= s->len - table->off;
  if (good)
    {
      s->big = f.big;
      s->text = text->addr;
      s->text_len = text->size;
      s->table = table->off;
      s->table_len = table->size;
      add_region (s, 0, f.is64 ? 64 : 52);
      add_region (s, f.phoff, (uint64_t) f.segment_cnt * (f.is64 ? 56 : 32));
      add_region (s, f.shoff, (uint64_t) f.section_cnt * (f.is64 ? 64 : 40));
      add_region (s, f.shoff + (uint64_t) (table - f.sections) * (f.is64 ? 64 : 40), f.is64 ? 64 : 40);
      add_region (s, f.sections[f.shstrndx].off, f.sections[f.shstrndx].size);
      add_region (s, table->off, PCTAB_H_BYTES + 8 * PCTAB_P_CNT);
      add_region (s, table->off, table->size);
    }
  pctab__elf_close (&f);
  return good;
}

static void
fix_digests (const struct subject *s, unsigned char *data, size_t len)
{
  if (s->table > len || len - s->table < s->table_len)
    return;
  unsigned char *image = data + s->table;
  struct digest_bounds b;
  if (pctab__digest_bounds (image, s->table_len, s->big, &b))
    pctab__digest_store (image, &b, s->big);
}

static bool
print_all (struct dump *d, const struct subject *s, struct out *o)
{
  bool good = true;
  dump_text_header (d, o);
  dump_text_stats (d, o);
  for (unsigned i = 0; i < 16 && good; i++)
    good = dump_lookup (d, s->text - 16 + random_below (s->text_len + 32), o);
  d->demangle = random_below (2);
  return good && dump_text_functions (d, o, random_below (2)) && dump_json (d, o, true);
}

/* What was promised and not held, or NULL. */
static const char *
read_file_at (const struct subject *s, unsigned char *data, size_t len, int null, bool *accepted)
{
  struct dump d = { .diag.file = s->path, .minus_one = random_below (2) };
  static struct out o;
  uint64_t bias = 0;
  o = (struct out){ .fd = null };
  bool good = pctab__elf_over (&d.file, s->path, data, len, &d.diag);
  if (good && random_below (4) == 0)
    good = dump_base_bias (&d, s->path, random_next (), &bias);
  good = good && dump_open (&d, s->path, bias) && print_all (&d, s, &o);
  pctab__out_flush (&o);
  const char *broken = good == d.diag.failed ? "the result and the message disagree" : NULL;
  if (d.diag.failed && !*d.diag.text)
    broken = "refused without a message";
  *accepted = good;
  dump_close (&d);
  return broken;
}

static const char *
iterate (const struct subject *s, unsigned long i, int null, bool *accepted)
{
  /* Cut short now and then; always a copy of just that length, so that reads past its end are seen. */
  size_t len = i % 32 == 31 ? random_below (s->len + 1) : s->len;
  unsigned char *data = malloc (len ? len : 1);
  if (!data)
    return "memory is out";
  memcpy (data, s->data, len);
  for (uint64_t k = len == s->len && i ? 1 + random_below (4) : 0; k; k--)
    {
      const struct region *r = &s->regions[random_below (s->region_cnt)];
      damage_bytes (data + r->off, r->len);
    }
  if (i % 2)
    fix_digests (s, data, len);
  const char *broken = read_file_at (s, data, len, null, accepted);
  if (!i && !*accepted && !broken)
    broken = "the undamaged file was refused";
  free (data);
  return broken;
}

int
main (int argc, char **argv)
{
  struct subject s = { .path = argc > 1 ? argv[1] : "" };
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_dump FILE COUNT [SEED]\n");
      return 2;
    }
  s.data = read_file (argv[1], &s.len);
  int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  if (!s.data || null < 0 || !read_subject (&s))
    {
      fprintf (stderr, "fuzz_dump: %s has no module table\n", argv[1]);
      free (s.data);
      return 77;
    }
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  unsigned long cnt = strtoul (argv[2], NULL, 0), accepted_cnt = 0;
  const char *broken = NULL;
  for (unsigned long i = 0; i < cnt && !broken; i++)
    {
      bool accepted = false;
      watch_time ();
      broken = iterate (&s, i, null, &accepted);
      accepted_cnt += accepted;
      if (broken)
        fprintf (stderr, "fuzz_dump: %s, iteration %lu: %s\n", argv[1], i, broken);
    }
  printf ("%lu mutations of %s: %lu accepted, %lu refused\n", cnt, argv[1], accepted_cnt, cnt - accepted_cnt);
  free (s.data);
  close (null);
  return broken != NULL;
}
