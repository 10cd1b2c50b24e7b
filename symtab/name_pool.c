/* SPDX-License-Identifier: MIT */
#include "name_pool.h"

#include <stdlib.h>
#include <string.h>

struct used {
  uint64_t head; /* the name's first bytes, big end first: they mostly decide */
  const struct model_str *name;
  uint32_t idx, uses;
};

static int
compare_uses (const void *a, const void *b)
{
  const struct used *x = a, *y = b;
  if (x->uses != y->uses)
    return x->uses > y->uses ? -1 : 1;
  return x->idx < y->idx ? -1 : x->idx > y->idx;
}

static int
compare_names (const void *a, const void *b)
{
  const struct used *x = a, *y = b;
  if (x->head != y->head)
    return x->head < y->head ? -1 : 1;
  uint32_t len = x->name->len < y->name->len ? x->name->len : y->name->len;
  int order = memcmp (x->name->p, y->name->p, len);
  if (order || x->name->len != y->name->len)
    return order ? order : x->name->len < y->name->len ? -1 : 1;
  return x->idx < y->idx ? -1 : x->idx > y->idx;
}

static uint64_t
name_head (const struct model_str *name)
{
  uint64_t head = 0;
  for (uint32_t i = 0; i < 8; i++)
    head = head << 8 | (i < name->len ? (unsigned char) name->p[i] : 0);
  return head;
}

/* Numbers whose varint in a node (number * 16 and more) has one byte, two, three. */
static const uint32_t groups[] = { 8, 1024, 131072, UINT32_MAX };

static void
order_origins (struct used *used, uint32_t cnt)
{
  qsort (used, cnt, sizeof *used, compare_uses);
  uint32_t from = 0;
  for (size_t g = 0; from < cnt; g++)
    {
      uint32_t to = groups[g] < cnt ? groups[g] : cnt;
      qsort (used + from, to - from, sizeof *used, compare_names);
      from = to;
    }
}

static bool
number_origins (struct name_pool *p, const struct model *m, const struct cold *c)
{
  struct used *used = calloc (m->origins.cnt + 1, sizeof *used);
  p->origins = malloc ((m->origins.cnt + 1) * sizeof *p->origins);
  p->origin_number = malloc ((m->origins.cnt + 1) * sizeof *p->origin_number);
  if (!used || !p->origins || !p->origin_number)
    {
      free (used);
      return false;
    }
  for (unsigned part = 0; part < c->part_cnt; part++)
    for (size_t i = 0; i < c->parts[part].nodes.cnt; i++)
      used[c->parts[part].nodes.at[i].origin].uses++;
  for (uint32_t i = 0; i < m->origins.cnt; i++)
    {
      p->origin_number[i] = MODEL_NONE;
      if (used[i].uses)
        used[p->origin_cnt++] = (struct used){ name_head (&m->origins.at[i].name), &m->origins.at[i].name, i,
                                               used[i].uses };
    }
  order_origins (used, p->origin_cnt);
  for (uint32_t i = 0; i < p->origin_cnt; i++)
    {
      p->origins[i] = used[i].idx;
      p->origin_number[used[i].idx] = i;
    }
  free (used);
  return true;
}

static void
use_file (struct name_pool *p, uint32_t file)
{
  if (file == MODEL_NONE || p->file_number[file] != MODEL_NONE)
    return;
  p->file_number[file] = p->file_cnt;
  p->files[p->file_cnt++] = file;
}

static void
use_part_files (struct name_pool *p, const struct cold_part *part)
{
  for (size_t i = 0; i < part->func_cnt; i++)
    {
      const struct cold_func *f = &part->funcs[i], *next = i + 1 < part->func_cnt ? f + 1 : NULL;
      use_file (p, f->file);
      for (size_t j = f->jump; j < (next ? next->jump : part->gotos.cnt); j++)
        use_file (p, part->gotos.at[j].file);
      for (uint32_t n = 0; n < f->node_cnt; n++)
        use_file (p, part->nodes.at[f->node + n].file);
    }
}

/* Files in the order of their first use, which is that of the functions: neighbours in the tree of sources. */
static bool
number_files (struct name_pool *p, const struct model *m, const struct cold *c)
{
  p->files = malloc ((m->files.cnt + 1) * sizeof *p->files);
  p->file_number = malloc ((m->files.cnt + 1) * sizeof *p->file_number);
  if (!p->files || !p->file_number)
    return false;
  memset (p->file_number, 0xff, (m->files.cnt + 1) * sizeof *p->file_number);
  for (unsigned part = 0; part < c->part_cnt; part++)
    use_part_files (p, &c->parts[part]);
  for (uint32_t i = 0; i < p->origin_cnt; i++)
    use_file (p, m->origins.at[p->origins[i]].file);
  return true;
}

bool
pctab__name_pool_make (struct name_pool *p, const struct model *m, const struct cold *c)
{
  memset (p, 0, sizeof *p);
  for (size_t i = 0; i < m->funcs.cnt; i++)
    p->name_cnt += m->funcs.at[i].name.len > 0;
  return number_origins (p, m, c) && number_files (p, m, c);
}

void
pctab__name_pool_free (struct name_pool *p)
{
  free (p->origins);
  free (p->origin_number);
  free (p->files);
  free (p->file_number);
  memset (p, 0, sizeof *p);
}
