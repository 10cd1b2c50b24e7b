/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The place of the table: the section, its segment, and the room around it.
 *
 * Everything is proved on the headers before a byte is written: that .pctab lies alone in a read-only segment whose
 * offset is congruent to its address, and that the table's pages meet no other segment or section.  What comes after
 * the table in memory is never moved: other code holds its address. */
#include "place_elf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "place_write.h"

#define REMEDY \
  "link with pctab's linker script after your own scripts, or paste its lines (see pctab-link(1), LINKER SCRIPTS)"

#define PAGE_MIN 4096 /* the smallest page of any architecture here */

static bool
find_section (struct place *p, struct diag *d)
{
  struct elf_file *f = p->file;
  if (f->type != ET_EXEC && f->type != ET_DYN)
    return pctab__diag_error (d, NULL, "not a program or shared object (ELF type %u); a table is for linked files",
                              f->type);
  if (!f->section_cnt)
    return pctab__diag_error (d, NULL, "has no section headers; link it again");
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (!strcmp (f->sections[i].name, ".pctab"))
      {
        if (p->section)
          return pctab__diag_error (d, ".pctab", "there are two such sections; link one placeholder");
        p->section = &f->sections[i];
        p->section_idx = i;
      }
  if (!p->section)
    return pctab__diag_error (d, NULL, "has no .pctab section: no placeholder was linked, or a linker script discards "
                              "it; " REMEDY);
  if (p->section->type == SHT_NOBITS)
    return pctab__diag_error (d, ".pctab", "has no bytes in the file; is this a separate debug file?  Use the program "
                              "itself");
  p->addr = p->section->addr;
  p->off = p->section->off;
  p->room = p->section->size;
  return true;
}

static bool
check_contents (const struct place *p, bool replace, struct diag *d)
{
  const struct elf_section *s = p->section;
  if (s->type != SHT_PROGBITS || s->off > p->file->len || s->size > p->file->len - s->off
      || s->size < PCTAB_H_SIZE + 4)
    return pctab__diag_error (d, s->name, "is no table, nor a placeholder of one; link pctab's own placeholder");
  const unsigned char *at = p->file->data + s->off;
  if (memcmp (at, PCTAB_MAGIC, PCTAB_MAGIC_LEN))
    return pctab__diag_error (d, s->name, "does not begin with a table's magic; link pctab's own placeholder");
  uint32_t version = load_u32 (at + PCTAB_H_VERSION, p->file->big);
  uint32_t size = load_u32 (at + PCTAB_H_SIZE, p->file->big);
  if (version && !replace)
    return pctab__diag_error (d, s->name, "holds a finished table already; --force replaces it");
  if (size != s->size)
    return pctab__diag_error (d, s->name, "has %" PRIu64 " bytes where its header says %" PRIu32 "; two placeholders "
                              "were linked, or a linker script added to it", s->size, size);
  return true;
}

/* What place_fill.c makes of the header before records go: it must not be finished without them. */
static bool
check_whole (const struct place *p, struct diag *d)
{
  static const unsigned char half_done[PCTAB_H_SIZE + 4] = PCTAB_MAGIC;
  const struct elf_section *s = p->section;
  if (s->off <= p->file->len && sizeof half_done <= p->file->len - s->off
      && !memcmp (p->file->data + s->off, half_done, sizeof half_done))
    return pctab__diag_error (d, s->name, "was left half done by a pctab-link that was stopped; link the file again");
  return true;
}

static bool
overlaps (uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
  return a < b_end && b < a_end;
}

/* TLS zero data takes no room where it seems to lie. */
static bool
takes_memory (const struct elf_section *s)
{
  return (s->flags & SHF_ALLOC) && s->size && !(s->type == SHT_NOBITS && (s->flags & SHF_TLS));
}

static const char *
neighbour_in_segment (const struct place *p, const struct elf_segment *seg)
{
  for (uint32_t i = 1; i < p->file->section_cnt; i++)
    {
      const struct elf_section *s = &p->file->sections[i];
      if (i != p->section_idx && takes_memory (s)
          && overlaps (s->addr, s->addr + s->size, seg->addr, seg->addr + seg->mem_size))
        return s->name;
    }
  return NULL;
}

static bool
find_segment (struct place *p, struct diag *d)
{
  const struct elf_segment *seg = NULL;
  for (uint32_t i = 0; i < p->file->segment_cnt; i++)
    {
      const struct elf_segment *s = &p->file->segments[i];
      if (s->type == PT_LOAD && p->addr >= s->addr && p->addr - s->addr < s->mem_size)
        {
          if (seg)
            return pctab__diag_error (d, ".pctab", "lies in two segments; the file is damaged");
          seg = s;
          p->segment_idx = i;
        }
    }
  if (!seg || !(p->section->flags & SHF_ALLOC))
    return pctab__diag_error (d, ".pctab", "is in no segment, so it is not loaded; " REMEDY);
  const char *other = neighbour_in_segment (p, seg);
  if (other)
    return pctab__diag_error (d, ".pctab", "is not alone in its segment: %s lies there too; " REMEDY, other);
  if (seg->addr != p->addr || seg->off != p->off || seg->file_size != p->room || seg->mem_size != p->room)
    return pctab__diag_error (d, ".pctab", "is not alone in its segment: the segment has %#" PRIx64 " bytes at %#"
                              PRIx64 ", the section %#" PRIx64 " at %#" PRIx64 "; " REMEDY,
                              seg->mem_size, seg->addr, p->room, p->addr);
  if (seg->flags != PF_R)
    return pctab__diag_error (d, ".pctab",
                              "its segment is %s, not read-only; link without -N and --no-rosegment, and " REMEDY,
                              seg->flags & PF_W ? "writable" : seg->flags & PF_X ? "executable" : "unreadable");
  if (seg->align < PAGE_MIN || seg->align & (seg->align - 1))
    return pctab__diag_error (d, ".pctab", "its segment is aligned to %#" PRIx64 " bytes, so it can't be mapped (-N or "
                              "--omagic?); link without -N", seg->align);
  if ((seg->addr - seg->off) & (seg->align - 1))
    return pctab__diag_error (d, ".pctab", "its file offset %#" PRIx64 " and address %#" PRIx64 " differ modulo %#"
                              PRIx64 "; " REMEDY, seg->off, seg->addr, seg->align);
  return true;
}

