/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The units' results become one model: files and origins get their numbers, each once, in the order of units and within
 * a unit in the order of use; then everything is copied to its place, by all threads.
 *
 * Equal paths and names mostly have equal addresses, since the linker merges .debug_str and .debug_line_str.  So a
 * first hash goes by addresses and only its misses look at the bytes. */
#include "dwarf.h"

#include "xxh64.h"

#include <stdlib.h>

/* Longer paths are taken as unknown, and all together have their bound: one long directory is easily put before a
 * million file names. */
#define PATH_LEN_MAX 16384
#define PATHS_LEN_MIN (UINT64_C (1) << 24)

struct key_slot {
  const void *a, *b, *c;
  uint32_t line;
  uint32_t value; /* MODEL_NONE: free */
};

struct text_slot {
  uint64_t hash;
  uint32_t value;
};

struct hash {
  struct key_slot *keys;
  size_t key_cap, key_cnt;
  struct text_slot *texts;
  size_t text_cap, text_cnt;
};

struct dwarf_merge {
  struct hash files, origins;
  uint64_t paths_len; /* of all paths that were built */
  char *path; /* scratch */
  size_t path_cap;
  uint32_t *origin_map; /* of each worker's origins, in order of the workers */
  size_t *origin_base;  /* where a worker's begin */
  size_t *starts;       /* of each line table: lines, sequences; of each unit: nodes, ranges */
};

static size_t
key_hash (const struct key_slot *k)
{
  uint64_t h = (uintptr_t) k->a * UINT64_C (0x9e3779b97f4a7c15);
  h = (h ^ h >> 29 ^ (uintptr_t) k->b) * UINT64_C (0xbf58476d1ce4e5b9);
  h = (h ^ h >> 32 ^ (uintptr_t) k->c ^ (uint64_t) k->line << 40) * UINT64_C (0x94d049bb133111eb);
  return (size_t) (h ^ h >> 31);
}

static struct key_slot *
key_find (struct hash *h, const struct key_slot *k)
{
  size_t at = key_hash (k) & (h->key_cap - 1);
  for (; h->keys[at].value != MODEL_NONE; at = (at + 1) & (h->key_cap - 1))
    if (h->keys[at].a == k->a && h->keys[at].b == k->b && h->keys[at].c == k->c && h->keys[at].line == k->line)
      break;
  return &h->keys[at];
}

static bool
key_grow (struct hash *h)
{
  struct hash more = *h;
  more.key_cap = h->key_cap ? h->key_cap * 4 : 1024;
  more.keys = malloc (more.key_cap * sizeof *more.keys);
  if (!more.keys)
    return false;
  memset (more.keys, 0xff, more.key_cap * sizeof *more.keys);
  for (size_t i = 0; i < h->key_cap; i++)
    if (h->keys[i].value != MODEL_NONE)
      *key_find (&more, &h->keys[i]) = h->keys[i];
  free (h->keys);
  *h = more;
  return true;
}

static bool
text_grow (struct hash *h)
{
  size_t cap = h->text_cap ? h->text_cap * 4 : 1024;
  struct text_slot *more = malloc (cap * sizeof *more);
  if (!more)
    return false;
  memset (more, 0xff, cap * sizeof *more);
  for (size_t i = 0; i < h->text_cap; i++)
    if (h->texts[i].value != MODEL_NONE)
      {
        size_t at = h->texts[i].hash & (cap - 1);
        while (more[at].value != MODEL_NONE)
          at = (at + 1) & (cap - 1);
        more[at] = h->texts[i];
      }
  free (h->texts);
  h->texts = more;
  h->text_cap = cap;
  return true;
}

static bool
hash_room (struct hash *h)
{
  return (h->key_cnt * 2 < h->key_cap || key_grow (h)) && (h->text_cnt * 2 < h->text_cap || text_grow (h));
}

/* --- files -------------------------------------------------------------- */

/* A path that stands by itself: POSIX's, and "C:\" or "C:/" from objects that were built elsewhere. */
static bool
is_absolute (const char *path)
{
  return path[0] == '/'
         || (((path[0] | 32) >= 'a' && (path[0] | 32) <= 'z') && path[1] == ':' && (path[2] == '/' || path[2] == '\\'));
}

/* Appends PART to a path of *LEN bytes as LLVM does: one slash between the two, "." and ".." stay.  */
static bool
append (struct dwarf_merge *g, size_t *len, const char *part)
{
  size_t part_len = strlen (part);
  if (!part_len)
    return true;
  if (!pctab__reserve ((void **) &g->path, &g->path_cap, *len + part_len + 1, 1))
    return false;
  if (*len && g->path[*len - 1] == '/')
    while (*part == '/')
      {
        part++;
        part_len--;
      }
  else if (*len && *part != '/')
    g->path[(*len)++] = '/';
  memcpy (g->path + *len, part, part_len);
  *len += part_len;
  return true;
}

