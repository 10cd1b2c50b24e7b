/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See go_style.h.  findfunc: a bucket for each 4 KiB of text, with 16 hints that bring a lookup to within a few
 * functions of its own.  pcvalue: from the function's start, pairs of varints (zigzag value delta, PC delta in
 * instructions) are added up until the PC is passed; its result cache is left out, since a signal handler could not use
 * one. */
#include "go_style.h"

#include <stdlib.h>
#include <string.h>

enum { BUCKET = 4096, SUB = BUCKET / 16 };

/* --- lookup --- */

const struct go_func *
go_findfunc (const struct go_tables *t, uint32_t pc)
{
  if (pc >= t->text_end)
    return NULL;
  const struct go_bucket *b = &t->buckets[pc / BUCKET];
  uint32_t idx = b->idx + b->sub[pc % BUCKET / SUB];
  while (t->functab[idx + 1].entry_off <= pc)
    idx++;
  return (const struct go_func *) (t->funcs + t->functab[idx].func_off);
}

static inline const unsigned char *
varint_long (const unsigned char *p, uint32_t *v)
{
  uint32_t sum = 0;
  for (unsigned shift = 0;; shift += 7)
    {
      unsigned char b = *p++;
      sum |= (uint32_t) (b & 0x7f) << (shift & 31);
      if (!(b & 0x80))
        break;
    }
  *v = sum;
  return p;
}

static inline const unsigned char *
varint (const unsigned char *p, uint32_t *v)
{
  *v = *p;
  return *v & 0x80 ? varint_long (p, v) : p + 1;
}

int32_t
go_pcvalue (const struct go_tables *t, const struct go_func *f, uint32_t off, uint32_t pc, uint32_t *start)
{
  if (!off)
    {
      *start = 0;
      return -1;
    }
  const unsigned char *p = t->pctab + off;
  uint32_t at = f->entry_off, from = at;
  int32_t value = -1;
  for (;;)
    {
      uint32_t delta;
      if (!*p && from != f->entry_off)
        break;
      p = varint (p, &delta);
      value += (int32_t) (-(delta & 1) ^ (delta >> 1));
      p = varint (p, &delta);
      at += delta * t->quantum;
      if (pc < at)
        {
          *start = from;
          return value;
        }
      from = at;
    }
  *start = 0;
  return -1;
}

/* --- building --- */

struct bytes {
  unsigned char *at;
  size_t len, cap;
};

static bool
bytes_room (struct bytes *b, size_t extra)
{
  if (b->cap - b->len >= extra)
    return true;
  size_t cap = (b->cap + extra) * 2;
  unsigned char *at = realloc (b->at, cap);
  if (!at)
    return false;
  b->at = at;
  b->cap = cap;
  return true;
}

static void
put_varint (struct bytes *b, uint32_t v)
{
  for (; v >= 0x80; v >>= 7)
    b->at[b->len++] = (unsigned char) (v | 0x80);
  b->at[b->len++] = (unsigned char) v;
}

static bool
put_stream (struct bytes *b, const struct go_input *in, const struct go_row *rows, unsigned quantum)
{
  if (!bytes_room (b, (size_t) in->row_cnt * 10 + 1))
    return false;
  int32_t value = -1;
  for (uint32_t i = 0; i < in->row_cnt; i++)
    {
      const struct go_row *r = &rows[in->row + i];
      uint32_t end = i + 1 < in->row_cnt ? r[1].off : in->end;
      uint32_t delta = (uint32_t) r->value - (uint32_t) value;
      put_varint (b, delta << 1 ^ (uint32_t) -(delta >> 31));
      put_varint (b, (end - r->off) / quantum);
      value = r->value;
    }
  b->at[b->len++] = 0;
  return true;
}

struct dedup {
  uint32_t *slot; /* offset of a stream in pctab, 0: free */
  uint32_t *len;
  size_t mask;
};

