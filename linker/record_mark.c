/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .pcdata, as it stands there: what is unsafe and what can be restarted is decided from all marks together (mark.c). */
#include "record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "radix.h"

#define NAME_LEN_MAX 65535

enum { FLAG_NOPREEMPT = 1, FLAG_TOP = 2, FLAG_SPWRITE = 4, FLAG_ASM = 8, FLAG_PREEMPT = 16, FLAG_ALL = 31 };

struct named {
  struct record record;
  uint32_t number;
  struct model_str name;
};

struct marks {
  struct record_flags flags;
  MODEL_VEC (struct named) names;
};

static bool
add_mark (struct record_reader *rr, const struct model_mark *mark)
{
  if (!model_reserve (&rr->m->marks, 1))
    return pctab__diag_memory (rr->d);
  rr->m->marks.at[rr->m->marks.cnt++] = *mark;
  return true;
}

/* The function at OFF has a mark. */
static void
note_mark (struct record_reader *rr, uint32_t off)
{
  size_t i = pctab__record_frame_at (rr, off);
  if (i < rr->m->frames.cnt)
    rr->m->frames.at[i].flags |= FRAME_MARKED;
}

static bool
take_values (struct record_reader *rr, struct record *r)
{
  uint32_t table = cursor_u32 (&r->body), off = r->off;
  while (cursor_left (&r->body) && !r->body.bad)
    {
      uint32_t len = cursor_u32 (&r->body);
      int32_t value = (int32_t) cursor_u32 (&r->body);
      if (r->body.bad)
        break;
      if (len > r->limit - off)
        return pctab__record_error (rr, r, "its stretches reach %" PRIu32 " bytes behind the code there; let them end "
                                    "with their function", len - (r->limit - off));
      if (table == PCTAB_TABLE_UNSAFEPOINT
          && (value > PCTAB_UNSAFEPOINT_SAFE || value < PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY))
        return pctab__record_error (rr, r, "has the value %" PRId32 " in table 0, UnsafePoint; there are -1 to -5",
                                    value);
      struct model_mark mark = { .off = off, .end = off + len, .value = value, .table = table, .record = r->at };
      bool restart = table == PCTAB_TABLE_UNSAFEPOINT && value <= PCTAB_UNSAFEPOINT_RESTART1;
      if ((len || restart) && !add_mark (rr, &mark))
        return false;
      off += len;
    }
  note_mark (rr, r->off);
  return pctab__record_done (rr, r);
}

static bool
take_mark (struct record_reader *rr, struct record *r)
{
  struct model_mark mark = { .off = r->off, .record = r->at, .single = true };
  if (!pctab__record_end (rr, r, &mark.end))
    return false;
  mark.value = (int32_t) cursor_u32 (&r->body);
  if (!pctab__record_done (rr, r))
    return false;
  if (mark.value != PCTAB_UNSAFEPOINT_UNSAFE && mark.value != PCTAB_UNSAFEPOINT_RESTART1
      && mark.value != PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY)
    return pctab__record_error (rr, r, "has the value %" PRId32 "; a mark is -2 (unsafe), -3 (restart range) or -5 "
                                "(restart at entry)", mark.value);
  note_mark (rr, mark.off);
  return add_mark (rr, &mark);
}

static bool
take_point (struct record_reader *rr, struct record *r)
{
  uint32_t what = cursor_u32 (&r->body), pair = cursor_u32 (&r->body);
  if (!pctab__record_done (rr, r))
    return false;
  if (what != 1 && what != 2)
    return pctab__record_error (rr, r, "is neither where a pair begins nor where it ends: %" PRIu32 "; say 1 or 2",
                                what);
  if (!model_reserve (&rr->m->points, 1))
    return pctab__diag_memory (rr->d);
  rr->m->points.at[rr->m->points.cnt++] = (struct model_point){ r->off, pair, r->at, what == 2 };
  note_mark (rr, what == 2 ? r->off - 1 : r->off);
  return true;
}

static bool
take_flags (struct record_reader *rr, struct record *r, struct marks *marks)
{
  uint32_t end;
  if (!pctab__record_end (rr, r, &end))
    return false;
  uint32_t flags = cursor_u32 (&r->body);
  if (!pctab__record_done (rr, r))
    return false;
  if (flags & ~(uint32_t) FLAG_ALL || (flags & FLAG_NOPREEMPT && flags & FLAG_PREEMPT))
    return pctab__record_error (rr, r, "has flags %#" PRIx32 ", which %s", flags, flags & ~(uint32_t) FLAG_ALL
                                ? "this pctab-link does not know; use a newer one, or compile for this one"
                                : "say preemptible (16) and not preemptible (1); keep one");
  uint16_t what = FRAME_MARKED;
  what |= flags & FLAG_NOPREEMPT ? FRAME_NOPREEMPT : 0;
  what |= flags & FLAG_TOP ? FRAME_TOP : 0;
  what |= flags & FLAG_SPWRITE ? FRAME_SPWRITE : 0;
  what |= flags & FLAG_ASM ? FRAME_ASM : 0;
  what |= flags & FLAG_PREEMPT ? FRAME_PREEMPT : 0;
  return pctab__record_flags_add (rr, &marks->flags, r->off, end, what);
}

