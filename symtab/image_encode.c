/* SPDX-License-Identifier: MIT */
/* A model to a table: the flat list of passes.  Every part is encoded into a buffer of its own, so all sizes are known
 * before the first byte of the table is written; then header, directory and parts are laid one behind the other. */
#include "image_encode.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cold.h"
#include "format.h"
#include "functab.h"
#include "hot.h"
#include "xxh64.h"

struct image {
  struct model *m;
  const struct arch *arch;
  struct hot hot;
  struct functab functab;
  struct buf parts[PCTAB_P_CNT];
};

static void
put_classes (const struct hot *h, struct buf *out)
{
  for (size_t i = 0; i < h->classes.cnt; i++)
    {
      pctab__buf_u32 (out, (uint32_t) h->classes.at[i].value);
      pctab__buf_u32 (out, h->classes.at[i].max_sp);
      pctab__buf_u32 (out, h->classes.at[i].flags);
    }
}

static void
put_shapes (const struct hot *h, struct buf *out)
{
  for (uint32_t i = 0; i < h->shape_cnt; i++)
    {
      const struct rule *r = &h->shapes[i];
      pctab__buf_u8 (out, r->cfa);
      pctab__buf_u8 (out, r->cfa_reg);
      pctab__buf_u8 (out, r->ra);
      pctab__buf_u8 (out, r->ra_reg);
      pctab__buf_u8 (out, r->fp);
      pctab__buf_u8 (out, r->fp_reg);
      pctab__buf_u8 (out, r->cfa_idx);
      pctab__buf_u8 (out, r->cfa_scale);
      pctab__buf_u32 (out, (uint32_t) r->cfa_add);
      pctab__buf_u32 (out, (uint32_t) r->ra_off);
      pctab__buf_u32 (out, (uint32_t) r->fp_off);
    }
}

static void
put_longs (const struct hot *h, const uint32_t *offs, struct buf *longs, struct buf *blocks)
{
  for (size_t i = 0; i < h->longs.cnt; i++)
    {
      pctab__buf_u32 (longs, h->longs.at[i].off);
      pctab__buf_u32 (longs, h->longs.at[i].class);
      pctab__buf_u32 (longs, h->longs.at[i].block);
      pctab__buf_u32 (longs, h->longs.at[i].block_cnt);
    }
  for (size_t i = 0; i < h->blocks.cnt; i++)
    {
      pctab__buf_u32 (blocks, h->blocks.at[i].off);
      pctab__buf_u32 (blocks, (uint32_t) h->blocks.at[i].value);
      pctab__buf_u32 (blocks, offs[h->blocks.at[i].stream]);
    }
}

static bool
encode_streams (struct image *im, uint32_t *offs, struct diag *d)
{
  struct step_dict dict;
  struct buf *out = &im->parts[PCTAB_P_SP_STREAMS];
  pctab__buf_u8 (out, 0); /* so that no record is 0 */
  if (!pctab__dict_choose (&dict, &im->hot.set) || !pctab__streams_encode (&dict, &im->hot.set, im->hot.heads.at, out, offs))
    return pctab__diag_memory (d);
  if (out->len >> (32 - PCTAB_REC_SHIFT))
    return pctab__diag_error (d, ".eh_frame", "its frame tables take %zu bytes encoded, and a module table holds 128 MiB; "
                              "split the program into shared objects", out->len);
  pctab__dict_encode (&dict, &im->parts[PCTAB_P_SP_DICT]);
  return true;
}

static uint32_t
function_record (const struct hot_func *f, const uint32_t *offs)
{
  return f->is_long ? f->at << PCTAB_REC_SHIFT | PCTAB_REC_LONG : offs[f->at] << PCTAB_REC_SHIFT;
}

static bool
encode_hot (struct image *im, struct diag *d)
{
  struct model *m = im->m;
  uint32_t *offs = malloc ((im->hot.set.ends.cnt + 1) * sizeof *offs);
  uint32_t *recs = malloc ((m->frames.cnt + 1) * sizeof *recs);
  bool good = (offs && recs) || pctab__diag_memory (d);
  good = good && encode_streams (im, offs, d);
  if (good)
    {
      for (size_t i = 0; i < m->frames.cnt; i++)
        recs[i] = function_record (&im->hot.funcs[i], offs);
      put_classes (&im->hot, &im->parts[PCTAB_P_CLASSES]);
      put_shapes (&im->hot, &im->parts[PCTAB_P_SHAPES]);
      put_longs (&im->hot, offs, &im->parts[PCTAB_P_LONGS], &im->parts[PCTAB_P_BLOCKS]);
      good = pctab__functab_fill (&im->functab, m, recs) || pctab__diag_memory (d);
    }
  if (good)
    pctab__functab_encode (&im->functab, &im->parts[PCTAB_P_RANGES], &im->parts[PCTAB_P_ROWS],
                           &im->parts[PCTAB_P_FUNCTAB]);
  free (offs);
  free (recs);
  return good;
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
  pctab__buf_u8 (out, im->functab.row_shift);
  pctab__buf_u8 (out, 0);
  pctab__buf_u32 (out, PCTAB_P_CNT);
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

static void
patch_u64 (struct buf *out, size_t at, uint64_t v)
{
  patch_u32 (out, at + (out->big ? 4 : 0), (uint32_t) v);
  patch_u32 (out, at + (out->big ? 0 : 4), (uint32_t) (v >> 32));
}

/* Lays out everything.  Each part starts at a multiple of 8 in the hot part, of 4 in the cold one. */
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
    return pctab__diag_error (d, NULL, "the table came out as %zu bytes, planned were %zu; this is a bug in pctab", out->len, at);
  patch_u32 (out, PCTAB_H_SIZE, (uint32_t) at);
  patch_u32 (out, PCTAB_H_HOT_SIZE, (uint32_t) hot);
  patch_u64 (out, PCTAB_H_COLD_DIGEST, pctab__xxh64 (out->at + hot, at - hot, 0));
  patch_u64 (out, PCTAB_H_HOT_DIGEST, pctab__hot_digest (out->at, hot));
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

/* Both parts, side by side as far as neither needs the other. */
static bool
encode_parts (struct image *im, unsigned threads, struct diag *d)
{
  pthread_t thread;
  struct hot_task task = { im, d };
  void *hot = NULL;
  bool beside = threads > 1 && !pthread_create (&thread, NULL, make_hot, &task);
  if (!beside)
    hot = make_hot (&task);
  struct cold_encoder *cold
    = pctab__cold_begin (im->m, im->arch->insn, beside ? threads - 1 : threads, &im->parts[PCTAB_P_HOT_CNT]);
  if (beside)
    pthread_join (thread, &hot);
  bool good = hot && ((cold && pctab__cold_end (cold, &im->functab, threads)) || pctab__diag_memory (d));
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
