/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the debug information says of code that a .pcln record speaks of goes away: sequences are cut, and inlined calls
 * of that code alone are left out.  Other ranges stay, since later ones hold before them (segment.h).
 *
 * Sequences may overlap, and cutting each would take the square of a hostile file's size.  Of those that overlap the
 * one that starts first holds, so one sweep first makes them disjoint. */
#include "record.h"

#include <stdlib.h>

#include "radix.h"

static void
drop_ranges (struct model *m, const struct record_spans *spans)
{
  size_t kept = 0;
  for (size_t i = 0; i < m->ranges.cnt; i++)
    {
      const struct model_range r = m->ranges.at[i];
      size_t k = pctab__record_spans_find (spans, r.off);
      bool inside = k < spans->list.cnt && spans->list.at[k].off <= r.off && r.end <= spans->list.at[k].end;
      if (!inside || m->nodes.at[r.node].parent == MODEL_NONE)
        m->ranges.at[kept++] = r;
    }
  m->ranges.cnt = kept;
}

struct cutter {
  struct model *m;
  const struct record_spans *spans;
  struct model_sequence *old; /* as imported */
};

/* The piece [OFF, END) of S, with rows of its own. */
static bool
add_piece (struct model *m, const struct model_sequence *s, uint32_t off, uint32_t end)
{
  uint32_t lo = 0, hi = s->line_cnt;
  while (lo < hi)
    {
      uint32_t mid = lo + (hi - lo) / 2;
      if (m->lines.at[s->line + mid].off <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  uint32_t first = lo ? lo - 1 : 0, stop = first + 1;
  while (stop < s->line_cnt && m->lines.at[s->line + stop].off < end)
    stop++;
  uint32_t cnt = stop - first;
  if (!s->line_cnt)
    return true;
  if (!model_reserve (&m->lines, cnt) || !model_reserve (&m->sequences, 1))
    return false;
  struct model_sequence piece = { off, end, (uint32_t) m->lines.cnt, cnt };
  memcpy (m->lines.at + m->lines.cnt, m->lines.at + s->line + first, cnt * sizeof *m->lines.at);
  m->lines.cnt += cnt;
  if (m->lines.at[piece.line].off < off)
    m->lines.at[piece.line].off = off;
  m->sequences.at[m->sequences.cnt++] = piece;
  return true;
}

/* What is left of [OFF, S's end). */
static bool
cut_sequence (struct cutter *c, const struct model_sequence *s, uint32_t off)
{
  size_t i = pctab__record_spans_find (c->spans, off), cnt = c->spans->list.cnt;
  const struct record_span *spans = c->spans->list.at;
  if (off == s->off && (i == cnt || spans[i].off >= s->end))
    {
      if (!model_reserve (&c->m->sequences, 1))
        return false;
      c->m->sequences.at[c->m->sequences.cnt++] = *s;
      return true;
    }
  while (off < s->end)
    {
      uint32_t end = i < cnt && spans[i].off < s->end ? spans[i].off : s->end;
      if (off < end && !add_piece (c->m, s, off, end))
        return false;
      off = end < s->end ? spans[i++].end : end;
    }
  return true;
}

static bool
cut_sequences (struct cutter *c)
{
  struct model *m = c->m;
  size_t cnt = m->sequences.cnt;
  uint64_t *keys = malloc ((cnt + 1) * sizeof *keys);
  c->old = malloc ((cnt + 1) * sizeof *c->old);
  bool good = keys && c->old;
  for (size_t i = 0; good && i < cnt; i++)
    {
      c->old[i] = m->sequences.at[i];
      keys[i] = (uint64_t) c->old[i].off << 32 | i;
    }
  good = good && pctab__radix_sort (keys, cnt);
  m->sequences.cnt = 0;
  uint32_t taken = 0;
  for (size_t i = 0; good && i < cnt; i++)
    {
      const struct model_sequence *s = &c->old[(uint32_t) keys[i]];
      uint32_t off = s->off > taken ? s->off : taken;
      good = off >= s->end || cut_sequence (c, s, off);
      taken = s->end > taken ? s->end : taken;
    }
  free (keys);
  free (c->old);
  return good;
}

bool
pctab__record_cut (struct record_reader *rr, const struct record_spans *spans)
{
  struct cutter c = { .m = rr->m, .spans = spans };
  drop_ranges (rr->m, spans);
  return cut_sequences (&c) || pctab__diag_memory (rr->d);
}
