/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a function, f and f.cold, as its object names them: for files without symbols, where nobody can tell
 * later what belongs together. */
#include "policy_state.h"

#include <stdlib.h>

struct part {
  uint32_t stem;   /* a hash of the name without .cold */
  uint32_t symbol;
  bool cold;
};

static int
by_stem (const void *va, const void *vb)
{
  const struct part *a = va, *b = vb;
  if (a->stem != b->stem)
    return a->stem < b->stem ? -1 : 1;
  return a->symbol < b->symbol ? -1 : a->symbol > b->symbol;
}

static int
by_place (const void *va, const void *vb)
{
  const struct reloc_use *a = va, *b = vb;
  if (a->section != b->section)
    return a->section < b->section ? -1 : 1;
  return a->off < b->off ? -1 : a->off > b->off;
}

/* The parts of all functions that may have some, sorted; ANY: one is a cold one. */
static struct part *
collect (const struct object *o, size_t *cnt, bool *any)
{
  struct part *parts = malloc ((o->symbol_cnt + (size_t) 1) * sizeof *parts);
  *cnt = 0;
  *any = false;
  for (uint32_t i = 1; parts && i < o->symbol_cnt; i++)
    {
      struct model_str name;
      if (o->symbols[i].type != STT_FUNC || !o->symbols[i].section
          || !pctab__elf_names_get (&o->names, o->symbols[i].name, &name) || name.len < 1)
        continue;
      const char *cold = name.len > 5 ? memmem (name.p + 1, name.len - 1, ".cold", 5) : NULL;
      *any |= cold != NULL;
      if (cold)
        name.len = (uint32_t) (cold - name.p);
      parts[(*cnt)++] = (struct part){ pctab__place_hash (name), i, cold != NULL };
    }
  if (*any)
    qsort (parts, *cnt, sizeof *parts, by_stem);
  return parts;
}

/* The smallest reason of the first CNT uses, sorted, that are in the function. */
static unsigned
reason_of (const struct reloc_scan *r, size_t cnt, const struct elf_symbol *s)
{
  size_t lo = 0, hi = cnt;
  unsigned reason = 0;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      const struct reloc_use *u = &r->uses.at[mid];
      if (u->section < s->section || (u->section == s->section && u->off < s->value))
        lo = mid + 1;
      else
        hi = mid;
    }
  for (size_t i = lo; i < cnt && i < lo + 64; i++)
    {
      const struct reloc_use *u = &r->uses.at[i];
      if (u->section != s->section || u->off - s->value >= s->size)
        break;
      if (!reason || u->reason < reason)
        reason = u->reason;
    }
  return reason;
}

/* What one of PARTS [0, CNT) uses, all do. */
static bool
share (struct reloc_scan *r, size_t use_cnt, const struct part *parts, size_t cnt)
{
  unsigned reason = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      unsigned its = reason_of (r, use_cnt, &r->symbols[parts[i].symbol]);
      if (its && (!reason || its < reason))
        reason = its;
    }
  for (size_t i = 0; reason && i < cnt; i++)
    {
      const struct elf_symbol *s = &r->symbols[parts[i].symbol];
      if (!model_reserve (&r->uses, 1))
        return false;
      r->uses.at[r->uses.cnt++] = (struct reloc_use){ s->section, reason, s->value };
    }
  return true;
}

bool
pctab__parts_share (struct policy *p, const struct object *o, struct reloc_scan *r)
{
  size_t cnt, use_cnt = r->uses.cnt;
  bool any, good = true;
  if (!use_cnt)
    return true;
  struct part *parts = collect (o, &cnt, &any);
  if (!parts)
    return pctab__diag_memory (p->d);
  if (any)
    qsort (r->uses.at, use_cnt, sizeof *r->uses.at, by_place);
  for (size_t i = 0, end; any && good && i < cnt; i = end)
    {
      bool cold = false;
      for (end = i; end < cnt && parts[end].stem == parts[i].stem; end++)
        cold |= parts[end].cold;
      if (cold)
        good = share (r, use_cnt, parts + i, end - i);
    }
  free (parts);
  return good || pctab__diag_memory (p->d);
}
