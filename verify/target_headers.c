/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ELF header, section and program headers, read by pread: a file that is cut off meanwhile is a short read, not a
 * SIGBUS.
 *
 * Not by libelf, which makes room for as many sections as a damaged file claims before anyone can look at the claim. */
#include "target.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECTIONS_MAX (1u << 20)
#define NAMES_MAX (UINT64_C (64) << 20)

/* A number of 2, 4 or 8 bytes at P. */
static uint64_t
number (const struct target *t, const unsigned char *p, unsigned len)
{
  uint64_t v = 0;
  for (unsigned i = 0; i < len; i++)
    v = v << 8 | p[t->big ? i : len - 1 - i];
  return v;
}

struct header {
  uint64_t section_off, segment_off;
  uint32_t names_idx;
  unsigned section_len, segment_len;
};

static bool
damaged (struct target *t, const char *what)
{
  pctab__report_add (t->report, CHECK_ELF_DAMAGED, WHERE_FILE, "%s", what);
  return false;
}

/* One of CNT headers of SIZE bytes each, at OFF.  NULL: they are not all there, or memory is out. */
static unsigned char *
read_all (struct target *t, uint64_t off, uint64_t cnt, uint64_t size)
{
  unsigned char *p = off <= t->len && cnt * size <= t->len - off ? malloc (cnt * size + 1) : NULL;
  if (p && pctab__target_read (t, off, cnt * size, p))
    return p;
  free (p);
  return NULL;
}

static struct target_section
parse_section (const struct target *t, const unsigned char *p)
{
  unsigned w = t->is64 ? 8 : 4;
  const unsigned char *q = p + 8 + 4 * w;
  return (struct target_section) { .type = (uint32_t) number (t, p + 4, 4), .flags = number (t, p + 8, w),
                                   .addr = number (t, p + 8 + w, w), .off = number (t, p + 8 + 2 * w, w),
                                   .size = number (t, p + 8 + 3 * w, w), .link = (uint32_t) number (t, q, 4),
                                   .info = (uint32_t) number (t, q + 4, 4), .align = number (t, q + 8, w),
                                   .entsize = number (t, q + 8 + w, w) };
}

static struct target_segment
parse_segment (const struct target *t, const unsigned char *p)
{
  if (t->is64)
    return (struct target_segment) { (uint32_t) number (t, p, 4), (uint32_t) number (t, p + 4, 4), number (t, p + 8, 8),
                                     number (t, p + 16, 8), number (t, p + 32, 8), number (t, p + 40, 8),
                                     number (t, p + 48, 8) };
  return (struct target_segment){ (uint32_t)number (t, p, 4), (uint32_t)number (t, p + 24, 4), number (t, p + 4, 4),
                                  number (t, p + 8, 4),       number (t, p + 16, 4),           number (t, p + 20, 4),
                                  number (t, p + 28, 4) };
}

/* The ELF header; where there are more sections than it can say, the first one's. */
static bool
read_header (struct target *t, struct header *h)
{
  unsigned char p[64];
  unsigned len = t->len < 64 ? (unsigned) t->len : 64;
  if (len < 52 || !pctab__target_read (t, 0, len, p) || memcmp (p, ELFMAG, SELFMAG)
      || (p[EI_CLASS] != 1 && p[EI_CLASS] != 2) || (p[EI_DATA] != 1 && p[EI_DATA] != 2)
      || (p[EI_CLASS] == 2 && len < 64))
    return false;
  t->is64 = p[EI_CLASS] == 2;
  t->big = p[EI_DATA] == 2;
  t->type = (uint16_t) number (t, p + 16, 2);
  t->machine = (uint16_t) number (t, p + 18, 2);
  if (t->type != ET_EXEC && t->type != ET_DYN)
    return false;
  t->state = TARGET_NO_TABLE;
  unsigned w = t->is64 ? 8 : 4;
  const unsigned char *tail = p + 28 + 3 * w;
  h->segment_off = number (t, p + 24 + w, w);
  h->section_off = number (t, p + 24 + 2 * w, w);
  t->segment_head_off = h->segment_off;
  t->section_head_off = h->section_off;
  h->segment_len = (unsigned) number (t, tail + 2, 2);
  t->segment_cnt = (uint32_t) number (t, tail + 4, 2);
  h->section_len = (unsigned) number (t, tail + 6, 2);
  t->section_cnt = (uint32_t) number (t, tail + 8, 2);
  h->names_idx = (uint32_t) number (t, tail + 10, 2);
  if (!h->section_off || t->section_cnt)
    return true;
  unsigned char *first = read_all (t, h->section_off, 1, t->is64 ? 64 : 40);
  if (!first)
    return damaged (t, "its section headers are not in the file");
  struct target_section s = parse_section (t, first);
  free (first);
  t->section_cnt = s.size < SECTIONS_MAX ? (uint32_t) s.size : SECTIONS_MAX;
  if (h->names_idx == SHN_XINDEX)
    h->names_idx = s.link;
  return true;
}

static bool
read_names (struct target *t, uint32_t idx)
{
  if (idx >= t->section_cnt)
    return damaged (t, "its section headers name no table of names");
  const struct target_section *s = &t->sections[idx];
  if (s->off > t->len || s->size > t->len - s->off || s->size > NAMES_MAX)
    return damaged (t, "the names of its sections are not in the file");
  t->names = calloc (1, s->size + 1);
  if (!t->names)
    return pctab__target_fail (t, "memory is out");
  return pctab__target_read (t, s->off, s->size, t->names)
         || damaged (t, "the names of its sections are not in the file");
}

static bool
read_sections (struct target *t, const struct header *h)
{
  unsigned len = t->is64 ? 64 : 40;
  if (t->section_cnt >= SECTIONS_MAX)
    return damaged (t, "it claims to have a million sections or more");
  if (h->section_len != len)
    return damaged (t, "its section headers are of another size than ELF's");
  unsigned char *p = read_all (t, h->section_off, t->section_cnt, len);
  if (!p)
    return damaged (t, "its section headers are not in the file");
  t->sections = calloc (t->section_cnt, sizeof *t->sections);
  for (uint32_t i = 0; t->sections && i < t->section_cnt; i++)
    t->sections[i] = parse_section (t, p + (uint64_t) i * len);
  bool good = t->sections ? read_names (t, h->names_idx) : pctab__target_fail (t, "memory is out");
  for (uint32_t i = 0; good && i < t->section_cnt; i++)
    {
      uint64_t at = number (t, p + (uint64_t) i * len, 4);
      t->sections[i].name = at < t->sections[h->names_idx].size ? t->names + at : "";
    }
  free (p);
  return good;
}

static bool
read_segments (struct target *t, const struct header *h)
{
  unsigned len = t->is64 ? 56 : 32;
  if (h->segment_len != len)
    return damaged (t, "its program headers are of another size than ELF's");
  unsigned char *p = read_all (t, h->segment_off, t->segment_cnt, len);
  if (!p)
    return damaged (t, "its program headers are not in the file");
  t->segments = calloc (t->segment_cnt, sizeof *t->segments);
  for (uint32_t i = 0; t->segments && i < t->segment_cnt; i++)
    t->segments[i] = parse_segment (t, p + (uint64_t) i * len);
  free (p);
  return t->segments || pctab__target_fail (t, "memory is out");
}

bool
pctab__target_headers (struct target *t)
{
  struct header h = { 0 };
  return read_header (t, &h) && (!t->segment_cnt || read_segments (t, &h))
         && (!t->section_cnt || read_sections (t, &h));
}
