/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .pcln: each record becomes a sequence of lines and a tree of nodes of its own, behind the imported ones.  Of ranges
 * the last in the model holds, so those of a record cover the debug information's; imported lines are cut
 * (record_cut.c).  The function itself has no name in the record: it keeps that of the imported subprogram there. */
#include "record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "radix.h"

#define CALL_LEN 24
#define STEP_LEN 16

/* A call of the record at hand: its first child and its next sibling, 0: none; the model's node. */
struct call {
  uint32_t child, next, node;
};

/* Strings and calls are those of the record at hand.  Its numbers of strings start from 1; call 0 is the function. */
struct lines {
  struct record_names names;
  struct record_spans spans;
  uint64_t *subprograms; /* ranges of imported ones, by offset */
  size_t subprogram_cnt;
  MODEL_VEC (struct model_str) strings;
  MODEL_VEC (uint32_t) files; /* of each string, once it has a number */
  MODEL_VEC (struct call) calls;
};

/* --- strings ------------------------------------------------------------ */

static bool
read_strings (struct record_reader *rr, struct lines *l, struct record *r, uint32_t len)
{
  const unsigned char *at = cursor_take (&r->body, len);
  if (!at || (len && at[len - 1]))
    return pctab__record_error (rr, r, "its strings are cut off; each is ended by 0, and their size counts them all");
  struct cursor c = cursor_over (at, len, false);
  l->strings.cnt = l->files.cnt = 0;
  while (cursor_left (&c))
    {
      const char *text = cursor_str (&c);
      uint32_t text_len = (uint32_t) ((const char *) c.pos - text) - 1;
      if (!model_reserve (&l->strings, 1) || !model_reserve (&l->files, 1))
        return pctab__diag_memory (rr->d);
      l->strings.at[l->strings.cnt++] = (struct model_str){ text, text_len };
      l->files.at[l->files.cnt++] = MODEL_NONE;
    }
  return true;
}

static bool
string_error (struct record_reader *rr, const struct record *r, const struct lines *l, uint32_t number)
{
  return pctab__record_error (rr, r, "names string %" PRIu32 " of %zu; they are numbered from 1, and 0 is none",
                              number, l->strings.cnt);
}

/* The model's number of the file that string NUMBER is; none for 0. */
static bool
file_of (struct record_reader *rr, struct lines *l, const struct record *r, uint32_t number, uint32_t *file)
{
  *file = MODEL_NONE;
  if (!number)
    return true;
  if (number > l->strings.cnt)
    return string_error (rr, r, l, number);
  if (l->files.at[number - 1] == MODEL_NONE)
    l->files.at[number - 1] = pctab__record_file (&l->names, &l->strings.at[number - 1]);
  *file = l->files.at[number - 1];
  return *file != MODEL_NONE || pctab__diag_memory (rr->d);
}

/* --- calls -------------------------------------------------------------- */

static bool
add_node (struct record_reader *rr, uint32_t parent, uint32_t origin, uint32_t file, uint32_t line)
{
  struct model *m = rr->m;
  if (!model_reserve (&m->nodes, 1))
    return pctab__diag_memory (rr->d);
  m->nodes.at[m->nodes.cnt++] = (struct model_node){ parent, origin, file, line };
  return true;
}

static bool
add_call_node (struct record_reader *rr, struct lines *l, const struct record *r, const unsigned char *at)
{
  struct cursor c = cursor_over (at, CALL_LEN, rr->f->big);
  uint32_t parent = cursor_u32 (&c), name = cursor_u32 (&c), decl = cursor_u32 (&c);
  struct model_origin origin = { .line = cursor_u32 (&c) };
  uint32_t call = cursor_u32 (&c), line = cursor_u32 (&c), file;
  if (name > l->strings.cnt)
    return string_error (rr, r, l, name);
  if (name)
    origin.name = l->strings.at[name - 1];
  if (!file_of (rr, l, r, decl, &origin.file) || !file_of (rr, l, r, call, &file))
    return false;
  uint32_t number = pctab__record_origin (&l->names, &origin);
  if (number == MODEL_NONE)
    return pctab__diag_memory (rr->d);
  return add_node (rr, l->calls.at[parent].node, number, file, line);
}

