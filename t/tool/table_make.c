/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes a module table that has some of everything, by the project's own encoder, for tests that break it.
 *
 * usage: table_make FILE [--big] [--32] [--name=OF-BARE] [OFF:END:VALUE...]
 * Text offset 0 is at 0x400000, the table at 0x8000000.  Given stretches take the place of table UnsafePoint's; nothing
 * looks at what they say.  Functions, by text offset: 1000 alpha, inlined calls, a pad of 3      1040 beta, by the
 * frame pointer, marked     1100 bare, no frame ff80 crossing, over a page's end           10100 endless, long, many
 * rows and lines    22000 handler, a signal frame 22040 quiet, not preemptible               22080 strict, neither,
 * sets SP              23000 600 small ones 2000000 distant, in a range of its own, outermost, assembly */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image_encode.h"
#include "model.h"

#define PUT(v, ...) (void) (model_reserve (v, 1) && ((v)->at[(v)->cnt++] = (__VA_ARGS__), true))
#define SMALL_CNT 600

static struct model m;
static const char *bare = "bare";

static struct model_str
str (const char *text)
{
  char *p = pctab__model_space (&m, strlen (text) + 1);
  memcpy (p, text, strlen (text) + 1);
  return (struct model_str) { p, (uint32_t) strlen (text) };
}

static void
row (uint32_t off, unsigned cfa, int32_t cfa_off, unsigned fp)
{
  struct rule r = { .cfa = (uint8_t) cfa, .ra = RA_SAVED, .fp = (uint8_t) fp, .cfa_off = cfa_off, .ra_off = -8,
                    .fp_off = fp == FP_SAVED ? -16 : 0 };
  PUT (&m.rows, (struct model_row) { off, pctab__model_rule (&m, &r) });
}

static void
frame (const char *name, uint32_t off, uint32_t end, unsigned flags, unsigned reason)
{
  PUT (&m.symbols, (struct model_symbol) { off, end - off, str (name), 1, 2 });
  PUT (&m.frames, (struct model_frame) { off, end, (uint32_t) m.rows.cnt, 0, (uint16_t) flags, (uint16_t) reason });
}

static void
frame_end (void)
{
  struct model_frame *f = &m.frames.at[m.frames.cnt - 1];
  f->row_cnt = (uint32_t) m.rows.cnt - f->row;
}

/* A function that pushes and pops. */
static void
plain (const char *name, uint32_t off, uint32_t end, unsigned flags, unsigned reason)
{
  frame (name, off, end, flags, reason);
  row (off, CFA_SP, 8, FP_SAME);
  row (off + 4, CFA_SP, 16, FP_SAME);
  row (end - 4, CFA_SP, 8, FP_SAME);
  frame_end ();
}

static void
make_frames (void)
{
  plain ("alpha", 0x1000, 0x103d, 0, 0);
  frame ("beta", 0x1040, 0x1100, 0, 0);
  row (0x1040, CFA_SP, 8, FP_SAME);
  row (0x1044, CFA_SP, 16, FP_SAVED);
  row (0x1048, CFA_FP, 16, FP_SAVED);
  row (0x10f0, CFA_SP, 8, FP_SAME);
  frame_end ();
  PUT (&m.symbols, (struct model_symbol) { 0x1100, 0x100, str (bare), 1, 2 });
  frame ("crossing", 0xff80, 0x10100, 0, 0);
  row (0xff80, CFA_SP, 8, FP_SAME);
  row (0xff90, CFA_SP, 24, FP_SAME);
  row (0x100f0, CFA_SP, 8, FP_SAME);
  frame_end ();
  frame ("endless", 0x10100, 0x10100 + 70000, 0, 0);
  for (uint32_t i = 0; i < 70; i++)
    row (0x10100 + 1000 * i, CFA_SP, i % 2 ? 16 : 8, FP_SAME);
  frame_end ();
  frame ("handler", 0x22000, 0x22040, FRAME_SIGNAL, 0);
  struct rule r = { .cfa = CFA_DEREF,
                    .ra = RA_AT_REG,
                    .fp = FP_AT_REG,
                    .cfa_reg = 7,
                    .ra_reg = 7,
                    .fp_reg = 7,
                    .cfa_off = 160,
                    .ra_off = 168,
                    .fp_off = 120 };
  PUT (&m.rows, (struct model_row) { 0x22000, pctab__model_rule (&m, &r) });
  frame_end ();
  plain ("quiet", 0x22040, 0x22080, FRAME_NOPREEMPT, 4);
  plain ("strict", 0x22080, 0x220c0, FRAME_NOPREEMPT | FRAME_SPWRITE, 8);
  for (uint32_t i = 0; i < SMALL_CNT; i++)
    {
      char name[64];
      snprintf (name, sizeof name, "small_%u_%x_with_a_name_that_takes_some_room", i, i * 2654435761u);
      plain (name, 0x23000 + 32 * i, 0x23000 + 32 * i + 32, 0, 0);
    }
  frame ("distant", 0x2000000, 0x2000040, FRAME_ASM | FRAME_TOP, 0);
  row (0x2000000, CFA_SP, 8, FP_SAME);
  frame_end ();
  PUT (&m.texts, (struct model_text) { 0x1000, 0x28000, false });
  PUT (&m.texts, (struct model_text) { 0x2000000, 0x2000040, false });
}

