/* SPDX-License-Identifier: MIT */
#include "elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* A compressed section may claim any size; more than this times its own is not from a compressor. */
#define UNPACK_RATIO_MAX 1100

static void
read_section (const struct elf_file *f, struct cursor *c, struct elf_section *s)
{
  memset (s, 0, sizeof *s);
  s->name = "";
  s->name_off = cursor_u32 (c);
  s->type = cursor_u32 (c);
  s->flags = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  s->addr = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  s->off = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  s->size = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  s->link = cursor_u32 (c);
  s->info = cursor_u32 (c);
  s->align = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  s->entsize = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
}

static void
read_segment (const struct elf_file *f, struct cursor *c, struct elf_segment *p)
{
  memset (p, 0, sizeof *p);
  p->type = cursor_u32 (c);
  if (f->is64)
    p->flags = cursor_u32 (c);
  p->off = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  p->addr = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  (void) (f->is64 ? cursor_u64 (c) : cursor_u32 (c));
  p->file_size = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  p->mem_size = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  if (!f->is64)
    p->flags = cursor_u32 (c);
  p->align = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
}

static bool
inside (const struct elf_file *f, uint64_t off, uint64_t len)
{
  return off <= f->len && len <= f->len - off;
}

static bool
read_segments (struct elf_file *f, uint32_t cnt, unsigned entsize, struct diag *d)
{
  if (!cnt)
    return true;
  if (entsize != (f->is64 ? 56u : 32u) || !inside (f, f->phoff, (uint64_t) cnt * entsize))
    return pctab__diag_error (d, NULL, "its program headers lie outside the file; the file is truncated or damaged");
  f->segments = calloc (cnt, sizeof *f->segments);
  if (!f->segments)
    return pctab__diag_memory (d);
  f->segment_cnt = cnt;
  struct cursor c = cursor_over (f->data + f->phoff, (size_t) cnt * entsize, f->big);
  for (uint32_t i = 0; i < cnt; i++)
    read_segment (f, &c, &f->segments[i]);
  return true;
}

static void
name_sections (struct elf_file *f)
{
  if (f->shstrndx >= f->section_cnt)
    return;
  const struct elf_section *names = &f->sections[f->shstrndx];
  if (names->type == SHT_NOBITS || !inside (f, names->off, names->size))
    return;
  const char *at = (const char *) f->data + names->off;
  for (uint32_t i = 0; i < f->section_cnt; i++)
    {
      uint32_t off = f->sections[i].name_off;
      if (off < names->size && memchr (at + off, 0, names->size - off))
        f->sections[i].name = at + off;
    }
}

static bool
read_sections (struct elf_file *f, uint32_t cnt, unsigned entsize, uint32_t *phnum, struct diag *d)
{
  if (!f->shoff)
    return true;
  if (entsize != (f->is64 ? 64u : 40u) || !inside (f, f->shoff, entsize))
    return pctab__diag_error (d, NULL, "its section headers lie outside the file; the file is truncated or damaged");
  struct cursor c = cursor_over (f->data + f->shoff, entsize, f->big);
  struct elf_section first;
  read_section (f, &c, &first);
  if (!cnt)
    {
      if (first.size > UINT32_MAX)
        return pctab__diag_error (d, NULL, "it claims more sections than a file can hold; the file is damaged");
      cnt = (uint32_t) first.size;
    }
  if (f->shstrndx == SHN_XINDEX)
    f->shstrndx = first.link;
  if (*phnum == PN_XNUM)
    *phnum = first.info;
  if (!cnt)
    return true;
  if (!inside (f, f->shoff, (uint64_t) cnt * entsize))
    return pctab__diag_error (d, NULL, "its section headers lie outside the file; the file is truncated or damaged");
  f->sections = calloc (cnt, sizeof *f->sections);
  if (!f->sections)
    return pctab__diag_memory (d);
  f->section_cnt = cnt;
  c = cursor_over (f->data + f->shoff, (size_t) cnt * entsize, f->big);
  for (uint32_t i = 0; i < cnt; i++)
    read_section (f, &c, &f->sections[i]);
  name_sections (f);
  return true;
}

bool
pctab__elf_over (struct elf_file *f, const char *path, const void *data, size_t len, struct diag *d)
{
  memset (f, 0, sizeof *f);
  f->path = path;
  f->data = data;
  f->len = len;
  if (len < EI_NIDENT || memcmp (data, ELFMAG, SELFMAG))
    return pctab__diag_error (d, NULL, "not an ELF file");
  if ((f->data[EI_CLASS] != ELFCLASS32 && f->data[EI_CLASS] != ELFCLASS64)
      || (f->data[EI_DATA] != ELFDATA2LSB && f->data[EI_DATA] != ELFDATA2MSB) || f->data[EI_VERSION] != EV_CURRENT)
    return pctab__diag_error (d, NULL, "an ELF file of unknown class, byte order or version");
  f->is64 = f->data[EI_CLASS] == ELFCLASS64;
  f->big = f->data[EI_DATA] == ELFDATA2MSB;
  struct cursor c = cursor_over (data, len, f->big);
  cursor_take (&c, EI_NIDENT);
  f->type = cursor_u16 (&c);
  f->machine = cursor_u16 (&c);
  cursor_u32 (&c);
  (void) (f->is64 ? cursor_u64 (&c) : cursor_u32 (&c));
  f->phoff = f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
  f->shoff = f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
  f->flags = cursor_u32 (&c);
  cursor_u16 (&c);
  unsigned phentsize = cursor_u16 (&c);
  uint32_t phnum = cursor_u16 (&c);
  unsigned shentsize = cursor_u16 (&c);
  uint32_t shnum = cursor_u16 (&c);
  f->shstrndx = cursor_u16 (&c);
  if (c.bad)
    return pctab__diag_error (d, NULL, "its ELF header is truncated");
  if (!read_sections (f, shnum, shentsize, &phnum, d) || !read_segments (f, phnum, phentsize, d))
    {
      pctab__elf_close (f);
      return false;
    }
  return true;
}

