/* SPDX-License-Identifier: MIT */
/* A new list from the old one: written aside, then published by one store. */
#include <string.h>

#include "memory.h"
#include "module.h"

/* What is left out goes onto a chain. */
struct change {
  struct shared *shared;
  struct list *list; /* the new one */
  struct record *dropped, *refused;
};

/* A list with room for CNT records, in a block of its own. */
static struct list *
list_new (uint32_t cnt)
{
  size_t len = sizeof (struct list) + cnt * (sizeof (uint64_t) + 2 * sizeof (void *));
  struct list *l = pctab__memory_map (len);
  if (!l)
    return NULL;
  uint64_t *lo = (uint64_t *) (void *) (l + 1);
  l->block.len = len;
  l->lo = lo;
  l->at = (struct record **) (void *) (lo + cnt);
  l->pub.at = (const struct pctab_module *const *) (l->at + cnt);
  l->pub.process = true;
  return l;
}

static void
drop (struct record **chain, struct record *r)
{
  r->link = *chain;
  *chain = r;
}

/* Whether R, which is already there, makes room for NEW.  Both are there now, so it is the same file, or NEW is code
 * that was registered where a file is, or the like. */
static bool
yields (const struct record *r, const struct record *new)
{
  return r->error && (!new->error || new->error != r->error);
}

/* Puts R among the records by rising lo, in the place of those that yield to it. */
static void
add (struct change *c, struct record *r)
{
  struct list *l = c->list;
  uint32_t from = 0, to;
  while (from < l->cnt && l->at[from]->module.hi <= r->module.lo)
    from++;
  for (to = from; to < l->cnt && l->at[to]->module.lo < r->module.hi; to++)
    if (!yields (l->at[to], r))
      {
        drop (&c->refused, r);
        return;
      }
  for (uint32_t i = from; i < to; i++)
    drop (&c->dropped, l->at[i]);
  r->module.generation = r->error ? 0 : ++c->shared->generation;
  memmove (l->at + from + 1, l->at + to, (l->cnt - to) * sizeof *l->at);
  l->at[from] = r;
  l->cnt = l->cnt - (to - from) + 1;
}

/* What follows from the records. */
static void
finish (struct list *l)
{
  uint64_t *lo = (uint64_t *) (void *) (l + 1);
  const struct pctab_module **good = (const struct pctab_module **) (void *) l->pub.at;
  const struct record *main = NULL;
  for (uint32_t i = 0; i < l->cnt; i++)
    {
      const struct record *r = l->at[i];
      lo[i] = r->module.lo;
      if (r->error)
        continue;
      good[l->pub.cnt++] = &r->module;
      if (r->module.permanent && (!main || r->program
                                  || (!main->program && r->module.table.len > main->module.table.len)))
        main = r;
    }
  if (main)
    {
      l->main = &main->module;
      l->main_lo = main->module.lo;
      l->main_len = main->module.hi - main->module.lo;
    }
}

static uint32_t
chain_cnt (const struct record *r)
{
  uint32_t cnt = 0;
  for (; r; r = r->link)
    cnt++;
  return cnt;
}

/* Frees what was never published. */
static void
chain_free (struct record *r)
{
  for (struct record *next; r; r = next)
    {
      next = r->link;
      pctab__record_free (r);
    }
}

static void
publish (struct shared *s, struct change *c, const struct list *old)
{
  __atomic_store_n (&s->modules, &c->list->pub, __ATOMIC_RELEASE);
  if (old)
    pctab__block_retire (s, (struct block *) (uintptr_t) &old->block);
  for (struct record *r = c->dropped; r; r = r->link)
    if (r->block.len)
      pctab__block_retire (s, &r->block);
}

enum pctab_error
pctab__list_change (struct shared *s, struct record *new, struct record *remove)
{
  const struct list *old = s->modules ? list_of (s->modules) : NULL;
  struct change c = { .shared = s, .list = list_new ((old ? old->cnt : 0) + chain_cnt (new)) };
  if (!c.list)
    {
      chain_free (new);
      return PCTAB_ERROR_MEMORY;
    }
  for (uint32_t i = 0; old && i < old->cnt; i++)
    if (old->at[i] == remove || !pctab__record_lives (old->at[i]))
      drop (&c.dropped, old->at[i]);
    else
      c.list->at[c.list->cnt++] = old->at[i];
  for (struct record *r = new, *next; r; r = next)
    {
      next = r->link;
      add (&c, r);
    }
  finish (c.list);
  publish (s, &c, old);
  enum pctab_error error = c.refused ? PCTAB_ERROR_RANGE : PCTAB_ERROR_OK;
  chain_free (c.refused);
  pctab__block_reclaim (s);
  return error;
}
