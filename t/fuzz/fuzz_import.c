/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of loaded files whose memory is damaged: a file's segments are laid out as a loader does, between pages that
 * can't be read, its headers, .eh_frame_hdr, .eh_frame, symbols and hash tables damaged.  Whatever comes out is a table
 * that both readers take, or none.
 *
 * usage: fuzz_import FILE COUNT [SEED]
 * Before that the undamaged file's table is made with each allocation failing in turn. */
#include <sys/mman.h>

#include "../../runtime/import_file.h"
#include "../lib/agree.h"
#include "../tool/fail_malloc.h"
#include "mutate.h"

#define PAGE 4096u
#define REGIONS_MAX 16
#define PHDRS_MAX 40

struct target {
  unsigned char *data; /* of the file */
  size_t len;
  unsigned char *memory; /* as it is loaded, before damage */
  size_t memory_len;
  unsigned char *at; /* where it is loaded */
  ElfW (Phdr) phdrs[PHDRS_MAX];
  unsigned phdr_cnt;
  struct {
    size_t off, len;
  } regions[REGIONS_MAX];
  unsigned region_cnt;
};

static void
add_region (struct target *t, size_t off, size_t len)
{
  if (len && off < t->memory_len && len <= t->memory_len - off && t->region_cnt < REGIONS_MAX)
    {
      t->regions[t->region_cnt].off = off;
      t->regions[t->region_cnt++].len = len;
    }
}

/* What is read of it, by its section headers, and the dynamic section. */
static bool
find_regions (struct target *t, const char *path)
{
  static const char *const names[] = { ".eh_frame_hdr", ".eh_frame", ".dynsym", ".dynstr", ".gnu.hash", ".hash", ".dynamic" };
  struct elf_file f;
  struct diag d = { .file = path };
  if (!pctab__elf_over (&f, path, t->data, t->len, &d))
    return false;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
      const struct elf_section *s = pctab__elf_section (&f, names[i]);
      if (s)
        add_region (t, s->addr, s->size);
    }
  pctab__elf_close (&f);
  return t->region_cnt >= 2;
}

static bool
load (struct target *t, const char *path)
{
  const ElfW (Ehdr) *e = (const void *) t->data;
  if (t->len < sizeof *e || memcmp (e->e_ident, ELFMAG, SELFMAG) || e->e_phnum > PHDRS_MAX
      || e->e_phoff + e->e_phnum * sizeof *t->phdrs > t->len)
    return false;
  memcpy (t->phdrs, t->data + e->e_phoff, e->e_phnum * sizeof *t->phdrs);
  t->phdr_cnt = e->e_phnum;
  for (unsigned i = 0; i < t->phdr_cnt; i++)
    if (t->phdrs[i].p_type == PT_LOAD && t->phdrs[i].p_vaddr + t->phdrs[i].p_memsz > t->memory_len)
      t->memory_len = t->phdrs[i].p_vaddr + t->phdrs[i].p_memsz;
  t->memory_len = (t->memory_len + PAGE - 1) & ~(size_t) (PAGE - 1);
  t->memory = calloc (1, t->memory_len);
  for (unsigned i = 0; t->memory && i < t->phdr_cnt; i++)
    if (t->phdrs[i].p_type == PT_LOAD)
      memcpy (t->memory + t->phdrs[i].p_vaddr, t->data + t->phdrs[i].p_offset, t->phdrs[i].p_filesz);
  /* cppcheck-suppress invalidFunctionArg */
  unsigned char *at = mmap (NULL, t->memory_len + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!t->memory || at == MAP_FAILED || mprotect (at + PAGE, t->memory_len, PROT_READ | PROT_WRITE))
    return false;
  t->at = at + PAGE;
  return find_regions (t, path);
}

static void
damage (struct target *t, ElfW (Phdr) *phdrs)
{
  memcpy (t->at, t->memory, t->memory_len);
  memcpy (phdrs, t->phdrs, sizeof t->phdrs);
  for (uint64_t k = 1 + random_below (5); k; k--)
    if (random_below (12))
      {
        unsigned r = (unsigned) random_below (t->region_cnt);
        size_t len = random_below (4) ? t->regions[r].len : t->regions[r].len < 64 ? t->regions[r].len : 64;
        damage_bytes (t->at + t->regions[r].off, len);
      }
    else
      damage_bytes ((unsigned char *) phdrs, t->phdr_cnt * sizeof *phdrs);
}

enum outcome { NOTHING, REFUSED, MADE, BROKEN };

