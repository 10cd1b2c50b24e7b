/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names and lines do not depend on the buffer they are read through: all of a file's code, every STEP bytes, through the
 * buffer that keeps all, one whose arena is too small for that, and 4 KiB.
 *
 * usage: cold_check FILE [STEP]   The file has this machine's byte order.  Exits 1 at the first difference. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_file.h"
#include <pctab/table.h>

enum { WHOLE, SOME, LEAST, READER_CNT };
static const char *const names[READER_CNT] = { "all", "some", "4 KiB" };

struct answer {
  enum pctab_error error;
  char name[8192]; /* empty: NULL */
  unsigned cnt;
  char text[PCTAB_FRAMES_MAX * 1024]; /* frames, one a line */
  uint64_t entry, end, line_end;
};

static struct pctab_cold readers[READER_CNT];
static struct answer answers[READER_CNT];
static unsigned long pc_cnt, named, frame_cnt, cut;

static int
fail (const char *what)
{
  fprintf (stderr, "cold_check: %s\n", what);
  return 1;
}

/* What reader I says of PC.  Strings are copied before the next call, since they live no longer in a small buffer. */
static void
ask (int i, uint64_t pc)
{
  struct pctab_cold *c = &readers[i];
  struct answer *a = &answers[i];
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  struct pctab_record record;
  const char *name;
  a->error = pctab_funcname (c, pc, &name);
  snprintf (a->name, sizeof a->name, "%s", name ? name : "");
  enum pctab_error error = pctab_funcline (c, pc, frames, PCTAB_FRAMES_MAX, &a->cnt);
  a->error = error ? error : a->error;
  size_t len = 0;
  a->text[0] = 0;
  for (unsigned k = 0; k < a->cnt && len < sizeof a->text; k++)
    len += (size_t) snprintf (a->text + len, sizeof a->text - len, "%s %s:%" PRIu32 "\n",
                              frames[k].func ? frames[k].func : "?", frames[k].file ? frames[k].file : "?",
                              frames[k].line);
  pctab_find_record (c, pc, &record);
  a->entry = record.entry;
  a->end = record.end;
  a->line_end = pctab_funcline_end (c, pc);
}

static bool
differ (int i)
{
  const struct answer *a = &answers[WHOLE], *b = &answers[i];
  if (a->entry != b->entry || a->end != b->end || a->cnt != b->cnt || a->error)
    return true;
  if (b->error == PCTAB_ERROR_BUFFER && i == LEAST)
    {
      cut++;
      return b->name[0] && strcmp (a->name, b->name);
    }
  return b->error || strcmp (a->name, b->name) || strcmp (a->text, b->text);
}

/* What holds until funcline_end() does not change before: checked at its last byte.  A small step costs nothing. */
static bool
check (uint64_t pc)
{
  static char before[sizeof answers[0].text];
  for (int i = 0; i < READER_CNT; i++)
    ask (i, pc);
  pc_cnt++;
  named += answers[WHOLE].name[0] != 0;
  frame_cnt += answers[WHOLE].cnt;
  for (int i = 1; i < READER_CNT; i++)
    if (differ (i))
      {
        fprintf (stderr, "cold_check: at %#" PRIx64 " through %s: %s\n%s%sinstead of %s\n%s", pc, names[i],
                 answers[i].name, answers[i].text, answers[i].error ? "(an error) " : "", answers[WHOLE].name,
                 answers[WHOLE].text);
        return false;
      }
  if (answers[WHOLE].line_end <= pc)
    return !fail ("lines end before they begin");
  memcpy (before, answers[WHOLE].text, sizeof before);
  ask (WHOLE, answers[WHOLE].line_end - 1);
  return !strcmp (before, answers[WHOLE].text) || !fail ("lines change before their end");
}

static bool
open_readers (const struct pctab_table *t)
{
  size_t whole = pctab_cold_size (t);
  size_t lens[READER_CNT] = { whole, whole, PCTAB_COLD_BYTES_MIN };
  /* The least that is kept in: an arena of 16 KiB, behind what must fit. */
  for (size_t len = PCTAB_COLD_BYTES_MIN; len < whole; len += 1024)
    {
      void *buf = malloc (len);
      bool keeps = buf && !pctab_cold_open (&readers[SOME], t, buf, len) && readers[SOME].cache;
      free (buf);
      if (keeps)
        {
          lens[SOME] = len;
          break;
        }
    }
  for (int i = 0; i < READER_CNT; i++)
    {
      void *buf = malloc (lens[i]);
      if (!buf || pctab_cold_open (&readers[i], t, buf, lens[i]) || !readers[i].cache != (i == LEAST))
        return false;
    }
  printf ("# buffers: %zu, %zu and %zu bytes\n", lens[WHOLE], lens[SOME], lens[LEAST]);
  return true;
}

static bool
check_code (const struct elf_file *f, uint64_t step)
{
  for (uint32_t i = 0; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      if (s->flags & SHF_EXECINSTR)
        for (uint64_t pc = s->addr; pc < s->addr + s->size; pc += step)
          if (!check (pc))
            return false;
    }
  return true;
}

int
main (int argc, char **argv)
{
  struct elf_file f;
  struct diag d = { 0 };
  struct cursor c;
  struct pctab_table t;
  if (argc < 2)
    return fail ("usage: cold_check FILE [STEP]");
  if (!pctab__elf_open (&f, argv[1], &d))
    return fail (d.text);
  struct elf_section *s = pctab__elf_section (&f, ".pctab");
  if (!s || !pctab__elf_contents (&f, s, &c, &d))
    return fail ("no table");
  void *image = aligned_alloc (64, (cursor_left (&c) + 63) & ~(size_t) 63);
  size_t len = cursor_left (&c);
  memcpy (image, c.pos, len);
  if (pctab_table_open (&t, image, len, s->addr) || !open_readers (&t))
    return fail ("the table does not open");
  bool good = check_code (&f, argc > 2 ? strtoull (argv[2], NULL, 10) : 1);
  printf ("# %lu PCs: %lu named, %lu frames; %lu answers had no room in 4 KiB\n", pc_cnt, named, frame_cnt, cut);
  for (int i = 0; i < READER_CNT; i++)
    free (readers[i].buf);
  free (image);
  pctab__elf_close (&f);
  return !good || !named;
}