bool
pctab__place_find (struct place *p, struct elf_file *file, bool replace, struct diag *d)
{
  *p = (struct place){ .file = file };
  return find_section (p, d) && check_whole (p, d) && find_segment (p, d) && check_contents (p, replace, d);
}

static uint64_t
round_up (uint64_t v, uint64_t align)
{
  return align > 1 ? (v + align - 1) & ~(align - 1) : v;
}

/* What meets [lo, hi) in memory besides the table, or NULL. */
static const char *
in_the_way (const struct place *p, uint64_t lo, uint64_t hi, uint64_t *where)
{
  for (uint32_t i = 1; i < p->file->section_cnt; i++)
    {
      const struct elf_section *s = &p->file->sections[i];
      *where = s->addr;
      if (i != p->section_idx && takes_memory (s) && overlaps (lo, hi, s->addr, s->addr + s->size))
        return s->name;
    }
  for (uint32_t i = 0; i < p->file->segment_cnt; i++)
    {
      const struct elf_segment *s = &p->file->segments[i];
      if (i == p->segment_idx || s->type != PT_LOAD || !s->mem_size)
        continue;
      uint64_t align = s->align > 1 && !(s->align & (s->align - 1)) ? s->align : 1;
      *where = s->addr;
      if (overlaps (lo, hi, s->addr & ~(align - 1), round_up (s->addr + s->mem_size, align)))
        return "a segment";
    }
  return NULL;
}

bool
pctab__place_prove (const struct place *p, uint64_t len, struct diag *d)
{
  const struct elf_segment *seg = &p->file->segments[p->segment_idx];
  uint64_t align = seg->align > 1 ? seg->align : 1;
  uint64_t lo = p->addr & ~(align - 1);
  uint64_t hi = round_up (p->addr + len, align);
  uint64_t limit = p->file->is64 ? UINT64_MAX : UINT32_MAX;
  if (len > UINT32_MAX || hi < p->addr || hi > limit)
    return pctab__diag_error (d, ".pctab", "a table of %" PRIu64 " bytes does not fit into the address space at %#"
                              PRIx64,
                              len, p->addr);
  uint64_t where;
  const char *other = in_the_way (p, lo, hi, &where);
  if (other)
    return pctab__diag_error (d, ".pctab", "%s at %#" PRIx64 " is in the way of the table, which needs [%#" PRIx64
                              ", %#" PRIx64 "); place .pctab behind everything else in memory: " REMEDY,
                              other, where, lo, hi);
  return true;
}

/* Writing everything anew costs about a millisecond for each MiB of the file; the room left over when it is filled in
 * place costs file size.  Up to this many bytes the smaller file is worth more. */
#define RENEW_BYTES_MAX (1u << 20)

static bool
write_table (const struct place *p, const struct place_drop *drop, const unsigned char *image, size_t len,
             enum place_how *how, struct diag *d)
{
  bool linked = false;
  if (!pctab__place_links (p, &linked, d))
    return false;
  bool fits = len <= p->room && !drop->loaded;
  uint64_t unused = p->room + drop->dropped_len;
  bool worth = p->file->len > unused && p->file->len - unused > RENEW_BYTES_MAX;
  if (linked && !fits)
    return pctab__diag_error (d, NULL, "has other hard links, which a new file would leave behind; remove them, or "
                              "link with -plugin-opt=reserve=%zu", len);
  if (fits && (worth || linked))
    {
      *how = PLACE_FILLED;
      return pctab__place_fill (p, drop, image, len, d);
    }
  *how = PLACE_RENEWED;
  return pctab__place_renew (p, drop, image, len, d);
}

bool
pctab__place_write (const struct place *p, const unsigned char *image, size_t len, enum place_how *how, struct diag *d)
{
  struct place_drop drop;
  bool good = pctab__place_prove (p, len, d) && pctab__drop_find (&drop, p->file, d)
              && write_table (p, &drop, image, len, how, d);
  pctab__drop_free (&drop);
  return good;
}

bool
pctab__place_unfinish (const char *path, struct diag *d)
{
  static const unsigned char unfinished[4];
  struct elf_file f = { 0 };
  if (!pctab__elf_open (&f, path, d))
    return false;
  const struct elf_section *s = pctab__elf_section (&f, ".pctab");
  uint64_t at = s ? s->off + PCTAB_H_VERSION : 0;
  pctab__elf_close (&f);
  int fd = s ? open (path, O_WRONLY | O_CLOEXEC) : -1;
  bool good = fd >= 0 && pwrite (fd, unfinished, sizeof unfinished, (off_t) at) == sizeof unfinished;
  int err = errno;
  if (fd >= 0 && close (fd) && good)
    {
      good = false;
      err = errno;
    }
  return good
         || pctab__diag_error (d, ".pctab", "its bad table can't be marked so: %s; remove the file", strerror (err));
}
