/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See go_pclntab.h.  Three layouts: with Go 1.16 a header of five offsets and functions by absolute address; with 1.18
 * the header names the text's start, and addresses are 32 bit offsets from it; with 1.20 a function has its first
 * line, too. */
#include "go_pclntab.h"

static unsigned
version_of (uint32_t magic)
{
  return magic == 0xfffffffa ? 16 : magic == 0xfffffff0 ? 18 : magic == 0xfffffff1 ? 20 : 0;
}

static uint64_t
take_word (const struct go_pclntab *g, struct cursor *c)
{
  return g->word == 8 ? cursor_u64 (c) : cursor_u32 (c);
}

/* The bytes from OFF on. */
static struct cursor
part_at (const struct cursor *whole, uint64_t off)
{
  struct cursor c = *whole;
  cursor_take (&c, off);
  return c;
}

static bool
read_header (struct go_pclntab *g, struct cursor *c)
{
  const struct cursor whole = *c;
  g->version = version_of (cursor_u32 (c));
  uint16_t pad = cursor_u16 (c);
  g->quantum = cursor_u8 (c);
  g->word = cursor_u8 (c);
  if (!g->version || pad || !g->quantum || (g->word != 4 && g->word != 8))
    return false;
  g->func_cnt = (uint32_t) take_word (g, c);
  take_word (g, c); /* files */
  g->text = g->version >= 18 ? take_word (g, c) : 0;
  g->names = part_at (&whole, take_word (g, c));
  g->units = part_at (&whole, take_word (g, c));
  g->files = part_at (&whole, take_word (g, c));
  g->streams = part_at (&whole, take_word (g, c));
  g->funcs = part_at (&whole, take_word (g, c));
  return !c->bad && !g->names.bad && !g->units.bad && !g->files.bad && !g->streams.bad && !g->funcs.bad;
}

bool
go_open (struct go_pclntab *g, const char *path, struct diag *d)
{
  struct cursor c;
  memset (g, 0, sizeof *g);
  if (!pctab__elf_open (&g->elf, path, d))
    return false;
  struct elf_section *s = pctab__elf_section (&g->elf, ".gopclntab");
  if (!s)
    s = pctab__elf_section (&g->elf, ".data.rel.ro.gopclntab");
  if (!s)
    return pctab__diag_error (d, NULL, "has no .gopclntab; build it with Go 1.16 to 1.20");
  if (!pctab__elf_contents (&g->elf, s, &c, d))
    return false;
  if (!read_header (g, &c))
    return pctab__diag_error (d, ".gopclntab", "has a layout that is not of Go 1.16 to 1.20");
  return true;
}

void
go_close (struct go_pclntab *g)
{
  pctab__elf_close (&g->elf);
}

/* The functab's entry IDX: the function's PC, and in *OFF where its record is.  The last one has no record. */
static uint64_t
functab_entry (const struct go_pclntab *g, uint32_t idx, uint64_t *off, bool *bad)
{
  unsigned len = g->version >= 18 ? 4 : g->word;
  struct cursor c = part_at (&g->funcs, (uint64_t) idx * 2 * len);
  uint64_t pc = len == 4 ? cursor_u32 (&c) : take_word (g, &c);
  *bad |= c.bad;
  *off = idx == g->func_cnt ? 0 : len == 4 ? cursor_u32 (&c) : take_word (g, &c);
  return g->text + pc;
}

bool
go_func (const struct go_pclntab *g, uint32_t idx, struct go_func *f, struct diag *d)
{
  uint64_t off, none;
  bool bad = false;
  memset (f, 0, sizeof *f);
  f->entry = functab_entry (g, idx, &off, &bad);
  f->next = functab_entry (g, idx + 1, &none, &bad);
  struct cursor c = part_at (&g->funcs, off);
  uint64_t again = g->text + (g->version >= 18 ? cursor_u32 (&c) : take_word (g, &c));
  struct cursor name = part_at (&g->names, cursor_u32 (&c));
  f->name = cursor_str (&name);
  cursor_u32 (&c); /* bytes of arguments */
  cursor_u32 (&c); /* deferreturn */
  f->pcsp = cursor_u32 (&c);
  f->pcfile = cursor_u32 (&c);
  f->pcln = cursor_u32 (&c);
  f->table_cnt = cursor_u32 (&c);
  f->unit = cursor_u32 (&c);
  if (g->version >= 20)
    cursor_u32 (&c); /* first line */
  cursor_u32 (&c); /* kind, flags, count of funcdata */
  size_t len = f->table_cnt <= cursor_left (&c) / 4 ? (size_t) f->table_cnt * 4 : cursor_left (&c) + 1;
  const unsigned char *tables = cursor_take (&c, len);
  if (bad || c.bad || again != f->entry || f->next < f->entry || !f->name)
    return pctab__diag_error (d, ".gopclntab", "function %u at 0x%llx is not as it should be", idx,
                              (unsigned long long) f->entry);
  f->tables = cursor_over (tables, len, c.big);
  return true;
}

uint32_t
go_table (const struct go_func *f, uint32_t table)
{
  struct cursor c = f->tables;
  if (table >= f->table_cnt)
    return 0;
  cursor_take (&c, (uint64_t) table * 4);
  return cursor_u32 (&c);
}

struct go_walk
go_walk_start (const struct go_pclntab *g, const struct go_func *f, uint32_t off)
{
  struct go_walk w = { part_at (&g->streams, off), f->entry, f->entry, -1, g->quantum };
  if (!off)
    cursor_fail (&w.c);
  return w;
}

bool
go_walk_next (struct go_walk *w, struct go_stretch *s)
{
  bool first = w->pc == w->entry;
  uint32_t change = (uint32_t) cursor_uleb (&w->c);
  if (w->c.bad || (!change && !first))
    {
      cursor_fail (&w->c);
      return false;
    }
  w->value = (int32_t) ((uint32_t) w->value + (-(change & 1) ^ (change >> 1)));
  s->pc = w->pc;
  w->pc += cursor_uleb (&w->c) * w->quantum;
  s->end = w->pc;
  s->value = w->value;
  return !w->c.bad;
}

int32_t
go_maxspdelta (const struct go_pclntab *g, const struct go_func *f)
{
  struct go_walk w = go_walk_start (g, f, f->pcsp);
  struct go_stretch s;
  int32_t max = 0;
  while (go_walk_next (&w, &s))
    max = s.value > max ? s.value : max;
  return max;
}

uint64_t
go_func_end (const struct go_pclntab *g, const struct go_func *f)
{
  struct go_walk w = go_walk_start (g, f, f->pcsp);
  struct go_stretch s = { .end = f->entry };
  while (go_walk_next (&w, &s))
    ;
  return s.end;
}

int32_t
go_pcvalue (const struct go_pclntab *g, const struct go_func *f, uint32_t off, uint64_t pc, uint64_t *start)
{
  struct go_walk w = go_walk_start (g, f, off);
  struct go_stretch s;
  while (go_walk_next (&w, &s))
    if (pc < s.end)
      {
        *start = s.pc;
        return s.value;
      }
  *start = 0;
  return -1;
}

const char *
go_file (const struct go_pclntab *g, const struct go_func *f, int32_t file)
{
  struct cursor c = part_at (&g->units, ((uint64_t) f->unit + (uint32_t) file) * 4);
  uint32_t off = cursor_u32 (&c);
  if (file < 0 || c.bad || off == UINT32_MAX)
    return "?";
  c = part_at (&g->files, off);
  const char *name = cursor_str (&c);
  return name ? name : "?";
}
