/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The code that the table speaks of: is it there, is it executable, is it the code that was linked?
 *
 * Strip, patchelf, dwz and debugedit change the file around the code, so that its digest alone tells a table that has
 * become stale from one that has not. */
#include "layout.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define NOTES_MAX (1u << 20)
#define TEXT_MAX (UINT64_C (1) << 32) /* FORMAT, 10 */

/* Rows of pcdata lie in their functions (PT306), so that what holds for functions holds for them. */
static void
check_funcs (struct target *t, const struct layout *l)
{
  const struct decoded *d = &t->table;
  if (!(d->good & GOOD_FUNCTAB))
    return;
  for (uint32_t i = 0; i < d->func_cnt; i++)
    {
      uint64_t pc = d->base + d->funcs[i].off, end = d->base + d->funcs[i].end;
      const struct layout_text *text = pctab__layout_text (l->texts, l->text_cnt, pc);
      const struct layout_text *loaded = pctab__layout_text (l->loaded, l->loaded_cnt, pc);
      if (!text || end > text->end)
        pctab__report_add (t->report, CHECK_FUNC_TEXT, WHERE_PC ("functab", pc),
                           "[%#" PRIx64 ", %#" PRIx64 ") %s executable section", pc, end,
                           text ? "leaves its" : "is in no");
      else if (!loaded || end > loaded->end)
        pctab__report_add (t->report, CHECK_FUNC_SEGMENT, WHERE_PC ("functab", pc),
                           "[%#" PRIx64 ", %#" PRIx64 ") %s executable segment", pc, end,
                           loaded ? "leaves its" : "is in no");
    }
}

static int
compare_sections (const void *a, const void *b)
{
  const struct target_section *x = *(const struct target_section *const *) a;
  const struct target_section *y = *(const struct target_section *const *) b;
  return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The digest of the executable sections, each one's the seed of the next.  False: they can't be read. */
static bool
digest_text (struct target *t, const struct target_section **sections, size_t cnt, uint64_t *digest)
{
  uint64_t all = 0;
  *digest = 0;
  qsort (sections, cnt, sizeof *sections, compare_sections);
  for (size_t i = 0; i < cnt; i++)
    {
      const struct target_section *h = sections[i];
      uint64_t len = h->type == SHT_NOBITS ? 0 : h->size;
      if (h->off > t->len || len > t->len - h->off)
        return false; /* check_elf.c says so */
      if (len > TEXT_MAX || (all += len) > TEXT_MAX)
        return pctab__report_add (t->report, CHECK_TEXT_STALE, WHERE_FILE,
                                  "the file has more than 4 GiB of code, which no table covers");
      unsigned char *bytes = pctab__layout_bytes (t, h->off, len);
      if (!bytes)
        return false;
      *digest = pctab__digest (bytes, (size_t) len, *digest);
      free (bytes);
    }
  return true;
}

static void
check_digest (struct target *t)
{
  const struct target_section **sections = calloc ((size_t) t->section_cnt + 1, sizeof *sections);
  size_t cnt = 0;
  uint64_t digest;
  if (!sections)
    {
      pctab__target_fail (t, "memory is out");
      return;
    }
  for (uint32_t i = 1; i < t->section_cnt; i++)
    if ((t->sections[i].flags & SHF_ALLOC) && (t->sections[i].flags & SHF_EXECINSTR) && t->sections[i].size)
      sections[cnt++] = &t->sections[i];
  if (digest_text (t, sections, cnt, &digest) && digest != t->table.text_digest)
    pctab__report_add (t->report, CHECK_TEXT_STALE, WHERE_FILE,
                       "the code's digest is %016" PRIx64 ", the table was made of code with %016" PRIx64,
                       digest, t->table.text_digest);
  free (sections);
}

/* A build ID note in the LEN bytes at P, which are notes; NULL: there is none. */
static const unsigned char *
find_note (const struct target *t, const unsigned char *p, uint64_t len, uint32_t *id_len)
{
  const struct decoded order = { .big = t->big };
  for (uint64_t i = 0; len - i >= 12;)
    {
      uint64_t name_len = get_u32 (&order, p + i), desc_len = get_u32 (&order, p + i + 4);
      uint64_t name = i + 12, desc = name + ((name_len + 3) & ~UINT64_C (3));
      uint64_t next = desc + ((desc_len + 3) & ~UINT64_C (3));
      if (desc > len || desc_len > len - desc)
        return NULL;
      if (get_u32 (&order, p + i + 8) == NT_GNU_BUILD_ID && name_len == 4 && !memcmp (p + name, "GNU", 4))
        {
          *id_len = (uint32_t) desc_len;
          return p + desc;
        }
      if (next > len)
        return NULL;
      i = next;
    }
  return NULL;
}

static void
hex (char *to, size_t size, const unsigned char *p, uint32_t len)
{
  size_t n = 0;
  *to = 0;
  for (uint32_t i = 0; i < len && n + 3 < size; i++)
    n += (size_t) snprintf (to + n, size - n, "%02x", p[i]);
}

/* Looks for the build ID in notes at OFF: its bytes, LEN of them, for free(), or NULL. */
static unsigned char *
read_build_id (struct target *t, uint64_t off, uint64_t notes_len, uint32_t *len)
{
  if (notes_len > NOTES_MAX || off > t->len || notes_len > t->len - off)
    return NULL;
  unsigned char *notes = pctab__layout_bytes (t, off, notes_len);
  const unsigned char *id = notes ? find_note (t, notes, notes_len, len) : NULL;
  if (id)
    memmove (notes, id, *len);
  else
    free (notes);
  return id ? notes : NULL;
}

/* By the section; where there are no section headers, by the segments. */
static unsigned char *
find_build_id (struct target *t, uint32_t *len)
{
  unsigned char *id = NULL;
  for (uint32_t i = 1; i < t->section_cnt; i++)
    if (!strcmp (t->sections[i].name, ".note.gnu.build-id") && t->sections[i].type != SHT_NOBITS)
      return read_build_id (t, t->sections[i].off, t->sections[i].size, len);
  for (uint32_t i = 0; !t->section_cnt && i < t->segment_cnt && !id; i++)
    if (t->segments[i].type == PT_NOTE)
      id = read_build_id (t, t->segments[i].off, t->segments[i].file_len, len);
  return id;
}

static void
check_build_id (struct target *t)
{
  const struct decoded *d = &t->table;
  const struct dec_part *copy = &d->parts[PART_BUILD_ID];
  uint32_t len = 0;
  unsigned char *id = find_build_id (t, &len);
  if (t->state != TARGET_FAILED && (len != copy->len || (len && memcmp (id, d->bytes + copy->off, len))))
    {
      char file[80], table[80];
      hex (file, sizeof file, id, len);
      hex (table, sizeof table, d->bytes + copy->off, copy->len);
      pctab__report_add (t->report, CHECK_BUILD_ID, WHERE_FILE, "the file's is %s, the table's copy %s",
                         len ? file : "none", copy->len ? table : "none");
    }
  free (id);
}

void
pctab__check_text (struct target *t, const struct layout *l)
{
  check_funcs (t, l);
  if (!(t->table.good & GOOD_HEAD))
    return;
  if (t->section_cnt)
    check_digest (t);
  check_build_id (t);
}
