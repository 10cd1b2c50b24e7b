/* SPDX-License-Identifier: MIT */
/* A model to a table: the flat list of passes.  Every part is encoded into a buffer of its own, so all sizes are known
 * before the first byte of the table is written; then header, directory and parts are laid one behind the other. */
#include "image_encode.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cold.h"
#include "digest.h"
#include "format.h"
#include "functab.h"
#include "hot.h"
#include "pcdata_encode.h"

struct image {
  struct model *m;
  const struct arch *arch;
  struct hot hot;
  struct functab functab;
  struct buf parts[PCTAB_P_CNT];
};

static void
put_shapes (const struct hot *h, struct buf *out)
{
  for (uint32_t i = 0; i < h->shape_cnt; i++)
    {
      const struct rule *r = &h->shapes[i];
      const unsigned char head[] = { r->cfa, r->cfa_reg, r->ra, r->ra_reg, r->fp, r->fp_reg, r->cfa_idx, r->cfa_scale };
      pctab__buf_bytes (out, head, sizeof head);
      pctab__buf_u32 (out, (uint32_t) r->cfa_add);
      pctab__buf_u32 (out, (uint32_t) r->ra_off);
      pctab__buf_u32 (out, (uint32_t) r->fp_off);
    }
}

static void
put_longs (const struct hot *h, struct buf *longs, struct buf *blocks)
{
  for (size_t i = 0; i < h->longs.cnt; i++)
    {
      pctab__buf_u32 (longs, h->longs.at[i].off);
      pctab__buf_u32 (longs, h->longs.at[i].block);
      pctab__buf_u32 (longs, h->longs.at[i].block_cnt);
      pctab__buf_u16 (longs, h->longs.at[i].max_value);
      pctab__buf_u16 (longs, h->longs.at[i].flags);
    }
  for (size_t i = 0; i < h->blocks.cnt; i++)
    {
      pctab__buf_u32 (blocks, h->blocks.at[i].off);
      pctab__buf_u32 (blocks, h->blocks.at[i].values);
      pctab__buf_u32 (blocks, h->blocks.at[i].offsets);
    }
}

/* The lists, and bytes behind them that a lookup may read along. */
static void
put_lists (const struct list_pool *pool, struct buf *out)
{
  pctab__buf_bytes (out, pool->bytes.at, pool->bytes.len);
  out->failed |= pool->bytes.failed;
  unsigned char *slack = pctab__buf_grow (out, PCTAB_O_SLACK);
  if (slack)
    memset (slack, 0, PCTAB_O_SLACK);
}

static bool
encode_hot (struct image *im, struct diag *d)
{
  const struct hot *h = &im->hot;
  for (size_t i = 0; i < h->values.cnt; i++)
    pctab__buf_u32 (&im->parts[PCTAB_P_VALUES], (uint32_t) h->values.at[i]);
  put_shapes (h, &im->parts[PCTAB_P_SHAPES]);
  put_longs (h, &im->parts[PCTAB_P_LONGS], &im->parts[PCTAB_P_BLOCKS]);
  put_lists (&h->value_lists, &im->parts[PCTAB_P_VALUE_LISTS]);
  put_lists (&h->offset_lists, &im->parts[PCTAB_P_OFFSET_LISTS]);
  if (!pctab__functab_fill (&im->functab, im->m, h, d))
    return false;
  pctab__functab_encode (&im->functab, &im->parts[PCTAB_P_RANGES], &im->parts[PCTAB_P_PAGES],
                         &im->parts[PCTAB_P_SLOTS], &im->parts[PCTAB_P_FUNCTAB]);
  return pctab__pcdata_encode (im->m, &im->functab, im->arch->insn, im->parts, d);
}

static void
pad_to (struct buf *out, unsigned align)
{
  while (out->len % align && !out->failed)
    pctab__buf_u8 (out, 0);
}

static void
put_header (struct buf *out, const struct image *im, const struct image_about *about)
{
  pctab__buf_bytes (out, PCTAB_MAGIC, PCTAB_MAGIC_LEN);
  pctab__buf_u32 (out, PCTAB_VERSION);
  pctab__buf_u32 (out, 0); /* size: patched */
  pctab__buf_u32 (out, 0); /* hot size: patched */
  pctab__buf_u16 (out, im->m->machine);
  pctab__buf_u8 (out, im->m->is64 ? 64 : 32);
  pctab__buf_u8 (out, im->arch->insn);
  pctab__buf_u64 (out, im->m->base - im->m->table_addr);
  pctab__buf_u64 (out, 0); /* digests: patched */
  pctab__buf_u64 (out, 0);
  pctab__buf_u64 (out, about->text_digest);
  pctab__buf_u8 (out, im->hot.sp_unit);
  pctab__buf_u8 (out, im->hot.shape_bits);
  pctab__buf_u8 (out, im->functab.slot_shift);
  pctab__buf_u8 (out, 0);
  pctab__buf_u32 (out, PCTAB_P_CNT);
  pctab__buf_u64 (out, 0);
}

