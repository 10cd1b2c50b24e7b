/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sections behind a dropped one get smaller numbers.  Linkers put the records behind all that is loaded, so that mostly
 * no symbol names such a section and the headers alone change.  What --emit-relocs left in .symtab of a dropped section
 * keeps its place there, since relocations of the code name it by number: a section's symbol becomes that of the code
 * that it was tied to. */
#include "place_drop.h"

#include <stdlib.h>
#include <string.h>

#include "place_write.h"
#include "record.h"
#include "store.h"

static bool
is_records (const struct elf_section *s)
{
  return pctab__record_section (s, ".pcdata") || pctab__record_section (s, ".pcsp")
         || pctab__record_section (s, ".pcln");
}

static bool
is_relocations (const struct elf_section *s)
{
  return (s->type == SHT_REL || s->type == SHT_RELA) && !(s->flags & SHF_ALLOC);
}

/* Numbers those that stay. */
static void
number (struct place_drop *drop)
{
  const struct elf_file *f = drop->file;
  drop->cnt = 1;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      bool goes = is_records (s)
                  || (is_relocations (s) && s->info && s->info < f->section_cnt && is_records (&f->sections[s->info]));
      if (!goes)
        drop->map[i] = drop->cnt++;
      else
        {
          drop->dropped_cnt++;
          drop->dropped_len += s->size;
        }
    }
}

/* --- contents ----------------------------------------------------------- */

static bool
add_contents (struct place_drop *drop, uint32_t idx, struct diag *d, unsigned char **data)
{
  const struct elf_section *s = &drop->file->sections[idx];
  *data = NULL;
  if (s->off > drop->file->len || s->size > drop->file->len - s->off)
    return pctab__diag_error (d, s->name, "lies outside the file; the file is truncated or damaged");
  drop->contents_len += s->size;
  if (drop->contents[idx].data || drop->contents_len > drop->file->len)
    return pctab__diag_error (d, s->name, "has the same bytes as another section; the file is damaged");
  *data = malloc (s->size + 1);
  if (!*data)
    return pctab__diag_memory (d);
  memcpy (*data, drop->file->data + s->off, s->size);
  drop->contents[idx] = (struct drop_contents){ *data, s->size };
  drop->loaded |= (s->flags & SHF_ALLOC) != 0;
  return true;
}

/* The table of section numbers beyond 16 bits that belongs to symbol table IDX, 0: none. */
static uint32_t
find_shndx (const struct elf_file *f, uint32_t idx)
{
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (f->sections[i].type == SHT_SYMTAB_SHNDX && f->sections[i].link == idx)
      return i;
  return 0;
}

/* A symbol of dropped section OLD, at AT. */
static void
retire_symbol (const struct place_drop *drop, uint32_t old, unsigned char *at)
{
  const struct elf_file *f = drop->file;
  uint32_t code = f->sections[old].link;
  bool tied = code && code < f->section_cnt && drop->map[code] && drop->map[code] < SHN_LORESERVE;
  unsigned char *info = at + ELF_OFFSET (f, Sym, st_info);
  uint16_t shndx = tied ? (uint16_t) drop->map[code] : SHN_ABS;
  if (ELF32_ST_BIND (*info) == STB_LOCAL)
    {
      memset (at, 0, ELF_SIZE (f, Sym));
      *info = ELF32_ST_INFO (STB_LOCAL, tied ? STT_SECTION : STT_NOTYPE);
      store_word (at + ELF_OFFSET (f, Sym, st_value), tied ? f->sections[code].addr : 0, f->is64, f->big);
    }
  else
    shndx = SHN_ABS;
  store_u16 (at + ELF_OFFSET (f, Sym, st_shndx), shndx, f->big);
}

/* A symbol table, and the table beside it of section numbers beyond 16 bits; either is copied as soon as one
 * changes. */
struct symbols {
  uint32_t idx, wide_idx;
  const unsigned char *at, *wide;
  unsigned char *copy, *wide_copy;
  size_t wide_cnt;
};