/* The calls as a tree: children by number.  A parent has a smaller number, so there are no rings. */
static bool
link_calls (struct record_reader *rr, struct lines *l, const struct record *r, const unsigned char *at, uint32_t cnt)
{
  if (!model_reserve (&l->calls, (size_t) cnt + 1))
    return pctab__diag_memory (rr->d);
  l->calls.cnt = (size_t) cnt + 1;
  memset (l->calls.at, 0, l->calls.cnt * sizeof *l->calls.at);
  for (uint32_t i = cnt; i; i--)
    {
      uint32_t parent = load_u32 (at + (size_t) (i - 1) * CALL_LEN, rr->f->big);
      if (parent >= i)
        return pctab__record_error (rr, r, "call %" PRIu32 " has call %" PRIu32 " as its parent, which is no "
                                    "smaller number; let parents come before what is inlined into them", i, parent);
      l->calls.at[i].next = l->calls.at[parent].child;
      l->calls.at[parent].child = i;
    }
  return true;
}

/* The call behind call I, in preorder, as the model has its nodes; 0: it was the last. */
static uint32_t
next_call (const struct lines *l, const unsigned char *at, bool big, uint32_t i)
{
  if (l->calls.at[i].child)
    return l->calls.at[i].child;
  while (i && !l->calls.at[i].next)
    i = load_u32 (at + (size_t) (i - 1) * CALL_LEN, big);
  return l->calls.at[i].next;
}

static bool
read_calls (struct record_reader *rr, struct lines *l, struct record *r, uint32_t cnt, uint32_t origin)
{
  const unsigned char *at = cursor_take (&r->body, (uint64_t) cnt * CALL_LEN);
  if (!at)
    return pctab__record_error (rr, r, "its %" PRIu32 " calls are cut off; each has %d bytes, and their number stands "
                                "before the strings", cnt, CALL_LEN);
  if (!link_calls (rr, l, r, at, cnt))
    return false;
  l->calls.at[0].node = (uint32_t) rr->m->nodes.cnt;
  if (!add_node (rr, MODEL_NONE, origin, MODEL_NONE, 0))
    return false;
  for (uint32_t i = next_call (l, at, rr->f->big, 0); i; i = next_call (l, at, rr->f->big, i))
    {
      l->calls.at[i].node = (uint32_t) rr->m->nodes.cnt;
      if (!add_call_node (rr, l, r, at + (size_t) (i - 1) * CALL_LEN))
        return false;
    }
  return true;
}

/* --- steps -------------------------------------------------------------- */

/* From OFF on: of two at one place the later holds, and what says the same goes on. */
static bool
add_line (struct model *m, struct model_sequence *s, uint32_t off, uint32_t file, uint32_t line)
{
  if (s->line_cnt && m->lines.at[m->lines.cnt - 1].off == off)
    {
      s->line_cnt--;
      m->lines.cnt--;
    }
  const struct model_line *last = s->line_cnt ? &m->lines.at[m->lines.cnt - 1] : NULL;
  if (last && last->file == file && last->line == line)
    return true;
  if (!model_reserve (&m->lines, 1))
    return false;
  m->lines.at[m->lines.cnt++] = (struct model_line){ off, file, line };
  s->line_cnt++;
  return true;
}

static bool
add_range (struct model *m, uint32_t off, uint32_t end, uint32_t node)
{
  struct model_range *last = m->ranges.cnt ? &m->ranges.at[m->ranges.cnt - 1] : NULL;
  if (last && last->node == node && last->end == off)
    {
      last->end = end;
      return true;
    }
  if (!model_reserve (&m->ranges, 1))
    return false;
  m->ranges.at[m->ranges.cnt++] = (struct model_range){ off, end, node };
  return true;
}

static bool
take_step (struct record_reader *rr, struct lines *l, struct record *r, struct model_sequence *s, unsigned idx,
           uint32_t *off, uint32_t *node)
{
  struct model *m = rr->m;
  uint32_t advance = cursor_u32 (&r->body), call = cursor_u32 (&r->body);
  uint32_t string = cursor_u32 (&r->body), line = cursor_u32 (&r->body), file;
  if (idx ? advance > s->end - *off : advance)
    return pctab__record_error (rr, r, "step %u lies %s; steps stand in the order of the code, the first where it "
                                "begins", idx, idx ? "behind the end of the code" : "not at the start of the code");
  if (call >= l->calls.cnt)
    return pctab__record_error (rr, r, "step %u is of call %" PRIu32 " of %zu; they are numbered from 1, and 0 is "
                                "the function", idx, call, l->calls.cnt - 1);
  if (!file_of (rr, l, r, string, &file))
    return false;
  if (advance && *node != l->calls.at[0].node && !add_range (m, *off, *off + advance, *node))
    return pctab__diag_memory (rr->d);
  *off += advance;
  *node = l->calls.at[call].node;
  if (*off < s->end && !add_line (m, s, *off, file, file == MODEL_NONE ? 0 : line))
    return pctab__diag_memory (rr->d);
  return true;
}

