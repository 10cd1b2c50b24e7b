/* SPDX-License-Identifier: MIT */
/* Files without a table: one is made from what they have in memory.  The dynamic linker's lock, which keeps a file from
 * being unloaded, is held twice, to copy and to publish; not while tables are made, since that takes long and calls
 * malloc(), which may be the program's own. */
#include <stdlib.h>
#include <sys/auxv.h>

#include "import_file.h"

struct import {
  struct import_file *files;
  uintptr_t dso; /* the vDSO's header, until it is found in the list */
  bool memory;   /* is out */
  int made;
};

static void
take_file (struct import *im, const struct dl_phdr_info *info)
{
  struct file file;
  if (!pctab__file_read (&file, info->dlpi_addr, info->dlpi_phdr, info->dlpi_phnum, true))
    return;
  if (im->dso >= file.map_lo && im->dso < file.hi)
    im->dso = 0;
  if (file.table || pctab__module_known (info))
    return;
  struct import_file *f = pctab__import_copy (info, &file, &im->memory);
  if (!f)
    return;
  f->next = im->files;
  im->files = f;
}

static int
take (struct dl_phdr_info *info, size_t len, void *arg)
{
  (void) len;
  take_file (arg, info);
  return 0;
}

static void
publish_file (struct import *im, const struct dl_phdr_info *info)
{
  struct import_file *f = im->files;
  while (f && !(f->image && f->file.bias == (uintptr_t) info->dlpi_addr && pctab__import_same (f, info)))
    f = f->next;
  if (!f)
    return;
  enum pctab_error error = pctab__module_import (info, f->image, f->image_len, f->image_addr);
  im->made += error == PCTAB_ERROR_OK;
  im->memory |= error == PCTAB_ERROR_MEMORY;
}

static int
publish (struct dl_phdr_info *info, size_t len, void *arg)
{
  (void) len;
  publish_file (arg, info);
  return 0;
}

static void
encode_all (struct import *im)
{
  for (struct import_file *f = im->files; f; f = f->next)
    {
      struct diag d = { 0 };
      f->image = pctab__import_encode (f, &f->image_len, &f->image_addr, &d);
      im->memory |= d.memory;
    }
}

/* The vDSO, where the C library's list is without it: the kernel says where its header is.  False: there is none. */
static bool
describe_dso (uintptr_t at, struct dl_phdr_info *info)
{
  const ElfW (Ehdr) *e = (const void *) at;
  *info = (struct dl_phdr_info){ .dlpi_name = "linux-vdso.so.1" };
  if (!at)
    return false;
  info->dlpi_phdr = (const void *) (at + e->e_phoff);
  info->dlpi_phnum = e->e_phnum;
  for (unsigned i = info->dlpi_phnum; i-- > 0;)
    if (info->dlpi_phdr[i].p_type == PT_LOAD)
      info->dlpi_addr = at - info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_offset;
  return true;
}

int
pctab_module_import_loaded (void)
{
  struct import im = { .dso = (uintptr_t) getauxval (AT_SYSINFO_EHDR) };
  struct dl_phdr_info dso;
  pctab_module_update ();
  dl_iterate_phdr (take, &im);
  bool alone = describe_dso (im.dso, &dso);
  if (alone)
    take_file (&im, &dso);
  encode_all (&im);
  dl_iterate_phdr (publish, &im);
  if (alone)
    publish_file (&im, &dso);
  for (struct import_file *f = im.files, *next; f; f = next)
    {
      next = f->next;
      free (f->image);
      pctab__import_free (f);
    }
  return im.memory ? -1 : im.made;
}
