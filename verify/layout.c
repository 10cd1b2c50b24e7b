/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where code is: by the sections, which say it exactly, and by the segments, which say what a process may execute. */
#include "layout.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

static int
compare_texts (const void *a, const void *b)
{
  const struct layout_text *x = a, *y = b;
  return x->addr < y->addr ? -1 : x->addr > y->addr;
}

size_t
pctab__layout_join (struct layout_text *at, size_t cnt)
{
  size_t n = 0;
  qsort (at, cnt, sizeof *at, compare_texts);
  for (size_t i = 0; i < cnt; i++)
    if (n && at[i].addr <= at[n - 1].end)
      at[n - 1].end = at[i].end > at[n - 1].end ? at[i].end : at[n - 1].end;
    else
      at[n++] = at[i];
  return n;
}

struct layout_text
pctab__layout_span (uint64_t addr, uint64_t len)
{
  return (struct layout_text) { addr, len < UINT64_MAX - addr ? addr + len : UINT64_MAX };
}

static bool
is_stub (const char *name)
{
  return !strncmp (name, ".plt", 4) || !strncmp (name, ".iplt", 5) || !strcmp (name, ".glink");
}

bool
pctab__layout_read (struct layout *l, struct target *t)
{
  memset (l, 0, sizeof *l);
  l->texts = calloc ((size_t) t->section_cnt + t->segment_cnt + 1, sizeof *l->texts);
  l->code = calloc ((size_t) t->section_cnt + 1, sizeof *l->code);
  l->loaded = calloc ((size_t) t->segment_cnt + 1, sizeof *l->loaded);
  if (!l->texts || !l->code || !l->loaded)
    return pctab__target_fail (t, "memory is out");
  for (uint32_t i = 1; i < t->section_cnt; i++)
    {
      const struct target_section *s = &t->sections[i];
      if (!(s->flags & SHF_ALLOC) || !(s->flags & SHF_EXECINSTR) || !s->size)
        continue;
      l->texts[l->text_cnt++] = pctab__layout_span (s->addr, s->size);
      if (!is_stub (s->name))
        l->code[l->code_cnt++] = pctab__layout_span (s->addr, s->size);
    }
  for (uint32_t i = 0; i < t->segment_cnt; i++)
    {
      const struct target_segment *s = &t->segments[i];
      if (s->type != PT_LOAD || !(s->flags & PF_X) || !s->mem_len)
        continue;
      l->loaded[l->loaded_cnt++] = pctab__layout_span (s->addr, s->mem_len);
      if (!t->section_cnt)
        l->texts[l->text_cnt++] = pctab__layout_span (s->addr, s->mem_len);
    }
  l->text_cnt = pctab__layout_join (l->texts, l->text_cnt);
  l->code_cnt = pctab__layout_join (l->code, l->code_cnt);
  l->loaded_cnt = pctab__layout_join (l->loaded, l->loaded_cnt);
  return true;
}

void
pctab__layout_free (struct layout *l)
{
  free (l->texts);
  free (l->code);
  free (l->loaded);
}

const struct layout_text *
pctab__layout_text (const struct layout_text *spans, size_t cnt, uint64_t addr)
{
  size_t lo = 0, hi = cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (spans[mid].addr <= addr)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo && addr < spans[lo - 1].end ? &spans[lo - 1] : NULL;
}

bool
pctab__layout_takes_memory (const struct target_section *s)
{
  return (s->flags & SHF_ALLOC) && s->size && !(s->type == SHT_NOBITS && (s->flags & SHF_TLS));
}

const char *
pctab__layout_section_at (const struct target *t, uint64_t addr)
{
  for (uint32_t i = 1; i < t->section_cnt; i++)
    {
      const struct target_section *s = &t->sections[i];
      if (pctab__layout_takes_memory (s) && addr >= s->addr && addr - s->addr < s->size)
        return s->name;
    }
  return NULL;
}

bool
pctab__layout_has_bytes (const struct target *t, const struct target_section *s)
{
  return s->type != SHT_NOBITS && s->off <= t->len && s->size <= t->len - s->off;
}

unsigned char *
pctab__layout_bytes (struct target *t, uint64_t off, uint64_t len)
{
  unsigned char *bytes = len < SIZE_MAX ? malloc ((size_t) len + 1) : NULL;
  if (!bytes)
    pctab__target_fail (t, "memory is out: %llu bytes of it are needed", (unsigned long long) len);
  else if (pctab__target_read (t, off, len, bytes))
    return bytes;
  else
    pctab__target_fail (t, "it was cut off while it was read");
  free (bytes);
  return NULL;
}
