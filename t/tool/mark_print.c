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
 *   code OFF LETTERS                an instruction a letter, as long as the machine's shortest: u unsafe, r
 *                                   restartable, others neither; a digit begins one that is so many times as long, its
 *                                   letter follows
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
  t->f = (struct elf_file){
    .path = "prog",
    .data = t->code,
    .len = CODE_LEN,
    .sections = &t->section,
    .section_cnt = 1,
  };
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

#define WORDS_MAX 8

struct words {
  char *at[WORDS_MAX];
  int cnt;
};

/* Is it WHAT, with CNT arguments? */
static bool
is (const struct words *w, const char *what, int cnt)
{
  return w->cnt == cnt + 1 && !strcmp (w->at[0], what);
}

static uint32_t
number (const struct words *w, int i)
{
  return (uint32_t) strtoll (w->at[i], NULL, 0);
}

static void
add_mark (struct model *m, const struct words *w)
{
  const char *how = w->at[6];
  push (&m->marks, (struct model_mark){
                     .table = number (w, 1),
                     .off = number (w, 2),
                     .end = number (w, 3),
                     .value = (int32_t) number (w, 4),
                     .record = strcmp (how, "own") ? number (w, 5) : MODEL_NONE,
                     .single = !strcmp (how, "single"),
                   });
}

static bool
read_words (struct test *t, const struct words *w)
{
  struct model *m = &t->m;
  if (is (w, "machine", 1))
    set_machine (t, w->at[1]);
  else if (is (w, "frame", 2))
    add_frame (m, number (w, 1), number (w, 2));
  else if (is (w, "row", 2) && m->frames.cnt)
    add_row (m, number (w, 1), rule_number (m, number (w, 2)));
  else if (is (w, "stubs", 2))
    push (&m->texts, (struct model_text){ number (w, 1), number (w, 2), true });
  else if (is (w, "symbol", 3))
    push (&m->symbols, (struct model_symbol){ number (w, 1), number (w, 2), keep (m, w->at[3]), STB_GLOBAL, STT_FUNC });
  else if (is (w, "mark", 6))
    add_mark (m, w);
  else if (is (w, "point", 4))
    push (&m->points, (struct model_point){ number (w, 1), number (w, 2), number (w, 3), !strcmp (w->at[4], "end") });
  else if (is (w, "name", 2))
    push (&m->tables, (struct model_table){ .number = number (w, 1), .name = keep (m, w->at[2]) });
  else if (is (w, "code", 2))
    set_code (t, number (w, 1), w->at[2]);
  else if (is (w, "hooks", 1))
    set_hooks (t, w->at[1]);
  else if (is (w, "objects", 0))
    {
      t->by.object = name_object;
      t->by.context = t;
    }
  else
    return w->cnt == 0;
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
    {
      struct words w = { .cnt = 0 };
      char *rest;
      for (char *p = strtok_r (line, " \n", &rest); p && w.cnt < WORDS_MAX; p = strtok_r (NULL, " \n", &rest))
        w.at[w.cnt++] = p;
      if (is (&w, "run", 0))
        {
          run (&t);
          reset (&t);
        }
      else if (!read_words (&t, &w))
        fail (line);
    }
  reset (&t);
  return 0;
}
