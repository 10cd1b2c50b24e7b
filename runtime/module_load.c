/* SPDX-License-Identifier: MIT */
/* Finds loaded files.  Those that are there for good are read in place when the library starts.  Any other may be
 * unloaded at any time, so its table is read from a copy; it is found at the first lookup that misses, also in a
 * handler, by _dl_find_object(), which takes no lock, and read as memory that may be gone at any moment. */
#include "module.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "memory.h"

#define PHDRS_MAX 40 /* of a file that is found in a handler: 2.2 KiB of its stack */
#define PATH_BYTES_MAX 4096

#if defined __GLIBC__ && __GLIBC_PREREQ(2, 35)
extern __typeof__ (_dl_find_object) _dl_find_object __attribute__ ((weak));

struct place {
  uint64_t map_lo, link_map;
};

bool
pctab__module_finds (void)
{
  return _dl_find_object != NULL;
}

static bool
find_place (struct place *p, uint64_t pc)
{
  struct dl_find_object o;
  if (!_dl_find_object || pc > UINTPTR_MAX || _dl_find_object ((void *) (uintptr_t) pc, &o))
    return false;
  *p = (struct place){ (uintptr_t) o.dlfo_map_start, (uintptr_t) o.dlfo_link_map };
  return true;
}
#else
struct place {
  uint64_t map_lo, link_map;
};

bool
pctab__module_finds (void)
{
  return false;
}

static bool
find_place (struct place *p, uint64_t pc)
{
  (void) p, (void) pc;
  return false;
}
#endif

bool
pctab__native (uint16_t *machine, bool *is64)
{
  static const uint16_t native =
#if defined __x86_64__
      EM_X86_64;
#elif defined __i386__
      EM_386;
#elif defined __aarch64__
      EM_AARCH64;
#elif defined __arm__
      EM_ARM;
#elif defined __riscv
      EM_RISCV;
#elif defined __s390__
      EM_S390;
#elif defined __powerpc64__
      EM_PPC64;
#elif defined __mips__
      EM_MIPS;
#else
      EM_NONE;
#endif
  *machine = native;
  *is64 = sizeof (void *) == 8;
  return native != EM_NONE;
}

/* Bytes of the string at ADDR without its end; 0: it can't be read. */
static size_t
path_len (uint64_t addr)
{
  char part[128];
  for (size_t len = 0; addr && len < PATH_BYTES_MAX;)
    {
      size_t part_len = sizeof part - (addr + len) % sizeof part;
      if (!pctab__memory_read (part, addr + len, part_len))
        return 0;
      const char *end = memchr (part, 0, part_len);
      if (end)
        return len + (size_t) (end - part);
      len += part_len;
    }
  return 0;
}

static bool
header_holds (const ElfW (Ehdr) * e)
{
  return !memcmp (e->e_ident, ELFMAG, SELFMAG) && e->e_ident[EI_CLASS] == (sizeof (void *) == 8 ? ELFCLASS64 : ELFCLASS32)
         && e->e_phentsize == sizeof (ElfW (Phdr)) && e->e_phnum && e->e_phnum <= PHDRS_MAX;
}

/* The file at PLACE, as it is in memory. */
static struct record *
read_place (const struct place *p)
{
  ElfW (Phdr) phdr[PHDRS_MAX];
  ElfW (Ehdr) e;
  struct link_map map;
  struct file f;
  struct source src;
  if (!pctab__memory_read (&e, p->map_lo, sizeof e) || !header_holds (&e)
      || !pctab__memory_read (phdr, p->map_lo + e.e_phoff, e.e_phnum * sizeof *phdr)
      || !pctab__memory_read (&map, p->link_map, sizeof map)
      || !pctab__file_read (&f, map.l_addr, phdr, e.e_phnum, false) || !pctab__file_source (&src, &f, false, false))
    return NULL;
  src.path = (uintptr_t) map.l_name;
  src.path_len = path_len (src.path);
  return pctab__record_make (&src);
}

/* The module at PC, if it is in the list that holds now. */
static const struct record *
find_now (uint64_t pc)
{
  const struct record *r = pctab__list_find (list_of (pctab_modules ()), pc);
  return r && pctab__record_lives (r) ? r : NULL;
}

/* Reads the file and adds it, as the only writer. */
static void
add_place (struct shared *s, const struct place *p, uint64_t pc)
{
  struct place now;
  struct record *r = read_place (p);
  if (!r)
    return;
  /* If it was unloaded meanwhile, what was read may be of two files. */
  if (find_place (&now, pc) && now.map_lo == p->map_lo && now.link_map == p->link_map)
    pctab__list_change (s, r, NULL);
  else
    pctab__record_free (r);
}

