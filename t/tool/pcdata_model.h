/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models of made-up programs, with flags and pcdata tables, for pcdata_check.c. */
#ifndef PCTAB_T_PCDATA_MODEL_H
#define PCTAB_T_PCDATA_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "format.h"
#include "image_encode.h"
#include "model.h"

#define BASE UINT64_C (0x400000)
#define TABLE_ADDR UINT64_C (0x90000000)
#define TABLES_MAX 6

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

/* One model, and what it says of each byte from text offset 0 on. */
struct subject {
  struct model m;
  unsigned insn;
  uint32_t len;     /* bytes of code, gaps included */
  uint32_t *frame;  /* of each byte: index of its frame, plus 1; 0: none */
  int32_t *value[TABLES_MAX];
  uint64_t checked; /* PCs times tables */
};

static uint64_t random_state;

static uint32_t
draw (uint32_t below)
{
  random_state = random_state * UINT64_C (6364136223846793005) + 1442695040888963407;
  return below ? (uint32_t) (random_state >> 33) % below : 0;
}

static void
die (const char *what)
{
  fprintf (stderr, "pcdata_check: %s\n", what);
  exit (1);
}

static void *
must (void *p)
{
  if (!p)
    die ("out of memory");
  return p;
}

/* Adds ELEMENT to a vector of the model. */
#define ADD(v, element) \
  do                    \
    {                   \
      if (!model_reserve (v, 1)) \
        die ("out of memory");   \
      (v)->at[(v)->cnt++] = (element); \
    }                   \
  while (0)

/* Models */

static void
add_frame (struct model *m, uint32_t off, uint32_t end, unsigned flags, unsigned reason)
{
  struct rule rule = { .cfa = CFA_SP, .ra = RA_SAVED, .cfa_off = 8 + 8 * (int32_t) draw (4), .ra_off = -8 };
  ADD (&m->frames, ((struct model_frame){ off, end, (uint32_t) m->rows.cnt, 1, (uint16_t) flags, (uint16_t) reason }));
  ADD (&m->rows, ((struct model_row){ off, pctab__model_rule (m, &rule) }));
}

static void
start_model (struct subject *s, const struct arch *arch, bool big)
{
  memset (s, 0, sizeof *s);
  pctab__model_init (&s->m);
  s->insn = arch->insn;
  s->m.base = BASE;
  s->m.table_addr = TABLE_ADDR;
  s->m.machine = arch->machine;
  s->m.is64 = arch->is64;
  s->m.big = big;
}

static void
end_model (struct subject *s)
{
  free (s->frame);
  for (unsigned t = 0; t < TABLES_MAX; t++)
    free (s->value[t]);
  pctab__model_free (&s->m);
}

/* Functions in one to three texts: side by side, with pads and gaps between; now and then a long one. */
static void
draw_frames (struct subject *s)
{
  static const unsigned flags[] = { FRAME_SIGNAL, FRAME_TOP, FRAME_SPWRITE, FRAME_ASM, FRAME_NOPREEMPT };
  uint32_t at = s->insn * draw (64), texts = 1 + draw (3), often[5];
  for (unsigned i = 0; i < 5; i++)
    often[i] = draw (3) ? 1 + draw (20) : 0;
  for (uint32_t t = 0; t < texts; t++)
    {
      uint32_t from = at, cnt = 1 + draw (t ? 60 : 200);
      for (uint32_t i = 0; i < cnt; i++)
        {
          uint32_t units = draw (40) ? 1 + draw (90) : draw (4) ? draw (5000) + 1 : (65500 + draw (140000)) / s->insn;
          unsigned f = 0;
          for (unsigned k = 0; k < 5; k++)
            f |= often[k] && draw (often[k]) == 0 ? flags[k] : 0;
          add_frame (&s->m, at, at + units * s->insn, f, f & FRAME_NOPREEMPT ? 1 + draw (13) : 0);
          at += units * s->insn;
          at += draw (2) ? 0 : draw (3) ? s->insn * draw (15 / s->insn + 1) : s->insn * draw (40);
        }
      ADD (&s->m.texts, ((struct model_text){ from, at, false }));
      at += draw (2) ? 0 : s->insn * (70000 + draw (200000));
    }
  s->len = s->m.texts.at[s->m.texts.cnt - 1].end;
}

static int32_t
draw_value (unsigned kind)
{
  int32_t v = kind == 0 ? -2 - (int32_t) draw (4)
              : kind == 1 ? (int32_t) draw (256) - 128
              : kind == 2 ? (int32_t) draw (65536) - 32768 : (int32_t) (draw (1u << 30) * 4 + draw (4));
  return v == -1 ? -2 : v;
}

