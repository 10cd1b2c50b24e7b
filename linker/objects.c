/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A relocatable object, of which only what is asked for is read: headers and symbols always, contents of a section now
 * and then.  It is read, not mapped: hundreds of mappings cost more than the few pages that are looked at, and a file
 * that shrinks meanwhile is an error, not a signal. */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PART_MAX (UINT64_C (1) << 31) /* bytes of one part: symbols are counted in 32 bits */

bool
pctab__pread_all (int fd, void *to, uint64_t len, uint64_t off)
{
  unsigned char *p = to;
  while (len)
    {
      ssize_t n = pread (fd, p, len, (off_t) off);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          errno = n ? errno : ENODATA;
          return false;
        }
      p += n;
      off += (uint64_t) n;
      len -= (uint64_t) n;
    }
  return true;
}

static bool
read_part (struct object *o, uint64_t off, uint64_t len, struct object_bytes *to, struct cursor *c, struct diag *d)
{
  if (off > o->len || len > o->len - off || len > PART_MAX)
    return pctab__diag_error (d, NULL, "%s: a part of it lies outside the file; the object is truncated or damaged",
                              o->name);
  if (to->cap < len || !to->at)
    {
      free (to->at);
      to->cap = len + len / 2 + 4096;
      to->at = malloc (to->cap);
      if (!to->at)
        {
          to->cap = 0;
          return pctab__diag_memory (d);
        }
    }
  if (!pctab__pread_all (o->fd, to->at, len, o->off + off))
    return pctab__diag_error (d, NULL, "%s: can't be read again: %s", o->name, strerror (errno));
  *c = cursor_over (to->at, len, o->big);
  return true;
}

static struct object_section
read_header (struct cursor *c, bool is64)
{
  struct object_section s = { .name_off = cursor_u32 (c), .type = cursor_u32 (c) };
  s.flags = is64 ? cursor_u64 (c) : cursor_u32 (c);
  (void) (is64 ? cursor_u64 (c) : cursor_u32 (c));
  s.off = is64 ? cursor_u64 (c) : cursor_u32 (c);
  s.size = is64 ? cursor_u64 (c) : cursor_u32 (c);
  s.link = cursor_u32 (c);
  s.info = cursor_u32 (c);
  (void) (is64 ? cursor_u64 (c) : cursor_u32 (c));
  s.entsize = is64 ? cursor_u64 (c) : cursor_u32 (c);
  return s;
}

static bool
read_headers (struct object *o, uint64_t shoff, uint32_t cnt, struct diag *d)
{
  unsigned entry_len = o->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr);
  struct cursor c;
  if (!shoff)
    return true;
  if (!cnt || o->shstrndx == SHN_XINDEX)
    {
      if (!read_part (o, shoff, entry_len, &o->table, &c, d))
        return false;
      struct object_section first = read_header (&c, o->is64);
      if (!cnt)
        cnt = first.size < UINT32_MAX ? (uint32_t) first.size : UINT32_MAX;
      if (o->shstrndx == SHN_XINDEX)
        o->shstrndx = first.link;
    }
  if (!read_part (o, shoff, (uint64_t) cnt * entry_len, &o->table, &c, d))
    return false;
  if (!pctab__reserve ((void **) &o->sections, &o->sections_cap, cnt, sizeof *o->sections))
    return pctab__diag_memory (d);
  for (uint32_t i = 0; i < cnt; i++)
    o->sections[i] = read_header (&c, o->is64);
  o->section_cnt = cnt;
  return true;
}

/* Sections beyond 65279 are named in a table beside the symbols'. */
static bool
resolve_sections (struct object *o, uint32_t table_idx, struct diag *d)
{
  struct cursor c;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    if (o->sections[i].type == SHT_SYMTAB_SHNDX && o->sections[i].link == table_idx)
      {
        if (!pctab__object_contents (o, &o->sections[i], &c, d))
          return false;
        for (uint32_t k = 0; k < o->symbol_cnt && cursor_left (&c) >= 4; k++)
          {
            uint32_t section = cursor_u32 (&c);
            if (o->symbols[k].section == SHN_XINDEX)
              o->symbols[k].section = section;
          }
        return true;
      }
  return true;
}

