/* SPDX-License-Identifier: MIT */
/* Line steps to bits. */
#include "line_encode.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"

#define ADV_ESCAPE 0xffff
#define STEP_ESCAPE PCTAB_OP_ESCAPE
#define STEP_END PCTAB_OP_END

static uint32_t
adv_symbol (const struct cold_step *s)
{
  return s->adv < ADV_ESCAPE ? s->adv : ADV_ESCAPE;
}

/* Change and op as one symbol, if the change fits twelve bits. */
static uint32_t
step_symbol (const struct cold_step *s)
{
  if (s->dline < -2048 || s->dline > 2047)
    return STEP_ESCAPE;
  return ((uint32_t) s->dline & 0xfff) << 4 | s->op;
}

static unsigned
number_len (uint32_t v)
{
  return v ? 32 - (unsigned) __builtin_clz (v) : 0;
}

static uint32_t
zigzag (int32_t v)
{
  return (uint32_t) v << 1 ^ (uint32_t) (v >> 31);
}

#define NUMBERS 33 /* lengths of numbers, in bits */

struct counts {
  uint32_t adv[HUFFMAN_SYMBOLS], step[HUFFMAN_SYMBOLS], number[NUMBERS];
};

static int32_t
symbol_dline (uint32_t step)
{
  return (int32_t) (step << 16) >> 20;
}

/* The number that stands behind the escape for a symbol. */
typedef uint32_t escaped_number (uint32_t symbol);

static uint32_t
escaped_adv (uint32_t adv)
{
  return adv;
}

static uint32_t
escaped_step (uint32_t step)
{
  return zigzag (symbol_dline (step));
}

/* A symbol is worth its two bytes in the table when it saves them over escapes of so many bits. */
static void
drop_rare (uint32_t *counts, uint32_t escape, uint64_t all, unsigned escape_bits,
           escaped_number *escaped, uint32_t *number)
{
  for (uint32_t s = 0; s < HUFFMAN_SYMBOLS; s++)
    {
      uint64_t cnt = counts[s];
      if (!cnt || s == escape || s == STEP_END)
        continue;
      unsigned bits = 0;
      while (cnt << bits < all)
        bits++;
      if (bits >= escape_bits || cnt * (escape_bits - bits) <= 16)
        {
          number[number_len (escaped (s))] += counts[s];
          counts[escape] += counts[s];
          counts[s] = 0;
        }
    }
}

static void
count_steps (const struct cold_part *part, struct counts *n)
{
  for (size_t i = 0; i < part->steps.cnt; i++)
    {
      const struct cold_step *s = &part->steps.at[i];
      uint32_t adv = adv_symbol (s), step = step_symbol (s);
      n->adv[adv]++;
      n->step[step]++;
      if (adv == ADV_ESCAPE)
        n->number[number_len (s->adv)]++;
      if (step == STEP_ESCAPE)
        n->number[number_len (zigzag (s->dline))]++;
    }
  for (size_t i = 0; i < part->gotos.cnt; i++)
    {
      n->number[number_len (zigzag (part->gotos.at[i].node))]++;
      n->number[number_len (part->gotos.at[i].file + 1)]++;
    }
  for (size_t i = 0; i < part->func_cnt; i++)
    n->step[STEP_END] += part->funcs[i].step_cnt > 0;
  n->step[STEP_END] += (uint32_t) part->restarts.cnt;
}

static void
count_all (const struct cold *c, struct counts *n)
{
  size_t steps = 0;
  for (unsigned p = 0; p < c->part_cnt; p++)
    {
      count_steps (&c->parts[p], n);
      steps += c->parts[p].steps.cnt;
    }
  drop_rare (n->adv, ADV_ESCAPE, steps, 18, escaped_adv, n->number);
  drop_rare (n->step, STEP_ESCAPE, steps, 24, escaped_step, n->number);
  n->adv[ADV_ESCAPE]++;
  n->step[STEP_ESCAPE]++;
}

bool
pctab__line_codes_make (struct line_codes *lc, const struct cold *c)
{
  memset (lc, 0, sizeof *lc);
  struct counts *n = calloc (1, sizeof *n);
  if (!n)
    return false;
  count_all (c, n);
  for (unsigned len = 0; len < NUMBERS; len++)
    n->number[len]++;
  bool good = pctab__huffman_make (&lc->adv, n->adv, HUFFMAN_SYMBOLS)
              && pctab__huffman_make (&lc->step, n->step, HUFFMAN_SYMBOLS)
              && pctab__huffman_make (&lc->number, n->number, NUMBERS);
  free (n);
  return good;
}

void
pctab__line_codes_free (struct line_codes *lc)
{
  pctab__huffman_free (&lc->adv);
  pctab__huffman_free (&lc->step);
  pctab__huffman_free (&lc->number);
}

