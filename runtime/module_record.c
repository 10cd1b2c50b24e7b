/* SPDX-License-Identifier: MIT */
/* Makes a record: copies a table, unless it stays for good, and validates it. */
#include <string.h>

#include "format.h"
#include "memory.h"
#include "module.h"
#include "table.h"

#define ARENA_BYTES (64 << 10)
#define ALIGN 64

static size_t
align_up (size_t len)
{
  return (len + ALIGN - 1) & ~(size_t) (ALIGN - 1);
}

/* LEN bytes that are never given back. */
static void *
arena_take (struct arena *arena, size_t len)
{
  if (len > ARENA_BYTES / 4)
    return pctab__memory_map (len);
  if (len > arena->left)
    {
      unsigned char *at = pctab__memory_map (ARENA_BYTES);
      if (!at)
        return NULL;
      *arena = (struct arena){ at, ARENA_BYTES };
    }
  void *at = arena->at;
  arena->at += len;
  arena->left -= len;
  return at;
}

static bool
fetch (const struct source *src, void *dst, uint64_t from, size_t len)
{
  if (!src->safe)
    return pctab__memory_read (dst, from, len);
  memcpy (dst, (const void *) (uintptr_t) from, len);
  return true;
}

/* Opens the table of LEN bytes at IMAGE and takes from it which code it is for. */
static enum pctab_error
open_table (struct pctab_module *m, const struct source *src, const void *image)
{
  uint64_t addr = src->addr;
  int64_t delta;
  if (src->at_lo && src->table_len >= PCTAB_H_BYTES)
    {
      memcpy (&delta, (const char *) image + PCTAB_H_TEXT_DELTA, sizeof delta);
      addr = src->lo - (uint64_t) delta;
    }
  struct pctab_table t;
  enum pctab_error error = pctab_table_open (&t, image, src->table_len, addr);
  if (error)
    return error;
  if (t.machine != src->machine || t.is64 != src->is64)
    return PCTAB_ERROR_OTHER_MACHINE;
  struct pctab_range last;
  pctab__table_range (&t, t.ranges + PCTAB_RANGE_BYTES * (uint64_t) (t.range_cnt - 1), &last);
  uint64_t end = last.pc + last.len;
  if (src->at_lo ? end > src->hi : end <= src->lo || t.first.pc >= src->hi)
    return PCTAB_ERROR_RANGE;
  m->table = t;
  return PCTAB_ERROR_OK;
}

static void
fill (struct record *r, const struct source *src, char *path)
{
  if (!src->path || !fetch (src, path, src->path, src->path_len))
    *path = 0;
  path[src->path_len] = 0;
  r->module = (struct pctab_module){
    .lo = src->lo,
    .hi = src->hi,
    .bias = src->bias,
    .origin = src->origin,
    .permanent = src->permanent,
    .build_id_len = src->build_id_len,
    .path = path,
  };
  if (src->build_id_len)
    memcpy (r->module.build_id, src->build_id, src->build_id_len);
  r->program = src->program;
  r->map_lo = src->map_lo;
  r->mark_cnt = src->permanent ? 0 : src->mark_cnt;
  memcpy (r->mark, src->mark, sizeof r->mark);
}

struct record *
pctab__record_make (const struct source *src)
{
  bool copy = !src->arena && src->table_len;
  size_t head = align_up (sizeof (struct record)), path = align_up (src->path_len + 1);
  size_t len = head + path + (copy ? src->table_len : 0);
  unsigned char *block = src->arena ? arena_take (src->arena, len) : pctab__memory_map (len);
  if (!block)
    return NULL;
  struct record *r = (struct record *) (void *) block;
  fill (r, src, (char *) block + head);
  r->block.len = src->arena ? 0 : len;
  const void *image = copy ? block + head + path : (const void *) (uintptr_t) src->table;
  if (!src->table_len)
    r->error = PCTAB_ERROR_NO_TABLE;
  else if (copy && !fetch (src, block + head + path, src->table, src->table_len))
    r->error = PCTAB_ERROR_TRUNCATED;
  else
    r->error = open_table (&r->module, src, image);
  /* The digest of a good table says it all; a bad one may be mended. */
  if (!r->error && src->origin == PCTAB_ORIGIN_LINKED && r->mark_cnt)
    r->mark_cnt = 1;
  return r;
}

void
pctab__record_free (struct record *r)
{
  if (r->block.len)
    pctab__memory_unmap (r, r->block.len);
}
