/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damages the module table of a linked file in memory, again and again from one seed, and reads it.
 *
 * Every other time the digests stay as they were: the table must be refused.  The other times they are made right
 * again, so that the checks behind them are what protects; what is accepted then must answer within its own bounds,
 * whatever it says.  A table in the other byte order goes through pctab__image_swap() first, as in pctab-dump.  Build
 * it with sanitizers: they see the reads that this program cannot.
 *
 * usage: fuzz_table FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration; 77: FILE has no
 * table. */
#include <inttypes.h>
#include <unistd.h>

#include "cursor.h"
#include "elf_file.h"
#include "format.h"
#include "image_swap.h"
#include "mutate.h"
#include <pctab/table.h>
#include "digest.h"

#define COLD_BUF_MAX (1u << 20)
#define RECORDS_MAX 4096
#define TABLES_MAX 16

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

struct subject {
  unsigned char *image; /* as in the file */
  size_t len, hot;
  bool big;
  uint64_t addr, text, text_len;
};

struct counts {
  unsigned long refused, accepted, lookups, frames, calls, records, values, reasons;
};

static bool
read_subject (struct subject *s, const char *path, unsigned char *data, size_t len)
{
  struct elf_file f;
  struct diag d = { .file = path };
  if (!pctab__elf_over (&f, path, data, len, &d))
    {
      fprintf (stderr, "fuzz_table: %s\n", d.text);
      return false;
    }
  const struct elf_section *section = pctab__elf_section (&f, ".pctab"), *text = pctab__elf_section (&f, ".text");
  bool good = section && text && section->type != SHT_NOBITS && section->size >= PCTAB_H_BYTES + 8 * PCTAB_P_CNT
              && section->off <= len && section->size <= len - section->off;
  if (good)
    *s = (struct subject){ data + section->off, section->size, 0, f.big, section->addr, text->addr, text->size };
  pctab__elf_close (&f);
  if (good)
    s->hot = load_u32 (s->image + PCTAB_H_HOT_SIZE, s->big);
  return good && s->hot <= s->len;
}

/* One part, or the header with the directory: small parts are hit as often as large ones. */
static void
damage (const struct subject *s, unsigned char *image)
{
  unsigned number = (unsigned) random_below (PCTAB_P_CNT + 2);
  size_t off = 0, len = PCTAB_H_BYTES + 8 * PCTAB_P_CNT;
  if (number < PCTAB_P_CNT)
    {
      off = load_u32 (s->image + PCTAB_H_BYTES + 8 * number, s->big);
      len = load_u32 (s->image + PCTAB_H_BYTES + 8 * number + 4, s->big);
    }
  if (len)
    damage_bytes (image + off, len);
}

static void
fix_digests (const struct subject *s, unsigned char *image)
{
  struct digest_bounds b;
  if (pctab__digest_bounds (image, s->len, s->big, &b))
    pctab__digest_store (image, &b, s->big);
}

/* All pcdata tables at PC, and one that is not there. */
static const char *
try_pcdata (const struct pctab_table *t, struct pctab_func f, uint64_t pc, struct counts *n)
{
  uint32_t cnt = pctab_pcdata_cnt (t);
  for (uint32_t i = 0; i <= cnt && i < TABLES_MAX; i++)
    {
      uint64_t start;
      uint32_t number = i < cnt ? pctab_pcdata_number (t, i) : (uint32_t) random_next ();
      int32_t value = pctab_pcdatavalue (t, f, number, pc, &start);
      if (start < pctab_func_entry (t, f) || start > pc)
        return "a pcdata value starts outside [entry, PC]";
      n->values += value != -1;
    }
  return NULL;
}

static const char *
try_hot (const struct pctab_table *t, uint64_t pc, struct counts *n)
{
  struct pctab_func f = pctab_findfunc (t, pc);
  struct pctab_rule rule;
  uint64_t start;
  n->lookups++;
  if (!f.bits)
    return NULL;
  n->frames++;
  /* A damaged header may put the text anywhere, but not around the end of the address space. */
  if (pctab_func_entry (t, f) > pc)
    return "a function starts behind its PC";
  int32_t value = pctab_pcvalue (t, f, pc, &start);
  if (start < pctab_func_entry (t, f) || start > pc)
    return "a value starts outside [entry, PC]";
  pctab_value_rule (t, value, &rule);
  if (rule.cfa > PCTAB_CFA_DEREF_INDEX || rule.ra > PCTAB_RA_AT_REG || rule.fp > PCTAB_FP_UNKNOWN)
    return "a rule of no known kind";
  (void) pctab_funcspdelta (t, f, pc);
  (void) pctab_funcmaxspdelta (t, f);
  (void) pctab_funcflags (t, f);
  return try_pcdata (t, f, pc, n);
}

static const char *
try_lines (struct pctab_cold *c, uint64_t pc, struct counts *n)
{
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  unsigned cnt, max = 1 + (unsigned) random_below (PCTAB_FRAMES_MAX);
  volatile size_t sum = 0;
  if (pctab_funcline (c, pc, frames, max, &cnt))
    return NULL;
  if (cnt > max)
    return "more calls than there is room for";
  n->calls += cnt;
  if (pctab_funcline_end (c, pc) <= pc)
    return "an answer holds up to nowhere";
  for (unsigned i = 0; i < cnt; i++)
    sum += (frames[i].func ? strlen (frames[i].func) : 0) + (frames[i].file ? strlen (frames[i].file) : 0);
  return NULL;
}

