/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the table lies: its section, its segment, and what is around them in memory and in the file.
 *
 * The kernel maps whole pages by the segments, tools copy bytes by the sections, readers in the process go by the
 * segment: so the two have to say the same, and nothing else may be where the table is. */
#include "layout.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#define PAGE_MIN 4096 /* the smallest page of any architecture here */

struct place {
  struct target *t;
  const struct target_section *section;
  const struct target_segment *segment; /* NULL: none */
};

#define FAULT(p, check, ...) pctab__report_add ((p)->t->report, check, WHERE_PART (".pctab", WHERE_NONE), __VA_ARGS__)

static bool
overlaps (uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
  return a_len && b_len && (a < b ? b - a < a_len : a - b < b_len);
}

static void
check_section (const struct place *p)
{
  const struct target_section *s = p->section;
  for (const struct target_section *other = s + 1; other < p->t->sections + p->t->section_cnt; other++)
    if (!strcmp (other->name, ".pctab"))
      FAULT (p, CHECK_TABLE_TWICE, "sections %td and %td are both named .pctab", s - p->t->sections,
             other - p->t->sections);
  if (s->type != SHT_PROGBITS || s->flags != SHF_ALLOC)
    FAULT (p, CHECK_SECTION_KIND, "the section has type %" PRIu32 " and flags %#" PRIx64 " instead of 1 (PROGBITS) and "
           "0x2 (ALLOC)", s->type, s->flags);
}

/* The segment that the section is in.  With two the kernel maps one over the other. */
static void
find_segment (struct place *p)
{
  const struct target_section *s = p->section;
  for (size_t i = 0; i < p->t->segment_cnt; i++)
    {
      const struct target_segment *h = &p->t->segments[i];
      if (h->type != PT_LOAD || s->addr < h->addr || s->addr - h->addr >= h->mem_len)
        continue;
      if (!p->segment)
        p->segment = h;
    }
  if (!p->segment)
    FAULT (p, CHECK_SEGMENT_NONE, "no PT_LOAD holds address %#" PRIx64, s->addr);
}

static const char *
neighbour (const struct place *p)
{
  for (size_t i = 1; i < p->t->section_cnt; i++)
    {
      const struct target_section *s = &p->t->sections[i];
      if (pctab__layout_takes_memory (s) && strcmp (s->name, ".pctab")
          && s->addr >= p->segment->addr && s->addr - p->segment->addr < p->segment->mem_len
          && !overlaps (s->addr, s->size, p->section->addr, p->section->size))
        return s->name;
    }
  return NULL;
}

static void
check_segment (const struct place *p)
{
  const struct target_section *s = p->section;
  const struct target_segment *h = p->segment;
  if (h->flags != PF_R)
    FAULT (p, CHECK_SEGMENT_FLAGS, "its segment is %sreadable%s%s", h->flags & PF_R ? "" : "not ",
           h->flags & PF_W ? ", writable" : "", h->flags & PF_X ? ", executable" : "");
  const char *other = neighbour (p);
  if (other)
    FAULT (p, CHECK_SEGMENT_SHARED, "%s lies in its segment too", other);
  else if (h->addr != s->addr || h->off != s->off || h->mem_len != s->size || h->file_len != s->size)
    FAULT (p, CHECK_SEGMENT_DIFFERS, "the section has %" PRIu64 " bytes at address %#" PRIx64 ", file offset %#" PRIx64
           "; the segment %" PRIu64 " (%" PRIu64 " in the file) at %#" PRIx64 ", %#" PRIx64, s->size,
           s->addr, s->off, h->mem_len, h->file_len,
           h->addr, h->off);
  if (h->align < PAGE_MIN || h->align & (h->align - 1))
    FAULT (p, CHECK_SEGMENT_ALIGN, "its segment is aligned to %#" PRIx64 ", which is no page size", h->align);
  else if ((h->addr - h->off) & (h->align - 1))
    FAULT (p, CHECK_SEGMENT_ALIGN,
           "its segment's address %#" PRIx64 " and file offset %#" PRIx64 " differ modulo %#" PRIx64,
           h->addr, h->off, h->align);
  if (s->align > 1 && s->addr % s->align)
    FAULT (p, CHECK_SEGMENT_ALIGN, "the section's address %#" PRIx64 " is no multiple of its alignment, %#" PRIx64,
           s->addr, s->align);
}

/* Widens [*addr, *addr + *len) to whole pages of ALIGN. */
static void
to_pages (uint64_t *addr, uint64_t *len, uint64_t align)
{
  if (align < 2 || align & (align - 1))
    return;
  uint64_t low = *addr & (align - 1);
  uint64_t all = low + *len + (align - 1);
  *addr -= low;
  *len = all < *len ? UINT64_MAX - *addr : all & ~(align - 1);
}

