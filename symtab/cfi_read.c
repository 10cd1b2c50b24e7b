/* SPDX-License-Identifier: MIT */
/* A section is walked entry by entry; .eh_frame_hdr is not asked, since it knows only what the linker could parse.
 * A CIE counts only where the walk meets it as an entry of its own: so each is run once, whatever FDEs claim. */
#include "cfi.h"

#include <elf.h>
#include <stdlib.h>

/* The CIEs met so far, by rising offset. */
struct cie_list {
  struct cfi_cie *at;
  size_t cnt, cap;
  size_t frontier; /* entries before this offset have been looked at */
  size_t last;     /* the index asked for last */
};

struct walk {
  const struct cfi_section *section;
  struct model *m;
  struct diag *d;
  struct text_spans *spans;
  size_t covered_cnt; /* the frames [0, covered_cnt) are in order and take precedence */
  struct cie_list cies;
  struct cfi_machine machine;
};

static bool
add_cie (struct walk *w, struct cfi_entry *e)
{
  struct cie_list *l = &w->cies;
  if (!pctab__reserve ((void **) &l->at, &l->cap, l->cnt + 1, sizeof *l->at))
    return pctab__diag_memory (w->d);
  struct cfi_cie *cie = &l->at[l->cnt++];
  if (!pctab__cfi_cie_read (w->section, e, cie, w->d))
    return false;
  return !cie->usable || pctab__cfi_run_cie (&w->machine, cie, e->body, w->d);
}

/* A CIE may stand behind its FDE: takes in those up to OFF. */
static bool
look_ahead (struct walk *w, size_t pos, size_t off)
{
  int more = 1;
  struct cfi_entry e;
  if (pos < w->cies.frontier)
    pos = w->cies.frontier;
  while (pos <= off && (more = pctab__cfi_entry_next (w->section, &pos, &e, w->d)) > 0)
    if (e.is_cie && !add_cie (w, &e))
      return false;
  w->cies.frontier = pos;
  return more >= 0;
}

static struct cfi_cie *
find_cie (struct cie_list *l, size_t off)
{
  if (l->last < l->cnt && l->at[l->last].off == off)
    return &l->at[l->last];
  size_t lo = 0, hi = l->cnt;
  while (lo < hi)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (l->at[mid].off < off)
        lo = mid + 1;
      else
        hi = mid;
    }
  if (lo == l->cnt || l->at[lo].off != off)
    return NULL;
  l->last = lo;
  return &l->at[lo];
}

/* The CIE of FDE E; POS is behind E.  NULL: an error, said in the diag. */
static const struct cfi_cie *
cie_of (struct walk *w, const struct cfi_entry *e, size_t pos)
{
  uint64_t off = w->section->eh ? e->id_off - (uint64_t) (int64_t) (int32_t) e->id : e->id;
  if (off < w->section->len)
    {
      struct cfi_cie *cie = find_cie (&w->cies, (size_t) off);
      if (!cie && off >= pos && off >= w->cies.frontier)
        {
          if (!look_ahead (w, pos, (size_t) off))
            return NULL;
          cie = find_cie (&w->cies, (size_t) off);
        }
      if (cie)
        return cie;
    }
  pctab__cfi_error (w->section, e->off, "is an FDE whose CIE pointer leads to no CIE", w->d);
  return NULL;
}

/* The start of a Thumb function may carry the mode in bit 0. */
static uint64_t
code_address (const struct cfi_section *s, uint64_t addr)
{
  return s->arch->machine == EM_ARM ? addr & ~UINT64_C (1) : addr;
}

static bool
read_fde (struct walk *w, const struct cfi_entry *e, size_t pos)
{
  const struct cfi_cie *cie = cie_of (w, e, pos);
  struct cfi_fde fde;
  if (!cie || (cie->usable && !pctab__cfi_fde_read (w->section, e, cie, &fde, w->d)))
    return false;
  const struct model_text *span = NULL;
  if (cie->usable && fde.len)
    {
      fde.pc = code_address (w->section, fde.pc);
      span = pctab__text_spans_find (w->spans, fde.pc);
    }
  if (!span)
    {
      w->m->stats.cfi_skipped++;
      return true;
    }
  uint32_t off = (uint32_t) (fde.pc - w->m->base);
  uint32_t len = fde.len < span->end - off ? (uint32_t) fde.len : span->end - off;
  if (w->covered_cnt && pctab__cfi_frames_cover (w->m, w->covered_cnt, off, off + len))
    return true;
  return pctab__cfi_run_fde (&w->machine, cie, &fde, off, len, w->d);
}

static bool
walk_entries (struct walk *w)
{
  size_t pos = 0;
  struct cfi_entry e;
  for (;;)
    {
      int more = pctab__cfi_entry_next (w->section, &pos, &e, w->d);
      if (more <= 0)
        return more == 0;
      if (!e.is_cie)
        {
          if (!read_fde (w, &e, pos))
            return false;
        }
      else if (e.off >= w->cies.frontier)
        {
          if (!add_cie (w, &e))
            return false;
          w->cies.frontier = pos;
        }
    }
}

bool
pctab__cfi_read (const struct cfi_section *s, struct model *m, struct text_spans *spans, struct diag *d)
{
  /* Rows are counted in 32 bits, and each takes a byte at least. */
  if (s->len >= UINT32_MAX / 2)
    return pctab__diag_error (d, s->name, "is larger than 2 GiB; pctab reads no such section");
  struct walk w = { .section = s, .m = m, .d = d, .spans = spans, .covered_cnt = m->frames.cnt };
  pctab__cfi_machine_init (&w.machine, s, m);
  bool good = walk_entries (&w);
  free (w.cies.at);
  return good;
}
