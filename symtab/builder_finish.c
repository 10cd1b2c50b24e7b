/* SPDX-License-Identifier: MIT */
#include "builder.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "image_encode.h"

enum {
#define REASON(number, name, text) REASON_##name = number,
#include "nopreempt.def"
#undef REASON
};

static int
by_offset (const void *x, const void *y)
{
  const struct builder_func *a = x, *b = y;
  return a->off < b->off ? -1 : a->off > b->off;
}

/* Sorts the functions; values then name their places. */
static bool
order_funcs (struct pctab_builder *b)
{
  size_t cnt = b->funcs.cnt;
  struct builder_func *funcs = b->funcs.at;
  uint32_t *place = malloc ((cnt + 1) * sizeof *place);
  if (!place)
    return pctab__diag_memory (&b->d);
  for (size_t i = 0; i < cnt; i++)
    funcs[i].idx = (uint32_t) i;
  if (cnt)
    qsort (funcs, cnt, sizeof *funcs, by_offset);
  for (size_t i = 0; i < cnt; i++)
    place[funcs[i].idx] = (uint32_t) i;
  for (size_t i = 0; i < b->values.cnt; i++)
    b->values.at[i].func = place[b->values.at[i].func];
  free (place);
  for (size_t i = 1; i < cnt; i++)
    if (funcs[i].off < funcs[i - 1].end)
      return pctab__builder_error (b, &funcs[i], "it begins in function %.*s%sat offset 0x%x, which ends at 0x%x",
                                   (int) (funcs[i - 1].name.len < 200 ? funcs[i - 1].name.len : 200),
                                   funcs[i - 1].name.p, funcs[i - 1].name.len ? " " : "",
                                   (unsigned) funcs[i - 1].off, (unsigned) funcs[i - 1].end);
  return true;
}

/* Frames */

static bool
add_frame (struct pctab_builder *b, struct model_frame f)
{
  struct model *m = &b->m;
  if (!model_reserve (&m->frames, 1))
    return pctab__diag_memory (&b->d);
  if (f.flags & FRAME_NOPREEMPT)
    f.reason = REASON_DECLARED;
  m->frames.at[m->frames.cnt++] = f;
  return true;
}

static bool
add_row (struct pctab_builder *b, struct model_frame *f, uint32_t off, const struct rule *rule)
{
  struct model *m = &b->m;
  uint32_t number = pctab__model_rule (m, rule);
  if (number == MODEL_NONE || m->rows.cnt >= UINT32_MAX - 1 || !model_reserve (&m->rows, 1))
    return pctab__diag_memory (&b->d);
  if (f->row_cnt && m->rows.at[m->rows.cnt - 1].rule == number)
    return true;
  m->rows.at[m->rows.cnt++] = (struct model_row){ off, number };
  f->row_cnt++;
  return true;
}

/* The frame of function F by its own rules: nothing is known before the first. */
static bool
add_own_frame (struct pctab_builder *b, const struct builder_func *f)
{
  static const struct rule unknown;
  struct model_frame frame = { f->off, f->end, (uint32_t) b->m.rows.cnt, 0, (uint16_t) f->flags, 0 };
  const struct builder_row *rows = b->rows.at + f->row;
  if ((!f->row_cnt || rows[0].off > f->off) && !add_row (b, &frame, f->off, &unknown))
    return false;
  for (uint32_t i = 0; i < f->row_cnt && rows[i].off < f->end; i++)
    if (!add_row (b, &frame, rows[i].off, &rows[i].rule))
      return false;
  return add_frame (b, frame);
}

/* F, and what .eh_frame has there: the same function, or one of both is wrong. */
static bool
add_joined_frame (struct pctab_builder *b, const struct builder_func *f, struct model_frame frame)
{
  if (frame.off != f->off || frame.end != f->end || f->row_cnt)
    return pctab__builder_error (b, f, ".eh_frame has a function there too, from 0x%x to 0x%x; give it the same "
                                 "bounds and no rules", (unsigned) frame.off, (unsigned) frame.end);
  frame.flags |= (uint16_t) f->flags;
  return add_frame (b, frame);
}

/* The frames of .eh_frame and those of the functions, both in order, as one list. */
static bool
join_frames (struct pctab_builder *b)
{
  struct model *m = &b->m;
  size_t cnt = m->frames.cnt, at = 0;
  struct model_frame *eh = m->frames.at;
  bool good = true;
  m->frames.at = NULL;
  m->frames.cnt = m->frames.cap = 0;
  for (size_t i = 0; good && i < b->funcs.cnt; i++)
    {
      struct builder_func *f = &b->funcs.at[i];
      for (; good && at < cnt && eh[at].end <= f->off; at++)
        good = add_frame (b, eh[at]);
      f->frame = (uint32_t) m->frames.cnt;
      if (good && at < cnt && eh[at].off < f->end)
        good = add_joined_frame (b, f, eh[at++]);
      else if (good)
        good = add_own_frame (b, f);
    }
  for (; good && at < cnt; at++)
    good = add_frame (b, eh[at]);
  free (eh);
  return good;
}

/* Names and lines */

static bool
add_symbols (struct pctab_builder *b)
{
  struct model *m = &b->m;
  if (!model_reserve (&m->symbols, b->funcs.cnt) || !model_reserve (&m->sequences, b->funcs.cnt))
    return pctab__diag_memory (&b->d);
  for (size_t i = 0; i < b->funcs.cnt; i++)
    {
      const struct builder_func *f = &b->funcs.at[i];
      uint32_t lines = f->line_cnt;
      if (f->name.len)
        m->symbols.at[m->symbols.cnt++]
          = (struct model_symbol){ f->off, f->end - f->off, f->name, STB_GLOBAL, STT_FUNC };
      if (lines && m->lines.at[f->line + lines - 1].off == f->end)
        lines--;
      if (lines)
        m->sequences.at[m->sequences.cnt++]
          = (struct model_sequence){ m->lines.at[f->line].off, f->end, f->line, lines };
    }
  return true;
}

void *
pctab_builder_finish (struct pctab_builder *b, size_t *len, enum pctab_error *error, const char **text)
{
  unsigned char *image = NULL;
  if (b->finished)
    pctab__diag_error (&b->d, NULL, "the table was made already");
  b->finished = true;
  if (!b->d.failed && order_funcs (b) && join_frames (b) && pctab__builder_values (b) && add_symbols (b))
    pctab__image_encode (&b->m, &(struct image_about){ 0 }, 1, &image, len, &b->d);
  *error = image ? PCTAB_ERROR_OK : b->d.memory ? PCTAB_ERROR_MEMORY : PCTAB_ERROR_BUILD;
  *text = image ? "" : b->d.text;
  return image;
}
