/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives marks, read as text, to pctab__mark_resolve() and prints the tables, or the error.  Numbers are as in C.
 *
 *   machine NAME                    of symtab/arch.def; the default is amd64
 *   frame OFF END                   the rows of it follow; one at OFF with rule 0 is there already
 *   row OFF RULE                    RULE: any small number
 *   stubs OFF END                   the linker's own code
 *   symbol OFF SIZE NAME
 *   mark TABLE OFF END VALUE RECORD single|literal|own
 *   point OFF PAIR RECORD begin|end
 *   name TABLE NAME
 *   objects                         records are of objects: the message names them, as oRECORD.o
 *   code OFF LETTERS                an instruction a letter, as long as the machine's shortest: u unsafe, r restartable,
 *                                   others neither; a digit begins one that is so many times as long, its letter
 *                                   follows
 *   hooks FLAGS                     predicates over such code: any of u, r, l (lengths)
 *   run                             prints, and forgets all
 *
 * printed: "table NUMBER [NAME]", "OFF END VALUE" for each of its stretches, "dropped NUMBER"; or "error MESSAGE"; ".".
 * usage: mark_print <TEXT, or mark_print time COUNT [random]: CPU milliseconds for COUNT marks, the fastest of 5. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arch.h"
#include "mark.h"

#define CODE_LEN 65536

static const struct
{
  const char *name;
  uint16_t machine;
  bool is64;
} machines[] = {
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) { #name, machine, is64 },
#include "arch.def"
#undef ARCH
};

struct test {
  struct model m;
  struct elf_file f;
  struct elf_section section;
  struct mark_by by;
  struct mark_arch hooks;
  unsigned char code[CODE_LEN];
  char object[32];
};

static unsigned insn_min; /* of the machine, for the hooks */

static uint32_t
fake_len (const unsigned char *code, uint32_t len, uint32_t at)
{
  if (code[at] < '1' || code[at] > '9' || len - at <= insn_min)
    return 0;
  return (uint32_t) (code[at] - '0') * insn_min;
}

static uint32_t
fake_is (const unsigned char *code, uint32_t len, uint32_t at, char letter)
{
  uint32_t insn = fake_len (code, len, at);
  if (insn)
    return code[at + insn_min] == letter ? insn : 0;
  return code[at] == letter ? insn_min : 0;
}

static uint32_t
fake_unsafe (const unsigned char *code, uint32_t len, uint32_t at)
{
  return fake_is (code, len, at, 'u');
}

static uint32_t
fake_restartable (const unsigned char *code, uint32_t len, uint32_t at)
{
  return fake_is (code, len, at, 'r');
}

static const char *
name_object (void *context, uint32_t record, const struct model_str *function)
{
  struct test *t = context;
  snprintf (t->object, sizeof t->object, "o%" PRIu32 ".o", record);
  return function ? t->object : NULL;
}

static void
fail (const char *line)
{
  fprintf (stderr, "mark_print: not understood: %s\n", line);
  exit (2);
}

#define push(v, ...)                              \
  do                                              \
    {                                             \
      if (!model_reserve (v, 1))                  \
        exit (2);                                 \
      (v)->at[(v)->cnt++] = __VA_ARGS__;          \
    }                                             \
  while (0)

static void
set_machine (struct test *t, const char *name)
{
  for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
    if (!strcmp (machines[i].name, name))
      {
        t->m.machine = machines[i].machine;
        t->m.is64 = machines[i].is64;
        insn_min = pctab__arch (t->m.machine, t->m.is64)->insn;
        return;
      }
  fail (name);
}

static void
reset (struct test *t)
{
  pctab__model_free (&t->m);
  pctab__model_init (&t->m);
  memset (t->code, '.', sizeof t->code);
  memset (&t->hooks, 0, sizeof t->hooks);
  t->m.base = 0x400000;
  t->section = (struct elf_section){
    .name = ".text",
    .type = SHT_PROGBITS,
    .flags = SHF_ALLOC | SHF_EXECINSTR,
    .addr = t->m.base,
    .size = CODE_LEN,
  };
  t->f = (struct elf_file){ .path = "prog", .data = t->code, .len = CODE_LEN, .sections = &t->section, .section_cnt = 1 };
  t->by = (struct mark_by){ .arch = &t->hooks };
  set_machine (t, "amd64");
}

static uint32_t
rule_number (struct model *m, unsigned number)
{
  struct rule rule = { .cfa = CFA_SP, .cfa_off = (int32_t) number };
  return pctab__model_rule (m, &rule);
}

static struct model_str
keep (struct model *m, const char *s)
{
  size_t len = strlen (s);
  char *p = pctab__model_space (m, len + 1);
  if (!p)
    exit (2);
  memcpy (p, s, len + 1);
  return (struct model_str){ p, (uint32_t) len };
}

static void
add_frame (struct model *m, uint32_t off, uint32_t end)
{
  push (&m->frames, (struct model_frame){ .off = off, .end = end, .row = (uint32_t) m->rows.cnt, .row_cnt = 1 });
  push (&m->rows, (struct model_row){ off, rule_number (m, 0) });
}

static void
add_row (struct model *m, uint32_t off, uint32_t rule)
{
  struct model_frame *f = &m->frames.at[m->frames.cnt - 1];
  if (f->off == off)
    m->rows.at[m->rows.cnt - 1].rule = rule;
  else
    {
      f->row_cnt++;
      push (&m->rows, (struct model_row){ off, rule });
    }
}

static void
set_code (struct test *t, uint32_t off, const char *letters)
{
  for (; *letters && off < CODE_LEN; off += insn_min)
    t->code[off] = (unsigned char) *letters++;
}