void
pctab__line_codes_encode (const struct line_codes *lc, struct buf *out)
{
  pctab__huffman_encode (&lc->adv, out);
  pctab__huffman_encode (&lc->step, out);
  pctab__huffman_encode (&lc->number, out);
}

static void
put_number (const struct line_codes *lc, struct bit_writer *w, uint32_t v)
{
  unsigned len = number_len (v);
  huffman_put (&lc->number, w, len);
  if (len > 1)
    bits_put (w, v & ((UINT32_C (1) << (len - 1)) - 1), len - 1);
}

/* A function being written: its next goto. */
struct line_writer {
  const struct line_codes *lc;
  struct bit_writer bits;
  const struct cold_goto *jump;
};

static void
put_step (struct line_writer *w, const struct cold_step *s)
{
  const struct line_codes *lc = w->lc;
  uint32_t adv = adv_symbol (s), step = step_symbol (s);
  if (step != STEP_ESCAPE && lc->step.len[step])
    huffman_put (&lc->step, &w->bits, step);
  else
    {
      huffman_put (&lc->step, &w->bits, STEP_ESCAPE);
      bits_put (&w->bits, s->op, 4);
      put_number (lc, &w->bits, zigzag (s->dline));
    }
  if (adv != ADV_ESCAPE && lc->adv.len[adv])
    huffman_put (&lc->adv, &w->bits, adv);
  else
    {
      huffman_put (&lc->adv, &w->bits, ADV_ESCAPE);
      put_number (lc, &w->bits, s->adv);
    }
  if (s->op == PCTAB_OP_GOTO)
    {
      put_number (lc, &w->bits, zigzag (w->jump->node));
      put_number (lc, &w->bits, w->jump->file + 1);
      w->jump++;
    }
}

/* Steps up to the end of the function or chunk: how many. */
static uint32_t
put_chunk (struct line_writer *w, const struct cold_step *steps, uint32_t cnt)
{
  uint32_t i = 0;
  do
    put_step (w, &steps[i]);
  while (!steps[i++].restart && i < cnt);
  huffman_put (&w->lc->step, &w->bits, STEP_END);
  bits_flush (&w->bits);
  return i;
}

/* A chunk's entry: its bytes, and where it leaves off, so that the next one need not be read from here. */
static void
put_chunk_entry (const struct cold_step *steps, uint32_t cnt, uint32_t len,
                 const struct cold_restart *at, uint32_t *line, struct buf *out)
{
  uint32_t span = 0;
  for (uint32_t i = 0; i < cnt; i++)
    span += steps[i].adv;
  pctab__buf_uvar (out, len);
  pctab__buf_uvar (out, span);
  pctab__buf_svar (out, (int32_t) (at->line - *line));
  pctab__buf_uvar (out, at->file + 1);
  pctab__buf_uvar (out, at->node);
  pctab__buf_uvar (out, at->highest - at->node);
  *line = at->line;
}

/* Entries of all chunks but the last, whose bytes and end nobody needs; then the chunks. */
static void
put_chunks (struct line_writer *w, const struct cold_part *part, const struct cold_func *f, uint32_t chunk_cnt,
            struct buf *out)
{
  const struct cold_step *steps = &part->steps.at[f->step];
  const struct cold_restart *restart = &part->restarts.at[f->restart];
  struct buf data = { .big = out->big };
  uint32_t line = f->line;
  w->bits.out = &data;
  pctab__buf_uvar (out, chunk_cnt - 1);
  for (uint32_t from = 0, cnt; from < f->step_cnt; from += cnt)
    {
      size_t start = data.len;
      cnt = put_chunk (w, steps + from, f->step_cnt - from);
      if (from + cnt < f->step_cnt)
        put_chunk_entry (steps + from, cnt, (uint32_t) (data.len - start), restart++, &line, out);
    }
  out->failed |= data.failed;
  pctab__buf_bytes (out, data.at, data.len);
  pctab__buf_free (&data);
}

uint32_t
pctab__line_encode (const struct line_codes *lc, const struct cold_part *part, const struct cold_func *f,
                    struct buf *out, bool *chunked)
{
  const struct cold_step *steps = &part->steps.at[f->step];
  struct line_writer w = { lc, { out, 0, 0 }, part->gotos.at + f->jump };
  size_t start = out->len;
  uint32_t chunk_cnt = 1;
  for (uint32_t i = 0; i + 1 < f->step_cnt; i++)
    chunk_cnt += steps[i].restart;
  *chunked = chunk_cnt > 1;
  if (*chunked)
    put_chunks (&w, part, f, chunk_cnt, out);
  else
    put_chunk (&w, steps, f->step_cnt);
  return (uint32_t) (out->len - start);
}
