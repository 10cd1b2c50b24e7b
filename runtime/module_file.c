/* SPDX-License-Identifier: MIT */
/* What a loaded file's program headers tell: where its code is, its table, its build ID.  The table's segment is
 * read-only and begins with the table's magic. */
#include <string.h>

#include "format.h"
#include "memory.h"
#include "module.h"

#define NOTES_BYTES 256 /* of a segment of notes: the linker puts the build ID first or second */

static bool
fetch (void *dst, uint64_t src, size_t len, bool safe)
{
  if (!safe)
    return pctab__memory_read (dst, src, len);
  memcpy (dst, (const void *) (uintptr_t) src, len);
  return true;
}

/* The build ID in LEN bytes of notes, which are at ADDR. */
static bool
find_build_id (struct file *f, const unsigned char *notes, size_t len, uint64_t addr, size_t align)
{
  for (size_t at = 0; len - at >= sizeof (ElfW (Nhdr));)
    {
      ElfW (Nhdr) n;
      memcpy (&n, notes + at, sizeof n);
      size_t name = at + sizeof n;
      uint64_t desc = name + (((uint64_t) n.n_namesz + align - 1) & ~(uint64_t) (align - 1));
      uint64_t next = desc + (((uint64_t) n.n_descsz + align - 1) & ~(uint64_t) (align - 1));
      if (desc + n.n_descsz > len)
        return false;
      if (n.n_type == NT_GNU_BUILD_ID && n.n_namesz == 4 && !memcmp (notes + name, "GNU", 4)
          && n.n_descsz <= sizeof f->build_id)
        {
          memcpy (f->build_id, notes + desc, n.n_descsz);
          f->build_id_len = (uint8_t) n.n_descsz;
          f->build_id_addr = addr + desc;
          return true;
        }
      if (next > len)
        return false;
      at = (size_t) next;
    }
  return false;
}

static void
read_notes (struct file *f, const ElfW (Phdr) * p, bool safe)
{
  unsigned char notes[NOTES_BYTES];
  uint64_t addr = f->bias + p->p_vaddr;
  size_t len = p->p_filesz < sizeof notes ? (size_t) p->p_filesz : sizeof notes;
  if (fetch (notes, addr, len, safe))
    find_build_id (f, notes, len, addr, p->p_align == 8 ? 8 : 4);
}

static void
read_load (struct file *f, const ElfW (Phdr) * p, bool safe)
{
  uint64_t at = f->bias + p->p_vaddr;
  char magic[PCTAB_MAGIC_LEN];
  if (at < f->map_lo)
    f->map_lo = at;
  if (p->p_flags & PF_X)
    {
      f->lo = at < f->lo ? at : f->lo;
      f->hi = at + p->p_memsz > f->hi ? at + p->p_memsz : f->hi;
    }
  if ((p->p_flags & (PF_R | PF_W | PF_X)) == PF_R && p->p_filesz >= PCTAB_H_SIZE + 4 && !f->table
      && fetch (magic, at, sizeof magic, safe) && !memcmp (magic, PCTAB_MAGIC, sizeof magic))
    {
      f->table = at;
      f->table_len = p->p_filesz;
    }
}

void
pctab__file_add (struct file *f, const ElfW (Phdr) * phdr, unsigned cnt, bool safe)
{
  for (unsigned i = 0; i < cnt; i++)
    if (phdr[i].p_type == PT_LOAD && phdr[i].p_memsz)
      read_load (f, &phdr[i], safe);
    else if (phdr[i].p_type == PT_GNU_EH_FRAME)
      f->frames = f->bias + phdr[i].p_vaddr;
    else if (phdr[i].p_type == PT_NOTE && !f->build_id_len)
      read_notes (f, &phdr[i], safe);
}

bool
pctab__file_read (struct file *f, uint64_t bias, const ElfW (Phdr) * phdr, unsigned cnt, bool safe)
{
  *f = FILE_AT (bias);
  pctab__file_add (f, phdr, cnt, safe);
  return f->lo < f->hi;
}

static void
add_mark (struct source *src, uint64_t addr, uint32_t value)
{
  if (addr % 4 == 0 && src->mark_cnt < MARKS_MAX)
    src->mark[src->mark_cnt++] = (struct mark){ addr, value };
}

/* A file without a build ID is known by where its section headers are and by some of what its .eh_frame_hdr has. */
static void
mark_contents (struct source *src, const struct file *f)
{
  uint32_t value, cnt;
  uint64_t at = f->map_lo + offsetof (ElfW (Ehdr), e_shoff);
  if (fetch (&value, at, sizeof value, src->safe))
    add_mark (src, at, value);
  if (!f->frames || !fetch (&cnt, f->frames + 8, sizeof cnt, src->safe) || !cnt)
    return;
  for (unsigned i = 0; i < 3; i++)
    {
      at = f->frames + 12 + 8 * (uint64_t) (i * (cnt - 1) / 2);
      if (fetch (&value, at, sizeof value, src->safe))
        add_mark (src, at, value);
    }
}

/* The bytes to copy, and the mark: the digest of the header, which tells all tables apart.  A table that this reader
 * doesn't know is not copied as a whole. */
static bool
read_head (struct source *src, const struct file *f)
{
  unsigned char head[PCTAB_H_BYTES];
  uint32_t size, version, digest;
  if (f->table_len < sizeof head)
    {
      src->table_len = (size_t) f->table_len;
      return true;
    }
  if (!fetch (head, f->table, sizeof head, src->safe))
    return false;
  memcpy (&version, head + PCTAB_H_VERSION, sizeof version);
  memcpy (&size, head + PCTAB_H_SIZE, sizeof size);
  memcpy (&digest, head + PCTAB_H_HEAD_DIGEST, sizeof digest);
  src->table_len = version == PCTAB_VERSION && size < f->table_len ? size : (size_t) f->table_len;
  if (version != PCTAB_VERSION || src->table_len < sizeof head)
    src->table_len = sizeof head;
  add_mark (src, f->table + PCTAB_H_HEAD_DIGEST, digest);
  return true;
}

bool
pctab__file_source (struct source *src, const struct file *f, bool permanent, bool safe)
{
  *src = (struct source){
    .origin = PCTAB_ORIGIN_LINKED,
    .permanent = permanent,
    .safe = safe,
    .lo = f->lo,
    .hi = f->hi,
    .bias = f->bias,
    .map_lo = f->map_lo,
    .build_id = f->build_id,
    .build_id_len = f->build_id_len,
    .table = f->table,
    .addr = f->table,
  };
  uint32_t id;
  pctab__native (&src->machine, &src->is64);
  if (f->table && !read_head (src, f))
    return false;
  if (f->build_id_len >= sizeof id)
    {
      memcpy (&id, f->build_id, sizeof id);
      add_mark (src, f->build_id_addr, id);
    }
  else if (!permanent && !src->mark_cnt)
    mark_contents (src, f);
  return permanent || src->mark_cnt;
}