static void
set_hooks (struct test *t, const char *flags)
{
  t->hooks.is_unsafe_point = strchr (flags, 'u') ? fake_unsafe : NULL;
  t->hooks.is_restartable = strchr (flags, 'r') ? fake_restartable : NULL;
  t->hooks.insn_len = strchr (flags, 'l') ? fake_len : NULL;
}

static bool
read_line (struct test *t, const char *line)
{
  struct model *m = &t->m;
  char word[256];
  unsigned a, b, record;
  int table, value;
  if (sscanf (line, "machine %255s", word) == 1)
    set_machine (t, word);
  else if (sscanf (line, "frame %i %i", &a, &b) == 2)
    add_frame (m, a, b);
  else if (sscanf (line, "row %i %i", &a, &b) == 2 && m->frames.cnt)
    add_row (m, a, rule_number (m, b));
  else if (sscanf (line, "stubs %i %i", &a, &b) == 2)
    push (&m->texts, (struct model_text){ a, b, true });
  else if (sscanf (line, "symbol %i %i %255s", &a, &b, word) == 3)
    push (&m->symbols, (struct model_symbol){ a, b, keep (m, word), STB_GLOBAL, STT_FUNC });
  else if (sscanf (line, "mark %i %i %i %i %i %255s", &table, &a, &b, &value, &record, word) == 6)
    push (&m->marks, (struct model_mark){ a, b, value, (uint32_t) table, *word == 'o' ? MODEL_NONE : record,
                                          *word == 's' });
  else if (sscanf (line, "point %i %i %i %255s", &a, &b, &record, word) == 4)
    push (&m->points, (struct model_point){ a, b, record, *word == 'e' });
  else if (sscanf (line, "name %i %255s", &table, word) == 2)
    push (&m->tables, (struct model_table){ .number = (uint32_t) table, .name = keep (m, word) });
  else if (sscanf (line, "code %i %255s", &a, word) == 2)
    set_code (t, a, word);
  else if (sscanf (line, "hooks %255s", word) == 1)
    set_hooks (t, word);
  else if (!strncmp (line, "objects", 7))
    {
      t->by.object = name_object;
      t->by.context = t;
    }
  else
    return false;
  return true;
}

static void
run (struct test *t)
{
  struct diag d = { .file = "prog" };
  struct model *m = &t->m;
  bool good = pctab__mark_resolve (&t->f, m, &t->by, &d);
  if (good != !d.failed)
    printf ("error without a message\n");
  if (!good)
    printf ("error %s\n", d.text);
  for (size_t i = 0; good && i < m->tables.cnt; i++)
    {
      const struct model_table *table = &m->tables.at[i];
      printf ("table %" PRIu32 "%s%.*s\n", table->number, table->name.len ? " " : "", (int) table->name.len,
              table->name.p ? table->name.p : "");
      for (size_t k = table->stretch; k < table->stretch + (size_t) table->stretch_cnt; k++)
        printf ("%" PRIu32 " %" PRIu32 " %" PRId32 "\n", m->stretches.at[k].off, m->stretches.at[k].end,
                m->stretches.at[k].value);
    }
  if (good)
    printf ("dropped %" PRIu64 "\n", m->stats.marks_dropped);
  printf (".\n");
  fflush (stdout);
}

/* Ten marks a function of 256 bytes, of all kinds; in the order of the code, or of no order. */
static void
fill (struct model *m, unsigned cnt, bool shuffled)
{
  for (unsigned i = 0; i < cnt; i++)
    {
      uint32_t off = i / 10 * 256 + i % 10 * 24;
      if (i % 10 == 0)
        {
          add_frame (m, off, off + 250);
          push (&m->symbols, (struct model_symbol){ off, 250, { "f", 1 }, STB_GLOBAL, STT_FUNC });
        }
      int32_t value = i % 3 == 0 ? -2 : i % 3 == 1 ? -3 : -5;
      push (&m->marks, (struct model_mark){ off, off + 10 + i % 11, value, 0, i, true });
    }
  uint64_t state = 1;
  for (size_t i = m->marks.cnt; shuffled && i-- > 1;)
    {
      state = state * UINT64_C (6364136223846793005) + 1442695040888963407;
      size_t k = (size_t) (state >> 33) % (i + 1);
      struct model_mark swap = m->marks.at[i];
      m->marks.at[i] = m->marks.at[k];
      m->marks.at[k] = swap;
    }
}

static int
print_time (struct test *t, unsigned cnt, bool shuffled)
{
  double best = 1e9;
  fill (&t->m, cnt, shuffled);
  for (int i = 0; i < 5; i++)
    {
      struct diag d = { .file = NULL };
      clock_t start = clock ();
      if (!pctab__mark_resolve (&t->f, &t->m, &t->by, &d))
        {
          fprintf (stderr, "mark_print: %s\n", d.text);
          return 1;
        }
      double ms = (double) (clock () - start) * 1e3 / CLOCKS_PER_SEC;
      best = ms < best ? ms : best;
    }
  printf ("%u marks %zu stretches %.3f ms\n", cnt, t->m.stretches.cnt, best);
  return 0;
}

int
main (int argc, char **argv)
{
  static struct test t;
  char line[512];
  reset (&t);
  if (argc >= 3 && !strcmp (argv[1], "time"))
    return print_time (&t, (unsigned) atoi (argv[2]), argc > 3);
  while (fgets (line, sizeof line, stdin))
    if (!strncmp (line, "run", 3))
      {
        run (&t);
        reset (&t);
      }
    else if (*line != '\n' && !read_line (&t, line))
      fail (line);
  reset (&t);
  return 0;
}
