/* SPDX-License-Identifier: GPL-3.0-or-later */
/* <pctab/build.h> held against the linker's encoder and two readers.
 *
 * usage: builder_check random CASES [SEED]   random programs, of all architectures in arch.def and both byte orders,
 *                                            given by calls in any order: the bytes that the encoder makes of the same
 *                                            model
 *        builder_check hostile CASES [SEED]  calls with random numbers: a table that both readers take, or a message
 *        builder_check errors                calls that contradict each other: their messages
 *        builder_check memory CASES [SEED]   random programs, with each allocation failing in turn: MEMORY, no leak
 *        builder_check eh_frame FILE [CASES [SEED]]  the functions of a file's .eh_frame, as it is: the bytes of the
 *                                            importer's model; or damaged so often
 * Exits 1 at the first difference. */
#include <pctab/build.h>

#include "../lib/agree.h"
#include "builder_contradict.h"
#include "builder_program.h"
#include "fail_malloc.h"
#include "image_encode.h"
#include "import.h"

/* What both readers say of a table; the program ends if it is not that it is right. */
static void
check_table (const unsigned char *image, size_t len, bool big, uint64_t *pcs)
{
  struct agree a;
  unsigned char *copy = aligned_alloc (64, (len + 63) & ~(size_t) 63);
  memcpy (copy, image, len);
  agree_open (&a, copy, len, 0, big);
  bool good = a.open;
  for (unsigned i = 0; i < CHECK_CNT; i++)
    good &= pctab__check_get (i)->severity != SEVERITY_ERROR || !a.r.found[i];
  if (!good)
    {
      agree_print (&a, stderr);
      die (a.open ? "verify refuses a table" : "the reader refuses a table");
    }
  if (!agree_everywhere (&a))
    die (a.text);
  *pcs += a.pcs;
  agree_close (&a);
  free (copy);
}

/* B's table has the bytes of M's. */
static void
compare (struct pctab_builder *b, struct model *m, bool big, uint64_t *pcs)
{
  struct diag d = { 0 };
  unsigned char *want;
  size_t want_len, len;
  enum pctab_error error;
  const char *text;
  unsigned char *got = pctab_builder_finish (b, &len, &error, &text);
  if (!got)
    die (text);
  if (!pctab__image_encode (m, &(struct image_about){ 0 }, 1, &want, &want_len, &d))
    die (d.text);
  check_table (want, want_len, big, pcs);
  check_table (got, len, big, pcs);
  if (len != want_len || memcmp (got, want, len))
    die ("the builder's table is another than the encoder's");
  free (got);
  free (want);
  pctab_builder_free (b);
}

static int
check_random (unsigned long cases)
{
  uint64_t funcs = 0, rows = 0, lines = 0, stretches = 0, pcs = 0;
  struct program *p = malloc (sizeof *p);
  for (unsigned long i = 0; p && i < cases; i++)
    {
      draw_program (p, i);
      funcs += p->func_cnt;
      rows += p->m.rows.cnt;
      lines += p->m.lines.cnt;
      stretches += p->m.stretches.cnt;
      compare (give (p), &p->m, p->big, &pcs);
      pctab__model_free (&p->m);
    }
  free (p);
  printf ("%lu programs of all architectures and both byte orders: %" PRIu64 " functions, %" PRIu64 " rows, %" PRIu64
          " lines, %" PRIu64 " stretches; %" PRIu64 " PCs compared\n", cases, funcs, rows, lines, stretches, pcs);
  return 0;
}

/* Memory */

/* P's table with allocation number NTH failing; whether there were that many. */
static bool
fail_one (const struct program *p, unsigned long nth)
{
  enum pctab_error error = PCTAB_ERROR_MEMORY;
  const char *text = "";
  size_t len = 0;
  uint64_t state = random_state;
  fail_at = nth;
  fail_seen = 0;
  struct pctab_builder *b = give (p);
  void *image = b ? pctab_builder_finish (b, &len, &error, &text) : NULL;
  fail_at = 0;
  bool failed = fail_seen >= nth;
  random_state = state;
  if (!image != failed || (failed && (error != PCTAB_ERROR_MEMORY || (b && strcmp (text, "out of memory")))))
    die ("an allocation failed, and the builder says something else");
  free (image);
  pctab_builder_free (b);
  return failed;
}

static int
check_memory (unsigned long cases)
{
  struct program *p = malloc (sizeof *p);
  unsigned long failed = 0;
  for (unsigned long i = 0; p && i < cases; i++)
    {
      draw_program (p, i);
      for (unsigned long nth = 1; fail_one (p, nth); nth++)
        failed++;
      pctab__model_free (&p->m);
    }
  free (p);
  printf ("%lu programs, %lu failed allocations\n", cases, failed);
  return 0;
}

/* Hostile calls */

