/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A function that an option excludes, or whose author says that it is not preemptible, may be inlined: its copies are
 * unsafe code of functions that are preemptible otherwise.  Only debug information tells where they are, and tells them
 * by name.
 *
 * Nothing is to be done for other reasons: where a function is inlined that uses thread-local data or calls vfork, its
 * caller has the relocation. */
#include "policy_state.h"

#include <stdlib.h>

#include "format.h"
#include "radix.h"

/* Names of functions, as hashes: two that are the same by chance cost a preemption. */
struct name_set {
  MODEL_VEC (uint64_t) at;
};

static uint32_t
stem_hash (struct model_str name)
{
  const char *dot = name.len > 1 ? memchr (name.p + 1, '.', name.len - 1) : NULL;
  return pctab__place_hash ((struct model_str){ name.p, dot ? (uint32_t) (dot - name.p) : name.len });
}

static bool
has_name (const struct name_set *set, struct model_str name)
{
  uint64_t key = (uint64_t) stem_hash (name) << 32;
  size_t lo = 0, hi = set->at.cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (set->at.at[mid] < key)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < set->at.cnt && set->at.at[lo] == key;
}

/* The names of functions that are declared to be not preemptible. */
static bool
collect_declared (const struct model *m, struct name_set *set)
{
  bool any = false;
  for (size_t i = 0; i < m->frames.cnt; i++)
    any |= (m->frames.at[i].flags & FRAME_NOPREEMPT) && m->frames.at[i].reason == REASON_DECLARED;
  for (size_t i = 0; any && i < m->symbols.cnt; i++)
    {
      const struct model_frame *f = pctab__model_frame (m, m->symbols.at[i].off);
      if (!f || !(f->flags & FRAME_NOPREEMPT) || f->reason != REASON_DECLARED)
        continue;
      if (!model_reserve (&set->at, 1))
        return false;
      set->at.at[set->at.cnt++] = (uint64_t) stem_hash (m->symbols.at[i].name) << 32;
    }
  return pctab__radix_sort (set->at.at, set->at.cnt);
}

/* By origin: whether its copies are unsafe. */
static bool
judge_origins (struct policy *p, const struct model *m, const struct name_set *declared, uint8_t *unsafe)
{
  bool any = false;
  for (size_t i = 0; i < m->origins.cnt; i++)
    {
      struct model_str name = m->origins.at[i].name;
      unsafe[i] = name.len && ((declared->at.cnt && has_name (declared, name)) || pctab__policy_excludes (p, name));
      any |= unsafe[i];
    }
  return any;
}

static bool
add_mark (struct model *m, uint32_t off, uint32_t end)
{
  if (!model_reserve (&m->marks, 1))
    return false;
  m->marks.at[m->marks.cnt++] = (struct model_mark){ .off = off, .end = end, .value = PCTAB_UNSAFEPOINT_UNSAFE,
                                                     .table = PCTAB_TABLE_UNSAFEPOINT, .record = MODEL_NONE };
  return true;
}

/* The part of each frame that is in [off, end), unless the whole of it is refused anyway; *AT: the frame to begin
 * with. */
static bool
mark_stretch (struct model *m, uint32_t off, uint32_t end, size_t *at)
{
  for (; *at < m->frames.cnt && m->frames.at[*at].off < end; (*at)++)
    {
      const struct model_frame *f = &m->frames.at[*at];
      uint32_t from = f->off > off ? f->off : off, to = f->end < end ? f->end : end;
      if (from < to && !(f->flags & FRAME_NOPREEMPT) && !add_mark (m, from, to))
        return false;
      if (f->end > end)
        break; /* the next stretch may be in it too */
    }
  return true;
}

/* The copies' code, joined where stretches touch or overlap, so that each byte is marked once. */
static bool
mark_copies (struct model *m, const uint8_t *unsafe)
{
  struct name_set ranges = { 0 };
  bool good = true;
  for (size_t i = 0; good && i < m->ranges.cnt; i++)
    {
      const struct model_range *r = &m->ranges.at[i];
      const struct model_node *n = r->node < m->nodes.cnt ? &m->nodes.at[r->node] : NULL;
      if (!n || n->parent == MODEL_NONE || n->origin >= m->origins.cnt || !unsafe[n->origin] || r->off >= r->end)
        continue;
      good = model_reserve (&ranges.at, 1);
      if (good)
        ranges.at.at[ranges.at.cnt++] = (uint64_t) r->off << 32 | r->end;
    }
  good = good && pctab__radix_sort (ranges.at.at, ranges.at.cnt);
  size_t frame = 0;
  for (size_t i = 0; good && i < ranges.at.cnt;)
    {
      uint32_t off = (uint32_t) (ranges.at.at[i] >> 32), end = (uint32_t) ranges.at.at[i];
      for (i++; i < ranges.at.cnt && ranges.at.at[i] >> 32 <= end; i++)
        if ((uint32_t) ranges.at.at[i] > end)
          end = (uint32_t) ranges.at.at[i];
      good = mark_stretch (m, off, end, &frame);
    }
  free (ranges.at.at);
  return good;
}

bool
pctab__policy_inline (struct policy *p, struct model *m)
{
  struct name_set declared = { 0 };
  uint8_t *unsafe = m->origins.cnt ? calloc (m->origins.cnt, 1) : NULL;
  bool good = (unsafe || !m->origins.cnt) && collect_declared (m, &declared);
  if (good && judge_origins (p, m, &declared, unsafe))
    good = mark_copies (m, unsafe);
  free (declared.at.at);
  free (unsafe);
  return good || pctab__diag_memory (p->d);
}