/* The stream just put at FROM.. of B, or the equal one put before it, when it is taken back. */
static uint32_t
dedup_stream (struct dedup *d, struct bytes *b, size_t from)
{
  size_t len = b->len - from;
  uint64_t hash = 14695981039346656037u;
  for (size_t i = from; i < b->len; i++)
    hash = (hash ^ b->at[i]) * 1099511628211u;
  size_t i = (hash ^ hash >> 32) & d->mask;
  for (; d->slot[i]; i = (i + 1) & d->mask)
    if (d->len[i] == len && !memcmp (b->at + d->slot[i], b->at + from, len))
      {
        b->len = from;
        return d->slot[i];
      }
  d->len[i] = (uint32_t) len;
  return d->slot[i] = (uint32_t) from;
}

static bool
build_streams (struct go_tables *t, const struct go_input *in, const struct go_row *rows)
{
  struct bytes pctab = { 0 };
  struct dedup d = { .mask = 1 };
  while (d.mask < (size_t) t->func_cnt * 2)
    d.mask = d.mask * 2 + 1;
  d.slot = calloc (d.mask + 1, sizeof *d.slot);
  d.len = calloc (d.mask + 1, sizeof *d.len);
  bool ok = d.slot && d.len && bytes_room (&pctab, 1);
  if (ok)
    pctab.at[pctab.len++] = 0; /* offset 0 says: no stream */
  for (uint32_t i = 0; ok && i < t->func_cnt; i++)
    {
      struct go_func *f = (struct go_func *) (t->funcs + t->functab[i].func_off);
      size_t from = pctab.len;
      ok = put_stream (&pctab, &in[i], rows, t->quantum);
      if (ok && in[i].row_cnt)
        f->pcsp = dedup_stream (&d, &pctab, from);
      else
        pctab.len = from;
    }
  free (d.slot);
  free (d.len);
  t->pctab = pctab.at;
  t->pctab_len = pctab.len;
  return ok;
}

static void
build_buckets (struct go_tables *t)
{
  uint32_t idx = 0;
  for (uint32_t s = 0; s < t->bucket_cnt * 16; s++)
    {
      while (idx + 1 < t->func_cnt && t->functab[idx + 1].entry_off <= s * SUB)
        idx++;
      struct go_bucket *b = &t->buckets[s / 16];
      if (s % 16 == 0)
        b->idx = idx;
      b->sub[s % 16] = (uint8_t) (idx - b->idx > 255 ? 255 : idx - b->idx); /* a hint: lookup walks on from it */
    }
}

bool
go_build (struct go_tables *t, const struct go_input *in, uint32_t cnt, const struct go_row *rows, unsigned quantum)
{
  *t = (struct go_tables){ .text_end = cnt ? in[cnt - 1].end : 0, .quantum = quantum, .func_cnt = cnt };
  t->bucket_cnt = t->text_end / BUCKET + 1;
  t->functab = calloc ((size_t) cnt + 1, sizeof *t->functab);
  t->buckets = calloc (t->bucket_cnt, sizeof *t->buckets);
  t->funcs_len = (size_t) cnt * sizeof (struct go_func);
  t->funcs = calloc (cnt ? cnt : 1, sizeof (struct go_func));
  if (!cnt || !t->functab || !t->buckets || !t->funcs)
    return false;
  for (uint32_t i = 0; i < cnt; i++)
    {
      uint32_t off = i * (uint32_t) sizeof (struct go_func);
      t->functab[i] = (struct go_functab){ in[i].start, off };
      *(struct go_func *) (t->funcs + off)
        = (struct go_func){ .entry_off = in[i].start, .pcdata_cnt = 3, .funcdata_cnt = 4 };
    }
  t->functab[cnt] = (struct go_functab){ t->text_end, 0 };
  build_buckets (t);
  return build_streams (t, in, rows);
}

void
go_free (struct go_tables *t)
{
  free (t->functab);
  free (t->buckets);
  free (t->funcs);
  free (t->pctab);
}
