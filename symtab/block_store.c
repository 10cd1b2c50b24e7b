/* SPDX-License-Identifier: MIT */
#include "block_store.h"

#include <pthread.h>
#include <stdlib.h>

#include "dictionary.h"
#include "format.h"
#include "lz4_pack.h"

#define SAVED 32        /* a block is packed if that saves this part of it */
#define SAVED_ALONE 2   /* the same without a dictionary */
#define TRIED_BLOCKS 48 /* so many, or up to twice as many, are packed to see what a dictionary is worth */
#define FEW_BYTES (400 << 10)

bool
pctab__store_block (struct store *s, uint32_t key)
{
  if (!model_reserve (&s->blocks, 1))
    return false;
  s->blocks.at[s->blocks.cnt++] = (struct store_block){ key, (uint32_t) s->raw.len };
  return true;
}

size_t
pctab__store_used (const struct store *s)
{
  return s->blocks.cnt ? s->raw.len - s->blocks.at[s->blocks.cnt - 1].start : s->raw.len;
}

static uint32_t
block_len (const struct store *s, size_t i)
{
  return (i + 1 < s->blocks.cnt ? s->blocks.at[i + 1].start : (uint32_t) s->raw.len) - s->blocks.at[i].start;
}

/* Appends block I to OUT, packed if that saves at least 1 / SAVED of it. */
static void
pack_block (const struct store *s, struct lz4_packer *packer, unsigned saved, size_t i, struct buf *out)
{
  size_t start = out->len, len = block_len (s, i);
  const unsigned char *data = s->raw.at + s->blocks.at[i].start;
  pctab__lz4_pack (packer, data, len, out);
  if (!out->failed && out->len - start < len - len / saved)
    return;
  out->len = start;
  pctab__buf_bytes (out, data, len);
}

/* Blocks [from, to) of a store being packed by a thread of their own. */
struct packing {
  const struct store *s;
  const struct buf *dict; /* NULL: without one */
  size_t from, to;
  struct buf data;
  uint32_t *ends; /* of each block, in data */
};

static void *
pack_some (void *arg)
{
  struct packing *p = arg;
  struct lz4_packer *packer = pctab__lz4_packer_new (p->dict ? p->dict->at : NULL, p->dict ? p->dict->len : 0);
  p->data.failed |= !packer;
  for (size_t i = p->from; i < p->to && !p->data.failed; i++)
    {
      pack_block (p->s, packer, p->dict ? SAVED : SAVED_ALONE, i, &p->data);
      p->ends[i] = (uint32_t) p->data.len;
    }
  pctab__lz4_packer_free (packer);
  return NULL;
}

/* About what all blocks take with a dictionary, and it: from TRIED_BLOCKS and more of them.  0: memory is out. */
static uint64_t
try_packing (const struct store *s, const struct buf *dict)
{
  struct lz4_packer *packer = pctab__lz4_packer_new (dict->at, dict->len);
  struct buf out = { 0 };
  size_t step = s->blocks.cnt / TRIED_BLOCKS + !(s->blocks.cnt / TRIED_BLOCKS);
  for (size_t i = 0; packer && i < s->blocks.cnt; i += step)
    pack_block (s, packer, SAVED, i, &out);
  uint64_t len = packer && !out.failed ? dict->len + step * (uint64_t) out.len : 0;
  pctab__lz4_packer_free (packer);
  pctab__buf_free (&out);
  return len;
}

/* A dictionary with 1 / PART of the bytes, if that makes *BEST less.  False: memory is out. */
static bool
try_dict (const struct store *s, unsigned part, struct buf *dict, uint64_t *best)
{
  size_t cap = s->raw.len / part < LZ4_DICT_MAX ? s->raw.len / part : LZ4_DICT_MAX;
  struct buf tried = { 0 };
  bool made = pctab__dictionary_make (s->raw.at, s->raw.len, s->raw.len / s->blocks.cnt + 1, cap, &tried);
  uint64_t len = made ? try_packing (s, &tried) : 0;
  if (len && len < *best)
    {
      dict->len = 0;
      pctab__buf_bytes (dict, tried.at, tried.len);
      *best = len;
    }
  pctab__buf_free (&tried);
  return len && !dict->failed;
}

/* The best of some dictionaries and of none.  What is best differs in small stores, where it takes no time. */
static bool
make_dict (const struct store *s, struct buf *dict)
{
  static const uint8_t few[] = { 8, 16, 32, 0 }, many[] = { 24, 0 };
  struct buf none = { 0 };
  if (!s->blocks.cnt)
    return true;
  uint64_t best = try_packing (s, &none);
  bool good = best > 0;
  for (const uint8_t *part = s->raw.len < FEW_BYTES ? few : many; good && *part; part++)
    good = try_dict (s, *part, dict, &best);
  return good;
}

static void
put_part (const struct packing *p, struct store_parts out)
{
  size_t base = out.data->len;
  for (size_t i = p->from; i < p->to; i++)
    {
      pctab__buf_u32 (out.index, p->s->blocks.at[i].key);
      pctab__buf_u32 (out.index, (uint32_t) base + (i > p->from ? p->ends[i - 1] : 0));
      pctab__buf_u32 (out.index, block_len (p->s, i));
    }
  pctab__buf_bytes (out.data, p->data.at, p->data.len);
  out.data->failed |= p->data.failed;
}

bool
pctab__store_encode (const struct store *s, unsigned threads, struct store_parts out)
{
  size_t cnt = s->blocks.cnt, half = threads > 1 ? cnt / 2 : cnt;
  uint32_t *ends = calloc (cnt + 1, sizeof *ends);
  bool good = ends && !s->raw.failed && (!out.dict || make_dict (s, out.dict));
  struct packing first = { .s = s, .dict = out.dict, .to = half, .ends = ends }, second = first;
  second.from = half;
  second.to = cnt;
  if (good)
    {
      pthread_t helper;
      bool helped = half < cnt && !pthread_create (&helper, NULL, pack_some, &second);
      pack_some (&first);
      if (helped)
        pthread_join (helper, NULL);
      else
        pack_some (&second);
      put_part (&first, out);
      put_part (&second, out);
      good = !out.index->failed && !out.data->failed;
    }
  pctab__buf_free (&first.data);
  pctab__buf_free (&second.data);
  free (ends);
  return good;
}

void
pctab__store_free (struct store *s)
{
  pctab__buf_free (&s->raw);
  free (s->blocks.at);
  *s = (struct store){ 0 };
}
