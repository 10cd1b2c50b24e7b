/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File and line of the table against the line programs that the file still has.
 *
 * The innermost file and line at a PC is the last row of the line program at or below it, whatever is inlined there, so
 * that rows alone decide.  Two units may speak of one piece of code (linkers point the information of a dropped COMDAT
 * function at the one that was kept): where the table agrees with one of them it is right.  So what differs is put
 * aside, and the programs are run again to see whether another one agrees there.
 *
 * As with frames, an object's own .pcln records replace debug information, and the file does not say where: that the
 * two differ is a warning. */
#include <dwarf.h>
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cfi_source.h"
#include "line_program.h"

#define OUTSIDE UINT32_MAX /* as file: no function is here */
#define STEPS_MAX (UINT64_C (1) << 28) /* comparisons; a linker of 60 MB needs some millions */
#define UNIT_STEPS 64 /* that a look at a unit's ranges counts for */
#define BAD_MAX (1u << 16)

/* From off on the table says this. */
struct spot {
  uint32_t off, file, line;
};

/* At off debug information says FILE:LINE and the table something else. */
struct bad {
  uint32_t off, table_file, table_line;
  const char *file;
  uint64_t line;
  bool excused;
};

/* A unit of .debug_info and where its line program is. */
struct unit {
  uint64_t off;
  Dwarf_Die die;
  bool has_code; /* it says which */
};

struct compare {
  struct target *t;
  const struct layout *l;
  struct decoded *d;
  struct cfi_source *source;
  struct spot *spots;
  size_t spot_cnt, spot_cap;
  struct unit *units; /* by rising off */
  size_t unit_cnt;
  struct bad *bad;
  size_t bad_cnt;
  bool again;     /* the second run: looks for excuses */
  bool damaged;
  uint64_t steps; /* that are left */
  uint64_t same;  /* bytes of code where both agree */
  uint64_t more_bad; /* differences that BAD has no room for */
  uint64_t odd;      /* sequences whose addresses fall: no compiler makes them */
  /* The unit whose program is run. */
  struct unit *unit; /* NULL: not known */
  Dwarf_Files *files;
  size_t file_cnt;
  const char *dir; /* it was compiled in; NULL: not said */
  /* What was compared last. */
  uint32_t last_table;
  const char *last_name;
  bool last_same;
};

static bool
add_spot (struct compare *c, uint32_t off, uint32_t file, uint32_t line)
{
  if (c->spot_cnt == c->spot_cap)
    {
      size_t cap = c->spot_cap ? 2 * c->spot_cap : 4096;
      struct spot *more = realloc (c->spots, cap * sizeof *more);
      if (!more)
        return pctab__target_fail (c->t, "memory is out");
      c->spots = more;
      c->spot_cap = cap;
    }
  c->spots[c->spot_cnt++] = (struct spot) { off, file, line };
  return true;
}

/* The table's lines, one after the other.  False: memory is out. */
static bool
read_spots (struct compare *c)
{
  struct decoded *d = c->d;
  struct dec_positions positions = { 0 };
  bool good = true;
  for (uint32_t i = 0; i < d->record_cnt && good; i++)
    {
      const struct dec_record *r = &d->records[i];
      if (!pctab__decoded_lines (d, r, &positions))
        positions.cnt = 0; /* PT410 says so */
      for (size_t j = 0; j < positions.cnt && good; j++)
        good = add_spot (c, positions.at[j].off, positions.at[j].file, positions.at[j].line);
      bool gap = i + 1 == d->record_cnt || r[1].off > r->end || !positions.cnt;
      good = good && (!gap || add_spot (c, positions.cnt ? r->end : r->off, OUTSIDE, 0));
    }
  free (positions.at);
  return good && !d->memory;
}

/* The spot that holds at OFF; NULL: before the first. */
static const struct spot *
spot_at (const struct compare *c, uint32_t off)
{
  size_t lo = 0, hi = c->spot_cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (c->spots[mid].off <= off)
        lo = mid + 1;
      else
        hi = mid;
    }
  return lo ? &c->spots[lo - 1] : NULL;
}