static void
patch_u32 (struct buf *out, size_t at, uint32_t v)
{
  struct buf word = { .big = out->big };
  pctab__buf_u32 (&word, v);
  if (!word.failed && !out->failed)
    memcpy (out->at + at, word.at, 4);
  else
    out->failed = true;
  pctab__buf_free (&word);
}

/* Lays out everything, each part at a multiple of 8. */
static bool
assemble (struct image *im, const struct image_about *about, struct buf *out, struct diag *d)
{
  put_header (out, im, about);
  size_t at = PCTAB_H_BYTES + 8 * PCTAB_P_CNT, hot = at;
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    {
      if (im->parts[i].failed)
        return pctab__diag_memory (d);
      at = (at + 7) & ~(size_t) 7;
      if (i == PCTAB_P_HOT_CNT)
        hot = at;
      pctab__buf_u32 (out, (uint32_t) at);
      pctab__buf_u32 (out, (uint32_t) im->parts[i].len);
      at += im->parts[i].len;
      if (at > INT32_MAX)
        return pctab__diag_error (d, NULL, "its module table would take more than 2 GiB; leave out lines (lines=no)");
    }
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    {
      pad_to (out, 8);
      pctab__buf_bytes (out, im->parts[i].at, im->parts[i].len);
    }
  if (out->failed)
    return pctab__diag_memory (d);
  if (out->len != at)
    return pctab__diag_error (d, NULL, "the table came out as %zu bytes, planned were %zu; this is a bug in pctab",
                              out->len, at);
  patch_u32 (out, PCTAB_H_SIZE, (uint32_t) at);
  patch_u32 (out, PCTAB_H_HOT_SIZE, (uint32_t) hot);
  if (out->failed)
    return pctab__diag_memory (d);
  struct digest_bounds bounds;
  if (!pctab__digest_bounds (out->at, out->len, out->big, &bounds))
    return pctab__diag_error (d, NULL, "the table's header came out wrong; this is a bug in pctab");
  pctab__digest_store (out->at, &bounds, out->big);
  return true;
}

/* The hot part, as a thread: NULL when it failed, with the message in diag. */
struct hot_task {
  struct image *im;
  struct diag *d;
};

static void *
make_hot (void *arg)
{
  struct hot_task *t = arg;
  if (!pctab__hot_collect (&t->im->hot, t->im->m, t->im->arch->insn))
    pctab__diag_memory (t->d);
  return !t->d->failed && encode_hot (t->im, t->d) ? t : NULL;
}

/* Lines are collected by all threads; then the hot part is made beside what one thread does with names and codes. */
static bool
encode_parts (struct image *im, unsigned threads, struct diag *d)
{
  pthread_t thread;
  struct hot_task task = { im, d };
  void *hot = NULL;
  struct cold_encoder *cold = pctab__cold_begin (im->m, im->arch->insn, threads, &im->parts[PCTAB_P_HOT_CNT]);
  bool beside = threads > 1 && !pthread_create (&thread, NULL, make_hot, &task);
  if (!beside)
    hot = make_hot (&task);
  bool named = cold && pctab__cold_name (cold);
  if (beside)
    pthread_join (thread, &hot);
  bool good = hot && ((named && pctab__cold_end (cold, &im->functab)) || pctab__diag_memory (d));
  pctab__cold_encoder_free (cold);
  return good;
}

bool
pctab__image_encode (struct model *m, const struct image_about *about, unsigned threads, unsigned char **image,
                     size_t *len, struct diag *d)
{
  struct image im = { .m = m, .arch = pctab__arch (m->machine, m->is64) };
  struct buf out = { .big = m->big };
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    im.parts[i].big = m->big;
  if (!im.arch)
    return pctab__diag_error (d, NULL, "is for an architecture that pctab does not know");
  pctab__buf_bytes (&im.parts[PCTAB_P_BUILD_ID], about->build_id, about->build_id_len);
  bool good = pctab__model_resolve (m) || pctab__diag_memory (d);
  good = good && encode_parts (&im, threads, d) && assemble (&im, about, &out, d);
  for (unsigned i = 0; i < PCTAB_P_CNT; i++)
    pctab__buf_free (&im.parts[i]);
  pctab__hot_free (&im.hot);
  pctab__functab_free (&im.functab);
  if (good)
    {
      *image = out.at;
      *len = out.len;
      return true;
    }
  pctab__buf_free (&out);
  return false;
}
