/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "blame.h"

#define VERSION 1

/* Addresses of what is loaded and no code. */
struct record_data {
  uint64_t addr, end;
};

static const char *
section_of (const struct record *r)
{
  return r->kind < RECORD_FRAME ? ".pcdata" : r->kind < RECORD_LINES ? ".pcsp" : ".pcln";
}

static const char *
kind_name (unsigned kind)
{
  switch (kind)
    {
    case RECORD_VALUES: return "values";
    case RECORD_MARK: return "mark";
    case RECORD_POINT: return "point";
    case RECORD_FLAGS: return "function flags";
    case RECORD_NAME: return "table name";
    case RECORD_FRAME: return "frame";
    case RECORD_LINES: return "lines";
    default: return NULL;
    }
}

bool
pctab__record_error (struct record_reader *rr, const struct record *r, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  return pctab__blame_error (rr->d, rr->blame, rr->m, section_of (r), r->off, "record at 0x%" PRIx32 " (%s): %s", r->at,
                             kind_name (r->kind), text);
}

bool
pctab__record_end (struct record_reader *rr, struct record *r, uint32_t *end)
{
  uint32_t len = cursor_u32 (&r->body);
  if (r->body.bad)
    return pctab__record_error (rr, r, "is cut off; its size must count all of its bytes");
  if (len > r->limit - r->off)
    return pctab__record_error (rr, r, "speaks of %" PRIu32 " bytes where only %" PRIu32 " of code are left; make "
                                "both its labels those of one function", len, r->limit - r->off);
  *end = r->off + len;
  return true;
}

bool
pctab__record_done (struct record_reader *rr, const struct record *r)
{
  if (r->body.bad)
    return pctab__record_error (rr, r, "is cut off; its size must count all of its bytes");
  if (cursor_left (&r->body))
    return pctab__record_error (rr, r, "has %zu bytes too many for its kind; its size must count its own bytes alone",
                                cursor_left (&r->body));
  return true;
}

