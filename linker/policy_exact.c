/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file linked with --emit-relocs has the relocations of its code, at their final addresses: nothing of the inputs is
 * needed to know what uses thread-local data, and it holds for code that link-time optimisation made. */
#include "policy_state.h"

#include <stdlib.h>

struct exact_pass {
  struct policy *p;
  struct reloc_scan relocs;
  MODEL_VEC (struct elf_symbol) symbols;
};

/* The section that S has relocations for, if it is of the wanted kind. */
static const struct elf_section *
relocated (const struct elf_file *f, const struct elf_section *s, bool code)
{
  if ((s->type != SHT_RELA && s->type != SHT_REL) || (s->flags & SHF_ALLOC) || !s->info || s->info >= f->section_cnt)
    return NULL;
  const struct elf_section *of = &f->sections[s->info];
  return (of->flags & SHF_ALLOC) && !(of->flags & SHF_EXECINSTR) == !code ? of : NULL;
}

static bool
read_symbols (struct exact_pass *pass, struct elf_section *table)
{
  struct policy *p = pass->p;
  struct elf_file *f = p->file;
  struct cursor c, names_at;
  struct elf_names names = { 0 };
  if (table->type != SHT_SYMTAB || table->link >= f->section_cnt || !pctab__elf_contents (f, table, &c, p->d)
      || !pctab__elf_contents (f, &f->sections[table->link], &names_at, p->d))
    return !p->d->failed;
  size_t cnt = cursor_left (&c) / ELF_SYMBOL_LEN (f->is64);
  if (cnt > UINT32_MAX || !model_reserve (&pass->symbols, cnt) || !pctab__elf_names_init (&names, names_at))
    return pctab__diag_memory (p->d);
  for (; pass->symbols.cnt < cnt; pass->symbols.cnt++)
    pass->symbols.at[pass->symbols.cnt] = pctab__elf_symbol_read (&c, f->is64);
  bool good = pctab__reloc_start (p, &pass->relocs, pass->symbols.at, (uint32_t) cnt);
  for (uint32_t i = 1; good && i < cnt; i++)
    {
      const struct elf_symbol *s = &pass->symbols.at[i];
      struct model_str name;
      bool tls = s->section && s->section < f->section_cnt && (f->sections[s->section].flags & SHF_TLS);
      if (tls || s->type == STT_TLS || s->bind != STB_LOCAL)
        pctab__reloc_want (p, &pass->relocs, i,
                           pctab__elf_names_get (&names, s->name, &name) ? name : (struct model_str){ "", 0 }, tls);
    }
  pctab__elf_names_free (&names);
  return good;
}

static bool
read_relocs (struct exact_pass *pass, bool words)
{
  struct policy *p = pass->p;
  struct elf_file *f = p->file;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      struct cursor c;
      struct elf_section *s = &f->sections[i];
      if (!relocated (f, s, !words))
        continue;
      if (!pctab__elf_contents (f, s, &c, p->d))
        return false;
      if (!(words ? pctab__reloc_words : pctab__reloc_code) (&pass->relocs, c, s->type == SHT_RELA, 0))
        return pctab__diag_memory (p->d);
    }
  return true;
}

static bool
take_uses (struct exact_pass *pass)
{
  bool good = true;
  for (size_t i = 0; good && i < pass->relocs.uses.cnt; i++)
    good = pctab__policy_hit (pass->p, pass->relocs.uses.at[i].reason, pass->relocs.uses.at[i].off, 1);
  return good;
}

bool
pctab__policy_exact (struct policy *p)
{
  struct elf_file *f = p->file;
  struct exact_pass pass = { .p = p, .relocs = { .machine = f->machine, .is64 = f->is64, .finished = true } };
  for (uint32_t i = 1; i < f->section_cnt && !p->exact; i++)
    if (relocated (f, &f->sections[i], true) && f->sections[i].link < f->section_cnt)
      {
        p->exact = true;
        if (!read_symbols (&pass, &f->sections[f->sections[i].link]))
          break;
      }
  bool good = !p->d->failed;
  if (good && pass.relocs.any)
    {
      good = !pctab__reloc_has_words (&pass.relocs) || read_relocs (&pass, true);
      pctab__reloc_words_done (&pass.relocs);
      good = good && read_relocs (&pass, false) && take_uses (&pass);
    }
  pctab__reloc_free (&pass.relocs);
  free (pass.symbols.at);
  return good;
}
