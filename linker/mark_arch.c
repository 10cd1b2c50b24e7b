/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The architecture's predicates over the code of a frame, instruction by instruction, as Go's MarkUnsafePoints asks
 * them: not where it is unsafe already; unsafe first; a sequence that can be restarted is a range of its own.  What the
 * objects say stands: where they have a restart range no other one is made.  A sequence that would have to be restarted
 * but can't be a range (too long, with another frame inside) is unsafe. */
#include <stdlib.h>

#include "format.h"
#include "mark_work.h"
#include "radix.h"

struct walk {
  struct mark_work *w;
  const unsigned char *code;
  uint32_t len;
  size_t unsafe, unsafe_cnt, restart, restart_cnt; /* the objects' */
  struct mark_place place;
};

static const struct mark_arch *const archs[] = {
  &pctab__mark_amd64,   &pctab__mark_386,   &pctab__mark_arm64,   &pctab__mark_arm,
  &pctab__mark_riscv64, &pctab__mark_s390x, &pctab__mark_ppc64le, &pctab__mark_mips,
};

const struct mark_arch *
pctab__mark_arch (uint16_t machine)
{
  for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
    if (archs[i]->machine == machine)
      return archs[i];
  return NULL;
}

static bool
know_sections (struct mark_work *w)
{
  const struct elf_file *f = w->f;
  if (w->sections)
    return true;
  w->sections = malloc ((f->section_cnt + 1) * sizeof *w->sections);
  if (!w->sections)
    return pctab__diag_memory (w->d);
  for (uint32_t i = 0; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      uint64_t off = s->addr - w->m->base;
      if ((s->flags & SHF_ALLOC) && (s->flags & SHF_EXECINSTR) && s->type != SHT_NOBITS && s->addr >= w->m->base
          && off < UINT32_MAX)
        w->sections[w->section_cnt++] = off << 32 | i;
    }
  return pctab__radix_sort (w->sections, w->section_cnt) || pctab__diag_memory (w->d);
}

/* The bytes of the frame that the file has; none where it has no code. */
static bool
find_code (struct walk *k)
{
  struct mark_work *w = k->w;
  const struct model_frame *frame = w->frame;
  size_t lo = 0, hi;
  if (!know_sections (w))
    return false;
  for (hi = w->section_cnt; lo < hi;)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (w->sections[mid] >> 32 <= frame->off)
        lo = mid + 1;
      else
        hi = mid;
    }
  struct cursor c;
  if (!lo)
    return true;
  if (!pctab__elf_contents (w->f, &w->f->sections[(uint32_t) w->sections[lo - 1]], &c, w->d))
    return false;
  size_t skip = frame->off - (uint32_t) (w->sections[lo - 1] >> 32);
  if (skip >= cursor_left (&c))
    return true;
  k->code = c.pos + skip;
  k->len = frame->end - frame->off;
  if (cursor_left (&c) - skip < k->len)
    k->len = (uint32_t) (cursor_left (&c) - skip);
  return true;
}

static uint32_t
ask (const struct walk *k, uint32_t (*predicate) (const unsigned char *, uint32_t, uint32_t), uint32_t at)
{
  uint32_t len = predicate ? predicate (k->code, k->len, at) : 0;
  return len < k->len - at ? len : k->len - at;
}

/* Bytes at AT that the objects make unsafe. */
static uint32_t
unsafe_here (struct walk *k, uint32_t at)
{
  const struct mark_run *runs = k->w->unsafe.at;
  uint32_t pc = k->w->frame->off + at;
  while (k->unsafe < k->unsafe_cnt && runs[k->unsafe].end <= pc)
    k->unsafe++;
  return k->unsafe < k->unsafe_cnt && runs[k->unsafe].off <= pc ? runs[k->unsafe].end - pc : 0;
}

/* Bytes from AT on to the objects' next restart range; 0: it is in one. */
static uint32_t
restart_room (struct walk *k, uint32_t at)
{
  const struct mark_run *runs = k->w->restarts.at;
  uint32_t pc = k->w->frame->off + at;
  while (k->restart < k->restart_cnt && runs[k->restart].end <= pc)
    k->restart++;
  if (k->restart == k->restart_cnt)
    return k->len - at;
  return runs[k->restart].off <= pc ? 0 : runs[k->restart].off - pc;
}

static bool
add (struct walk *k, struct mark_runs *runs, uint32_t at, uint32_t len)
{
  uint32_t off = k->w->frame->off + at;
  return pctab__mark_run_add (k->w, runs, (struct mark_run){ off, off + len, 0, MODEL_NONE, false });
}

/* *LEN: how far to go on. */
static bool
add_restartable (struct walk *k, uint32_t at, uint32_t *len)
{
  uint32_t off = k->w->frame->off + at, room = restart_room (k, at);
  uint32_t found = room ? ask (k, k->w->by->arch->is_restartable, at) : 0;
  if (!found)
    return true;
  bool fits = found <= room && pctab__mark_restart_fits (k->w, off, off + found, &k->place);
  *len = found < room ? found : room;
  return add (k, fits ? &k->w->restarts : &k->w->unsafe, at, *len) && !k->w->d->failed;
}

static bool
walk_code (struct walk *k)
{
  const struct mark_arch *arch = k->w->by->arch;
  for (uint32_t at = 0, len; at < k->len; at += len)
    {
      if ((len = unsafe_here (k, at)))
        continue;
      if ((len = ask (k, arch->is_unsafe_point, at)))
        {
          if (!add (k, &k->w->unsafe, at, len))
            return false;
          continue;
        }
      if (!add_restartable (k, at, &len))
        return false;
      if (!len && !(len = ask (k, arch->insn_len, at)))
        len = k->w->insn;
      if (len > k->len - at)
        break;
    }
  return true;
}

bool
pctab__mark_apply_arch (struct mark_work *w)
{
  const struct mark_arch *arch = w->by->arch;
  struct walk k = {
    .w = w,
    .unsafe_cnt = w->unsafe.cnt,
    .restart_cnt = w->restarts.cnt,
  };
  if (!arch || !w->f || (!arch->is_unsafe_point && !arch->is_restartable))
    return true;
  if (!find_code (&k) || !walk_code (&k))
    return false;
  pctab__mark_runs_sort (&w->unsafe);
  pctab__mark_runs_unite (&w->unsafe);
  pctab__mark_runs_sort (&w->restarts);
  return true;
}