static void
check_memory (const struct place *p)
{
  uint64_t addr = p->section->addr, len = p->section->size, align = p->segment ? p->segment->align : PAGE_MIN;
  to_pages (&addr, &len, align);
  for (size_t i = 0; i < p->t->segment_cnt; i++)
    {
      const struct target_segment *h = &p->t->segments[i];
      uint64_t other = h->addr, other_len = h->mem_len;
      if (h == p->segment || h->type != PT_LOAD || !other_len)
        continue;
      to_pages (&other, &other_len, h->align);
      if (overlaps (addr, len, other, other_len))
        FAULT (p, CHECK_OVERLAP_MEMORY, "the segment at %#" PRIx64 " lies in its pages, [%#" PRIx64 ", %#" PRIx64 ")",
               h->addr, addr, addr + len);
    }
  for (size_t i = 1; i < p->t->section_cnt; i++)
    {
      const struct target_section *s = &p->t->sections[i];
      if (pctab__layout_takes_memory (s) && strcmp (s->name, ".pctab")
          && overlaps (p->section->addr, p->section->size, s->addr, s->size))
        FAULT (p, CHECK_OVERLAP_MEMORY, "section %s at %#" PRIx64 " lies over it", s->name, s->addr);
    }
}

static void
check_span (const struct place *p, const char *what, uint64_t off, uint64_t len)
{
  if (overlaps (p->section->off, p->section->size, off, len))
    FAULT (p, CHECK_OVERLAP_FILE, "%s, at file offset %#" PRIx64 ", %s its bytes", what, off,
           off > p->section->off ? "is in" : "reaches into");
}

static void
check_bytes (const struct place *p)
{
  const struct target *t = p->t;
  check_span (p, "the ELF header", 0, t->is64 ? sizeof (Elf64_Ehdr) : sizeof (Elf32_Ehdr));
  check_span (p, "the program header table", t->segment_head_off,
              (uint64_t) t->segment_cnt * (t->is64 ? sizeof (Elf64_Phdr) : sizeof (Elf32_Phdr)));
  check_span (p, "the section header table", t->section_head_off,
              (uint64_t) t->section_cnt * (t->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr)));
  for (size_t i = 1; i < p->t->section_cnt; i++)
    {
      const struct target_section *s = &p->t->sections[i];
      if (s->type != SHT_NOBITS && strcmp (s->name, ".pctab"))
        check_span (p, *s->name ? s->name : "a section", s->off, s->size);
    }
}

/* One finding: where one lies before it, most do. */
static void
check_order (const struct place *p)
{
  for (size_t i = 1; i < p->t->section_cnt; i++)
    {
      const struct target_section *s = &p->t->sections[i];
      if (s->type == SHT_NOBITS || s->type == SHT_NULL || !s->size || s->flags & SHF_ALLOC
          || s->off >= p->section->off)
        continue;
      FAULT (p, CHECK_FILE_ORDER, "%s, which is not loaded, lies before it in the file", s->name);
      return;
    }
}

static bool
is_raw (const char *name)
{
  static const char *const raw[] = { ".pcln", ".pcsp", ".pcdata" };
  name += !strncmp (name, ".rela.", 6) ? 5 : !strncmp (name, ".rel.", 5) ? 4 : 0;
  for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
    if (!strcmp (name, raw[i]))
      return true;
  return false;
}

static void
check_leftover (const struct place *p)
{
  for (size_t i = 1; i < p->t->section_cnt; i++)
    if (is_raw (p->t->sections[i].name))
      pctab__report_add (p->t->report, CHECK_LEFTOVER, WHERE_FILE, "section %s, %" PRIu64 " bytes",
                         p->t->sections[i].name, p->t->sections[i].size);
}

static void
check_machine (const struct place *p)
{
  const struct decoded *d = &p->t->table;
  unsigned class = p->t->is64 ? 64 : 32;
  if (!(d->good & GOOD_HEAD))
    return;
  if (d->machine != p->t->machine)
    FAULT (p, CHECK_MACHINE, "the table is for ELF machine %u, the file for %u", d->machine, p->t->machine);
  if (d->class != class)
    FAULT (p, CHECK_MACHINE, "the table is for %u bit, the file for %u", d->class, class);
  if (d->big != p->t->big)
    FAULT (p, CHECK_MACHINE, "the table is %s-endian, the file %s-endian", d->big ? "big" : "little",
           p->t->big ? "big" : "little");
}

/* What lies beyond the file's end can't be loaded or read.  Without the table's own: that is PT104. */
static void
check_ends (const struct place *p)
{
  uint64_t end = p->t->len;
  for (size_t i = 0; i < p->t->segment_cnt; i++)
    {
      const struct target_segment *h = &p->t->segments[i];
      if (h != p->segment && h->type == PT_LOAD && (h->off > end || h->file_len > end - h->off))
        pctab__report_add (p->t->report, CHECK_FILE_DAMAGED, WHERE_FILE,
                           "the segment at %#" PRIx64 " ends behind the file's end", h->addr);
    }
  for (size_t i = 1; i < p->t->section_cnt; i++)
    {
      const struct target_section *s = &p->t->sections[i];
      if (s != p->section && s->type != SHT_NOBITS && s->type != SHT_NULL
          && (s->off > end || s->size > end - s->off))
        pctab__report_add (p->t->report, CHECK_FILE_DAMAGED, WHERE_FILE, "section %s ends behind the file's end",
                           *s->name ? s->name : "without a name");
    }
}

void
pctab__check_elf (struct target *t)
{
  struct place p = { .t = t, .section = t->table_section };
  if (!p.section) /* what has no section headers is loaded all the same */
    return;
  find_segment (&p);
  check_ends (&p);
  check_section (&p);
  if (p.segment)
    check_segment (&p);
  check_memory (&p);
  check_bytes (&p);
  check_order (&p);
  check_leftover (&p);
  check_machine (&p);
}
