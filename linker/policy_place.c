/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions of the finished file by name, each local one with the source file that its object names, as .symtab has
 * it: so that an object's code is found where the linker put it.  Without .symtab, .dynsym has the exported ones. */
#include "policy_state.h"

#include <stdlib.h>

#include "xxh64.h"

uint32_t
pctab__place_hash (struct model_str name)
{
  uint64_t hash = pctab__xxh64 (name.p, name.len, 0);
  return (uint32_t) (hash ^ hash >> 32);
}

static bool
read_names (struct policy *p, const struct elf_section *table, struct cursor *c)
{
  struct elf_file *f = p->file;
  struct cursor names;
  if (table->entsize != ELF_SYMBOL_LEN (f->is64) || table->link >= f->section_cnt)
    return pctab__diag_error (p->d, table->name, "has no entries of the right size, or no names; the file is damaged");
  if (!pctab__elf_contents (f, (struct elf_section *) table, c, p->d)
      || !pctab__elf_contents (f, &f->sections[table->link], &names, p->d))
    return false;
  return pctab__elf_names_init (&p->place.names, names) || pctab__diag_memory (p->d);
}

static bool
is_code (const struct elf_file *f, const struct elf_symbol *s)
{
  if (s->type != STT_FUNC && s->type != STT_GNU_IFUNC
      && (s->type != STT_NOTYPE || (s->bind == STB_LOCAL && !s->size)))
    return false;
  return s->section == SHN_XINDEX || (s->section < f->section_cnt && (f->sections[s->section].flags & SHF_EXECINSTR));
}

static bool
add (struct policy *p, struct model_str name, const struct elf_symbol *s, uint32_t file)
{
  struct place_index *x = &p->place;
  uint64_t addr = p->file->machine == EM_ARM ? s->value & ~UINT64_C (1) : s->value;
  if (!pctab__text_spans_find (&p->spans, addr))
    return true;
  if (x->symbols.cnt >= UINT32_MAX / 2 || !model_reserve (&x->symbols, 1) || !model_reserve (&x->parts, 1))
    return pctab__diag_memory (p->d);
  if (s->bind == STB_LOCAL && name.len > 5 && memmem (name.p + 1, name.len - 1, ".cold", 5))
    x->parts.at[x->parts.cnt++] = (uint32_t) x->symbols.cnt;
  x->symbols.at[x->symbols.cnt++] = (struct place_symbol){
    .name = name, .hash = pctab__place_hash (name), .off = (uint32_t) (addr - p->base), .file = file,
    .size = s->size < UINT32_MAX ? (uint32_t) s->size : UINT32_MAX, .bind = s->bind, .type = s->type,
  };
  return true;
}

static bool
read_table (struct policy *p, const struct elf_section *table)
{
  struct place_index *x = &p->place;
  struct cursor c;
  uint32_t file = 0;
  unsigned entry_len = ELF_SYMBOL_LEN (p->file->is64);
  if (!read_names (p, table, &c))
    return false;
  while (cursor_left (&c) >= entry_len)
    {
      struct elf_symbol s = pctab__elf_symbol_read (&c, p->file->is64);
      struct model_str name;
      if (s.type == STT_FILE)
        file = pctab__elf_names_get (&x->names, s.name, &name) && name.len ? pctab__place_hash (name) : 0;
      else if (is_code (p->file, &s) && pctab__elf_names_get (&x->names, s.name, &name) && name.len)
        {
          x->locals |= file && s.bind == STB_LOCAL && s.type == STT_FUNC;
          if (!add (p, name, &s, s.bind == STB_LOCAL ? file : 0))
            return false;
        }
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

static uint64_t
entry_point (const struct elf_file *f)
{
  struct cursor c = cursor_over (f->data, f->len, f->big);
  cursor_take (&c, 24);
  return f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
}

/* Buckets from the last symbol on, so that each is in the file's order. */
static bool
make_buckets (struct place_index *x)
{
  size_t cap = 64;
  while (cap < x->symbols.cnt)
    cap *= 2;
  x->heads = malloc (cap * sizeof *x->heads);
  if (!x->heads)
    return false;
  x->mask = (uint32_t) (cap - 1);
  memset (x->heads, 0xff, cap * sizeof *x->heads);
  for (size_t i = x->symbols.cnt; i-- > 0;)
    {
      uint32_t *head = &x->heads[x->symbols.at[i].hash & x->mask];
      x->symbols.at[i].next = *head;
      *head = (uint32_t) i;
    }
  return true;
}

bool
pctab__place_read (struct policy *p)
{
  struct place_index *x = &p->place;
  const struct elf_section *table = find_table (p->file, SHT_SYMTAB);
  x->whole = table != NULL;
  x->relaxes = p->file->machine == EM_RISCV;
  if (!table)
    table = find_table (p->file, SHT_DYNSYM);
  if (table && !read_table (p, table))
    return false;
  uint64_t entry = entry_point (p->file);
  struct elf_symbol start = { .bind = STB_GLOBAL, .type = STT_FUNC, .value = entry };
  if (!x->whole && entry && !add (p, (struct model_str){ "_start", 6 }, &start, 0))
    return false;
  return make_buckets (x) || pctab__diag_memory (p->d);
}

void
pctab__place_free (struct place_index *x)
{
  free (x->symbols.at);
  free (x->parts.at);
  free (x->heads);
  pctab__elf_names_free (&x->names);
}

uint32_t
pctab__place_next (const struct place_index *x, struct model_str name, uint32_t hash, uint32_t from)
{
  uint32_t i = from == MODEL_NONE ? x->heads[hash & x->mask] : x->symbols.at[from].next;
  for (; i != MODEL_NONE; i = x->symbols.at[i].next)
    {
      const struct place_symbol *s = &x->symbols.at[i];
      if (s->hash == hash && s->name.len == name.len && !memcmp (s->name.p, name.p, name.len))
        return i;
    }
  return MODEL_NONE;
}

/* A hidden one has become local, behind the STT_FILE of an empty name or of another file. */
const struct place_symbol *
pctab__place_global (const struct place_index *x, struct model_str name, uint64_t size)
{
  const struct place_symbol *local = NULL;
  uint32_t hash = pctab__place_hash (name), cnt = 0;
  for (uint32_t i = MODEL_NONE; (i = pctab__place_next (x, name, hash, i)) != MODEL_NONE;)
    {
      const struct place_symbol *s = &x->symbols.at[i];
      if (s->bind != STB_LOCAL)
        return s;
      if (!size || !s->size || s->size == size || x->relaxes)
        {
          local = s;
          cnt++;
        }
    }
  return cnt == 1 ? local : NULL;
}
