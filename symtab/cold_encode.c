/* SPDX-License-Identifier: MIT */
/* Names, lines and inlined calls to bytes.  FORMAT, 7 to 9. */
#include "cold.h"

#include <pthread.h>
#include <stdlib.h>

#include "block_store.h"
#include "cold_steps.h"
#include "format.h"
#include "line_encode.h"
#include "name_pool.h"

struct cold_encoder {
  const struct model *m;
  const struct functab *functab;
  unsigned threads;
  struct buf *parts; /* the first cold part */
  struct cold cold;
  struct name_pool pool;
  struct line_codes codes;
  struct store strings, records, nodes;
  pthread_t packer; /* of strings */
  bool packing, packed;
  /* Between records */
  uint32_t name;  /* number of the next name */
  uint32_t entry; /* functab entry that the next "hot" record has */
  uint32_t end;   /* of the record before */
  uint32_t range_end; /* of the range that the block's functions are in */
  uint32_t file, line;
  uint32_t string_block; /* unpacked bytes that a block of strings stays below */
};

static struct buf *
cold_part (struct cold_encoder *e, unsigned number)
{
  return &e->parts[number - PCTAB_P_HOT_CNT];
}

/* Strings */

static bool
put_string (struct cold_encoder *e, uint32_t number, const struct model_str *s)
{
  if ((!number || pctab__store_used (&e->strings) + s->len >= e->string_block)
      && !pctab__store_block (&e->strings, number))
    return false;
  pctab__buf_bytes (&e->strings.raw, s->p, s->len);
  pctab__buf_u8 (&e->strings.raw, 0);
  return true;
}

/* What a block of strings stays below: more where strings are long, and where an answer is little more than a name. */
static uint32_t
string_block (const struct cold_encoder *e)
{
  uint64_t len = 0, cnt = 0;
  const struct model *m = e->m;
  for (size_t i = 0; i < m->funcs.cnt; i++)
    {
      len += m->funcs.at[i].name.len + (m->funcs.at[i].name.len > 0);
      cnt += m->funcs.at[i].name.len > 0;
    }
  for (uint32_t i = 0; i < e->pool.origin_cnt; i++)
    len += m->origins.at[e->pool.origins[i]].name.len + 1;
  for (uint32_t i = 0; i < e->pool.file_cnt; i++)
    len += m->files.at[e->pool.files[i]].len + 1;
  uint64_t others = (uint64_t) e->pool.origin_cnt + e->pool.file_cnt;
  if (cnt > PCTAB_STRING_ALONE * others)
    return PCTAB_STRING_BLOCK_ALONE;
  return len >= PCTAB_STRING_LONG * (cnt + others) ? PCTAB_STRING_BLOCK_LONG : PCTAB_STRING_BLOCK;
}

static bool
put_strings (struct cold_encoder *e)
{
  uint32_t number = 0;
  const struct model *m = e->m;
  e->string_block = string_block (e);
  for (size_t i = 0; i < m->funcs.cnt; i++)
    if (m->funcs.at[i].name.len && !put_string (e, number++, &m->funcs.at[i].name))
      return false;
  for (uint32_t i = 0; i < e->pool.origin_cnt; i++)
    if (!put_string (e, number++, &m->origins.at[e->pool.origins[i]].name))
      return false;
  for (uint32_t i = 0; i < e->pool.file_cnt; i++)
    if (!put_string (e, number++, &m->files.at[e->pool.files[i]]))
      return false;
  for (size_t i = 0; i < m->tables.cnt; i++)
    if (!put_string (e, number++, &m->tables.at[i].name))
      return false;
  return true;
}

/* Origins: file and line of each, in groups with an index. */
static void
put_origins (struct cold_encoder *e)
{
  struct buf *index = cold_part (e, PCTAB_P_ORIGIN_INDEX), *data = cold_part (e, PCTAB_P_ORIGINS);
  pctab__buf_u32 (index, e->pool.name_cnt);
  pctab__buf_u32 (index, e->pool.origin_cnt);
  pctab__buf_u32 (index, e->pool.file_cnt);
  for (uint32_t i = 0; i < e->pool.origin_cnt; i++)
    {
      const struct model_origin *o = &e->m->origins.at[e->pool.origins[i]];
      if (i % PCTAB_ORIGIN_GROUP == 0)
        pctab__buf_u32 (index, (uint32_t) data->len);
      pctab__buf_uvar (data, o->file == MODEL_NONE ? 0 : e->pool.file_number[o->file] + 1);
      pctab__buf_uvar (data, o->line);
    }
}

static void
renumber_file (const struct name_pool *p, uint32_t *file)
{
  *file = *file == MODEL_NONE ? MODEL_NONE : p->file_number[*file];
}

