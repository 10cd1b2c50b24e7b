/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overwrites bytes of a table that is open, again and again from one seed, and asks it everything: answers may be wrong,
 * but a lookup may not fault or fail to end.  The table lies between pages that can't be read, close to the one before or
 * to the one behind it.
 *
 * usage: fuzz_overwrite FILE COUNT [SEED]; 77: FILE has no table, or one in the other byte order. */
#include <sys/mman.h>

#include "cursor.h"
#include "elf_file.h"
#include "format.h"
#include "mutate.h"
#include <pctab/table.h>

struct subject {
  const unsigned char *image; /* as in the file */
  size_t len, room;           /* room: whole pages */
  uint64_t addr, text, text_len;
  unsigned char *pages; /* room bytes, guarded */
};

struct counts {
  unsigned long lookups, frames, values, names, calls, errors, records;
};

static bool
read_subject (struct subject *s, const char *path, const unsigned char *data, size_t len)
{
  struct elf_file f;
  struct diag d = { .file = path };
  if (!pctab__elf_over (&f, path, data, len, &d))
    return false;
  const struct elf_section *section = pctab__elf_section (&f, ".pctab"), *text = pctab__elf_section (&f, ".text");
  bool good = section && text && section->type != SHT_NOBITS && section->size >= PCTAB_H_BYTES + 8 * PCTAB_P_CNT
              && section->off <= len && section->size <= len - section->off;
  if (good)
    *s = (struct subject){ .image = data + section->off, .len = section->size, .addr = section->addr,
                           .text = text->addr, .text_len = text->size };
  pctab__elf_close (&f);
  return good;
}

