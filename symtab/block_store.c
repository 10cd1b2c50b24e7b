/* SPDX-License-Identifier: MIT */
#include "block_store.h"

#include <lz4hc.h>
#include <pthread.h>
#include <stdlib.h>

#include "format.h"

#define LEVEL 9 /* of LZ4 HC: 12 saves 0.5% more and takes twice as long */

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

struct packed {
  char *at; /* NULL: stored as it is */
  uint32_t len;
};

/* One of the threads that pack: takes block after block. */
struct packing {
  const struct store *s;
  struct packed *packed;
  size_t next;
  bool failed;
};

static uint32_t
block_len (const struct store *s, size_t i)
{
  return (i + 1 < s->blocks.cnt ? s->blocks.at[i + 1].start : (uint32_t) s->raw.len) - s->blocks.at[i].start;
}

static bool
pack_block (const struct store *s, void *state, size_t i, struct packed *out)
{
  uint32_t len = block_len (s, i), bound = len - len / 8;
  out->len = len;
  out->at = bound > 0 ? malloc (bound) : NULL;
  if (!out->at)
    return bound == 0;
  int got = LZ4_compress_HC_extStateHC (state, (const char *) s->raw.at + s->blocks.at[i].start, out->at, (int) len,
                                        (int) bound, LEVEL);
  if (got > 0)
    out->len = (uint32_t) got;
  else
    {
      free (out->at);
      out->at = NULL;
    }
  return true;
}

static void *
pack_some (void *arg)
{
  struct packing *p = arg;
  void *state = malloc ((size_t) LZ4_sizeofStateHC ());
  size_t i;
  while (state && (i = __atomic_fetch_add (&p->next, 1, __ATOMIC_RELAXED)) < p->s->blocks.cnt)
    if (!pack_block (p->s, state, i, &p->packed[i]))
      __atomic_store_n (&p->failed, true, __ATOMIC_RELAXED);
  if (!state)
    __atomic_store_n (&p->failed, true, __ATOMIC_RELAXED);
  free (state);
  return NULL;
}

static void
pack_all (struct packing *p, unsigned threads)
{
  pthread_t helper;
  bool helped = threads > 1 && p->s->blocks.cnt > 1 && !pthread_create (&helper, NULL, pack_some, p);
  pack_some (p);
  if (helped)
    pthread_join (helper, NULL);
}

bool
pctab__store_encode (const struct store *s, unsigned threads, struct buf *index, struct buf *data)
{
  struct packing p = { s, calloc (s->blocks.cnt + 1, sizeof *p.packed), 0, false };
  if (!p.packed || s->raw.failed)
    {
      free (p.packed);
      return false;
    }
  pack_all (&p, threads);
  for (size_t i = 0; i < s->blocks.cnt; i++)
    {
      pctab__buf_u32 (index, s->blocks.at[i].key);
      pctab__buf_u32 (index, (uint32_t) data->len);
      pctab__buf_u32 (index, block_len (s, i));
      pctab__buf_bytes (data, p.packed[i].at ? (void *) p.packed[i].at : s->raw.at + s->blocks.at[i].start,
                        p.packed[i].len);
      free (p.packed[i].at);
    }
  free (p.packed);
  return !p.failed && !index->failed && !data->failed;
}

void
pctab__store_free (struct store *s)
{
  pctab__buf_free (&s->raw);
  free (s->blocks.at);
  *s = (struct store){ 0 };
}