static bool
renumber (struct place_drop *drop, struct symbols *s, size_t i, struct diag *d)
{
  const struct elf_file *f = drop->file;
  size_t entry = i * ELF_SIZE (f, Sym);
  uint32_t old = load_u16 (s->at + entry + ELF_OFFSET (f, Sym, st_shndx), f->big);
  bool wide = old == SHN_XINDEX;
  if (wide && i >= s->wide_cnt)
    return true;
  if (wide)
    old = load_u32 (s->wide + 4 * i, f->big);
  else if (old >= SHN_LORESERVE)
    return true;
  if (!old || old >= f->section_cnt || drop->map[old] == old)
    return true;
  if (!s->copy && !add_contents (drop, s->idx, d, &s->copy))
    return false;
  if (wide && !s->wide_copy && !add_contents (drop, s->wide_idx, d, &s->wide_copy))
    return false;
  uint32_t new = drop->map[old];
  if (!new)
    retire_symbol (drop, old, s->copy + entry);
  else if (!wide || new < SHN_LORESERVE)
    store_u16 (s->copy + entry + ELF_OFFSET (f, Sym, st_shndx), (uint16_t) new, f->big);
  if (wide)
    store_u32 (s->wide_copy + 4 * i, new < SHN_LORESERVE ? 0 : new, f->big);
  return true;
}

static bool
renumber_symbols (struct place_drop *drop, uint32_t idx, struct diag *d)
{
  const struct elf_file *f = drop->file;
  struct symbols s = { .idx = idx, .wide_idx = find_shndx (f, idx) };
  const struct elf_section *table = &f->sections[idx], *wide = &f->sections[s.wide_idx];
  if (table->off > f->len || table->size > f->len - table->off || wide->off > f->len
      || (s.wide_idx && wide->size > f->len - wide->off))
    return pctab__diag_error (d, table->name, "lies outside the file; the file is truncated or damaged");
  s.at = f->data + table->off;
  s.wide = f->data + wide->off;
  s.wide_cnt = s.wide_idx ? wide->size / 4 : 0;
  for (size_t i = 1; i < table->size / ELF_SIZE (f, Sym); i++)
    if (!renumber (drop, &s, i, d))
      return false;
  return true;
}

/* A group of sections, which a linked file mostly has not: flags, then its members. */
static bool
renumber_group (struct place_drop *drop, uint32_t idx, struct diag *d)
{
  const struct elf_file *f = drop->file;
  unsigned char *at;
  if (!add_contents (drop, idx, d, &at))
    return false;
  struct drop_contents *c = &drop->contents[idx];
  size_t kept = 4;
  for (size_t i = 4; i + 4 <= c->len; i += 4)
    {
      uint32_t old = load_u32 (at + i, f->big);
      uint32_t new = old < f->section_cnt ? drop->map[old] : old;
      if (!new)
        continue;
      store_u32 (at + kept, new, f->big);
      kept += 4;
    }
  c->len = c->len < 4 ? c->len : kept;
  return true;
}

bool
pctab__drop_find (struct place_drop *drop, const struct elf_file *file, struct diag *d)
{
  *drop = (struct place_drop){ .file = file };
  drop->map = calloc ((size_t) file->section_cnt + 1, sizeof *drop->map);
  drop->contents = calloc ((size_t) file->section_cnt + 1, sizeof *drop->contents);
  if (!drop->map || !drop->contents)
    return pctab__diag_memory (d);
  number (drop);
  bool good = true, symtab = false, dynsym = false;
  for (uint32_t i = 1; good && drop->dropped_cnt && i < file->section_cnt; i++)
    {
      const struct elf_section *s = &file->sections[i];
      bool *seen = s->type == SHT_SYMTAB ? &symtab : s->type == SHT_DYNSYM ? &dynsym : NULL;
      if (seen && *seen)
        return pctab__diag_error (d, s->name, "is a second symbol table of its kind; the file is damaged");
      if (seen)
        good = *seen = renumber_symbols (drop, i, d);
      else if (s->type == SHT_GROUP)
        good = renumber_group (drop, i, d);
    }
  return good;
}

