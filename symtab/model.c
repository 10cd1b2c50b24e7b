/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <stdlib.h>
#include <string.h>

bool
pctab__reserve (void **at, size_t *cap, size_t need, size_t size)
{
  if (need <= *cap)
    return true;
  size_t more = *cap < 64 ? 64 : *cap + *cap / 2;
  if (more < need)
    more = need;
  void *moved = reallocarray (*at, more, size);
  if (!moved)
    return false;
  *at = moved;
  *cap = more;
  return true;
}

#define BLOCK_LEN 65536

char *
pctab__model_space (struct model *m, size_t len)
{
  if (len > m->block_left)
    {
      size_t size = len > BLOCK_LEN ? len : BLOCK_LEN;
      if (!model_reserve (&m->blocks, 1) || !(m->block_at = malloc (size)))
        {
          m->block_left = 0;
          return NULL;
        }
      m->blocks.at[m->blocks.cnt++] = m->block_at;
      m->block_left = size;
    }
  char *at = m->block_at;
  m->block_at += len;
  m->block_left -= len;
  return at;
}

void
pctab__model_init (struct model *m)
{
  memset (m, 0, sizeof *m);
}

void
pctab__model_free (struct model *m)
{
  free (m->texts.at);
  free (m->rules.at);
  free (m->frames.at);
  free (m->rows.at);
  free (m->marks.at);
  free (m->points.at);
  free (m->tables.at);
  free (m->stretches.at);
  free (m->symbols.at);
  free (m->files.at);
  free (m->lines.at);
  free (m->sequences.at);
  free (m->origins.at);
  free (m->nodes.at);
  free (m->ranges.at);
  free (m->funcs.at);
  free (m->rule_hash);
  for (size_t i = 0; i < m->blocks.cnt; i++)
    free (m->blocks.at[i]);
  free (m->blocks.at);
  memset (m, 0, sizeof *m);
}

static uint32_t
rule_hash (const struct rule *rule)
{
  uint32_t words[sizeof *rule / 4 + 1] = { 0 };
  memcpy (words, rule, sizeof *rule);
  uint64_t h = 0x9e3779b97f4a7c15;
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    h = (h ^ words[i]) * 0xd6e8feb86659fd93;
  return (uint32_t) (h >> 32);
}

static bool
rule_hash_grow (struct model *m)
{
  size_t cap = m->rule_hash_cap ? m->rule_hash_cap * 2 : 1024;
  uint32_t *slots = malloc (cap * sizeof *slots);
  if (!slots)
    return false;
  memset (slots, 0xff, cap * sizeof *slots);
  for (size_t i = 0; i < m->rules.cnt; i++)
    {
      size_t at = rule_hash (&m->rules.at[i]) & (cap - 1);
      while (slots[at] != MODEL_NONE)
        at = (at + 1) & (cap - 1);
      slots[at] = (uint32_t) i;
    }
  free (m->rule_hash);
  m->rule_hash = slots;
  m->rule_hash_cap = cap;
  return true;
}

uint32_t
pctab__model_rule (struct model *m, const struct rule *rule)
{
  if (m->rules.cnt * 2 >= m->rule_hash_cap && !rule_hash_grow (m))
    return MODEL_NONE;
  size_t at = rule_hash (rule) & (m->rule_hash_cap - 1);
  for (; m->rule_hash[at] != MODEL_NONE; at = (at + 1) & (m->rule_hash_cap - 1))
    if (!memcmp (&m->rules.at[m->rule_hash[at]], rule, sizeof *rule))
      return m->rule_hash[at];
  if (!model_reserve (&m->rules, 1))
    return MODEL_NONE;
  m->rules.at[m->rules.cnt] = *rule;
  m->rule_hash[at] = (uint32_t) m->rules.cnt;
  return (uint32_t) m->rules.cnt++;
}

struct model_frame *
pctab__model_frame (const struct model *m, uint32_t off)
{
  size_t lo = 0, hi = m->frames.cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (m->frames.at[mid].end <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < m->frames.cnt && m->frames.at[lo].off <= off ? &m->frames.at[lo] : NULL;
}