/* Stretches in frame F: CNT of them at most. */
static void
draw_stretches (struct model *m, const struct model_frame *f, unsigned insn, unsigned kind, uint32_t cnt, uint32_t far)
{
  uint32_t at = draw (2) ? f->off : f->off + insn * draw (far);
  int32_t last = -1;
  uint32_t last_end = UINT32_MAX;
  for (; cnt && at < f->end; cnt--)
    {
      uint32_t end = at + insn * (1 + draw (far));
      int32_t v = draw_value (kind);
      end = end < f->end ? end : f->end;
      if (at == last_end && v == last)
        v = v == -2 ? -3 : -2;
      ADD (&m->stretches, ((struct model_stretch){ at, end, v }));
      last = v;
      last_end = end;
      at = draw (2) ? end : end + insn * draw (far);
    }
}

static void
draw_tables (struct subject *s)
{
  static const char *const names[] = { "", "", "mine", "a name of its own", "\xc3\xa4" };
  uint32_t tables = draw (TABLES_MAX), number = draw (2);
  for (uint32_t t = 0; t < tables; t++)
    {
      uint32_t first = (uint32_t) s->m.stretches.cnt, often = 1 + draw (3) * draw (30), kind = draw (4);
      for (size_t i = 0; i < s->m.frames.cnt; i++)
        if (draw (often) == 0)
          draw_stretches (&s->m, &s->m.frames.at[i], s->insn, kind, 1 + (draw (8) ? draw (30) : draw (2000)),
                          draw (3) ? 1 + draw (30) : 1 + draw (2000));
      const char *name = names[draw (5)];
      ADD (&s->m.tables, ((struct model_table){ number, first, (uint32_t) s->m.stretches.cnt - first,
                                                { name, (uint32_t) strlen (name) } }));
      number += 1 + draw (2) * draw (1000000);
    }
}

/* One function of ROWS stretches of LEN bytes side by side, restart 1 and 2 in turn, PAD bytes before them. */
static void
make_even (struct subject *s, const struct arch *arch, bool big, uint32_t rows, uint32_t len, uint32_t pad)
{
  start_model (s, arch, big);
  for (uint32_t i = 0; i < rows; i++)
    ADD (&s->m.stretches,
         ((struct model_stretch){ pad + i * len, pad + (i + 1) * len,
                                  i % 2 ? PCTAB_UNSAFEPOINT_RESTART2 : PCTAB_UNSAFEPOINT_RESTART1 }));
  s->len = pad + rows * len + 64;
  add_frame (&s->m, 0, s->len, 0, 0);
  ADD (&s->m.texts, ((struct model_text){ 0, s->len, false }));
  ADD (&s->m.tables, ((struct model_table){ 0, 0, rows, { "", 0 } }));
}

static unsigned char *
encode (struct model *m, unsigned threads, size_t *len, struct diag *d)
{
  unsigned char *image = NULL, *aligned;
  struct image_about about = { .text_digest = 1 };
  if (!pctab__image_encode (m, &about, threads, &image, len, d))
    return NULL;
  aligned = must (aligned_alloc (64, (*len + 63) & ~(size_t) 63));
  memcpy (aligned, image, *len);
  free (image);
  return aligned;
}

/* A small table with all that section 6 has: entry 1 is a short function, 3 and 4 a long one. */
static unsigned char *
make_small (size_t *len)
{
  struct subject s;
  struct diag d = { 0 };
  start_model (&s, pctab__arch (62, true), host_big);
  add_frame (&s.m, 16, 80, FRAME_SPWRITE, 0);
  add_frame (&s.m, 128, 70128, FRAME_NOPREEMPT, 3);
  ADD (&s.m.texts, ((struct model_text){ 0, 70128, false }));
  ADD (&s.m.stretches, ((struct model_stretch){ 20, 30, -2 }));
  for (uint32_t i = 0; i < 40; i++)
    ADD (&s.m.stretches, ((struct model_stretch){ 200 + 7 * i, 207 + 7 * i, i % 2 ? -3 : -4 }));
  ADD (&s.m.stretches, ((struct model_stretch){ 16, 80, 300 }));
  ADD (&s.m.tables, ((struct model_table){ 0, 0, 41, { "", 0 } }));
  ADD (&s.m.tables, ((struct model_table){ 9, 41, 1, { "nine", 4 } }));
  unsigned char *image = encode (&s.m, 1, len, &d);
  if (!image)
    die (d.text);
  end_model (&s);
  return image;
}

#endif