static const char *
table_file (const struct compare *c, uint32_t file)
{
  const struct decoded *d = c->d;
  uint64_t i = (uint64_t) d->name_cnt + d->origin_cnt + file - 1;
  return file && i < d->string_cnt ? d->strings[i].p : NULL;
}

/* libdw leaves a name of DWARF 5 relative where its directory is: to that of the compilation. */
static bool
same_path (const struct compare *c, const char *table, const char *name)
{
  size_t len = c->dir ? strlen (c->dir) : 0;
  if (*name != '/' && len && !strncmp (table, c->dir, len) && table[len] == '/')
    table += len + 1;
  return !strcmp (table, name);
}

static bool
same_file (struct compare *c, uint32_t file, const char *name)
{
  if (file != c->last_table || name != c->last_name)
    {
      const char *other = table_file (c, file);
      c->last_table = file;
      c->last_name = name;
      c->last_same = other && name ? same_path (c, other, name) : !other && !name;
    }
  return c->last_same;
}

/* Line 0 is no line, of whatever file. */
static bool
agrees (struct compare *c, const struct spot *s, const char *name, uint64_t line)
{
  return s->line == line && (!line || same_file (c, s->file, name));
}

static int
compare_bad (const void *a, const void *b)
{
  const struct bad *x = a, *y = b;
  return x->off < y->off ? -1 : x->off > y->off;
}

/* Code at [OFF, END) has this file and line, and so says the table. */
static void
excuse (struct compare *c, uint32_t off, uint32_t end)
{
  size_t lo = 0, hi = c->bad_cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (c->bad[mid].off < off)
        lo = mid + 1;
      else
        hi = mid;
    }
  for (; lo < c->bad_cnt && c->bad[lo].off < end && c->steps; lo++, c->steps--)
    c->bad[lo].excused = true;
}

/* Does the unit say that the code is its own?  One without ranges does not. */
static bool
unit_has (struct compare *c, uint64_t pc)
{
  return !c->unit || !c->unit->has_code || dwarf_haspc (&c->unit->die, pc) != 0;
}

static void
set_aside (struct compare *c, uint32_t off, const struct spot *s, const char *name, uint64_t line)
{
  c->steps -= c->steps < UNIT_STEPS ? c->steps : UNIT_STEPS;
  if (c->bad_cnt == BAD_MAX)
    c->more_bad++;
  else if (unit_has (c, c->d->base + off))
    c->bad[c->bad_cnt++] = (struct bad) { off, s->file, s->line, name, line, false };
}

/* Debug information says that [ADDR, END) is of the file and line. */
static void
compare_run (struct compare *c, uint64_t addr, uint64_t end, uint64_t file, uint64_t line)
{
  const struct decoded *d = c->d;
  if (addr < d->base || end - d->base > UINT32_MAX || !c->spot_cnt)
    return;
  uint32_t off = (uint32_t) (addr - d->base), stop = (uint32_t) (end - d->base);
  const char *name = file < c->file_cnt ? dwarf_filesrc (c->files, file, NULL, NULL) : NULL;
  const struct spot *s = spot_at (c, off), *last = c->spots + c->spot_cnt;
  for (s = s ? s : c->spots; s < last && s->off < stop && c->steps; s++)
    {
      uint32_t from = s->off > off ? s->off : off, to = s + 1 < last && s[1].off < stop ? s[1].off : stop;
      c->steps--;
      if (s->file == OUTSIDE)
        continue;
      if (!agrees (c, s, name, line))
        {
          if (!c->again)
            set_aside (c, from, s, name, line);
        }
      else if (c->again)
        excuse (c, from, to);
      else
        c->same += to - from;
    }
}