bool
pctab__elf_open (struct elf_file *f, const char *path, struct diag *d)
{
  memset (f, 0, sizeof *f);
  d->file = path;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0)
    return pctab__diag_error (d, NULL, "can't open: %s", strerror (errno));
  struct stat st;
  void *data = MAP_FAILED;
  int err = 0;
  if (fstat (fd, &st))
    err = errno;
  else if (S_ISREG (st.st_mode) && st.st_size > 0)
    {
      data = mmap (NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
      err = data == MAP_FAILED ? errno : 0;
    }
  close (fd);
  if (err)
    return pctab__diag_error (d, NULL, "can't read: %s", strerror (err));
  if (data == MAP_FAILED)
    return pctab__diag_error (d, NULL, "not an ELF file (%s)",
                              S_ISREG (st.st_mode) ? "it is empty" : "not a regular file");
  if (!pctab__elf_over (f, path, data, (size_t) st.st_size, d))
    {
      munmap (data, (size_t) st.st_size);
      return false;
    }
  f->mapped = true;
  return true;
}

void
pctab__elf_close (struct elf_file *f)
{
  for (uint32_t i = 0; i < f->section_cnt; i++)
    free (f->sections[i].unpacked);
  free (f->sections);
  free (f->segments);
  if (f->mapped)
    munmap ((void *) f->data, f->len);
  memset (f, 0, sizeof *f);
}

struct elf_section *
pctab__elf_section (struct elf_file *f, const char *name)
{
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const char *have = f->sections[i].name;
      if (!strcmp (have, name))
        return &f->sections[i];
      if (have[0] == '.' && have[1] == 'z' && name[0] == '.' && !strncmp (name, ".debug_", 7)
          && !strcmp (have + 2, name + 1))
        return &f->sections[i];
    }
  return NULL;
}

static bool
unpack (struct elf_section *s, uint32_t how, uint64_t size, struct cursor *c, struct diag *d)
{
  size_t packed = cursor_left (c);
  if (size > SIZE_MAX / 2 || size / UNPACK_RATIO_MAX > packed)
    return pctab__diag_error (d, s->name, "claims %llu bytes behind %zu compressed ones; the section is damaged",
                              (unsigned long long) size, packed);
  s->unpacked = malloc (size ? size : 1);
  if (!s->unpacked)
    return pctab__diag_memory (d);
  bool good = false;
  if (how == ELFCOMPRESS_ZLIB)
    {
      uLongf len = (uLongf) size;
      good = uncompress (s->unpacked, &len, c->pos, (uLong) packed) == Z_OK && len == size;
    }
  else
    good = ZSTD_decompress (s->unpacked, size, c->pos, packed) == size;
  if (!good)
    return pctab__diag_error (d, s->name, "can't be decompressed; the section is damaged");
  s->unpacked_len = size;
  *c = cursor_over (s->unpacked, size, c->big);
  return true;
}

static bool
contents (struct elf_file *f, struct elf_section *s, struct cursor *c, struct diag *d)
{
  *c = cursor_over (f->data, 0, f->big);
  if (s->unpacked)
    {
      *c = cursor_over (s->unpacked, s->unpacked_len, f->big);
      return true;
    }
  if (s->type == SHT_NOBITS)
    return true;
  if (!inside (f, s->off, s->size))
    return pctab__diag_error (d, s->name, "lies outside the file; the file is truncated or damaged");
  *c = cursor_over (f->data + s->off, s->size, f->big);
  if (s->flags & SHF_COMPRESSED)
    {
      uint32_t how = cursor_u32 (c);
      if (f->is64)
        cursor_u32 (c);
      uint64_t size = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
      (void) (f->is64 ? cursor_u64 (c) : cursor_u32 (c));
      if (c->bad)
        return pctab__diag_error (d, s->name, "its compression header is truncated");
      if (how != ELFCOMPRESS_ZLIB && how != 2 /* ELFCOMPRESS_ZSTD, not in every <elf.h> */)
        return pctab__diag_error (d, s->name, "compressed in an unknown way (%u)", how);
      return unpack (s, how, size, c, d);
    }
  if (!strncmp (s->name, ".zdebug_", 8))
    {
      if (cursor_left (c) < 12 || memcmp (c->pos, "ZLIB", 4))
        return pctab__diag_error (d, s->name, "its compression header is damaged");
      uint64_t size = load_u64 (c->pos + 4, true);
      cursor_take (c, 12);
      return unpack (s, ELFCOMPRESS_ZLIB, size, c, d);
    }
  return true;
}

/* Importers read side by side; what one has unpacked serves them all. */
bool
pctab__elf_contents (struct elf_file *f, struct elf_section *s, struct cursor *c, struct diag *d)
{
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  if (!(s->flags & SHF_COMPRESSED) && strncmp (s->name, ".zdebug_", 8))
    return contents (f, s, c, d);
  pthread_mutex_lock (&lock);
  bool good = contents (f, s, c, d);
  pthread_mutex_unlock (&lock);
  return good;
}