/* RFC 3629: no overlong forms, surrogates, or beyond U+10FFFF. */
static bool
is_utf8 (const unsigned char *p, size_t len)
{
  for (size_t i = 0; i < len;)
    {
      unsigned char b = p[i];
      unsigned more = b < 0x80 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
      if ((b >= 0x80 && b < 0xc2) || b > 0xf4 || more >= len - i)
        return false;
      unsigned char low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80, high = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
      for (unsigned k = 1; k <= more; k++, low = 0x80, high = 0xbf)
        if (p[i + k] < low || p[i + k] > high)
          return false;
      i += more + 1;
    }
  return true;
}

static bool
take_name (struct record_reader *rr, struct record *r, struct marks *marks)
{
  uint32_t number = cursor_u32 (&r->body);
  const char *text = cursor_str (&r->body);
  if (!pctab__record_done (rr, r))
    return false;
  struct model_str name = { text, (uint32_t) strlen (text) };
  if (name.len > NAME_LEN_MAX || !is_utf8 ((const unsigned char *) text, name.len))
    return pctab__record_error (rr, r, "gives table %" PRIu32 " a name that is longer than %d bytes or not UTF-8; give "
                                "it another", number, NAME_LEN_MAX);
  if (!name.len)
    return true;
  if (!model_reserve (&marks->names, 1))
    return pctab__diag_memory (rr->d);
  marks->names.at[marks->names.cnt++] = (struct named){ *r, number, name };
  return true;
}

/* Names of tables, by rising number, each once. */
static bool
add_tables (struct record_reader *rr, struct marks *marks)
{
  struct model *m = rr->m;
  size_t cnt = marks->names.cnt;
  uint64_t *keys = malloc ((cnt + 1) * sizeof *keys);
  for (size_t i = 0; keys && i < cnt; i++)
    keys[i] = (uint64_t) marks->names.at[i].number << 32 | i;
  if (!keys || !pctab__radix_sort (keys, cnt) || !model_reserve (&m->tables, cnt))
    {
      free (keys);
      return pctab__diag_memory (rr->d);
    }
  for (size_t i = 0; i < cnt; i++)
    {
      const struct named *n = &marks->names.at[(uint32_t) keys[i]];
      const struct model_table *last = m->tables.cnt ? &m->tables.at[m->tables.cnt - 1] : NULL;
      if (!last || last->number != n->number)
        m->tables.at[m->tables.cnt++] = (struct model_table){ .number = n->number, .name = n->name };
      else if (last->name.len != n->name.len || memcmp (last->name.p, n->name.p, n->name.len))
        {
          pctab__record_error (rr, &n->record, "names table %" PRIu32 " \"%.80s\" where another record says "
                               "\"%.80s\"; give it one name, or use another table", n->number, n->name.p, last->name.p);
          break;
        }
    }
  free (keys);
  return !rr->d->failed;
}

static bool
take (struct record_reader *rr, struct record *r, void *user)
{
  switch (r->kind)
    {
    case RECORD_VALUES: return take_values (rr, r);
    case RECORD_MARK: return take_mark (rr, r);
    case RECORD_POINT: return take_point (rr, r);
    case RECORD_FLAGS: return take_flags (rr, r, user);
    default: return take_name (rr, r, user);
    }
}

/* Sections of code whose functions are all marked alike, for compilers that can say no more of a function. */
static bool
take_section (struct record_reader *rr, const struct elf_section *s, struct marks *marks)
{
  const char *what = s->name + strlen (RECORD_TEXT);
  uint16_t flag = !strcmp (what, "unsafe") ? RECORD_UNSAFE : !strcmp (what, "nopreempt") ? FRAME_NOPREEMPT
                  : !strcmp (what, "preempt") ? FRAME_PREEMPT : 0;
  uint32_t off = (uint32_t) (s->addr - rr->m->base), end = off + (uint32_t) s->size;
  return !flag || pctab__record_flags_add (rr, &marks->flags, off, end, flag | FRAME_MARKED);
}

bool
pctab__record_marks (struct record_reader *rr)
{
  struct marks marks = { 0 };
  bool good = pctab__record_walk (rr, ".pcdata", take, &marks) && add_tables (rr, &marks);
  for (uint32_t i = 1; good && i < rr->f->section_cnt; i++)
    if (pctab__record_text (&rr->f->sections[i]))
      good = take_section (rr, &rr->f->sections[i], &marks);
  good = good && pctab__record_flags_set (rr, &marks.flags);
  pctab__record_flags_free (&marks.flags);
  free (marks.names.at);
  return good;
}