static enum outcome
check_image (const unsigned char *image, size_t len, uint64_t addr)
{
  struct agree a;
  struct pctab_table t;
  unsigned char *copy = aligned_alloc (64, (len + 63) & ~(size_t) 63);
  if (!copy)
    return BROKEN;
  memcpy (copy, image, len);
  agree_open (&a, copy, len, 0, agree_host_big);
  bool good = a.open && !agree_errors (&a.r) && agree_everywhere (&a) && !pctab_table_open (&t, copy, len, addr);
  if (!good)
    {
      agree_print (&a, stderr);
      fprintf (stderr, "%s\n", a.text);
    }
  agree_close (&a);
  free (copy);
  return good ? MADE : BROKEN;
}

static enum outcome
import (struct target *t, ElfW (Phdr) *phdrs)
{
  struct dl_phdr_info info = { .dlpi_addr = (uintptr_t) t->at, .dlpi_name = "damaged", .dlpi_phdr = phdrs,
                               .dlpi_phnum = (ElfW (Half)) t->phdr_cnt };
  struct file file;
  bool memory = false;
  struct diag d = { 0 };
  size_t len;
  uint64_t addr;
  if (!pctab__file_read (&file, info.dlpi_addr, phdrs, t->phdr_cnt, false))
    return NOTHING;
  struct import_file *f = pctab__import_copy (&info, &file, &memory);
  if (!f)
    return NOTHING;
  enum outcome o = REFUSED;
  unsigned char *image = pctab__import_encode (f, &len, &addr, &d);
  if (!pctab__import_same (f, &info) || !image == !d.failed)
    o = BROKEN;
  else if (image)
    o = check_image (image, len, addr);
  free (image);
  pctab__import_free (f);
  return o;
}

/* How many allocations were made fail; 0: one did, and its table was made all the same, or it was called otherwise. */
static unsigned long
fail_each (const struct target *t)
{
  struct dl_phdr_info info = { .dlpi_addr = (uintptr_t) t->at, .dlpi_name = "", .dlpi_phdr = t->phdrs,
                               .dlpi_phnum = (ElfW (Half)) t->phdr_cnt };
  struct file file;
  bool memory = false;
  pctab__file_read (&file, info.dlpi_addr, t->phdrs, t->phdr_cnt, false);
  struct import_file *f = pctab__import_copy (&info, &file, &memory);
  unsigned char *image = NULL;
  unsigned long nth = 1;
  for (; f && !image; nth++)
    {
      struct diag d = { 0 };
      size_t len;
      uint64_t addr;
      fail_at = nth;
      fail_seen = 0;
      image = pctab__import_encode (f, &len, &addr, &d);
      bool failed = fail_seen >= nth;
      fail_at = 0;
      if (!image != failed || d.memory != failed)
        return 0;
    }
  free (image);
  pctab__import_free (f);
  return nth - 2;
}

int
main (int argc, char **argv)
{
  struct target t = { 0 };
  ElfW (Phdr) phdrs[PHDRS_MAX];
  unsigned long counts[BROKEN + 1] = { 0 };
  if (argc < 3)
    {
      fprintf (stderr, "usage: fuzz_import FILE COUNT [SEED]\n");
      return 2;
    }
  t.data = read_file (argv[1], &t.len);
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  if (!t.data || !load (&t, argv[1]))
    {
      fprintf (stderr, "fuzz_import: can't use %s\n", argv[1]);
      return 2;
    }
  unsigned long cnt = strtoul (argv[2], NULL, 0);
  memcpy (t.at, t.memory, t.memory_len);
  memcpy (phdrs, t.phdrs, sizeof t.phdrs);
  if (import (&t, phdrs) != MADE)
    {
      fprintf (stderr, "fuzz_import: undamaged %s gives no table\n", argv[1]);
      return 1;
    }
  unsigned long failed = fail_each (&t);
  if (!failed)
    {
      fprintf (stderr, "fuzz_import: %s: an allocation failed, and nothing is said\n", argv[1]);
      return 1;
    }
  for (unsigned long i = 0; i < cnt && !counts[BROKEN]; i++)
    {
      watch_time ();
      damage (&t, phdrs);
      enum outcome o = import (&t, phdrs);
      counts[o]++;
      if (o == BROKEN)
        fprintf (stderr, "fuzz_import: %s, iteration %lu\n", argv[1], i);
    }
  printf ("%lu times %s damaged: %lu tables, %lu refused, %lu of nothing; %lu allocations failed\n", cnt, argv[1],
          counts[MADE], counts[REFUSED], counts[NOTHING], failed);
  free (t.data);
  free (t.memory);
  return counts[BROKEN] != 0;
}