/* The model's indexes become the pool's numbers. */
static void
renumber (struct cold_encoder *e)
{
  for (unsigned i = 0; i < e->cold.part_cnt; i++)
    {
      struct cold_part *part = &e->cold.parts[i];
      for (size_t j = 0; j < part->func_cnt; j++)
        renumber_file (&e->pool, &part->funcs[j].file);
      for (size_t j = 0; j < part->gotos.cnt; j++)
        renumber_file (&e->pool, &part->gotos.at[j].file);
      for (size_t j = 0; j < part->restarts.cnt; j++)
        renumber_file (&e->pool, &part->restarts.at[j].file);
      for (size_t j = 0; j < part->nodes.cnt; j++)
        renumber_file (&e->pool, &part->nodes.at[j].file);
    }
}

/* Records */

/* What a node's call is relative to: the last call in the same parent, else the parent's own line. */
struct level {
  uint32_t file, line;
};

static void
put_nodes (const struct cold_encoder *e, const struct cold_part *part, const struct cold_func *f, struct buf *out)
{
  struct level levels[PCTAB_DEPTH_MAX + 1] = { { f->file, f->line } };
  unsigned depth = 0;
  for (uint32_t i = 0; i < f->node_cnt; i++)
    {
      const struct cold_node *n = &part->nodes.at[f->node + i];
      const struct model_origin *o = &e->m->origins.at[n->origin];
      depth -= n->up;
      struct level *l = &levels[depth++];
      bool other_file = n->file != l->file;
      pctab__buf_uvar (out, e->pool.origin_number[n->origin] << 4 | (n->up < 7 ? n->up : 7) << 1 | other_file);
      if (n->up >= 7)
        pctab__buf_uvar (out, n->up - 7);
      if (other_file)
        pctab__buf_uvar (out, n->file + 1);
      pctab__buf_svar (out, (int32_t) (n->line - l->line));
      *l = (struct level){ n->file, n->line };
      levels[depth] = (struct level){ o->file == MODEL_NONE ? MODEL_NONE : e->pool.file_number[o->file], o->line };
    }
}

/* Moves the cursor behind what the function covers, as a reader does. */
static void
pass_entries (struct cold_encoder *e, const struct model_func *f)
{
  const struct functab *t = e->functab;
  while (e->entry + 1 < t->entries.cnt && t->entries.at[e->entry].off < f->end)
    e->entry++;
}

/* Whether the next function of the functab, behind what is none at the cursor, has just the bounds of F. */
static bool
is_hot (const struct cold_encoder *e, const struct model_func *f)
{
  const struct functab *t = e->functab;
  size_t i = e->entry, next;
  while (i + 1 < t->entries.cnt && (!t->entries.at[i].bits || t->entries.at[i].goes_on))
    i++;
  return i + 1 < t->entries.cnt && t->entries.at[i].off == f->off && pctab__functab_end (t, i, &next) == f->end;
}

/* A block ends when it is full, and with a range: a reader follows the functab's entries by their low 16 bits. */
static bool
block_is_done (const struct cold_encoder *e, const struct model_func *f)
{
  return !e->records.blocks.cnt || f->off >= e->range_end || pctab__store_used (&e->records) >= PCTAB_RECORD_BLOCK;
}

static bool
start_block (struct cold_encoder *e, const struct model_func *f)
{
  const struct functab *t = e->functab;
  if (!pctab__store_block (&e->records, f->off))
    return false;
  for (size_t r = 0; r < t->ranges.cnt && e->range_end <= f->off; r++)
    e->range_end = t->ranges.at[r].end;
  while (e->entry + 1 < t->entries.cnt && t->entries.at[e->entry + 1].off <= f->off)
    e->entry++;
  e->end = f->off;
  e->file = e->line = 0;
  struct buf *raw = &e->records.raw;
  pctab__buf_uvar (raw, e->name);
  pctab__buf_uvar (raw, (uint32_t) cold_part (e, PCTAB_P_LINES)->len);
  pctab__buf_uvar (raw, (uint32_t) e->nodes.raw.len);
  pctab__buf_uvar (raw, e->entry);
  pctab__buf_uvar (raw, e->entry < t->entries.cnt ? t->entries.at[e->entry].off : 0);
  return true;
}

static void
put_bounds (struct cold_encoder *e, const struct model_func *f)
{
  pctab__buf_uvar (&e->records.raw, f->off - e->end);
  pctab__buf_uvar (&e->records.raw, f->end - f->off);
}

static void
put_lines (struct cold_encoder *e, const struct cold_func *f, uint32_t line_len)
{
  struct buf *raw = &e->records.raw;
  if (f->file + 1 != e->file)
    pctab__buf_uvar (raw, f->file + 1);
  pctab__buf_svar (raw, (int32_t) (f->line - e->line));
  pctab__buf_uvar (raw, line_len);
  e->file = f->file + 1;
  e->line = f->line;
}