const struct pctab_module *
pctab__module_discover (const struct list *l, uint64_t pc)
{
  struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  struct place p;
  struct mask mask;
  if (!s || !find_place (&p, pc))
    return NULL;
  const struct record *r = &l->pub == pctab_modules () ? NULL : find_now (pc);
  if (!r && pctab__writer_try (s, &mask))
    {
      r = find_now (pc);
      if (!r)
        {
          add_place (s, &p, pc);
          r = find_now (pc);
        }
      pctab__writer_unlock (s, &mask);
    }
  return r && !r->error ? &r->module : NULL;
}

/* All files, by the dynamic linker's list. */
struct scan {
  bool start;
  const struct loaded *loaded;
  struct arena arena;
  struct record *chain;
  char program[PATH_BYTES_MAX];
};

/* The program's path is the kernel's; the dynamic linker has none for it. */
static void
find_path (struct scan *scan, struct source *src, const struct dl_phdr_info *info)
{
  const char *path = info->dlpi_name;
  src->program = (uintptr_t) info->dlpi_phdr == getauxval (AT_PHDR);
  if (src->program)
    {
      ssize_t len = readlink ("/proc/self/exe", scan->program, sizeof scan->program - 1);
      scan->program[len > 0 ? len : 0] = 0;
      path = len > 0 ? scan->program : (const char *) getauxval (AT_EXECFN);
    }
  src->path = (uintptr_t) path;
  src->path_len = path ? strlen (path) : 0;
}

static int
scan_file (struct dl_phdr_info *info, size_t len, void *arg)
{
  struct scan *scan = arg;
  struct file f;
  struct source src;
  bool stays = pctab__loaded_stays (scan->loaded, info);
  (void) len;
  if ((scan->start && !stays && pctab__module_finds ())
      || !pctab__file_read (&f, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, true))
    return 0;
  const struct record *known = find_now (f.lo);
  if ((known && known->map_lo == f.map_lo) || !pctab__file_source (&src, &f, stays, true))
    return 0;
  src.arena = stays ? &scan->arena : NULL;
  find_path (scan, &src, info);
  struct record *r = pctab__record_make (&src);
  if (r)
    {
      r->link = scan->chain;
      scan->chain = r;
    }
  return 0;
}

bool
pctab__module_known (const struct dl_phdr_info *info)
{
  struct file f;
  if (!pctab__file_read (&f, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, true))
    return true;
  pctab_read_begin ();
  const struct record *r = find_now (f.lo);
  bool known = r && !r->error;
  pctab_read_end ();
  return known;
}

enum pctab_error
pctab__module_import (const struct dl_phdr_info *info, const void *image, size_t len, uint64_t addr)
{
  struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  struct scan scan = { .start = false };
  struct mask mask;
  struct file f;
  struct source src;
  if (!pctab__file_read (&f, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, true))
    return PCTAB_ERROR_RANGE;
  pctab_read_begin ();
  const struct record *r = find_now (f.lo);
  bool stays = r && r->module.permanent;
  pctab_read_end ();
  f.table = 0;
  if (!s || !pctab__file_source (&src, &f, stays, true))
    return PCTAB_ERROR_RANGE;
  src.origin = PCTAB_ORIGIN_IMPORTED;
  src.table = (uintptr_t) image;
  src.table_len = len;
  src.addr = addr;
  find_path (&scan, &src, info);
  struct record *new = pctab__record_make (&src);
  if (!new)
    return PCTAB_ERROR_MEMORY;
  enum pctab_error error = new->error;
  if (error)
    {
      pctab__record_free (new);
      return error;
    }
  pctab__writer_lock (s, &mask);
  error = pctab__list_change (s, new, NULL);
  pctab__writer_unlock (s, &mask);
  return error;
}

/* In one callback of dl_iterate_phdr(), whose lock keeps all files where they are. */
static int
scan_all (struct dl_phdr_info *info, size_t len, void *arg)
{
  struct scan *scan = arg;
  (void) info, (void) len;
  struct loaded *loaded = pctab__loaded_open ();
  scan->loaded = loaded;
  dl_iterate_phdr (scan_file, scan);
  pctab__loaded_close (loaded);
  return 1;
}

void
pctab__module_scan (struct shared *s, bool start)
{
  struct scan scan = { .start = start };
  struct mask mask;
  pctab_read_begin ();
  dl_iterate_phdr (scan_all, &scan);
  pctab_read_end ();
  pctab__writer_lock (s, &mask);
  pctab__list_change (s, scan.chain, NULL);
  pctab__writer_unlock (s, &mask);
}

unsigned
pctab_module_update (void)
{
  struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  if (s)
    pctab__module_scan (s, false);
  pctab_read_begin ();
  unsigned cnt = pctab_modules ()->cnt;
  pctab_read_end ();
  return cnt;
}