static uint32_t
draw_off (uint32_t len)
{
  switch (draw (12))
    {
    case 0: return UINT32_MAX - draw (3);
    case 1: return draw (UINT32_MAX);
    case 2: return len - 1 + draw (3);
    default: return draw (len + 1) & (draw (8) ? ~3u : ~0u);
    }
}

static void
call_at_random (struct pctab_builder *b, uint32_t off, uint32_t end)
{
  struct pctab_rule rule = { .cfa = 1, .ra = 1, .cfa_off = 16, .ra_off = -8 };
  unsigned char *bytes = (unsigned char *) &rule;
  uint32_t at = off + (draw (40) ? 4 * draw ((end - off) / 4 + 1) : draw_off (end));
  switch (draw (3))
    {
    case 0:
      if (!draw (4))
        for (size_t i = 0; i < sizeof rule; i++)
          bytes[i] = (unsigned char) draw (i < 3 ? draw (30) ? 5 : 7 : 256);
      pctab_builder_rule (b, at, &rule);
      return;
    case 1:
      pctab_builder_value (b, draw (3), at, -1 - (int32_t) draw (draw (50) ? 5 : 7));
      return;
    default:
      pctab_builder_line (b, at, draw (3) ? "file.c" : draw (2) ? "" : NULL, draw (2) ? draw (100) : draw (UINT32_MAX));
    }
}

static int
check_hostile (unsigned long cases)
{
  unsigned long made = 0, refused = 0;
  uint64_t pcs = 0;
  for (unsigned long i = 0; i < cases; i++)
    {
      const struct arch *arch = arch_number (i);
      uint32_t len = draw (40) ? 1 + draw (3000) : draw_off (100), calls = draw (5), pos = 0;
      struct pctab_builder *b = pctab_builder_new (arch->machine, arch->is64, draw (2), len);
      enum pctab_error error;
      const char *text;
      size_t size;
      for (uint32_t c = 0; c < calls; c++)
        {
          uint32_t off = draw (15) ? pos : draw_off (len), end = off + (draw (30) ? 4 + 4 * draw (50) : draw_off (len));
          pctab_builder_func (b, draw (2) ? "name" : NULL, off, end - off, draw (30) ? draw (32) : draw (256));
          for (uint32_t k = draw (4); k; k--)
            call_at_random (b, off, end);
          pos = end + 4 * draw (4);
        }
      unsigned char *image = pctab_builder_finish (b, &size, &error, &text);
      if (image ? error != PCTAB_ERROR_OK : error != PCTAB_ERROR_BUILD || !*text)
        die ("the result and the error disagree");
      made += image != NULL;
      refused += !image;
      if (image)
        check_table (image, size, !image[8], &pcs);
      free (image);
      pctab_builder_free (b);
    }
  printf ("%lu programs of random calls: %lu tables, which both readers take and agree on at %" PRIu64
          " PCs, %lu refused\n", cases, made, pcs, refused);
  return made < cases / 10 || refused < cases / 10;
}

/* Contradictions */

static void
make_call (struct pctab_builder *b, const struct call *c)
{
  switch (c->what)
    {
    case FUNC:
      pctab_builder_func (b, "f", c->a, c->b, (unsigned) c->c);
      return;
    case RULE:
      pctab_builder_rule (b, c->a, c->b == 16 ? &pushed : &plain);
      return;
    case STRANGE:
      pctab_builder_rule (b, c->a, &strange);
      return;
    case VALUE:
      pctab_builder_value (b, c->a, c->b, c->c);
      return;
    case LINE:
      pctab_builder_line (b, c->a, "x.c", c->b);
      return;
    case EH_FRAME:
      pctab_builder_eh_frame (b, eh_frame, c->a, UINT64_C (0x7000), 0);
      return;
    }
}

static int
check_errors (void)
{
  size_t cnt = sizeof contradictions / sizeof *contradictions, refused = 0;
  int status = 0;
  for (size_t i = 0; i < cnt; i++)
    {
      struct pctab_builder *b = pctab_builder_new (contradictions[i].insn == 4 ? 183 : 62, true, false, 100);
      enum pctab_error error;
      const char *text, *want = contradictions[i].text;
      size_t len;
      uint64_t pcs = 0;
      for (size_t k = 0; k < 6; k++)
        make_call (b, &contradictions[i].calls[k]);
      unsigned char *image = pctab_builder_finish (b, &len, &error, &text);
      bool good = want ? !image && error == PCTAB_ERROR_BUILD && strstr (text, want) : image && !error;
      printf ("%s %s\n", good ? "as wanted:" : "WRONG:", image ? "a table" : text);
      status |= !good;
      refused += !image;
      if (image)
        check_table (image, len, false, &pcs);
      free (image);
      pctab_builder_free (b);
    }
  printf ("%zu programs, %zu refused\n", cnt, refused);
  return status;
}

/* A file's .eh_frame */