static bool
read_steps (struct record_reader *rr, struct lines *l, struct record *r, uint32_t end)
{
  struct model *m = rr->m;
  struct model_sequence s = { .off = r->off, .end = end, .line = (uint32_t) m->lines.cnt };
  uint32_t off = r->off, node = l->calls.at[0].node;
  if (!cursor_left (&r->body) || cursor_left (&r->body) % STEP_LEN)
    return pctab__record_error (rr, r, "has %zu bytes of steps, which have %d each, and at least one; its size must "
                                "count its own bytes alone", cursor_left (&r->body), STEP_LEN);
  if (!add_range (m, r->off, end, node))
    return pctab__diag_memory (rr->d);
  for (unsigned idx = 0; cursor_left (&r->body); idx++)
    if (!take_step (rr, l, r, &s, idx, &off, &node))
      return false;
  if ((off < end && node != l->calls.at[0].node && !add_range (m, off, end, node)) || !model_reserve (&m->sequences, 1))
    return pctab__diag_memory (rr->d);
  m->sequences.at[m->sequences.cnt++] = s;
  return true;
}

/* --- all together ------------------------------------------------------- */

/* The imported subprograms, by where they start. */
static bool
find_subprograms (struct record_reader *rr, struct lines *l)
{
  const struct model *m = rr->m;
  l->subprograms = malloc ((m->ranges.cnt + 1) * sizeof *l->subprograms);
  for (size_t i = 0; l->subprograms && i < m->ranges.cnt; i++)
    if (m->nodes.at[m->ranges.at[i].node].parent == MODEL_NONE)
      l->subprograms[l->subprogram_cnt++] = (uint64_t) m->ranges.at[i].off << 32 | i;
  return (l->subprograms && pctab__radix_sort (l->subprograms, l->subprogram_cnt)) || pctab__diag_memory (rr->d);
}

/* The origin of the imported subprogram at OFF, else one that says nothing. */
static uint32_t
origin_at (struct record_reader *rr, struct lines *l, uint32_t off)
{
  static const struct model_origin none = { .file = MODEL_NONE };
  const struct model *m = rr->m;
  size_t lo = 0, hi = l->subprogram_cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (l->subprograms[mid] >> 32 <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  const struct model_range *range = lo ? &m->ranges.at[(uint32_t) l->subprograms[lo - 1]] : NULL;
  return range && range->end > off ? m->nodes.at[range->node].origin : pctab__record_origin (&l->names, &none);
}

static bool
note_span (struct record_reader *rr, struct record *r, void *user)
{
  struct record_spans *spans = user;
  struct record_span span = { .off = r->off, .record = *r };
  if (!pctab__record_end (rr, r, &span.end))
    return false;
  if (span.end == span.off)
    return true; /* a function of no code */
  if (!model_reserve (&spans->list, 1))
    return pctab__diag_memory (rr->d);
  spans->list.at[spans->list.cnt++] = span;
  return true;
}

static bool
read_record (struct record_reader *rr, struct lines *l, const struct record_span *span)
{
  struct record r = span->record;
  cursor_u32 (&r.body);
  uint32_t strings_len = cursor_u32 (&r.body), call_cnt = cursor_u32 (&r.body);
  if (r.body.bad)
    return pctab__record_done (rr, &r);
  uint32_t origin = origin_at (rr, l, span->off);
  if (origin == MODEL_NONE)
    return pctab__diag_memory (rr->d);
  return read_strings (rr, l, &r, strings_len) && read_calls (rr, l, &r, call_cnt, origin)
         && read_steps (rr, l, &r, span->end);
}

bool
pctab__record_lines (struct record_reader *rr)
{
  struct lines l = { .names = { .m = rr->m } };
  bool good = pctab__record_walk (rr, ".pcln", note_span, &l.spans) && pctab__record_spans_order (rr, &l.spans);
  if (l.spans.list.cnt)
    good = good && pctab__record_cut (rr, &l.spans) && find_subprograms (rr, &l);
  for (size_t i = 0; good && i < l.spans.list.cnt; i++)
    good = read_record (rr, &l, &l.spans.list.at[i]);
  pctab__record_names_free (&l.names);
  free (l.spans.list.at);
  free (l.subprograms);
  free (l.strings.at);
  free (l.files.at);
  free (l.calls.at);
  return good;
}