static uint32_t
file_of_path (struct dwarf *dw, size_t len)
{
  struct dwarf_merge *g = dw->merge;
  struct model *m = dw->m;
  struct hash *h = &g->files;
  uint64_t hash = pctab__xxh64 (g->path, len, 0);
  size_t at = hash & (h->text_cap - 1);
  for (; h->texts[at].value != MODEL_NONE; at = (at + 1) & (h->text_cap - 1))
    {
      const struct model_str *have = &m->files.at[h->texts[at].value];
      if (h->texts[at].hash == hash && have->len == len && !memcmp (have->p, g->path, len))
        return h->texts[at].value;
    }
  char *copy = pctab__model_space (m, len);
  if (!copy || !model_reserve (&m->files, 1))
    return MODEL_NONE;
  memcpy (copy, g->path, len);
  m->files.at[m->files.cnt] = (struct model_str){ copy, (uint32_t) len };
  h->texts[at] = (struct text_slot){ hash, (uint32_t) m->files.cnt };
  h->text_cnt++;
  return (uint32_t) m->files.cnt++;
}

/* The parts of file F's path, in the order in which they are joined; those that don't count are NULL. */
static struct key_slot
path_parts (const struct line_table *t, const struct dwarf_file *f)
{
  struct key_slot k = { .c = f->name };
  if (is_absolute (f->name))
    return k;
  const char *dir = f->dir < t->dir_cnt ? t->dirs[f->dir] : NULL;
  k.b = dir;
  /* DWARF 5's directory 0 is the compilation directory itself: where that is a relative one (-fdebug-prefix-map),
   * LLVM 14 and libbfd put it in twice, and what they print is what users compare with. */
  if (!(dir && is_absolute (dir)))
    k.a = t->unit->comp_dir;
  return k;
}

/* The number of the path that K's parts make: MODEL_NONE in *OUT for one that is too long. */
static bool
join_parts (struct dwarf *dw, const struct key_slot *k, uint32_t *out)
{
  struct dwarf_merge *g = dw->merge;
  const char *parts[] = { k->a, k->b, k->c };
  size_t len = 0;
  *out = MODEL_NONE;
  for (size_t i = 0; i < 3; i++)
    {
      if (parts[i] && strnlen (parts[i], PATH_LEN_MAX) == PATH_LEN_MAX)
        return true;
      if (parts[i] && !append (g, &len, parts[i]))
        return pctab__diag_memory (dw->d);
    }
  g->paths_len += len;
  if (g->paths_len > PATHS_LEN_MIN + dw->main.sec[SEC_LINE].len)
    return pctab__diag_error (dw->d, ".debug_line", "its paths are far longer than the section; rebuild the objects");
  *out = file_of_path (dw, len);
  return *out != MODEL_NONE || pctab__diag_memory (dw->d);
}

/* The model's number of file NUMBER of a table; *OUT is MODEL_NONE when the table has no such file. */
static bool
map_file (struct dwarf *dw, uint32_t line, uint32_t number, uint32_t *out)
{
  struct hash *h = &dw->merge->files;
  *out = MODEL_NONE;
  if (line == MODEL_NONE)
    return true;
  struct line_table *t = &dw->lines.at[line];
  if (number >= t->file_cnt || !t->files[number].name)
    return true;
  struct dwarf_file *f = &t->files[number];
  if (f->global == MODEL_NONE)
    {
      struct key_slot k = path_parts (t, f);
      if (!hash_room (h))
        return pctab__diag_memory (dw->d);
      struct key_slot *slot = key_find (h, &k);
      if (slot->value == MODEL_NONE)
        {
          if (!join_parts (dw, &k, &k.value))
            return false;
          if (k.value == MODEL_NONE)
            return true;
          *slot = k;
          h->key_cnt++;
        }
      f->global = slot->value;
    }
  *out = f->global;
  return true;
}

static bool
map_used (struct dwarf *dw, uint32_t line, const struct dwarf_span *used)
{
  const uint32_t *at = dw->workers[used->worker].used.at + used->at;
  uint32_t file;
  for (size_t i = 0; i < used->cnt; i++)
    if (!map_file (dw, line, at[i], &file))
      return false;
  return true;
}

/* --- origins ------------------------------------------------------------ */

