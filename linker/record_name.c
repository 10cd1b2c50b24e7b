/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "xxh64.h"

static uint64_t
hash_str (const struct model_str *s, uint64_t seed)
{
  return pctab__xxh64 (s->len ? s->p : "", s->len, seed);
}

static bool
is_equal (const struct model_str *a, const struct model_str *b)
{
  return a->len == b->len && (!a->len || !memcmp (a->p, b->p, a->len));
}

static uint64_t
hash_origin (const struct model_origin *o)
{
  return hash_str (&o->name, (uint64_t) o->file << 32 | o->line);
}

/* The slot of the path, taken or free. */
static uint32_t *
find_file (struct record_names *n, const struct model_str *path)
{
  size_t at = hash_str (path, 0) & (n->file_cap - 1);
  while (n->files[at] != MODEL_NONE && !is_equal (&n->m->files.at[n->files[at]], path))
    at = (at + 1) & (n->file_cap - 1);
  return &n->files[at];
}

static uint32_t *
find_origin (struct record_names *n, const struct model_origin *o)
{
  size_t at = hash_origin (o) & (n->origin_cap - 1);
  for (; n->origins[at] != MODEL_NONE; at = (at + 1) & (n->origin_cap - 1))
    {
      const struct model_origin *have = &n->m->origins.at[n->origins[at]];
      if (have->file == o->file && have->line == o->line && is_equal (&have->name, &o->name))
        break;
    }
  return &n->origins[at];
}

/* A table at least half empty with CNT entries and one more. */
static bool
make_room (uint32_t **table, size_t *cap, size_t cnt)
{
  size_t more = *cap ? *cap : 256;
  while (more < 2 * (cnt + 1))
    more *= 2;
  if (more == *cap)
    return true;
  free (*table);
  *cap = more;
  *table = malloc (more * sizeof **table);
  if (!*table)
    return false;
  memset (*table, 0xff, more * sizeof **table);
  return true;
}

static bool
room_for_file (struct record_names *n)
{
  size_t cap = n->file_cap;
  if (!make_room (&n->files, &n->file_cap, n->m->files.cnt))
    return false;
  for (size_t i = 0; cap != n->file_cap && i < n->m->files.cnt; i++)
    *find_file (n, &n->m->files.at[i]) = (uint32_t) i;
  return true;
}

static bool
room_for_origin (struct record_names *n)
{
  size_t cap = n->origin_cap;
  if (!make_room (&n->origins, &n->origin_cap, n->m->origins.cnt))
    return false;
  for (size_t i = 0; cap != n->origin_cap && i < n->m->origins.cnt; i++)
    *find_origin (n, &n->m->origins.at[i]) = (uint32_t) i;
  return true;
}

uint32_t
pctab__record_file (struct record_names *n, const struct model_str *path)
{
  struct model *m = n->m;
  if (!room_for_file (n) || !model_reserve (&m->files, 1))
    return MODEL_NONE;
  uint32_t *slot = find_file (n, path);
  if (*slot == MODEL_NONE)
    {
      *slot = (uint32_t) m->files.cnt;
      m->files.at[m->files.cnt++] = *path;
    }
  return *slot;
}

uint32_t
pctab__record_origin (struct record_names *n, const struct model_origin *origin)
{
  struct model *m = n->m;
  if (!room_for_origin (n) || !model_reserve (&m->origins, 1))
    return MODEL_NONE;
  uint32_t *slot = find_origin (n, origin);
  if (*slot == MODEL_NONE)
    {
      *slot = (uint32_t) m->origins.cnt;
      m->origins.at[m->origins.cnt++] = *origin;
    }
  return *slot;
}

void
pctab__record_names_free (struct record_names *n)
{
  free (n->files);
  free (n->origins);
}