struct subject {
  unsigned char *data;
  size_t len;
  struct elf_file f;
  struct model m;
  struct cursor eh;
  uint64_t addr;
};

static void
open_subject (struct subject *s, const char *path)
{
  struct diag d = { .file = path };
  pctab__model_init (&s->m);
  if (!pctab__elf_open (&s->f, path, &d) || !pctab__import_module (&s->f, &s->m, &d))
    die (d.text);
  struct elf_section *section = pctab__elf_section (&s->f, ".eh_frame");
  if (!section || !pctab__elf_contents (&s->f, section, &s->eh, &d))
    die ("no .eh_frame");
  s->addr = section->addr;
}

/* The builder's code is all of the file's, from text offset 0 on. */
static struct pctab_builder *
give_subject (const struct subject *s, const unsigned char *bytes, size_t len)
{
  uint32_t end = 0;
  for (size_t i = 0; i < s->m.texts.cnt; i++)
    end = s->m.texts.at[i].end > end ? s->m.texts.at[i].end : end;
  struct pctab_builder *b = pctab_builder_new (s->f.machine, s->f.is64, s->f.big, end);
  pctab_builder_eh_frame (b, bytes, len, s->addr, s->m.base);
  return b;
}

static bool
damage_once (const struct subject *s, unsigned char *bytes, uint64_t *pcs)
{
  size_t whole = cursor_left (&s->eh), len = draw (16) ? whole : draw ((uint32_t) whole), size;
  memcpy (bytes, s->eh.pos, whole);
  for (unsigned k = 1 + draw (6); k; k--)
    bytes[draw (3) ? draw ((uint32_t) whole) : draw (whole < 48 ? (uint32_t) whole : 48)]
      = (unsigned char) (draw (2) ? draw (256) : draw (2) ? draw (5) : 0xff);
  unsigned char *exact = malloc (len ? len : 1);
  memcpy (exact, bytes, len);
  struct pctab_builder *b = give_subject (s, exact, len);
  enum pctab_error error;
  const char *text;
  unsigned char *image = pctab_builder_finish (b, &size, &error, &text);
  if (image ? error : error != PCTAB_ERROR_BUILD || !*text)
    die ("the result and the error disagree");
  if (image)
    check_table (image, size, s->f.big, pcs);
  bool made = image != NULL;
  free (image);
  free (exact);
  pctab_builder_free (b);
  return made;
}

static int
check_eh_frame (const char *path, unsigned long cases)
{
  struct subject s = { 0 };
  struct diag d = { .file = path };
  uint64_t pcs = 0;
  unsigned long made = 0;
  open_subject (&s, path);
  size_t len = cursor_left (&s.eh), text_cnt = s.m.texts.cnt;
  unsigned char *bytes = malloc (len);
  for (unsigned long i = 0; i < cases; i++)
    made += damage_once (&s, bytes, &pcs);
  printf ("%lu times %s damaged: %lu tables, %lu refused\n", cases, path, made, cases - made);
  struct pctab_builder *b = give_subject (&s, s.eh.pos, len);
  if (!cases)
    {
      /* As one text: a table has no gaps for PLTs and between sections then. */
      for (size_t i = 0; i < text_cnt; i++)
        s.m.texts.at[i].stubs = false;
      if (!pctab__import_cfi (&s.f, &s.m, &d))
        die (d.text);
      printf ("%zu functions, %zu rows\n", s.m.frames.cnt, s.m.rows.cnt);
      s.m.texts.at[0] = (struct model_text){ 0, b ? s.m.texts.at[text_cnt - 1].end : 0, false };
      s.m.texts.cnt = 1;
      s.m.base = 0;
      compare (b, &s.m, s.f.big, &pcs);
      printf ("%" PRIu64 " PCs compared\n", pcs);
    }
  else
    pctab_builder_free (b);
  free (bytes);
  pctab__model_free (&s.m);
  pctab__elf_close (&s.f);
  return 0;
}

int
main (int argc, char **argv)
{
  unsigned long cases = argc > 2 ? strtoul (argv[2], NULL, 0) : 0;
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  if (argc > 2 && !strcmp (argv[1], "random"))
    return check_random (cases);
  if (argc > 2 && !strcmp (argv[1], "memory"))
    return check_memory (cases);
  if (argc > 2 && !strcmp (argv[1], "hostile"))
    return check_hostile (cases);
  if (argc == 2 && !strcmp (argv[1], "errors"))
    return check_errors ();
  if (argc > 2 && !strcmp (argv[1], "eh_frame"))
    {
      random_state = argc > 4 ? strtoull (argv[4], NULL, 0) : 1;
      return check_eh_frame (argv[2], argc > 3 ? strtoul (argv[3], NULL, 0) : 0);
    }
  fprintf (stderr, "usage: builder_check random|hostile|memory CASES [SEED] | errors | eh_frame FILE [CASES [SEED]]\n");
  return 2;
}
