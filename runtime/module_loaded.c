/* SPDX-License-Identifier: MIT */
/* Which files stay for good: the program and what it needs (DT_NEEDED, and what those need), what is marked so
 * (DF_1_NODELETE), the dynamic linker, and the kernel's vDSO.  Nobody tells which files were there before main(), and
 * this library may itself come by dlopen(); of a file that is not known to stay a copy is used, which is always right. */
#include <string.h>
#include <sys/auxv.h>

#include "memory.h"
#include "module.h"

struct entry {
  const ElfW (Phdr) * phdr;
  const char *name, *soname, *strings;
  const ElfW (Dyn) * dynamic;
  bool stays, done; /* done: what it needs stays too */
};

struct loaded {
  size_t len;
  uint32_t cnt, max;
  struct entry entry[];
};

static int
count (struct dl_phdr_info *info, size_t len, void *arg)
{
  (void) info, (void) len;
  ++*(uint32_t *) arg;
  return 0;
}

/* Some systems relocate the section's pointers in memory, some don't. */
static const char *
dynamic_string_table (const struct dl_phdr_info *info, uint64_t addr)
{
  for (unsigned i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *p = &info->dlpi_phdr[i];
      if (p->p_type == PT_LOAD && addr - info->dlpi_addr - p->p_vaddr < p->p_memsz)
        return (const char *) (uintptr_t) addr;
    }
  return (const char *) (uintptr_t) (info->dlpi_addr + addr);
}

static void
read_dynamic (struct entry *e, const struct dl_phdr_info *info)
{
  uint64_t strings = 0, soname = 0;
  for (const ElfW (Dyn) *d = e->dynamic; d->d_tag != DT_NULL; d++)
    if (d->d_tag == DT_STRTAB)
      strings = d->d_un.d_ptr;
    else if (d->d_tag == DT_SONAME)
      soname = d->d_un.d_val;
    else if (d->d_tag == DT_FLAGS_1 && d->d_un.d_val & DF_1_NODELETE)
      e->stays = true;
  if (!strings)
    return;
  e->strings = dynamic_string_table (info, strings);
  e->soname = soname ? e->strings + soname : NULL;
}

static int
collect (struct dl_phdr_info *info, size_t len, void *arg)
{
  struct loaded *all = arg;
  (void) len;
  if (all->cnt == all->max)
    return 1;
  struct entry *e = &all->entry[all->cnt++];
  *e = (struct entry){ .phdr = info->dlpi_phdr, .name = info->dlpi_name };
  unsigned long dso = getauxval (AT_SYSINFO_EHDR), interpreter = getauxval (AT_BASE);
  e->stays = (uintptr_t) e->phdr == getauxval (AT_PHDR) || (interpreter && info->dlpi_addr == interpreter);
  for (unsigned i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *p = &info->dlpi_phdr[i];
      uint64_t at = info->dlpi_addr + p->p_vaddr;
      if (p->p_type == PT_DYNAMIC)
        e->dynamic = (const void *) (uintptr_t) at;
      else if (p->p_type == PT_LOAD && dso && dso - at < p->p_memsz)
        e->stays = e->done = true;
    }
  if (e->dynamic && !e->done)
    read_dynamic (e, info);
  return 0;
}

static bool
is_called (const struct entry *e, const char *name)
{
  return (e->soname && !strcmp (e->soname, name)) || (e->name && !strcmp (e->name, name));
}

/* What E needs stays as E does. */
static void
needs_stay (struct loaded *all, struct entry *e)
{
  e->done = true;
  if (!e->strings)
    return;
  for (const ElfW (Dyn) *d = e->dynamic; d->d_tag != DT_NULL; d++)
    for (uint32_t i = 0; d->d_tag == DT_NEEDED && i < all->cnt; i++)
      if (is_called (&all->entry[i], e->strings + d->d_un.d_val))
        all->entry[i].stays = true;
}

static void
close_over (struct loaded *all)
{
  for (bool again = true; again;)
    {
      again = false;
      for (uint32_t i = 0; i < all->cnt; i++)
        if (all->entry[i].stays && !all->entry[i].done)
          {
            needs_stay (all, &all->entry[i]);
            again = true;
          }
    }
}

struct loaded *
pctab__loaded_open (void)
{
  uint32_t max = 0;
  dl_iterate_phdr (count, &max);
  size_t len = sizeof (struct loaded) + max * sizeof (struct entry);
  struct loaded *all = pctab__memory_map (len);
  if (!all)
    return NULL;
  all->len = len;
  all->max = max;
  dl_iterate_phdr (collect, all);
  close_over (all);
  return all;
}

bool
pctab__loaded_stays (const struct loaded *all, const struct dl_phdr_info *info)
{
  for (uint32_t i = 0; all && i < all->cnt; i++)
    if (all->entry[i].phdr == info->dlpi_phdr)
      return all->entry[i].stays;
  return false;
}

void
pctab__loaded_close (struct loaded *all)
{
  if (all)
    pctab__memory_unmap (all, all->len);
}
