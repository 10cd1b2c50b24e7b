/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include <stdlib.h>

#include "text_spans.h"

/* Names may overlap (tail merging), so measuring each to its end could take the square of a hostile table's size.
 * Instead the first NUL at or behind the start of every block is known, and a name is searched to its block's end. */
#define NAME_LEN_MAX 65535 /* a longer name is cut: names that share their ends would otherwise multiply a hostile
                            * file */
#define NAME_BLOCK 4096

struct names {
  const unsigned char *at;
  size_t len;
  size_t *nul; /* by block; len where there is none */
};

struct reader {
  struct elf_file *f;
  struct model *m;
  struct diag *d;
  const struct elf_section *table;
  struct names names;
  struct text_spans spans;
};

/* A symbol as the file has it. */
struct symbol {
  uint32_t name;
  uint8_t bind, type;
  uint16_t section;
  uint64_t value, size;
};

static bool
names_init (struct names *n, struct cursor c)
{
  n->at = c.pos;
  n->len = cursor_left (&c);
  size_t cnt = n->len / NAME_BLOCK + 1, nul = n->len;
  n->nul = malloc (cnt * sizeof *n->nul);
  if (!n->nul)
    return false;
  for (size_t i = cnt; i-- > 0;)
    {
      size_t off = i * NAME_BLOCK, left = n->len - off;
      const unsigned char *found = left ? memchr (n->at + off, 0, left < NAME_BLOCK ? left : NAME_BLOCK) : NULL;
      if (found)
        nul = (size_t) (found - n->at);
      n->nul[i] = nul;
    }
  return true;
}

/* False: not a string of the table. */
static bool
names_get (const struct names *n, uint32_t off, struct model_str *name)
{
  if (off >= n->len)
    return false;
  size_t block_end = (off / NAME_BLOCK + (size_t) 1) * NAME_BLOCK, end = n->len;
  const unsigned char *found = memchr (n->at + off, 0, (block_end < n->len ? block_end : n->len) - off);
  if (found)
    end = (size_t) (found - n->at);
  else if (block_end < n->len)
    end = n->nul[block_end / NAME_BLOCK];
  if (end == n->len || end - off > UINT32_MAX)
    return false;
  *name = (struct model_str){ (const char *) n->at + off,
                              (uint32_t) (end - off < NAME_LEN_MAX ? end - off : NAME_LEN_MAX) };
  return true;
}

static void
read_symbol (const struct elf_file *f, struct cursor *c, struct symbol *s)
{
  s->name = cursor_u32 (c);
  uint8_t info = 0;
  if (f->is64)
    {
      info = cursor_u8 (c);
      cursor_u8 (c);
      s->section = cursor_u16 (c);
    }
  s->value = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  s->size = f->is64 ? cursor_u64 (c) : cursor_u32 (c);
  if (!f->is64)
    {
      info = cursor_u8 (c);
      cursor_u8 (c);
      s->section = cursor_u16 (c);
    }
  s->bind = info >> 4;
  s->type = info & 15;
}

/* Hand-written assembly may lack a .type.  A global label is a function then, and a local one that has a size or a
 * frame of its own; the other local ones are mostly loops. */
static bool
may_be_function (const struct symbol *s)
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
is_in_section (const struct elf_file *f, const struct symbol *s, uint64_t addr)
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
add_symbol (struct reader *r, const struct symbol *s, size_t idx)
{
  /* Bit 0 of a function's address says Thumb (AAELF32 5.5.3). */
  uint64_t addr = r->f->machine == EM_ARM && s->type != STT_NOTYPE ? s->value & ~UINT64_C (1) : s->value;
  if (!is_in_section (r->f, s, addr) || !pctab__text_spans_find (&r->spans, addr))
    return true;
  struct model_str name;
  if (!names_get (&r->names, s->name, &name))
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
  unsigned entry_len = r->f->is64 ? 24 : 16;
  const struct elf_section *table = r->table;
  if (table->entsize != entry_len)
    return pctab__diag_error (r->d, table->name, "its entries have %llu bytes instead of %u; the file is damaged",
                              (unsigned long long) table->entsize, entry_len);
  if (table->link >= r->f->section_cnt)
    return pctab__diag_error (r->d, table->name, "its string table is not there; the file is damaged");
  if (!pctab__elf_contents (r->f, (struct elf_section *) table, &c, r->d)
      || !pctab__elf_contents (r->f, &r->f->sections[table->link], &names, r->d))
    return false;
  if (!names_init (&r->names, names) || !pctab__text_spans_init (&r->spans, r->m))
    return pctab__diag_memory (r->d);
  for (size_t idx = 0; cursor_left (&c) >= entry_len; idx++)
    {
      struct symbol s;
      read_symbol (r->f, &c, &s);
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
  free (r.names.nul);
  pctab__text_spans_free (&r.spans);
  return good;
}