static bool
falls (const struct line_sequence *s)
{
  for (size_t i = 1; i < s->cnt; i++)
    if (s->rows[i].addr < s->rows[i - 1].addr)
      return true;
  return false;
}

/* A sequence counts if it begins in the text, up to where that text ends: others are of code that is gone. */
static void
compare_sequence (struct compare *c, struct line_sequence *s)
{
  const struct layout_text *text = pctab__layout_text (c->l->texts, c->l->text_cnt, s->rows[0].addr);
  if (!text || s->end <= s->rows[0].addr)
    return;
  if (falls (s))
    {
      c->odd++;
      return;
    }
  uint64_t end = s->end < text->end ? s->end : text->end;
  for (size_t i = 0; i < s->cnt && s->rows[i].addr < end && c->steps; i++)
    {
      uint64_t stop = i + 1 < s->cnt ? s->rows[i + 1].addr : s->end;
      stop = stop < end ? stop : end;
      if (s->rows[i].addr < stop)
        compare_run (c, s->rows[i].addr, stop, s->rows[i].file, (uint32_t) s->rows[i].line);
    }
}

static Elf_Data *
line_section (const struct compare *c)
{
  for (uint32_t i = 1; i < c->t->section_cnt; i++)
    {
      const struct target_section *s = &c->t->sections[i];
      if (s->type != SHT_NOBITS && (!strcmp (s->name, ".debug_line") || !strcmp (s->name, ".zdebug_line")))
        return elf_rawdata (elf_getscn (c->source->elf, i), NULL);
    }
  return NULL;
}

static void
damaged (struct compare *c, uint64_t off, const char *who, const char *what)
{
  if (!c->again)
    pctab__report_add (c->t->report, CHECK_DWARF_DAMAGED, WHERE_PART (".debug_line", off), "%s%s", who, what);
  c->damaged = true;
}

static void
run_program (struct compare *c, const Elf_Data *data, uint64_t off)
{
  struct line_program p;
  struct line_sequence s = { 0 };
  int more;
  const unsigned char *at = (const unsigned char *) data->d_buf + off;
  const char *wrong = pctab__line_program_read (&p, at, data->d_size - off, c->t->big);
  if (wrong)
    {
      damaged (c, off, "the line program ", wrong);
      return;
    }
  while ((more = pctab__line_program_next (&p, &s)) > 0 && c->steps)
    compare_sequence (c, &s);
  if (more == -1)
    damaged (c, off, "the line program ", "is cut off or has an impossible operation");
  if (more == -2)
    pctab__target_fail (c->t, "memory is out");
  free (s.rows);
}

static int
compare_units (const void *a, const void *b)
{
  const struct unit *x = a, *y = b;
  return x->off < y->off ? -1 : x->off > y->off;
}

/* dwarf_next_lines() names the unit for DWARF 4 alone. */
static void
read_units (struct compare *c)
{
  size_t cap = 0;
  Dwarf_CU *cu = NULL;
  struct unit u;
  uint8_t type;
  Dwarf_Attribute attr;
  Dwarf_Word off;
  while (!dwarf_get_units (c->source->dwarf, cu, &cu, NULL, &type, &u.die, NULL))
    {
      if ((type != DW_UT_compile && type != DW_UT_skeleton)
          || dwarf_formudata (dwarf_attr (&u.die, DW_AT_stmt_list, &attr), &off))
        continue;
      if (c->unit_cnt == cap)
        {
          struct unit *more = realloc (c->units, (cap = cap ? 2 * cap : 64) * sizeof *more);
          if (!more)
            {
              pctab__target_fail (c->t, "memory is out");
              return;
            }
          c->units = more;
        }
      u.off = off;
      u.has_code = dwarf_hasattr (&u.die, DW_AT_ranges) || dwarf_hasattr (&u.die, DW_AT_low_pc);
      c->units[c->unit_cnt++] = u;
    }
  if (c->unit_cnt)
    qsort (c->units, c->unit_cnt, sizeof *c->units, compare_units);
}