static bool
read_symbols (struct object *o, uint32_t table_idx, struct diag *d)
{
  const struct object_section *table = &o->sections[table_idx];
  unsigned entry_len = ELF_SYMBOL_LEN (o->is64);
  struct cursor c, names;
  if (table->link >= o->section_cnt || !read_part (o, table->off, table->size, &o->table, &c, d)
      || !read_part (o, o->sections[table->link].off, o->sections[table->link].size, &o->strings, &names, d))
    return pctab__diag_error (d, NULL, "%s: its symbols have no names; the object is damaged", o->name);
  size_t cnt = cursor_left (&c) / entry_len;
  if (!pctab__reserve ((void **) &o->symbols, &o->symbols_cap, cnt, sizeof *o->symbols)
      || !pctab__elf_names_init (&o->names, names))
    return pctab__diag_memory (d);
  bool extended = false;
  for (size_t i = 0; i < cnt; i++)
    {
      o->symbols[i] = pctab__elf_symbol_read (&c, o->is64);
      extended |= o->symbols[i].section == SHN_XINDEX;
    }
  o->symbol_cnt = (uint32_t) cnt;
  o->first_global = table->info;
  return !extended || resolve_sections (o, table_idx, d);
}

static bool
read_head (struct object *o, const unsigned char *head, size_t len, uint64_t *shoff, uint32_t *shnum)
{
  if (len < sizeof (Elf32_Ehdr) || memcmp (head, ELFMAG, SELFMAG)
      || (head[EI_CLASS] != ELFCLASS32 && head[EI_CLASS] != ELFCLASS64)
      || (head[EI_DATA] != ELFDATA2LSB && head[EI_DATA] != ELFDATA2MSB))
    return false;
  o->is64 = head[EI_CLASS] == ELFCLASS64;
  o->big = head[EI_DATA] == ELFDATA2MSB;
  struct cursor c = cursor_over (head + EI_NIDENT, len - EI_NIDENT, o->big);
  uint16_t type = cursor_u16 (&c);
  o->machine = cursor_u16 (&c);
  cursor_take (&c, o->is64 ? 20 : 12);
  *shoff = o->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
  cursor_take (&c, 10);
  uint16_t shentsize = cursor_u16 (&c);
  *shnum = cursor_u16 (&c);
  o->shstrndx = cursor_u16 (&c);
  return !c.bad && type == ET_REL && (!*shoff || shentsize == (o->is64 ? sizeof (Elf64_Shdr) : sizeof (Elf32_Shdr)));
}

enum object_kind
pctab__object_read (struct object *o, int fd, uint64_t off, uint64_t len, struct diag *d)
{
  unsigned char head[sizeof (Elf64_Ehdr)];
  size_t head_len = len < sizeof head ? (size_t) len : sizeof head;
  uint64_t shoff;
  uint32_t shnum;
  o->fd = fd;
  o->off = off;
  o->len = len;
  o->section_cnt = o->symbol_cnt = 0;
  if (!pctab__pread_all (fd, head, head_len, off))
    {
      pctab__diag_error (d, NULL, "%s: can't be read again: %s", o->name, strerror (errno));
      return OBJECT_BAD;
    }
  if (!read_head (o, head, head_len, &shoff, &shnum))
    return OBJECT_OTHER;
  if (!read_headers (o, shoff, shnum, d))
    return OBJECT_BAD;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    if (o->sections[i].type == SHT_SYMTAB)
      return read_symbols (o, i, d) ? OBJECT_GOOD : OBJECT_BAD;
  return OBJECT_GOOD;
}

bool
pctab__object_contents (struct object *o, const struct object_section *s, struct cursor *c, struct diag *d)
{
  if (s->type != SHT_NOBITS)
    return read_part (o, s->off, s->size, &o->other, c, d);
  *c = cursor_over (NULL, 0, o->big);
  return true;
}

bool
pctab__object_has_frames (struct object *o)
{
  struct cursor names;
  struct diag unsaid = { 0 };
  if (o->shstrndx >= o->section_cnt || !pctab__object_contents (o, &o->sections[o->shstrndx], &names, &unsaid))
    return true;
  for (uint32_t i = 1; i < o->section_cnt; i++)
    {
      struct cursor c = names;
      cursor_take (&c, o->sections[i].name_off);
      const char *name = cursor_str (&c);
      if (name && (!strcmp (name, ".eh_frame") || !strcmp (name, ".debug_frame")) && o->sections[i].size > 4)
        return true;
    }
  return false;
}

void
pctab__object_free (struct object *o)
{
  free (o->sections);
  free (o->symbols);
  free (o->table.at);
  free (o->strings.at);
  free (o->other.at);
  pctab__elf_names_free (&o->names);
  memset (o, 0, sizeof *o);
}
