/* SPDX-License-Identifier: GPL-3.0-or-later */
/* No dynamic relocation goes into the table: the loader would fault on the read-only page, or change what the digests
 * guard.
 *
 * What the loader applies is what the dynamic segment says, whatever sections there are; a static program relocates
 * itself by allocated sections of relocations, which only the section headers show. */
#include "layout.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>

struct scan {
  struct target *t;
  uint64_t lo, hi; /* the table */
  uint64_t word;
  uint64_t left; /* bytes that may still be read: sections that lie over each other must not make it slow */
};

/* The tags that matter.  The value of one that is missing is 0. */
struct dynamic {
  uint64_t rela, rela_len, rel, rel_len, jmprel, jmprel_len, relr, relr_len;
};

static void
check_one (struct scan *s, const char *where, uint64_t addr)
{
  if (addr < s->hi && (addr >= s->lo || s->lo - addr < s->word))
    pctab__report_add (s->t->report, CHECK_DYNAMIC_RELOC, WHERE_PART (".pctab", addr < s->lo ? 0 : addr - s->lo),
                       "%s has a relocation of the word at %#" PRIx64, where, addr);
}

static uint64_t
get (struct scan *s, const unsigned char *p, uint64_t len)
{
  uint64_t v = 0;
  for (uint64_t i = 0; i < len; i++)
    v = v << 8 | p[s->t->big ? i : len - 1 - i];
  return v;
}

/* Entries of SIZE bytes, the first word of each being the address. */
static void
scan_entries (struct scan *s, const char *where, const unsigned char *p, uint64_t len, uint64_t size)
{
  for (uint64_t i = 0; i + size <= len; i += size)
    check_one (s, where, get (s, p + i, s->word));
}

/* RELR: an even word is an address and relocated; of an odd one each bit but the lowest is a word of those behind. */
static void
scan_relr (struct scan *s, const char *where, const unsigned char *p, uint64_t len)
{
  uint64_t next = 0, bits = 8 * s->word - 1;
  for (uint64_t i = 0; i + s->word <= len; i += s->word)
    {
      uint64_t v = get (s, p + i, s->word);
      if (!(v & 1))
        {
          check_one (s, where, v);
          next = v + s->word;
          continue;
        }
      for (uint64_t bit = 0; bit < bits; bit++)
        if (v >> (bit + 1) & 1)
          check_one (s, where, next + bit * s->word);
      next += bits * s->word;
    }
}

enum form { FORM_REL, FORM_RELA, FORM_RELR };

static void
scan_bytes (struct scan *s, const char *where, uint64_t off, uint64_t len, enum form form)
{
  if (!len)
    return;
  if (off > s->t->len || len > s->t->len - off)
    {
      pctab__report_add (s->t->report, CHECK_FILE_DAMAGED, WHERE_FILE, "%s: its relocations end behind the file's end",
                         where);
      return;
    }
  if (len > s->left)
    {
      pctab__report_add (s->t->report, CHECK_FILE_DAMAGED, WHERE_FILE, "%s: relocations lie over each other", where);
      return;
    }
  s->left -= len;
  unsigned char *bytes = pctab__layout_bytes (s->t, off, len);
  if (!bytes)
    return;
  if (form == FORM_RELR)
    scan_relr (s, where, bytes, len);
  else
    scan_entries (s, where, bytes, len, s->word * (form == FORM_RELA ? 3 : 2));
  free (bytes);
}

/* Relocations that the dynamic segment names by address. */
static void
scan_addr (struct scan *s, const char *where, uint64_t addr, uint64_t len, enum form form)
{
  for (size_t i = 0; i < s->t->segment_cnt && len; i++)
    {
      const struct target_segment *h = &s->t->segments[i];
      if (h->type != PT_LOAD || addr < h->addr || addr - h->addr >= h->file_len)
        continue;
      uint64_t at = addr - h->addr;
      if (len > h->file_len - at)
        break;
      scan_bytes (s, where, h->off + at, len, form);
      return;
    }
  if (len)
    pctab__report_add (s->t->report, CHECK_FILE_DAMAGED, WHERE_FILE, "%s names %" PRIu64 " bytes at %#" PRIx64
                       ", which no segment has", where, len, addr);
}

static void
take_tag (struct dynamic *d, uint64_t tag, uint64_t v)
{
  switch (tag)
    {
    case DT_RELA: d->rela = v; break;
    case DT_RELASZ: d->rela_len = v; break;
    case DT_REL: d->rel = v; break;
    case DT_RELSZ: d->rel_len = v; break;
    case DT_JMPREL: d->jmprel = v; break;
    case DT_PLTRELSZ: d->jmprel_len = v; break;
    case 36: d->relr = v; break; /* DT_RELR, DT_RELRSZ: younger than some <elf.h> */
    case 35: d->relr_len = v; break;
    }
}

static void
scan_dynamic (struct scan *s, const struct target_segment *h)
{
  struct dynamic d = { 0 };
  uint64_t plt_form = 0;
  if (h->off > s->t->len || h->file_len > s->t->len - h->off)
    {
      pctab__report_add (s->t->report, CHECK_FILE_DAMAGED, WHERE_FILE,
                         "the dynamic segment ends behind the file's end");
      return;
    }
  unsigned char *bytes = pctab__layout_bytes (s->t, h->off, h->file_len);
  for (uint64_t i = 0; bytes && i + 2 * s->word <= h->file_len; i += 2 * s->word)
    {
      uint64_t tag = get (s, bytes + i, s->word), v = get (s, bytes + i + s->word, s->word);
      if (tag == DT_NULL)
        break;
      if (tag == DT_PLTREL)
        plt_form = v;
      take_tag (&d, tag, v);
    }
  free (bytes);
  scan_addr (s, "DT_RELA", d.rela, d.rela_len, FORM_RELA);
  scan_addr (s, "DT_REL", d.rel, d.rel_len, FORM_REL);
  scan_addr (s, "DT_JMPREL", d.jmprel, d.jmprel_len, plt_form == DT_REL ? FORM_REL : FORM_RELA);
  scan_addr (s, "DT_RELR", d.relr, d.relr_len, FORM_RELR);
}

void
pctab__check_relocs (struct target *t)
{
  struct scan s = { .t = t, .lo = t->table_addr, .word = t->is64 ? 8 : 4, .left = 2 * t->len };
  bool dynamic = false;
  s.hi = t->table_room < UINT64_MAX - s.lo ? s.lo + t->table_room : UINT64_MAX;
  for (uint32_t i = 0; i < t->segment_cnt && !dynamic; i++)
    if (t->segments[i].type == PT_DYNAMIC)
      {
        dynamic = true;
        scan_dynamic (&s, &t->segments[i]);
      }
  for (uint32_t i = 1; i < t->section_cnt && !dynamic; i++)
    {
      const struct target_section *r = &t->sections[i];
      if ((r->flags & SHF_ALLOC) && (r->type == SHT_RELA || r->type == SHT_REL))
        scan_bytes (&s, r->name, r->off, r->size, r->type == SHT_RELA ? FORM_RELA : FORM_REL);
    }
}
