/* SPDX-License-Identifier: MIT */
/* A file that may be unloaded at any time, so that its table is read from a copy.  It is found at the first lookup that
 * misses, also in a handler, by _dl_find_object(), which takes no lock, and read as memory that may be gone at any
 * moment. */
#include "module.h"

#include <dlfcn.h>
#include <string.h>

#include "memory.h"

#define PHDRS_MAX 256 /* of a file that is found in a handler */
#define PHDRS_STEP 8  /* read at once: its stack may be small */
#define PATH_BYTES_MAX 4096

#if defined __GLIBC_PREREQ
#define FINDS __GLIBC_PREREQ (2, 35)
#else
#define FINDS 0
#endif

#if FINDS
extern __typeof__ (_dl_find_object) _dl_find_object __attribute__ ((weak));

struct place {
  uint64_t map_lo, map_hi, link_map;
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
  *p = (struct place){ (uintptr_t) o.dlfo_map_start, (uintptr_t) o.dlfo_map_end, (uintptr_t) o.dlfo_link_map };
  return true;
}
#else
struct place {
  uint64_t map_lo, map_hi, link_map;
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
  return !memcmp (e->e_ident, ELFMAG, SELFMAG)
         && e->e_ident[EI_CLASS] == (sizeof (void *) == 8 ? ELFCLASS64 : ELFCLASS32) && e->e_phentsize == sizeof (ElfW (Phdr)) && e->e_phnum && e->e_phnum <= PHDRS_MAX;
}

/* What the headers of the file at MAP_LO lead to. */
static bool
read_headers (struct file *f, uint64_t map_lo)
{
  ElfW (Phdr) phdr[PHDRS_STEP];
  ElfW (Ehdr) e;
  if (!pctab__memory_read (&e, map_lo, sizeof e) || !header_holds (&e))
    return false;
  for (unsigned i = 0; i < e.e_phnum; i += PHDRS_STEP)
    {
      unsigned cnt = e.e_phnum - i < PHDRS_STEP ? e.e_phnum - i : PHDRS_STEP;
      if (!pctab__memory_read (phdr, map_lo + e.e_phoff + i * sizeof *phdr, cnt * sizeof *phdr))
        return false;
      pctab__file_add (f, phdr, cnt, false);
    }
  return f->lo < f->hi;
}

/* The file at PLACE, as it is in memory. */
static struct record *
read_place (const struct place *p)
{
  struct link_map map;
  struct source src;
  if (!pctab__memory_read (&map, p->link_map, sizeof map))
    return NULL;
  struct file f = FILE_AT (map.l_addr);
  if (!read_headers (&f, p->map_lo) || !pctab__file_source (&src, &f, false, false))
    return NULL;
  src.path = (uintptr_t) map.l_name;
  src.path_len = path_len (src.path);
  return pctab__record_make (&src);
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

/* Whether the file at PLACE is known: PC is in it, but not in its code. */
static bool
place_known (const struct list *l, const struct place *p)
{
  uint32_t lo = 0, hi = l->cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (l->lo[mid] < p->map_lo)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < l->cnt && l->lo[lo] < p->map_hi && pctab__record_lives (l->at[lo]);
}

const struct pctab_module *
pctab__module_discover (const struct list *l, uint64_t pc)
{
  struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  struct place p;
  struct mask mask;
  if (!s || !find_place (&p, pc) || place_known (list_of (pctab_modules ()), &p))
    return NULL;
  const struct record *r = &l->pub == pctab_modules () ? NULL : pctab__record_now (pc);
  if (!r && pctab__writer_try (s, &mask))
    {
      r = pctab__record_now (pc);
      if (!r)
        {
          add_place (s, &p, pc);
          r = pctab__record_now (pc);
        }
      pctab__writer_unlock (s, &mask);
    }
  return r && !r->error ? &r->module : NULL;
}