void
pctab__drop_free (struct place_drop *drop)
{
  for (uint32_t i = 0; drop->contents && i < drop->file->section_cnt; i++)
    free (drop->contents[i].data);
  free (drop->contents);
  free (drop->map);
}

/* --- headers ------------------------------------------------------------ */

static uint32_t
map_link (const struct place_drop *drop, uint32_t old)
{
  return old < drop->file->section_cnt ? drop->map[old] : old;
}

static bool
info_is_section (const struct elf_section *s)
{
  return s->type == SHT_REL || s->type == SHT_RELA || (s->flags & SHF_INFO_LINK);
}

unsigned char *
pctab__drop_header (const struct place_drop *drop, unsigned char *headers, uint32_t idx)
{
  return headers + drop->map[idx] * ELF_SIZE (drop->file, Shdr);
}

/* Counts beyond 16 bits stand in header 0. */
static void
store_counts (const struct place_drop *drop, unsigned char *first)
{
  const struct elf_file *f = drop->file;
  uint32_t names = map_link (drop, f->shstrndx);
  store_word (first + ELF_OFFSET (f, Shdr, sh_size), drop->cnt < SHN_LORESERVE ? 0 : drop->cnt, f->is64, f->big);
  store_u32 (first + ELF_OFFSET (f, Shdr, sh_link), names < SHN_LORESERVE ? 0 : names, f->big);
}

unsigned char *
pctab__drop_headers (const struct place_drop *drop, const uint64_t *offs, size_t *len)
{
  const struct elf_file *f = drop->file;
  size_t entsize = ELF_SIZE (f, Shdr);
  *len = drop->cnt * entsize;
  unsigned char *headers = malloc (*len);
  if (!headers)
    return NULL;
  memcpy (headers, f->data + f->shoff, entsize);
  store_counts (drop, headers);
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      if (!drop->map[i])
        continue;
      unsigned char *to = pctab__drop_header (drop, headers, i);
      memcpy (to, f->data + f->shoff + i * entsize, entsize);
      if (s->type != SHT_NULL)
        store_word (to + ELF_OFFSET (f, Shdr, sh_offset), offs[i], f->is64, f->big);
      if (drop->contents[i].data)
        store_word (to + ELF_OFFSET (f, Shdr, sh_size), drop->contents[i].len, f->is64, f->big);
      store_u32 (to + ELF_OFFSET (f, Shdr, sh_link), map_link (drop, s->link), f->big);
      if (info_is_section (s))
        store_u32 (to + ELF_OFFSET (f, Shdr, sh_info), map_link (drop, s->info), f->big);
    }
  return headers;
}

size_t
pctab__drop_ehdr (const struct place_drop *drop, uint64_t phoff, uint64_t shoff, unsigned char *ehdr)
{
  const struct elf_file *f = drop->file;
  uint32_t names = map_link (drop, f->shstrndx);
  memcpy (ehdr, f->data, ELF_SIZE (f, Ehdr));
  store_word (ehdr + ELF_OFFSET (f, Ehdr, e_phoff), phoff, f->is64, f->big);
  store_word (ehdr + ELF_OFFSET (f, Ehdr, e_shoff), shoff, f->is64, f->big);
  store_u16 (ehdr + ELF_OFFSET (f, Ehdr, e_shnum), drop->cnt < SHN_LORESERVE ? (uint16_t) drop->cnt : 0, f->big);
  store_u16 (ehdr + ELF_OFFSET (f, Ehdr, e_shstrndx), names < SHN_LORESERVE ? (uint16_t) names : SHN_XINDEX, f->big);
  return ELF_SIZE (f, Ehdr);
}