/* The unit whose program is at OFF. */
static void
enter_unit (struct compare *c, uint64_t off)
{
  size_t lo = 0, hi = c->unit_cnt;
  Dwarf_Attribute attr;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (c->units[mid].off < off)
        lo = mid + 1;
      else
        hi = mid;
    }
  c->unit = lo < c->unit_cnt && c->units[lo].off == off ? &c->units[lo] : NULL;
  c->dir = c->unit ? dwarf_formstring (dwarf_attr (&c->unit->die, DW_AT_comp_dir, &attr)) : NULL;
  c->last_table = OUTSIDE;
}

static void
run_all (struct compare *c, const Elf_Data *data)
{
  Dwarf_Off off = 0, next;
  Dwarf_Lines *lines;
  size_t line_cnt;
  int status = 0;
  Dwarf_CU *cu = NULL;
  while (c->steps && (status = dwarf_next_lines (c->source->dwarf, off, &next, &cu, &c->files, &c->file_cnt, &lines,
                                                 &line_cnt)) == 0)
    {
      if (off >= data->d_size || next <= off)
        break;
      enter_unit (c, off);
      run_program (c, data, off);
      off = next;
    }
  if (c->steps && status < 0)
    damaged (c, off, "libdw: ", dwarf_errmsg (-1));
}

static void
report_bad (struct compare *c, const struct bad *b)
{
  const char *have = table_file (c, b->table_file), *want = b->file ? b->file : "no file";
  enum check_id check = b->table_line != b->line ? CHECK_LINE : CHECK_LINE_FILE;
  if (!b->table_line && !have)
    check = CHECK_LINE_MISSING;
  pctab__report_add (c->t->report, check, WHERE_PC (NULL, c->d->base + b->off), "table: %s:%" PRIu32
                     ", debug information: %s:%" PRIu64, have ? have : "no file", b->table_line, want, b->line);
}

static void
report (struct compare *c)
{
  uint64_t known = 0;
  for (size_t i = 0; i + 1 < c->spot_cnt; i++)
    if (c->spots[i].file != OUTSIDE && c->spots[i].line)
      known += c->spots[i + 1].off - c->spots[i].off;
  for (size_t i = 0; i < c->bad_cnt; i++)
    if (!c->bad[i].excused)
      report_bad (c, &c->bad[i]);
  if (!c->bad_cnt && !c->damaged && known > c->same)
    pctab__report_add (c->t->report, CHECK_LINE_UNSAID, WHERE_FILE,
                       "%" PRIu64 " of %" PRIu64 " bytes that have lines in the table", known - c->same, known);
  if (!c->steps || c->more_bad || c->odd)
    pctab__report_add (c->t->report, CHECK_LINE_SKIPPED, WHERE_FILE, "%s",
                       c->more_bad ? "more differs than is listed"
                       : !c->steps ? "sequences lie over each other too often"
                                   : "there are sequences whose addresses fall");
}

void
pctab__check_dwarf (struct target *t, const struct layout *l, struct cfi_source *source)
{
  struct compare c = { .t = t, .l = l, .d = &t->table, .source = source, .steps = STEPS_MAX, .last_table = OUTSIDE };
  const unsigned need = GOOD_STRINGS | GOOD_ORIGINS | GOOD_RECORDS | GOOD_CODES;
  Elf_Data *data = source->dwarf ? line_section (&c) : NULL;
  if (~t->table.good & need || !data || !data->d_buf)
    return;
  c.bad = malloc (BAD_MAX * sizeof *c.bad);
  if (!c.bad)
    pctab__target_fail (t, "memory is out");
  else if (read_spots (&c))
    {
      read_units (&c);
      run_all (&c, data);
      qsort (c.bad, c.bad_cnt, sizeof *c.bad, compare_bad);
      c.again = true;
      if (c.bad_cnt)
        run_all (&c, data);
      report (&c);
    }
  free (c.bad);
  free (c.spots);
  free (c.units);
}