static const char *
try_records (struct pctab_cold *c, struct counts *n)
{
  struct pctab_record r = { 0 };
  uint64_t last = c->table->base;
  for (unsigned i = 0; i < RECORDS_MAX; i++)
    {
      if (pctab_record_next (c, &r) || !r.end)
        return NULL;
      if (r.entry < last || r.end <= r.entry)
        return "records do not rise";
      last = r.end;
      n->records++;
      const char *name, *broken = NULL;
      if (!pctab_record_name (c, &r, &name) && name && strlen (name) > c->len)
        return "a name longer than the buffer";
      for (unsigned k = 0; k < 3 && !broken; k++)
        broken = try_lines (c, k ? r.entry + random_below (r.end - r.entry) : r.entry, n);
      if (broken)
        return broken;
    }
  return NULL;
}

static const char *
try_names (struct pctab_cold *c, const struct subject *s, struct counts *n)
{
  const struct pctab_table *t = c->table;
  for (uint32_t i = 0; i < pctab_pcdata_cnt (t) && i < TABLES_MAX; i++)
    {
      const char *name;
      if (!pctab_pcdata_name (c, i, &name) && name && strlen (name) > c->len + s->len)
        return "a table's name longer than the table";
    }
  for (unsigned i = 0; i < 16; i++)
    {
      struct pctab_func f = pctab_findfunc (t, s->text + random_below (s->text_len));
      unsigned reason = f.bits ? pctab_funcreason (c, f) : 0;
      if (reason && !(pctab_funcflags (t, f) & PCTAB_FUNCFLAG_NOPREEMPT))
        return "a reason without its flag";
      if (!*pctab_reason_text (reason))
        return "a reason without a text";
      n->reasons += reason != 0;
    }
  return NULL;
}

static const char *
try_cold (const struct pctab_table *t, const struct subject *s, struct counts *n)
{
  size_t len = pctab_cold_size (t);
  len = len < COLD_BUF_MAX && random_below (4) ? len : PCTAB_COLD_BYTES_MIN + random_below (COLD_BUF_MAX);
  void *buf = malloc (len ? len : 1);
  struct pctab_cold c;
  const char *broken = NULL;
  if (buf && len && !pctab_cold_open (&c, t, buf, len))
    {
      broken = try_records (&c, n);
      broken = broken ? broken : try_names (&c, s, n);
      for (unsigned i = 0; i < 32 && !broken; i++)
        {
          struct pctab_record r;
          uint64_t pc = s->text - 64 + random_below (s->text_len + 128);
          if (pctab_find_record (&c, pc, &r) || !r.end)
            continue;
          if (pc < r.entry || pc >= r.end)
            broken = "a record does not have the PC that it was found by";
          else
            broken = try_lines (&c, pc, n);
        }
    }
  free (buf);
  return broken;
}

/* What was promised and not held, or NULL. */
static const char *
read_table (const struct subject *s, unsigned char *image, bool must_refuse, struct counts *n)
{
  struct pctab_table t;
  bool good = s->big == host_big || load_u32 (image + PCTAB_H_VERSION, s->big) != PCTAB_VERSION
              || pctab__image_swap (image, s->len);
  good = good && !pctab_table_open (&t, image, s->len, s->addr);
  if (!good || pctab_table_check_cold (&t))
    {
      n->refused++;
      if (must_refuse || !good)
        return NULL;
    }
  else
    n->accepted++;
  if (must_refuse)
    return "damage was not noticed";
  const char *broken = NULL;
  for (unsigned i = 0; i < 64 && !broken; i++)
    {
      uint64_t pc = i % 8 ? s->text - 64 + random_below (s->text_len + 128)
                          : t.base + random_below (UINT64_C (1) << 33);
      broken = try_hot (&t, pc, n);
    }
  return broken ? broken : try_cold (&t, s, n);
}

static const char *
iterate (const struct subject *s, unsigned long i, struct counts *n)
{
  unsigned char *image = malloc (s->len);
  if (!image)
    return "memory is out";
  memcpy (image, s->image, s->len);
  for (uint64_t k = 1 + random_below (i % 3 ? 2 : 6); i && k; k--)
    damage (s, image);
  bool changed = memcmp (image, s->image, s->len), fix = i % 2;
  if (fix)
    fix_digests (s, image);
  const char *broken = read_table (s, image, changed && !fix, n);
  free (image);
  return broken;
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_table FILE COUNT [SEED]\n");
      return 2;
    }
  size_t len;
  unsigned char *data = read_file (argv[1], &len);
  struct subject s;
  if (!data || !read_subject (&s, argv[1], data, len))
    {
      fprintf (stderr, "fuzz_table: %s has no module table\n", argv[1]);
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
      broken = iterate (&s, i, &n);
      if (!i && !n.accepted && !broken)
        broken = "the undamaged table was refused";
      if (broken)
        fprintf (stderr, "fuzz_table: %s, iteration %lu: %s\n", argv[1], i, broken);
    }
  printf ("%lu mutations of %s's table: %lu refused, %lu accepted; %lu lookups with %lu frames, "
          "%lu records, %lu calls, %lu pcdata values, %lu reasons\n",
          cnt, argv[1], n.refused, n.accepted, n.lookups, n.frames, n.records, n.calls, n.values, n.reasons);
  free (data);
  return broken != NULL;
}
