/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "elf_symbol.h"
#include "text_spans.h"

struct reader {
  struct elf_file *f;
  struct model *m;
  struct diag *d;
  const struct elf_section *table;
  struct elf_names names;
  struct text_spans spans;
};

/* Hand-written assembly may lack a .type.  A global label is a function then, and a local one that has a size or a
 * frame of its own; the other local ones are mostly loops. */
static bool
may_be_function (const struct elf_symbol *s)
{
  if (s->section == SHN_UNDEF || (s->section >= SHN_LORESERVE && s->section != SHN_XINDEX))
    return false;
  return s->type == STT_FUNC || s->type == STT_GNU_IFUNC || s->type == STT_NOTYPE;
}

static bool
frame_starts_at (const struct model *m, uint32_t off)
{
  size_t lo = 0, hi = m->frames.cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (m->frames.at[mid].off < off)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < m->frames.cnt && m->frames.at[lo].off == off;
}

/* Inside the section it names: _etext and the like stand at their section's end, where the next one may begin. */
static bool
is_in_section (const struct elf_file *f, const struct elf_symbol *s, uint64_t addr)
{
  if (s->section == SHN_XINDEX)
    return true;
  if (s->section >= f->section_cnt)
    return false;
  const struct elf_section *section = &f->sections[s->section];
  return (section->flags & SHF_EXECINSTR) && addr >= section->addr && addr - section->addr < section->size;
}

/* $a, $t, $d, $x (AAELF32, AAELF64, riscv-elf-psabi "mapping symbols") and compilers' own labels. */
static bool
is_mark (const struct model_str *name)
{
  if (name->len >= 2 && name->p[0] == '$' && memchr ("atdx", name->p[1], 4))
    return name->len == 2 || name->p[2] == '.' || name->p[1] == 'x';
  return name->len >= 2 && name->p[0] == '.' && name->p[1] == 'L';
}

static bool
add_symbol (struct reader *r, const struct elf_symbol *s, size_t idx)
{
  /* Bit 0 of a function's address says Thumb (AAELF32 5.5.3). */
  uint64_t addr = r->f->machine == EM_ARM && s->type != STT_NOTYPE ? s->value & ~UINT64_C (1) : s->value;
  if (!is_in_section (r->f, s, addr) || !pctab__text_spans_find (&r->spans, addr))
    return true;
  struct model_str name;
  if (!pctab__elf_names_get (&r->names, s->name, &name))
    return pctab__diag_error (r->d, r->table->name,
                              "the name of symbol %zu lies outside its string table; the file is damaged", idx);
  if (!name.len || (s->type == STT_NOTYPE && is_mark (&name)))
    return true;
  struct model *m = r->m;
  if (s->type == STT_NOTYPE && s->bind == STB_LOCAL && !s->size && !frame_starts_at (m, (uint32_t) (addr - m->base)))
    return true;
  if (!model_reserve (&m->symbols, 1))
    return pctab__diag_memory (r->d);
  m->symbols.at[m->symbols.cnt++] = (struct model_symbol){
    .off = (uint32_t) (addr - m->base),
    .size = s->size < UINT32_MAX ? (uint32_t) s->size : UINT32_MAX,
    .name = name,
    .bind = s->bind,
    .type = s->type,
  };
  return true;
}

static bool
read_symbols (struct reader *r)
{
  struct cursor c, names;
  unsigned entry_len = ELF_SYMBOL_LEN (r->f->is64);
  const struct elf_section *table = r->table;
  if (table->entsize != entry_len)
    return pctab__diag_error (r->d, table->name, "its entries have %llu bytes instead of %u; the file is damaged",
                              (unsigned long long) table->entsize, entry_len);
  if (table->link >= r->f->section_cnt)
    return pctab__diag_error (r->d, table->name, "its string table is not there; the file is damaged");
  if (!pctab__elf_contents (r->f, (struct elf_section *) table, &c, r->d)
      || !pctab__elf_contents (r->f, &r->f->sections[table->link], &names, r->d))
    return false;
  if (!pctab__elf_names_init (&r->names, names) || !pctab__text_spans_init (&r->spans, r->m))
    return pctab__diag_memory (r->d);
  for (size_t idx = 0; cursor_left (&c) >= entry_len; idx++)
    {
      struct elf_symbol s = pctab__elf_symbol_read (&c, r->f->is64);
      if (may_be_function (&s) && !add_symbol (r, &s, idx))
        return false;
    }
  return true;
}

static const struct elf_section *
find_table (const struct elf_file *f, uint32_t type)
{
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (f->sections[i].type == type)
      return &f->sections[i];
  return NULL;
}

bool
pctab__import_symbol (struct elf_file *f, struct model *m, struct diag *d)
{
  struct reader r = { .f = f, .m = m, .d = d, .table = find_table (f, SHT_SYMTAB) };
  if (!r.table)
    r.table = find_table (f, SHT_DYNSYM);
  if (!r.table)
    return true;
  bool good = read_symbols (&r);
  pctab__elf_names_free (&r.names);
  pctab__text_spans_free (&r.spans);
  return good;
}