static bool
guard (struct subject *s)
{
  size_t page = (size_t) sysconf (_SC_PAGESIZE);
  s->room = (s->len + page - 1) & ~(page - 1);
  s->pages = mmap (NULL, s->room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (s->pages == MAP_FAILED)
    return false;
  s->pages += page; /* they go with the process */
  return !mprotect (s->pages, s->room, PROT_READ | PROT_WRITE);
}

/* A part, or the header with the directory: small parts are hit as often as large ones. */
static void
overwrite (const struct subject *s, unsigned char *image)
{
  unsigned number = (unsigned) random_below (PCTAB_P_CNT + 1);
  size_t off = 0, len = PCTAB_H_BYTES + 8 * PCTAB_P_CNT;
  if (number < PCTAB_P_CNT)
    {
      const unsigned char *entry = s->image + PCTAB_H_BYTES + 8 * number;
      off = load_u32 (entry, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
      len = load_u32 (entry + 4, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    }
  if (!len)
    return;
  if (random_below (8))
    damage_bytes (image + off, len);
  else
    for (size_t i = 0; i < len; i++)
      image[off + i] = (unsigned char) random_next ();
}

static uint64_t
any_pc (const struct subject *s, const struct pctab_table *t)
{
  switch (random_below (16))
    {
    case 0:
      return random_next ();
    case 1:
      return t->base + random_below (UINT64_C (1) << 33);
    default:
      return s->text - 64 + random_below (s->text_len + 128);
    }
}

static void
ask_hot (const struct pctab_table *t, uint64_t pc, struct counts *n)
{
  struct pctab_func f = pctab_findfunc (t, pc);
  struct pctab_rule rule;
  uint64_t start;
  n->lookups++;
  if (!f.bits)
    return;
  n->frames++;
  pctab_value_rule (t, pctab_pcvalue (t, f, pc, &start), &rule);
  if (rule.cfa > PCTAB_CFA_DEREF_INDEX || rule.ra > PCTAB_RA_AT_REG || rule.fp > PCTAB_FP_UNKNOWN)
    abort ();
  (void) pctab_funcspdelta (t, f, pc);
  (void) pctab_funcmaxspdelta (t, f);
  (void) pctab_funcflags (t, f);
  for (uint32_t i = 0; i < pctab_pcdata_cnt (t); i++)
    n->values += pctab_pcdatavalue (t, f, pctab_pcdata_number (t, i), pc, &start) != -1;
  (void) pctab_pcdatavalue (t, f, (uint32_t) random_next (), pc, &start);
}

static void
ask_cold (struct pctab_cold *c, uint64_t pc, struct counts *n)
{
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  struct pctab_record record;
  const char *name;
  unsigned cnt, max = 1 + (unsigned) random_below (PCTAB_FRAMES_MAX);
  volatile size_t sum = 0;
  n->errors += pctab_funcname (c, pc, &name) != PCTAB_ERROR_OK;
  if (name)
    sum += strlen (name);
  n->names += name != NULL;
  n->errors += pctab_funcline (c, pc, frames, max, &cnt) != PCTAB_ERROR_OK;
  if (cnt > max || pctab_funcline_end (c, pc) <= pc)
    abort ();
  for (unsigned i = 0; i < cnt; i++)
    sum += (frames[i].func ? strlen (frames[i].func) : 0) + (frames[i].file ? strlen (frames[i].file) : 0);
  n->calls += cnt;
  (void) pctab_find_record (c, pc, &record);
  struct pctab_func f = pctab_findfunc (c->table, pc);
  if (f.bits && !random_below (16) && !*pctab_reason_text (pctab_funcreason (c, f)))
    abort ();
}

static void
ask_all (struct pctab_cold *c, struct counts *n)
{
  struct pctab_record r = { 0 };
  const char *name;
  for (unsigned i = 0; i < 2000 && !pctab_record_next (c, &r) && r.end; i++)
    {
      n->records++;
      if (!pctab_record_name (c, &r, &name) && name && strlen (name) > c->len)
        abort ();
    }
  for (uint32_t i = 0; i < pctab_pcdata_cnt (c->table); i++)
    (void) pctab_pcdata_name (c, i, &name);
}

/* A reader of the cold part, with all the memory that it can use, the least, or some between; NULL: it does not open. */
static struct pctab_cold *
open_cold (const struct pctab_table *t)
{
  struct pctab_cold *c = malloc (sizeof *c);
  size_t len = pctab_cold_size (t), kind = random_below (3);
  len = !kind || len > 1 << 22 ? PCTAB_COLD_BYTES_MIN : len;
  len = kind == 1 ? PCTAB_COLD_BYTES_MIN + random_below (len) : len;
  void *buf = malloc (len);
  if (!c || !buf || pctab_cold_open (c, t, buf, len))
    {
      free (buf);
      free (c);
      return NULL;
    }
  return c;
}

static void
close_cold (struct pctab_cold *c)
{
  if (!c)
    return;
  free (c->buf);
  free (c);
}

static void
iterate (const struct subject *s, struct counts *n)
{
  unsigned char *image = s->pages + (random_below (2) ? 0 : (s->room - s->len) & ~(size_t) 7);
  struct pctab_table t;
  memcpy (image, s->image, s->len);
  if (pctab_table_open (&t, image, s->len, s->addr))
    abort ();
  struct pctab_cold *before = open_cold (&t), *after;
  for (unsigned i = 0; before && i < 8; i++)
    ask_cold (before, any_pc (s, &t), n);
  for (uint64_t k = 1 + random_below (4); k; k--)
    overwrite (s, image);
  for (unsigned i = 0; i < 200; i++)
    ask_hot (&t, any_pc (s, &t), n);
  after = open_cold (&t);
  for (unsigned i = 0; i < 24; i++)
    {
      if (before)
        ask_cold (before, any_pc (s, &t), n);
      if (after)
        ask_cold (after, any_pc (s, &t), n);
    }
  if (before)
    ask_all (before, n);
  if (after)
    ask_all (after, n);
  close_cold (before);
  close_cold (after);
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_overwrite FILE COUNT [SEED]\n");
      return 2;
    }
  size_t len;
  unsigned char *data = read_file (argv[1], &len);
  struct subject s;
  struct pctab_table t;
  if (!data || !read_subject (&s, argv[1], data, len) || !guard (&s)
      || (memcpy (s.pages, s.image, s.len), pctab_table_open (&t, s.pages, s.len, s.addr)))
    {
      fprintf (stderr, "fuzz_overwrite: %s has no module table of this machine's byte order\n", argv[1]);
      free (data);
      return 77;
    }
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  unsigned long cnt = strtoul (argv[2], NULL, 0);
  struct counts n = { 0 };
  for (unsigned long i = 0; i < cnt; i++)
    {
      uint64_t state = random_state;
      watch_time ();
      if (getenv ("FUZZ_SHOW"))
        fprintf (stderr, "iteration %lu: seed %llu\n", i, (unsigned long long) state);
      iterate (&s, &n);
    }
  printf ("%lu times %s's table was overwritten: %lu lookups with %lu frames and %lu pcdata values; %lu names, %lu calls, "
          "%lu records, %lu errors\n",
          cnt, argv[1], n.lookups, n.frames, n.values, n.names, n.calls, n.records, n.errors);
  free (data);
  return 0;
}
