/* SPDX-License-Identifier: MIT */
/* The list of modules.  It never changes: whoever has something to add or to take away writes a new one and publishes
 * it by one store; the old one is freed when no reader can be in it.  Files without a good table stand in it too, so
 * that they aren't looked for again at each PC. */
#include "module.h"

#include <string.h>

#include "memory.h"

static const struct list none = { .pub = { .process = true } };

const struct pctab_modules *
pctab_modules (void)
{
  const struct shared *s = __atomic_load_n (&pctab__shared, __ATOMIC_ACQUIRE);
  const struct pctab_modules *modules = s ? __atomic_load_n (&s->modules, __ATOMIC_ACQUIRE) : NULL;
  return modules ? modules : &none.pub;
}

const struct record *
pctab__list_find (const struct list *l, uint64_t pc)
{
  uint32_t at = 0;
  if (!l->cnt)
    return NULL;
  for (uint32_t cnt = l->cnt, half; cnt > 1; cnt -= half)
    {
      half = cnt / 2;
      at += l->lo[at + half] <= pc ? half : 0;
    }
  const struct record *r = l->at[at];
  return pc - r->module.lo < r->module.hi - r->module.lo ? r : NULL;
}

bool
pctab__record_lives (const struct record *r)
{
  if (!r->mark_cnt)
    return true;
  if (__atomic_load_n (&r->gone, __ATOMIC_RELAXED))
    return false;
  for (uint32_t i = 0; i < r->mark_cnt; i++)
    if (!pctab__memory_is (r->mark[i].addr, r->mark[i].value))
      {
        __atomic_store_n (&((struct record *) (uintptr_t) r)->gone, true, __ATOMIC_RELAXED);
        return false;
      }
  return true;
}

const struct record *
pctab__record_now (uint64_t pc)
{
  const struct record *r = pctab__list_find (list_of (pctab_modules ()), pc);
  return r && pctab__record_lives (r) ? r : NULL;
}

/* The same in a list that isn't ours. */
static const struct pctab_module *
find_given (const struct pctab_modules *modules, uint64_t pc)
{
  uint32_t at = 0;
  for (uint32_t cnt = modules->cnt, half; cnt > 1; cnt -= half)
    {
      half = cnt / 2;
      at += modules->at[at + half]->lo <= pc ? half : 0;
    }
  const struct pctab_module *m = modules->cnt ? modules->at[at] : NULL;
  return m && pc - m->lo < m->hi - m->lo ? m : NULL;
}

const struct pctab_module *
pctab__module_find (const struct pctab_modules *modules, uint64_t pc, uint64_t *trusted)
{
  if (!modules->process)
    return find_given (modules, pc);
  const struct list *l = list_of (modules);
  if (__builtin_expect (pc - l->main_lo < l->main_len, 1))
    return l->main;
  const struct record *r = pctab__list_find (l, pc);
  if (r && !r->error && r->module.generation == *trusted)
    return &r->module;
  const struct pctab_module *m
    = r && pctab__record_lives (r) ? (r->error ? NULL : &r->module) : pctab__module_discover (l, pc);
  if (m && !m->permanent)
    *trusted = m->generation;
  return m;
}

const struct pctab_module *
pctab_find_module (const struct pctab_modules *modules, uint64_t pc)
{
  uint64_t trusted = 0;
  return pctab__module_find (modules, pc, &trusted);
}

bool
pctab_identify (uint64_t pc, struct pctab_identity *identity)
{
  pctab_read_begin ();
  const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
  if (m)
    {
      *identity = (struct pctab_identity){ .build_id_len = m->build_id_len, .off = pc - m->bias,
                                           .generation = m->generation };
      memcpy (identity->build_id, m->build_id, sizeof identity->build_id);
    }
  pctab_read_end ();
  return m != NULL;
}

void
pctab_module_each (bool (*each) (const struct pctab_module_info *info, void *arg), void *arg)
{
  pctab_read_begin ();
  const struct list *l = list_of (pctab_modules ());
  bool more = true;
  for (uint32_t i = 0; i < l->cnt && more; i++)
    {
      const struct record *r = l->at[i];
      struct pctab_module_info info = { r->error ? NULL : &r->module, r->module.path, r->module.bias, r->error };
      more = each (&info, arg);
    }
  pctab_read_end ();
}
