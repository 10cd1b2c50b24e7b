/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds and opens the table in a file. */
#include <errno.h>
#include <libiberty/demangle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cold_decode.h"
#include "dump.h"
#include "format.h"
#include "image_swap.h"

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* Without section headers: a read-only segment that starts with the magic. */
static const struct elf_segment *
find_segment (const struct elf_file *f)
{
  for (uint32_t i = 0; i < f->segment_cnt; i++)
    {
      const struct elf_segment *p = &f->segments[i];
      if (p->type == PT_LOAD && !(p->flags & (PF_W | PF_X)) && p->file_size >= PCTAB_MAGIC_LEN && p->off <= f->len
          && p->file_size <= f->len - p->off && !memcmp (f->data + p->off, PCTAB_MAGIC, PCTAB_MAGIC_LEN))
        return p;
    }
  return NULL;
}

static bool
find_image (struct dump *d, uint64_t *off, uint64_t *len)
{
  struct elf_file *f = &d->file;
  const struct elf_section *s = pctab__elf_section (f, ".pctab");
  const struct elf_segment *p = s ? NULL : find_segment (f);
  if (s && s->type == SHT_NOBITS)
    return pctab__diag_error (&d->diag, ".pctab", "is empty: this is a separate debug file; the table stayed in the "
                              "stripped program, so read that");
  if (!s && !p)
    return pctab__diag_error (&d->diag, NULL, "has no module table; link it with the flags of `pkg-config --libs "
                              "pctab-link', or for ld.lld run pctab-link afterwards");
  *off = s ? s->off : p->off;
  *len = s ? s->size : p->file_size;
  d->addr = s ? s->addr : p->addr;
  if (*off > f->len || *len > f->len - *off)
    return pctab__diag_error (&d->diag, ".pctab", "lies outside the file; the file is truncated");
  return true;
}

static bool
refuse (struct dump *d, enum pctab_error error)
{
  const char *what = error == PCTAB_ERROR_UNFINISHED ? "run pctab-link on the file, or link again"
                     : error == PCTAB_ERROR_VERSION  ? "use the pctab-dump of the version that linked it"
                     : error == PCTAB_ERROR_NOT_TABLE ? "the section is not from pctab" : "link the file again";
  return pctab__diag_error (&d->diag, ".pctab", "%s; %s", pctab_error_text (error), what);
}

static bool
open_table (struct dump *d, uint64_t off, uint64_t len)
{
  d->copy = aligned_alloc (64, (len + 63) & ~UINT64_C (63));
  if (!d->copy)
    return pctab__diag_memory (&d->diag);
  memcpy (d->copy, d->file.data + off, len);
  if (d->file.big != host_big && len >= PCTAB_H_BYTES
      && load_u32 (d->copy + PCTAB_H_VERSION, d->file.big) == PCTAB_VERSION
      && !memcmp (d->copy, PCTAB_MAGIC, PCTAB_MAGIC_LEN) && !pctab__image_swap (d->copy, len))
    return refuse (d, PCTAB_ERROR_HEADER);
  enum pctab_error error = pctab_table_open (&d->table, d->copy, len, d->addr + d->bias);
  if (!error)
    error = pctab_table_check_cold (&d->table);
  if (error)
    return refuse (d, error);
  if (d->table.machine != d->file.machine || d->table.is64 != d->file.is64)
    return pctab__diag_error (&d->diag, ".pctab", "is a table for another machine than the file's; "
                              "link the file again");
  return true;
}

static uint32_t
record_block_cnt (const struct dump *d)
{
  return store_cnt (&d->cold, PCTAB_P_RECORD_INDEX);
}

static bool
open_cold (struct dump *d)
{
  size_t size = pctab_cold_size (&d->table);
  if (!size)
    return refuse (d, PCTAB_ERROR_COLD);
  d->cold_buf = malloc (size);
  if (!d->cold_buf)
    return pctab__diag_memory (&d->diag);
  enum pctab_error error = pctab_cold_open (&d->cold, &d->table, d->cold_buf, size);
  if (error)
    return refuse (d, error);
  d->blocks = calloc (record_block_cnt (d) + (size_t) 1, sizeof *d->blocks);
  return d->blocks || pctab__diag_memory (&d->diag);
}

bool
dump_next (struct dump *d, struct pctab_record *record)
{
  enum pctab_error error = pctab_record_next (&d->cold, record);
  if (!error)
    error = pctab_record_name (&d->cold, record, &record->name);
  return !error || refuse (d, error);
}

static bool
read_block (struct dump *d, uint32_t number)
{
  struct dump_block *block = &d->blocks[number];
  struct pctab_record record = { .block = number };
  size_t cap = 0, entry_cap = 0;
  while (dump_next (d, &record))
    {
      block->done = !record.end || record.block != number;
      if (block->done)
        return true;
      if (!pctab__reserve ((void **) &block->records, &cap, block->cnt + 1, sizeof record)
          || !pctab__reserve ((void **) &block->entries, &entry_cap, block->cnt + 1, sizeof record.entry))
        return pctab__diag_memory (&d->diag);
      block->entries[block->cnt] = record.entry;
      block->records[block->cnt++] = record;
    }
  return false;
}