static bool
put_record (struct cold_encoder *e, const struct cold_part *part, const struct cold_func *c)
{
  const struct model_func *f = &e->m->funcs.at[c - e->cold.funcs];
  struct buf *raw = &e->records.raw;
  struct buf *lines_out = cold_part (e, PCTAB_P_LINES);
  bool chunked = false;
  if (block_is_done (e, f) && !start_block (e, f))
    return false;
  bool hot = is_hot (e, f);
  uint32_t line_len = c->step_cnt ? pctab__line_encode (&e->codes, part, c, lines_out, &chunked) : 0;
  bool lines = c->step_cnt || c->file != MODEL_NONE || c->line;
  unsigned flags = (hot ? PCTAB_R_HOT : 0) | (f->name.len ? PCTAB_R_NAMED : 0) | (lines ? PCTAB_R_LINES : 0)
                   | (lines && c->file + 1 == e->file ? PCTAB_R_SAME_FILE : 0) | (c->node_cnt ? PCTAB_R_NODES : 0)
                   | (chunked ? PCTAB_R_CHUNKS : 0);
  pctab__buf_u8 (raw, flags);
  if (!hot)
    put_bounds (e, f);
  if (lines)
    put_lines (e, c, line_len);
  if (c->node_cnt)
    {
      size_t start = e->nodes.raw.len;
      put_nodes (e, part, c, &e->nodes.raw);
      pctab__buf_uvar (raw, c->node_cnt);
      pctab__buf_uvar (raw, (uint32_t) (e->nodes.raw.len - start));
      raw->failed |= e->nodes.raw.failed;
    }
  e->name += f->name.len > 0;
  e->end = f->end;
  pass_entries (e, f);
  return !raw->failed;
}

/* A store's parts stand one behind the other. */
static struct store_parts
store_parts (struct cold_encoder *e, unsigned index, bool dict)
{
  return (struct store_parts){ cold_part (e, index), cold_part (e, index + 1), dict ? cold_part (e, index + 2) : NULL };
}

static void *
pack_strings (void *arg)
{
  struct cold_encoder *e = arg;
  e->packed = pctab__store_encode (&e->strings, 1, store_parts (e, PCTAB_P_STRING_INDEX, true));
  return NULL;
}

/* Strings are packed beside the rest, as soon as they are known. */
static void
start_packing (struct cold_encoder *e)
{
  e->packing = e->threads > 1 && !pthread_create (&e->packer, NULL, pack_strings, e);
}

static bool
finish_packing (struct cold_encoder *e)
{
  if (e->packing)
    pthread_join (e->packer, NULL);
  else
    pack_strings (e);
  e->packing = false;
  return e->packed;
}

bool
pctab__cold_name (struct cold_encoder *e)
{
  if (!pctab__name_pool_make (&e->pool, e->m, &e->cold) || !put_strings (e))
    return false;
  start_packing (e);
  put_origins (e);
  renumber (e);
  if (!pctab__line_codes_make (&e->codes, &e->cold))
    return false;
  pctab__line_codes_encode (&e->codes, cold_part (e, PCTAB_P_LINE_CODES));
  return true;
}

struct cold_encoder *
pctab__cold_begin (const struct model *m, unsigned insn, unsigned threads, struct buf *parts)
{
  struct cold_encoder *e = calloc (1, sizeof *e);
  if (!e)
    return NULL;
  *e = (struct cold_encoder){ .m = m, .threads = threads, .parts = parts };
  if (pctab__cold_collect (&e->cold, m, insn, threads))
    return e;
  pctab__cold_encoder_free (e);
  return NULL;
}

static bool
put_records (struct cold_encoder *e)
{
  for (unsigned p = 0; p < e->cold.part_cnt; p++)
    for (size_t i = 0; i < e->cold.parts[p].func_cnt; i++)
      if (!put_record (e, &e->cold.parts[p], &e->cold.parts[p].funcs[i]))
        return false;
  return true;
}

/* Blocks of nodes end anywhere. */
static bool
cut_nodes (struct cold_encoder *e)
{
  for (size_t at = 0; at < e->nodes.raw.len; at += PCTAB_NODE_BLOCK)
    {
      if (!pctab__store_block (&e->nodes, (uint32_t) at))
        return false;
      e->nodes.blocks.at[e->nodes.blocks.cnt - 1].start = (uint32_t) at;
    }
  return !e->nodes.raw.failed;
}

bool
pctab__cold_end (struct cold_encoder *e, const struct functab *functab)
{
  e->functab = functab;
  bool good = put_records (e) && cut_nodes (e)
              && pctab__store_encode (&e->records, 1, store_parts (e, PCTAB_P_RECORD_INDEX, false))
              && pctab__store_encode (&e->nodes, e->threads, store_parts (e, PCTAB_P_NODE_INDEX, true));
  return finish_packing (e) && good;
}

void
pctab__cold_encoder_free (struct cold_encoder *e)
{
  if (!e)
    return;
  if (e->packing)
    finish_packing (e);
  pctab__cold_free (&e->cold);
  pctab__name_pool_free (&e->pool);
  pctab__line_codes_free (&e->codes);
  pctab__store_free (&e->strings);
  pctab__store_free (&e->records);
  pctab__store_free (&e->nodes);
  free (e);
}
