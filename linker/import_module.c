/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include <string.h>

#include "arch.h"

#define BASE_ALIGN 65536

/* .plt, .plt.got, .plt.sec, .iplt, .glink: stubs that the linker made. */
static bool
is_plt (const struct elf_section *s)
{
  return !strncmp (s->name, ".plt", 4) || !strncmp (s->name, ".iplt", 5) || !strcmp (s->name, ".glink");
}

/* The executable sections decide, not the segments: a linker may put headers and read-only data into the same one. */
bool
pctab__import_module (struct elf_file *f, struct model *m, struct diag *d)
{
  if (!pctab__arch (f->machine, f->is64))
    return pctab__diag_error (d, NULL, "is for an architecture (ELF machine %u, %u bit) that pctab does not know",
                              f->machine, f->is64 ? 64 : 32);
  uint64_t lo = UINT64_MAX, hi = 0;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      if (!(s->flags & SHF_ALLOC) || !(s->flags & SHF_EXECINSTR) || !s->size)
        continue;
      if (s->addr + s->size < s->addr)
        return pctab__diag_error (d, s->name, "wraps around the address space; the file is damaged");
      lo = s->addr < lo ? s->addr : lo;
      hi = s->addr + s->size > hi ? s->addr + s->size : hi;
    }
  if (!hi)
    return pctab__diag_error (d, NULL, "has no executable section, so there is nothing to make a table of");
  m->base = lo & ~(uint64_t) (BASE_ALIGN - 1);
  if (hi - m->base > UINT32_MAX - BASE_ALIGN)
    return pctab__diag_error (d, NULL, "its code spans 4 GiB or more; a table covers less");
  m->machine = f->machine;
  m->is64 = f->is64;
  m->big = f->big;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      if (!(s->flags & SHF_ALLOC) || !(s->flags & SHF_EXECINSTR) || !s->size)
        continue;
      if (!model_reserve (&m->texts, 1))
        return pctab__diag_memory (d);
      m->texts.at[m->texts.cnt++]
        = (struct model_text){ (uint32_t) (s->addr - m->base), (uint32_t) (s->addr + s->size - m->base), is_plt (s) };
    }
  return true;
}