static void
stretch (uint32_t off, uint32_t end, int32_t value)
{
  PUT (&m.stretches, (struct model_stretch) { off, end, value });
  m.tables.at[m.tables.cnt - 1].stretch_cnt++;
}

static void
table (uint32_t number, const char *name)
{
  PUT (&m.tables, (struct model_table) { number, (uint32_t) m.stretches.cnt, 0, str (name) });
}

static void
make_tables (char **marks)
{
  unsigned off, end;
  int value;
  table (0, "");
  for (char **p = marks; *p; p++)
    if (sscanf (*p, "%x:%x:%d", &off, &end, &value) == 3)
      stretch (off, end, value);
  if (!*marks)
    {
      stretch (0x1050, 0x1064, -3);
      stretch (0x1064, 0x1070, -4);
      stretch (0x1070, 0x1080, -2);
      stretch (0xff80, 0xff90, -5);
    }
  table (2, "colours");
  for (uint32_t i = 0; i < 100; i++)
    stretch (0x10100 + 500 * i, 0x10100 + 500 * i + 500, i % 2 ? 300 : 100);
  table (7, "");
  stretch (0x1010, 0x1020, 70000);
}

static void
line (uint32_t off, uint32_t file, uint32_t number)
{
  PUT (&m.lines, (struct model_line) { off, file, number });
  m.sequences.at[m.sequences.cnt - 1].line_cnt++;
}

static void
sequence (uint32_t off, uint32_t end)
{
  PUT (&m.sequences, (struct model_sequence) { off, end, (uint32_t) m.lines.cnt, 0 });
}

static void
node (uint32_t parent, uint32_t origin, uint32_t call_line, uint32_t off, uint32_t end)
{
  PUT (&m.nodes, (struct model_node) { parent, origin, 0, call_line });
  PUT (&m.ranges, (struct model_range) { off, end, (uint32_t) m.nodes.cnt - 1 });
}

static void
make_lines (void)
{
  PUT (&m.files, str ("/src/one.c"));
  PUT (&m.files, str ("/src/two.h"));
  PUT (&m.files, str ("/src/three.c"));
  PUT (&m.origins, (struct model_origin) { str ("alpha"), 0, 3 });
  PUT (&m.origins, (struct model_origin) { str ("twice"), 1, 40 });
  PUT (&m.origins, (struct model_origin) { str ("clamp"), 1, 60 });
  node (MODEL_NONE, 0, 0, 0x1000, 0x103d);
  node (0, 1, 7, 0x1008, 0x1020);
  node (1, 2, 41, 0x1010, 0x1018);
  node (0, 2, 9, 0x1028, 0x1030);
  sequence (0x1000, 0x1100);
  line (0x1000, 0, 4);
  line (0x1008, 1, 41);
  line (0x1010, 1, 61);
  line (0x1018, 1, 42);
  line (0x1020, 0, 8);
  line (0x1028, 1, 62);
  line (0x1030, 0, 10);
  line (0x1040, 0, 20);
  line (0x1080, 2, 5);
  line (0x10a0, 2, 0);
  line (0x10b0, 2, 6);
  sequence (0x10100, 0x10100 + 70000);
  for (uint32_t i = 0; i < 700; i++)
    line (0x10100 + 100 * i, 2, 100 + i * i % 57);
}

int
main (int argc, char **argv)
{
  static const unsigned char build_id[] = { 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4 };
  struct image_about about = { UINT64_C (0x1122334455667788), build_id, sizeof build_id };
  struct diag d = { .file = "table_make" };
  unsigned char *image;
  size_t len;
  if (argc < 2)
    return 2;
  pctab__model_init (&m);
  m.base = 0x400000;
  m.table_addr = 0x8000000;
  m.machine = 62;
  m.is64 = true;
  const char *path = argv[1];
  for (; argc > 2 && argv[2][0] == '-'; argc--, argv++)
    if (!strcmp (argv[2], "--big"))
      m.machine = 22, m.big = true;
    else if (!strncmp (argv[2], "--name=", 7))
      bare = argv[2] + 7;
    else
      m.machine = 3, m.is64 = false;
  make_frames ();
  make_tables (argv + 2);
  make_lines ();
  if (!pctab__image_encode (&m, &about, 1, &image, &len, &d))
    {
      fprintf (stderr, "table_make: %s\n", d.text);
      return 1;
    }
  FILE *out = fopen (path, "wb");
  bool good = out && fwrite (image, 1, len, out) == len && !fclose (out);
  free (image);
  pctab__model_free (&m);
  return !good;
}
