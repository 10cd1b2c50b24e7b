/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which functions are preemptible, as a list of passes.  What is known of each is where its code came from; what is not
 * known is not preemptible if the file has anything at all that matters: code of link-time optimisation, whose objects
 * no one saw, and whatever a link without symbols hides. */
#include "policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_state.h"

bool
pctab__policy_hit (struct policy *p, unsigned reason, uint64_t addr, uint64_t len)
{
  const struct model_text *span = pctab__text_spans_find (&p->spans, addr);
  if (!span)
    return true;
  uint32_t off = (uint32_t) (addr - p->base);
  uint32_t end = len < span->end - off ? off + (uint32_t) len : span->end;
  return pctab__hits_add (&p->hits, reason, off, end) || pctab__diag_memory (p->d);
}

static bool
read_all (struct policy *p, const struct model *m)
{
  if (p->options->preempt == PREEMPT_NONE)
    return true;
  if (!pctab__text_spans_init (&p->spans, m))
    return pctab__diag_memory (p->d);
  return pctab__place_read (p) && pctab__policy_file (p) && pctab__policy_exact (p) && pctab__policy_objects (p);
}

struct policy *
pctab__policy_read (struct elf_file *f, const struct model *m, const struct options *o, struct diag *d)
{
  struct policy *p = calloc (1, sizeof *p);
  bool *used = calloc (o->exclusion_cnt + 1, sizeof *used);
  if (!p || !used)
    {
      free (p);
      free (used);
      pctab__diag_memory (d);
      return NULL;
    }
  *p = (struct policy){ .file = f, .options = o, .d = d, .base = m->base, .used = used,
                        .search_budget = SEARCH_BYTES };
  if (read_all (p, m))
    return p;
  pctab__policy_free (p);
  return NULL;
}

void
pctab__policy_free (struct policy *p)
{
  if (!p)
    return;
  pctab__text_spans_free (&p->spans);
  pctab__hits_free (&p->hits);
  pctab__place_free (&p->place);
  free (p->used);
  free (p);
}

/* The first reason of the list is kept.  What is declared preemptible is refused by its user's options alone. */
static void
refuse (struct model_frame *f, unsigned reason)
{
  if ((f->flags & FRAME_PREEMPT) && reason > REASON_DECLARED && reason != REASON_EXCLUDED)
    return;
  if (!(f->flags & FRAME_NOPREEMPT) || reason < f->reason)
    f->reason = (uint16_t) reason;
  f->flags |= FRAME_NOPREEMPT;
}

static void
note_seen (struct model_frame *f, unsigned reason)
{
  (void) reason;
  f->flags |= FRAME_SEEN;
}

/* A compiler may put the unlikely part of a function f elsewhere, as f.cold: one function in two frames, which a jump
 * leads from one to the other.  Calls VISIT with each pair. */
static void
visit_parts (struct policy *p, struct model *m, void (*visit) (struct model_frame *f, struct model_frame *part))
{
  const struct place_index *x = &p->place;
  for (size_t i = 0; i < x->parts.cnt; i++)
    {
      const struct place_symbol *s = &x->symbols.at[x->parts.at[i]];
      const char *cold = memmem (s->name.p + 1, s->name.len - 1, ".cold", 5);
      struct model_frame *part = pctab__model_frame (m, s->off);
      if (!part || !cold)
        continue;
      struct model_str stem = { s->name.p, (uint32_t) (cold - s->name.p) };
      uint32_t hash = pctab__place_hash (stem), cnt = 0;
      for (uint32_t k = MODEL_NONE; cnt < 64 && (k = pctab__place_next (x, stem, hash, k)) != MODEL_NONE; cnt++)
        {
          const struct place_symbol *of = &x->symbols.at[k];
          struct model_frame *f = pctab__model_frame (m, of->off);
          if (f && (of->bind != STB_LOCAL || !of->file || !s->file || of->file == s->file))
            visit (f, part);
        }
    }
}

static void
share_marks (struct model_frame *f, struct model_frame *part)
{
  part->flags |= f->flags & (FRAME_MARKED | FRAME_PREEMPT);
}

static void
share_reason (struct model_frame *f, struct model_frame *part)
{
  unsigned mine = f->flags & FRAME_NOPREEMPT ? f->reason : 0, its = part->flags & FRAME_NOPREEMPT ? part->reason : 0;
  if (mine >= REASON_DECLARED)
    refuse (part, mine);
  if (its >= REASON_DECLARED)
    refuse (f, its);
}

