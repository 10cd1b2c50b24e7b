/* SPDX-License-Identifier: GPL-3.0-or-later */
/* .pcsp: a frame and its rows as they stand in the record, in the place of what call frame information says of the same
 * bytes.  Imported frames that reach into them keep their rest. */
#include "record.h"

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cfi.h"

#define ROW_LEN 28

struct frames {
  const struct arch *arch;
  struct record_spans spans; /* `what` is the number of a frame */
  MODEL_VEC (struct model_frame) list;
};

static void
read_rule (struct cursor *c, struct rule *rule)
{
  memset (rule, 0, sizeof *rule);
  rule->cfa = cursor_u8 (c);
  rule->cfa_reg = cursor_u8 (c);
  rule->ra = cursor_u8 (c);
  rule->ra_reg = cursor_u8 (c);
  rule->fp = cursor_u8 (c);
  rule->fp_reg = cursor_u8 (c);
  rule->cfa_idx = cursor_u8 (c);
  rule->cfa_scale = cursor_u8 (c);
  rule->cfa_off = (int32_t) cursor_u32 (c);
  rule->cfa_add = (int32_t) cursor_u32 (c);
  rule->ra_off = (int32_t) cursor_u32 (c);
  rule->fp_off = (int32_t) cursor_u32 (c);
}

/* The kinds are known, and what they do not use is 0. */
static bool
is_rule (const struct rule *r)
{
  bool cfa_reg = r->cfa >= CFA_REG, cfa_idx = r->cfa == CFA_DEREF_INDEX, cfa_add = r->cfa >= CFA_DEREF;
  bool ra_reg = r->ra == RA_REG || r->ra == RA_AT_REG, ra_off = r->ra == RA_SAVED || r->ra == RA_AT_REG;
  bool fp_reg = r->fp == FP_AT_REG || r->fp == FP_IN_REG, fp_off = r->fp == FP_SAVED || r->fp == FP_AT_REG;
  return r->cfa <= CFA_DEREF_INDEX && r->ra <= RA_AT_REG && r->fp <= FP_UNKNOWN
         && (r->cfa != CFA_UNKNOWN || !r->cfa_off) && (cfa_reg || !r->cfa_reg)
         && (cfa_idx ? r->cfa_scale : !r->cfa_idx && !r->cfa_scale) && (cfa_add || !r->cfa_add)
         && (ra_reg || !r->ra_reg) && (ra_off || !r->ra_off) && (fp_reg || !r->fp_reg) && (fp_off || !r->fp_off);
}

/* SP and the frame pointer have kinds of their own. */
static void
name_register (const struct arch *arch, struct rule *r)
{
  if (r->cfa != CFA_REG || (r->cfa_reg != arch->sp && r->cfa_reg != arch->fp))
    return;
  r->cfa = r->cfa_reg == arch->sp ? CFA_SP : CFA_FP;
  r->cfa_reg = 0;
}

/* Takes a row from OFF on: neighbours that say the same are one, and of two at one place the later holds. */
static bool
add_row (struct model *m, struct model_frame *f, uint32_t off, uint32_t rule)
{
  if (f->row_cnt && m->rows.at[m->rows.cnt - 1].off == off)
    {
      f->row_cnt--;
      m->rows.cnt--;
    }
  if (f->row_cnt && m->rows.at[m->rows.cnt - 1].rule == rule)
    return true;
  if (!model_reserve (&m->rows, 1))
    return false;
  m->rows.at[m->rows.cnt++] = (struct model_row){ off, rule };
  f->row_cnt++;
  return true;
}

static bool
read_rows (struct record_reader *rr, struct frames *fr, struct record *r, struct model_frame *f)
{
  struct model *m = rr->m;
  if (!cursor_left (&r->body) || cursor_left (&r->body) % ROW_LEN)
    return pctab__record_error (rr, r, "has %zu bytes of rows, which have %d each, and at least one; its size must "
                                "count its own bytes alone", cursor_left (&r->body), ROW_LEN);
  uint32_t off = f->off;
  for (unsigned idx = 0; cursor_left (&r->body); idx++)
    {
      uint32_t advance = cursor_u32 (&r->body);
      struct rule rule;
      read_rule (&r->body, &rule);
      if (idx ? advance > f->end - off : advance)
        return pctab__record_error (rr, r, "row %u lies %s; rows stand in the order of the code, the first where it "
                                    "begins", idx, idx ? "behind the frame's end" : "not at the frame's start");
      off += advance;
      if (!is_rule (&rule))
        return pctab__record_error (rr, r, "row %u has an unknown kind of CFA (%u), return address (%u) or frame "
                                    "pointer (%u), or a field that is not 0 where its kind has no use for it; see "
                                    "OBJECT-FORMAT, 4", idx, rule.cfa,
                                    rule.ra, rule.fp);
      if (off == f->end)
        continue; /* no code has it */
      name_register (fr->arch, &rule);
      uint32_t number = pctab__model_rule (m, &rule);
      if (number == MODEL_NONE || !add_row (m, f, off, number))
        return pctab__diag_memory (rr->d);
    }
  return true;
}

static bool
take_frame (struct record_reader *rr, struct record *r, void *user)
{
  struct frames *fr = user;
  struct record_span span = { .off = r->off, .what = (uint32_t) fr->list.cnt, .record = *r };
  if (!pctab__record_end (rr, r, &span.end))
    return false;
  uint32_t flags = cursor_u32 (&r->body);
  if (r->body.bad || flags & ~(uint32_t) FRAME_SIGNAL)
    return pctab__record_error (rr, r, "is cut off, or has unknown flags (%#x); 1 is a signal frame, 0 another", flags);
  if (span.end == span.off)
    return true; /* a function of no code */
  struct model_frame f = { .off = span.off, .end = span.end, .row = (uint32_t) rr->m->rows.cnt,
                           .flags = (uint16_t) flags };
  if (!read_rows (rr, fr, r, &f))
    return false;
  if (!model_reserve (&fr->list, 1) || !model_reserve (&fr->spans.list, 1))
    return pctab__diag_memory (rr->d);
  fr->list.at[fr->list.cnt++] = f;
  fr->spans.list.at[fr->spans.list.cnt++] = span;
  return true;
}

/* The records' frames first, in order; imported ones fill what is left. */
static bool
merge (struct record_reader *rr, struct frames *fr)
{
  struct model *m = rr->m;
  if (!pctab__record_spans_order (rr, &fr->spans))
    return false;
  size_t cnt = fr->spans.list.cnt;
  if (!cnt)
    return true;
  if (!model_reserve (&m->frames, cnt))
    return pctab__diag_memory (rr->d);
  memmove (m->frames.at + cnt, m->frames.at, m->frames.cnt * sizeof *m->frames.at);
  for (size_t i = 0; i < cnt; i++)
    m->frames.at[i] = fr->list.at[fr->spans.list.at[i].what];
  m->frames.cnt += cnt;
  return pctab__cfi_frames_fill (m, cnt) || pctab__diag_memory (rr->d);
}

bool
pctab__record_frames (struct record_reader *rr)
{
  struct frames fr = { .arch = pctab__arch (rr->f->machine, rr->f->is64) };
  bool good = pctab__record_walk (rr, ".pcsp", take_frame, &fr) && merge (rr, &fr);
  free (fr.list.at);
  free (fr.spans.list.at);
  return good;
}