static uint32_t
origin_of_name (struct dwarf *dw, const struct dwarf_origin *o, uint32_t file)
{
  struct model *m = dw->m;
  struct hash *h = &dw->merge->origins;
  uint32_t len = o->name ? (uint32_t) strnlen (o->name, DWARF_STRING_MAX) : 0;
  struct model_origin origin = { { o->name, len }, file, o->line };
  uint64_t hash = pctab__xxh64 (origin.name.p ? origin.name.p : "", origin.name.len, 0);
  hash ^= ((uint64_t) file << 32 | o->line) * UINT64_C (0x9e3779b97f4a7c15);
  size_t at = hash & (h->text_cap - 1);
  for (; h->texts[at].value != MODEL_NONE; at = (at + 1) & (h->text_cap - 1))
    {
      const struct model_origin *have = &m->origins.at[h->texts[at].value];
      if (h->texts[at].hash == hash && have->name.len == origin.name.len && have->file == file && have->line == o->line
          && (!origin.name.len || !memcmp (have->name.p, origin.name.p, origin.name.len)))
        return h->texts[at].value;
    }
  if (o->foreign && origin.name.len)
    {
      char *copy = pctab__model_space (m, origin.name.len);
      if (!copy)
        return MODEL_NONE;
      origin.name.p = memcpy (copy, origin.name.p, origin.name.len);
    }
  if (!model_reserve (&m->origins, 1))
    return MODEL_NONE;
  m->origins.at[m->origins.cnt] = origin;
  h->texts[at] = (struct text_slot){ hash, (uint32_t) m->origins.cnt };
  h->text_cnt++;
  return (uint32_t) m->origins.cnt++;
}

static uint32_t
map_origin (struct dwarf *dw, const struct dwarf_origin *o)
{
  struct hash *h = &dw->merge->origins;
  uint32_t file = MODEL_NONE;
  const struct dwarf_unit *u = o->unit && o->unit->skeleton ? o->unit->skeleton : o->unit;
  if ((u && !map_file (dw, u->line, o->file, &file)) || !hash_room (h))
    return MODEL_NONE;
  struct key_slot k = { o->name, (const void *) (uintptr_t) file, NULL, o->line, MODEL_NONE };
  struct key_slot *slot = key_find (h, &k);
  if (slot->value == MODEL_NONE)
    {
      k.value = origin_of_name (dw, o, file);
      if (k.value == MODEL_NONE)
        return MODEL_NONE;
      *slot = k;
      h->key_cnt++;
    }
  return slot->value;
}

static bool
map_origins (struct dwarf *dw, const struct dwarf_unit *u)
{
  const struct dwarf_origin *from = dw->workers[u->origins.worker].origins.at + u->origins.at;
  uint32_t *to = dw->merge->origin_map + dw->merge->origin_base[u->origins.worker] + u->origins.at;
  for (size_t i = 0; i < u->origins.cnt; i++)
    if ((to[i] = map_origin (dw, &from[i])) == MODEL_NONE)
      return false;
  return true;
}

/* --- the copy ----------------------------------------------------------- */

/* The unit whose DIEs count for unit IDX of the module: its split unit where there is one. */
static const struct dwarf_unit *
effective (const struct dwarf *dw, size_t idx)
{
  const struct dwarf_unit *u = &dw->main.units[idx];
  return u->split ? u->split : u;
}

/* Two numbers of one table may be one path, so that neighbours became equal: they are left out, and the room they leave
 * stays unused. */
static void
copy_lines (struct dwarf *dw, size_t idx)
{
  const struct line_table *t = &dw->lines.at[idx];
  const struct dwarf_worker *w = &dw->workers[t->sequences.worker];
  size_t line = dw->merge->starts[idx * 2], sequence = dw->merge->starts[idx * 2 + 1];
  for (size_t i = 0; i < t->sequences.cnt; i++)
    {
      struct model_sequence s = w->sequences.at[t->sequences.at + i];
      const struct model_line *from = w->lines.at + s.line;
      struct model_line *to = dw->m->lines.at + line;
      uint32_t n = 0, cnt = s.line_cnt;
      for (uint32_t j = 0; j < cnt; j++)
        {
          uint32_t file = from[j].file < t->file_cnt ? t->files[from[j].file].global : MODEL_NONE;
          uint32_t code_line = file == MODEL_NONE ? 0 : from[j].line;
          to[n] = (struct model_line){ from[j].off, file, code_line };
          n += !n || to[n - 1].file != file || to[n - 1].line != code_line;
        }
      for (uint32_t j = n; j < cnt; j++)
        to[j] = to[n - 1];
      s.line = (uint32_t) line;
      s.line_cnt = n;
      dw->m->sequences.at[sequence++] = s;
      line += cnt;
    }
}