static void
refuse_by_option (struct model *m, const struct options *o)
{
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      struct model_frame *f = &m->frames.at[i];
      if ((f->flags & FRAME_NOPREEMPT) && !f->reason)
        f->reason = REASON_DECLARED;
      if (o->preempt == PREEMPT_NONE)
        refuse (f, REASON_NONE);
      else if (o->preempt == PREEMPT_MARKED && !(f->flags & (FRAME_MARKED | FRAME_PREEMPT)))
        refuse (f, REASON_UNMARKED);
    }
}

/* Of a file without symbols nobody knows what a pattern would match. */
static bool
take_exclusions (struct policy *p, const struct model *m)
{
  bool any = false;
  for (size_t i = 0; i < p->options->exclusion_cnt; i++)
    any |= p->options->exclusions[i].what == EXCLUDE_SYMBOL;
  p->lost |= any && !p->place.whole;
  for (size_t i = 0; any && i < m->symbols.cnt; i++)
    {
      const struct model_symbol *s = &m->symbols.at[i];
      if (pctab__policy_excludes (p, s->name)
          && !pctab__policy_hit (p, REASON_EXCLUDED, m->base + s->off, s->size ? s->size : 1))
        return false;
    }
  return true;
}

static bool
allocator_is_unseen (const struct policy *p, struct model *m)
{
  for (size_t i = 0; i < p->place.symbols.cnt; i++)
    {
      const struct place_symbol *s = &p->place.symbols.at[i];
      const struct model_frame *f
        = s->bind != STB_LOCAL && pctab__name_allocates (s->name) ? pctab__model_frame (m, s->off) : NULL;
      if (f && !(f->flags & FRAME_SEEN))
        return true;
    }
  return false;
}

/* Code that no object is known of; without symbols it may be of any. */
static void
refuse_unseen (const struct policy *p, struct model *m)
{
  bool tls = p->has_tls && !p->exact && !p->options->tls_allow, fork = p->has_fork && !p->exact;
  bool allocator = allocator_is_unseen (p, m), stripped = p->lost || !p->place.whole;
  for (size_t i = 0; i < m->frames.cnt; i++)
    {
      struct model_frame *f = &m->frames.at[i];
      if (f->flags & FRAME_SEEN)
        continue;
      if (stripped && (p->lost || tls || fork))
        refuse (f, REASON_STRIPPED);
      else if (allocator || fork || tls)
        refuse (f, REASON_UNSEEN);
    }
}

static void
warn (const struct policy *p, char *text, size_t size)
{
  static const char *const names[]
    = { [EXCLUDE_SYMBOL] = "exclude", [EXCLUDE_OBJECT] = "exclude-object", [EXCLUDE_ARCHIVE] = "exclude-archive" };
  size_t len = 0;
  *text = 0;
  for (size_t i = 0; i < p->options->exclusion_cnt && len < size; i++)
    if (!p->used[i])
      len += (size_t) snprintf (text + len, size - len, "pctab-link: warning: %s=%s matches nothing\n",
                                names[p->options->exclusions[i].what], p->options->exclusions[i].glob);
}

static bool
lay_over_frames (struct policy *p, struct model *m)
{
  bool good = pctab__hits_visit (&p->hits, REASON_SEEN, m, note_seen);
  for (unsigned reason = REASON_SEEN + 1; good && reason < REASON_END; reason++)
    if (p->hits.of[reason].cnt)
      good = pctab__hits_visit (&p->hits, reason, m, refuse);
  return good || pctab__diag_memory (p->d);
}

bool
pctab__policy_apply (struct policy *p, struct model *m, char *warnings, size_t size, struct diag *d)
{
  p->d = d;
  *warnings = 0;
  if (p->options->preempt == PREEMPT_NONE)
    {
      refuse_by_option (m, p->options);
      return true;
    }
  visit_parts (p, m, share_marks);
  refuse_by_option (m, p->options);
  if (!take_exclusions (p, m) || !lay_over_frames (p, m))
    return false;
  refuse_unseen (p, m);
  visit_parts (p, m, share_reason);
  if (!pctab__policy_inline (p, m))
    return false;
  for (size_t i = 0; i < m->frames.cnt; i++)
    m->frames.at[i].flags &= (uint16_t) ~FRAME_SEEN;
  warn (p, warnings, size);
  return true;
}
