/* SPDX-License-Identifier: MIT */
/* All loaded files, by the dynamic linker's list: when the library starts those that stay for good, which are read
 * where they are, and when asked, all. */
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "module.h"

#define PATH_BYTES_MAX 4096

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
  const struct record *known = pctab__record_now (f.lo);
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
  const struct record *r = pctab__record_now (f.lo);
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
  const struct record *r = pctab__record_now (f.lo);
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
