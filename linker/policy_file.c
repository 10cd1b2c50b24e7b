/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the finished file tells by itself, whatever is known of its inputs: .init and .fini, IFUNC resolvers, the entry
 * point, pctab's own functions; and whether there is code in it at all that uses thread-local data or calls vfork, for
 * functions of which nothing else is known. */
#include "policy_state.h"

#include <string.h>

/* The relocation that has a function called for its address: the resolver is the addend (each psABI's IRELATIVE). */
static uint32_t
irelative (uint16_t machine)
{
  switch (machine)
    {
    case EM_X86_64: return R_X86_64_IRELATIVE;
    case EM_386: return R_386_IRELATIVE;
    case EM_AARCH64: return R_AARCH64_IRELATIVE;
    case EM_ARM: return R_ARM_IRELATIVE;
    case EM_S390: return R_390_IRELATIVE;
    case EM_PPC64: return R_PPC64_IRELATIVE;
    case EM_RISCV: return 58; /* not in every <elf.h> */
    default: return 0;
    }
}

/* The word at ADDR; 0 when there is none in the file, or BUDGET sections have been looked at. */
static uint64_t
word_at (struct elf_file *f, uint64_t addr, uint32_t *budget)
{
  for (uint32_t i = 1; i < f->section_cnt && *budget; i++, --*budget)
    {
      struct elf_section *s = &f->sections[i];
      struct cursor c;
      struct diag unsaid = { 0 };
      if (!(s->flags & SHF_ALLOC) || addr < s->addr || addr - s->addr >= s->size)
        continue;
      if (!pctab__elf_contents (f, s, &c, &unsaid))
        return 0;
      cursor_take (&c, addr - s->addr);
      return f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
    }
  return 0;
}

static bool
take_resolvers (struct policy *p, const struct elf_section *s)
{
  struct elf_file *f = p->file;
  bool with_addend = s->type == SHT_RELA;
  uint32_t budget = 1 << 20, wanted = irelative (f->machine);
  size_t entry_len = (f->is64 ? 16 : 8) + (with_addend ? f->is64 ? 8 : 4 : 0);
  struct cursor c;
  if (!wanted || !pctab__elf_contents (f, (struct elf_section *) s, &c, p->d))
    return !p->d->failed;
  while (cursor_left (&c) >= entry_len)
    {
      uint64_t off = f->is64 ? cursor_u64 (&c) : cursor_u32 (&c), info = f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
      uint64_t addend = !with_addend ? 0 : f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
      if ((f->is64 ? (uint32_t) info : (uint32_t) info & 255) != wanted)
        continue;
      uint64_t addr = with_addend ? addend : word_at (f, off, &budget);
      if (!pctab__policy_hit (p, REASON_IFUNC, f->machine == EM_ARM ? addr & ~UINT64_C (1) : addr, 1))
        return false;
    }
  return true;
}

static bool
take_sections (struct policy *p)
{
  const struct elf_file *f = p->file;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      bool good = true;
      if ((s->flags & SHF_EXECINSTR) && (!strcmp (s->name, ".init") || !strcmp (s->name, ".fini")))
        good = pctab__policy_hit (p, REASON_INIT, s->addr, s->size);
      else if ((s->flags & SHF_ALLOC) && (s->type == SHT_RELA || s->type == SHT_REL))
        good = take_resolvers (p, s);
      if (!good)
        return false;
    }
  return true;
}

static bool
take_functions (struct policy *p)
{
  for (size_t i = 0; i < p->place.symbols.cnt; i++)
    {
      const struct place_symbol *s = &p->place.symbols.at[i];
      unsigned reason = s->type == STT_GNU_IFUNC                                        ? REASON_IFUNC
                        : s->bind != STB_LOCAL && pctab__name_is_ours (s->name)         ? REASON_PCTAB
                                                                                        : 0;
      p->has_fork |= s->bind != STB_LOCAL && pctab__name_forks (s->name);
      if (reason && !pctab__policy_hit (p, reason, p->base + s->off, s->size ? s->size : 1))
        return false;
    }
  return true;
}

/* What the file takes from others. */
static bool
look_at_imports (struct policy *p, struct elf_section *table)
{
  struct elf_file *f = p->file;
  struct cursor c, names_at;
  struct elf_names names = { 0 };
  struct model_str name;
  if (table->link >= f->section_cnt || !pctab__elf_contents (f, table, &c, p->d)
      || !pctab__elf_contents (f, &f->sections[table->link], &names_at, p->d))
    return !p->d->failed;
  if (!pctab__elf_names_init (&names, names_at))
    return pctab__diag_memory (p->d);
  while (cursor_left (&c) >= ELF_SYMBOL_LEN (f->is64))
    {
      struct elf_symbol s = pctab__elf_symbol_read (&c, f->is64);
      p->has_tls |= s.type == STT_TLS;
      if (s.section == SHN_UNDEF && pctab__elf_names_get (&names, s.name, &name))
        {
          p->has_tls |= pctab__name_uses_thread (name);
          p->has_fork |= pctab__name_forks (name);
        }
    }
  pctab__elf_names_free (&names);
  return true;
}

bool
pctab__policy_file (struct policy *p)
{
  struct elf_file *f = p->file;
  struct cursor c = cursor_over (f->data, f->len, f->big);
  cursor_take (&c, 24);
  uint64_t entry = f->is64 ? cursor_u64 (&c) : cursor_u32 (&c);
  if (entry && !pctab__policy_hit (p, REASON_CRT, f->machine == EM_ARM ? entry & ~UINT64_C (1) : entry, 1))
    return false;
  for (uint32_t i = 0; i < f->segment_cnt; i++)
    p->has_tls |= f->segments[i].type == PT_TLS;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (f->sections[i].type == SHT_DYNSYM && !look_at_imports (p, &f->sections[i]))
      return false;
  return take_sections (p) && take_functions (p);
}