bool
dump_open (struct dump *d, const char *file, uint64_t bias)
{
  uint64_t off = 0, len = 0;
  d->bias = bias;
  if (!d->file.data && !pctab__elf_open (&d->file, file, &d->diag))
    return false;
  d->arch = pctab__arch (d->file.machine, d->file.is64);
  if (!d->arch)
    return pctab__diag_error (&d->diag, NULL, "is for an architecture that pctab does not know (ELF machine %u)",
                              d->file.machine);
  return find_image (d, &off, &len) && open_table (d, off, len) && open_cold (d) && dump_open_pcdata (d);
}

void
dump_close (struct dump *d)
{
  for (uint32_t i = 0; d->blocks && i < record_block_cnt (d); i++)
    {
      free (d->blocks[i].records);
      free (d->blocks[i].entries);
    }
  free (d->blocks);
  free (d->tables);
  free (d->reasons);
  free (d->cold_buf);
  free (d->copy);
  pctab__elf_close (&d->file);
}

bool
dump_record (struct dump *d, uint64_t pc, const struct pctab_record **record)
{
  uint64_t off = pc - d->table.base;
  uint32_t number;
  *record = NULL;
  if (off > UINT32_MAX || !pctab__store_find (&d->cold, PCTAB_P_RECORD_INDEX, (uint32_t) off, &number))
    return true;
  const struct dump_block *block = &d->blocks[number];
  if (!block->done && !read_block (d, number))
    return false;
  size_t at = 0;
  for (size_t cnt = block->cnt, half; cnt > 1; cnt -= half)
    {
      half = cnt / 2;
      at += block->entries[at + half] <= pc ? half : 0;
    }
  if (block->cnt && pc >= block->entries[at] && pc < block->records[at].end)
    *record = &block->records[at];
  return true;
}

static const struct elf_segment *
first_segment (const struct elf_file *f)
{
  for (uint32_t i = 0; i < f->segment_cnt; i++)
    if (f->segments[i].type == PT_LOAD)
      return &f->segments[i];
  return NULL;
}

bool
dump_base_bias (struct dump *d, const char *file, uint64_t base, uint64_t *bias)
{
  if (!d->file.data && !pctab__elf_open (&d->file, file, &d->diag))
    return false;
  const struct elf_segment *p = first_segment (&d->file);
  if (!p)
    return pctab__diag_error (&d->diag, NULL, "has no loadable segment, so it has no run-time addresses");
  *bias = base - (p->addr & -(p->align ? p->align : 1));
  return true;
}

/* A line of maps names the file by its path: the whole path, or its last component if nothing fits better. */
static bool
names_file (const char *mapped, const char *file, bool exact)
{
  char real[4096];
  if (exact)
    return realpath (file, real) && !strcmp (mapped, real);
  const char *a = strrchr (mapped, '/'), *b = strrchr (file, '/');
  return !strcmp (a ? a + 1 : mapped, b ? b + 1 : file);
}

static bool
read_maps (FILE *in, const struct elf_file *f, const char *file, bool exact, uint64_t *bias)
{
  char line[8192], path[4097];
  while (fgets (line, sizeof line, in))
    {
      unsigned long long start, end, off;
      if (sscanf (line, "%llx-%llx %*s %llx %*s %*s %4096[^\n]", &start, &end, &off, path) != 4
          || !names_file (path, file, exact))
        continue;
      for (uint32_t i = 0; i < f->segment_cnt; i++)
        {
          const struct elf_segment *p = &f->segments[i];
          if (p->type == PT_LOAD && off <= p->off && p->off - off < 65536 && p->off < off + (end - start))
            {
              *bias = start + (p->off - off) - p->addr;
              return true;
            }
        }
    }
  return false;
}

bool
dump_maps_bias (struct dump *d, const char *maps, const char *file, uint64_t *bias)
{
  if (!d->file.data && !pctab__elf_open (&d->file, file, &d->diag))
    return false;
  for (int exact = 1; exact >= 0; exact--)
    {
      FILE *in = fopen (maps, "re");
      if (!in)
        {
          d->diag.file = maps;
          return pctab__diag_error (&d->diag, NULL, "can't open: %s", strerror (errno));
        }
      bool found = read_maps (in, &d->file, file, exact, bias);
      fclose (in);
      if (found)
        return true;
    }
  d->diag.file = maps;
  return pctab__diag_error (&d->diag, NULL, "does not name %s; give the maps of a process that has it loaded", file);
}

const char *
dump_demangle (struct dump *d, const char *s)
{
  static char *last;
  if (!s || !d->demangle)
    return s;
  free (last);
  last = cplus_demangle (s, DMGL_PARAMS | DMGL_ANSI | DMGL_AUTO);
  return last ? last : s;
}