static void
copy_nodes (struct dwarf *dw, size_t idx)
{
  const struct dwarf_merge *g = dw->merge;
  const struct dwarf_unit *u = effective (dw, idx);
  const struct dwarf_worker *w = &dw->workers[u->nodes.worker];
  const size_t *start = g->starts + (dw->lines.cnt + idx) * 2;
  const uint32_t *origins = g->origin_map + g->origin_base[u->origins.worker] + u->origins.at;
  const struct line_table *t = dw->main.units[idx].line == MODEL_NONE ? NULL : &dw->lines.at[dw->main.units[idx].line];
  for (size_t i = 0; i < u->nodes.cnt; i++)
    {
      struct model_node n = w->nodes.at[u->nodes.at + i];
      if (n.parent != MODEL_NONE)
        n.parent += (uint32_t) start[0];
      n.origin = origins[n.origin];
      n.call_file = t && n.call_file < t->file_cnt ? t->files[n.call_file].global : MODEL_NONE;
      dw->m->nodes.at[start[0] + i] = n;
    }
  for (size_t i = 0; i < u->ranges.cnt; i++)
    {
      struct model_range r = w->ranges.at[u->ranges.at + i];
      r.node += (uint32_t) start[0];
      dw->m->ranges.at[start[1] + i] = r;
    }
}

static bool
copy_task (struct dwarf_worker *w, size_t idx)
{
  struct dwarf *dw = w->dw;
  if (idx < dw->lines.cnt)
    copy_lines (dw, idx);
  else
    copy_nodes (dw, idx - dw->lines.cnt);
  return true;
}

/* Where everything goes, and the room for it. */
static bool
plan_copy (struct dwarf *dw)
{
  struct dwarf_merge *g = dw->merge;
  struct model *m = dw->m;
  size_t line = m->lines.cnt, sequence = m->sequences.cnt, node = m->nodes.cnt, range = m->ranges.cnt;
  for (size_t i = 0; i < dw->lines.cnt; i++)
    {
      g->starts[i * 2] = line;
      g->starts[i * 2 + 1] = sequence;
      line += dw->lines.at[i].line_cnt;
      sequence += dw->lines.at[i].sequences.cnt;
    }
  for (size_t i = 0; i < dw->main.unit_cnt; i++)
    {
      const struct dwarf_unit *u = effective (dw, i);
      g->starts[(dw->lines.cnt + i) * 2] = node;
      g->starts[(dw->lines.cnt + i) * 2 + 1] = range;
      node += u->nodes.cnt;
      range += u->ranges.cnt;
    }
  if (line >= MODEL_NONE || node >= MODEL_NONE || range >= MODEL_NONE)
    return pctab__diag_error (dw->d, ".debug_info", "has more than a table can hold");
  if (!model_reserve (&m->lines, line - m->lines.cnt) || !model_reserve (&m->sequences, sequence - m->sequences.cnt)
      || !model_reserve (&m->nodes, node - m->nodes.cnt) || !model_reserve (&m->ranges, range - m->ranges.cnt))
    return pctab__diag_memory (dw->d);
  m->lines.cnt = line;
  m->sequences.cnt = sequence;
  m->nodes.cnt = node;
  m->ranges.cnt = range;
  return true;
}

static bool
number (struct dwarf *dw)
{
  struct dwarf_merge *g = dw->merge;
  size_t origin_cnt = 0;
  g->origin_base = calloc (dw->worker_cnt, sizeof *g->origin_base);
  g->starts = calloc ((dw->lines.cnt + dw->main.unit_cnt) * 2 + 1, sizeof *g->starts);
  if (!g->origin_base || !g->starts)
    return false;
  for (unsigned i = 0; i < dw->worker_cnt; i++)
    {
      g->origin_base[i] = origin_cnt;
      origin_cnt += dw->workers[i].origins.cnt;
    }
  g->origin_map = malloc ((origin_cnt + 1) * sizeof *g->origin_map);
  if (!g->origin_map || !hash_room (&g->files) || !hash_room (&g->origins))
    return false;
  for (size_t i = 0; i < dw->lines.cnt; i++)
    if (!map_used (dw, (uint32_t) i, &dw->lines.at[i].used))
      return false;
  for (size_t i = 0; i < dw->main.unit_cnt; i++)
    {
      const struct dwarf_unit *u = effective (dw, i);
      if (!map_used (dw, dw->main.units[i].line, &u->used) || !map_origins (dw, u))
        return false;
    }
  return true;
}

bool
pctab__dwarf_merge (struct dwarf *dw)
{
  struct dwarf_merge g = { .path = NULL };
  dw->merge = &g;
  /* What has failed without a message has run out of memory. */
  bool good = number (dw) || pctab__diag_memory (dw->d);
  good = good && plan_copy (dw) && pctab__pool_run (dw, copy_task, dw->lines.cnt + dw->main.unit_cnt);
  free (g.files.keys);
  free (g.files.texts);
  free (g.origins.keys);
  free (g.origins.texts);
  free (g.path);
  free (g.origin_map);
  free (g.origin_base);
  free (g.starts);
  dw->merge = NULL;
  return good;
}