size_t
pctab__record_frame_at (struct record_reader *rr, uint32_t off)
{
  const struct model_frame *frames = rr->m->frames.at;
  size_t lo = 0, hi = rr->m->frames.cnt;
  if (rr->frame < hi && frames[rr->frame].off <= off)
    {
      if (off < frames[rr->frame].end)
        return rr->frame;
      lo = rr->frame + 1;
      if (lo < hi && frames[lo].off <= off && off < frames[lo].end)
        return rr->frame = lo;
    }
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (frames[mid].end <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  if (lo == rr->m->frames.cnt || frames[lo].off > off)
    return rr->m->frames.cnt;
  return rr->frame = lo;
}

/* --- where a record's code is ------------------------------------------- */

static int
by_address (const void *x, const void *y)
{
  const struct record_data *a = x, *b = y;
  return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* What a linker made of dead code is a small number, which in a shared object may be the address of tables that the
 * linker itself wrote: those are no data that someone could have marked. */
static bool
is_data (const struct elf_section *s)
{
  return (s->flags & SHF_ALLOC) && !(s->flags & SHF_EXECINSTR) && s->size && s->addr + s->size > s->addr
         && (s->type == SHT_PROGBITS || (s->type == SHT_NOBITS && !(s->flags & SHF_TLS)))
         && strcmp (s->name, ".interp");
}

static bool
find_data (struct record_reader *rr)
{
  struct elf_file *f = rr->f;
  struct record_data *data = malloc ((f->section_cnt + (size_t) 1) * sizeof *data);
  size_t cnt = 0, kept = 0;
  if (!data)
    return pctab__diag_memory (rr->d);
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (is_data (&f->sections[i]))
      data[cnt++] = (struct record_data){ f->sections[i].addr, f->sections[i].addr + f->sections[i].size };
  qsort (data, cnt, sizeof *data, by_address);
  for (size_t i = 0; i < cnt; i++)
    if (!kept || data[i].addr > data[kept - 1].end)
      data[kept++] = data[i];
    else if (data[i].end > data[kept - 1].end)
      data[kept - 1].end = data[i].end;
  rr->data = data;
  rr->data_cnt = kept;
  return true;
}

static bool
in_data (const struct record_reader *rr, uint64_t addr)
{
  size_t lo = 0, hi = rr->data_cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (rr->data[mid].end <= addr)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo < rr->data_cnt && rr->data[lo].addr <= addr;
}

/* What ends at its address is about the code before it: a point that ends a range, a range of no bytes. */
static bool
looks_back (const struct record *r)
{
  struct cursor c = r->body;
  uint32_t first = cursor_u32 (&c);
  return r->kind == RECORD_POINT ? first == 2 : r->kind != RECORD_VALUES && r->kind != RECORD_NAME && !first;
}

/* Finds the code at ADDR.  *LIVE: it is in the file. */
static bool
locate (struct record_reader *rr, const struct elf_section *s, struct record *r, uint64_t addr, bool *live)
{
  *live = false;
  if (!addr)
    return true;
  /* Thumb, microMIPS and MIPS16 (AAELF32 5.5.3). */
  if (rr->f->machine == EM_ARM || rr->f->machine == EM_MIPS)
    addr &= ~UINT64_C (1);
  const struct model_text *text = pctab__text_spans_find (&rr->texts, addr);
  if (!text && looks_back (r))
    text = pctab__text_spans_find (&rr->texts, addr - 1);
  if (!text)
    {
      if (!rr->data && !find_data (rr))
        return false;
      if (in_data (rr, addr))
        return pctab__diag_error (rr->d, s->name, "record at 0x%" PRIx32 " (%s): a mark in data, at 0x%" PRIx64 "; "
                                  "only code can have one, so put its label into a section of code", r->at,
                                  kind_name (r->kind), addr);
      return true;
    }
  r->off = (uint32_t) (addr - rr->m->base);
  r->limit = text->end;
  *live = true;
  return true;
}

/* --- the walk ----------------------------------------------------------- */

struct head {
  uint8_t version, kind, word, zero;
  uint32_t size;
  uint64_t addr;
};

/* The function is named where the address can be made out. */
static bool
head_error (struct record_reader *rr, const struct elf_section *s, uint32_t at, const struct head *h,
            const char *format, ...) __attribute__ ((format (printf, 5, 6)));

static bool
head_error (struct record_reader *rr, const struct elf_section *s, uint32_t at, const struct head *h,
            const char *format, ...)
{
  char text[512];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  if (!pctab__text_spans_find (&rr->texts, h->addr))
    return pctab__diag_error (rr->d, s->name, "record at 0x%" PRIx32 " %s", at, text);
  return pctab__blame_error (rr->d, rr->blame, rr->m, s->name, (uint32_t) (h->addr - rr->m->base),
                             "record at 0x%" PRIx32 " %s", at, text);
}

static bool
check_head (struct record_reader *rr, const struct elf_section *s, uint32_t at, const struct head *h, size_t left,
            bool cut)
{
  unsigned word = rr->f->is64 ? 8 : 4;
  if (cut)
    return pctab__diag_error (rr->d, s->name, "record at 0x%" PRIx32 " is cut off: %zu bytes are left, less than any "
                              "record has; records stand one behind the other without padding (.p2align)", at, left);
  if (h->version != VERSION)
    return head_error (rr, s, at, h, "has version %u, and this pctab-link knows version %u; %s", h->version, VERSION,
                       h->version ? "use a newer one, or compile for this one"
                                  : "records stand one behind the other without padding (.p2align)");
  if (h->word != word)
    return head_error (rr, s, at, h, "has words of %u bytes in a file of %u bit; its third byte is 8, on 32 bit "
                       "machines 4", h->word, word * 8);
  if (!kind_name (h->kind))
    return head_error (rr, s, at, h, "is of kind %u, which this pctab-link does not know; use a newer one, or compile "
                       "for this one", h->kind);
  struct record r = { .kind = h->kind };
  if (strcmp (section_of (&r), s->name))
    return head_error (rr, s, at, h, "is of kind %u (%s); put it into %s", h->kind, kind_name (h->kind),
                       section_of (&r));
  if (h->size > left)
    return head_error (rr, s, at, h, "is cut off: it claims %" PRIu32 " bytes where %zu are left; its size must count "
                       "its own bytes alone", h->size, left);
  if (h->zero || h->size < 8 + word)
    return head_error (rr, s, at, h, "has a damaged head: byte 3 is %u, its size %" PRIu32 "; byte 3 is 0, and the "
                       "size that of the whole record", h->zero, h->size);
  return true;
}

static bool
walk_section (struct record_reader *rr, struct elf_section *s, record_take *take, void *user)
{
  struct cursor c;
  if (!pctab__elf_contents (rr->f, s, &c, rr->d))
    return false;
  const unsigned char *start = c.pos;
  if (cursor_left (&c) >= UINT32_MAX / 2)
    return pctab__diag_error (rr->d, s->name, "is larger than 2 GiB; pctab reads no such section");
  while (cursor_left (&c))
    {
      struct record r = { .at = (uint32_t) (c.pos - start) };
      struct cursor body = c;
      struct head h;
      h.version = cursor_u8 (&body);
      h.kind = cursor_u8 (&body);
      h.word = cursor_u8 (&body);
      h.zero = cursor_u8 (&body);
      h.size = cursor_u32 (&body);
      h.addr = rr->f->is64 ? cursor_u64 (&body) : cursor_u32 (&body);
      if (!check_head (rr, s, r.at, &h, cursor_left (&c), body.bad))
        return false;
      body.end = c.pos + h.size;
      r.kind = h.kind;
      r.body = body;
      cursor_take (&c, h.size);
      bool live;
      if (!locate (rr, s, &r, h.addr, &live) || (live && !take (rr, &r, user)))
        return false;
    }
  return true;
}

bool
pctab__record_section (const struct elf_section *s, const char *name)
{
  return !(s->flags & SHF_ALLOC) && s->type == SHT_PROGBITS && !strcmp (s->name, name);
}

bool
pctab__record_walk (struct record_reader *rr, const char *name, record_take *take, void *user)
{
  for (uint32_t i = 1; i < rr->f->section_cnt; i++)
    if (pctab__record_section (&rr->f->sections[i], name) && !walk_section (rr, &rr->f->sections[i], take, user))
      return false;
  return true;
}
