/* SPDX-License-Identifier: MIT */
#include "builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cfi.h"
#include "format.h"
#include "text_spans.h"
#include "xxh64.h"

#define LEN_MAX (UINT32_MAX - 65536) /* as the linker's: a last page must not wrap */
#define NAME_LEN_MAX 65535

struct pctab_builder *
pctab_builder_new (uint16_t machine, bool is64, bool big_endian, uint32_t len)
{
  const struct arch *arch = pctab__arch (machine, is64);
  struct pctab_builder *b = arch ? calloc (1, sizeof *b) : NULL;
  if (!b)
    return NULL;
  b->arch = arch;
  b->len = len;
  pctab__model_init (&b->m);
  b->m.machine = machine;
  b->m.is64 = is64;
  b->m.big = big_endian;
  if (!len || len > LEN_MAX)
    pctab__diag_error (&b->d, NULL, "%u bytes of code: 1 to %u are possible", (unsigned) len, (unsigned) LEN_MAX);
  else if (!model_reserve (&b->m.texts, 1))
    pctab__diag_memory (&b->d);
  else
    b->m.texts.at[b->m.texts.cnt++] = (struct model_text){ 0, len, false };
  return b;
}

void
pctab_builder_free (struct pctab_builder *b)
{
  if (!b)
    return;
  pctab__model_free (&b->m);
  free (b->funcs.at);
  free (b->rows.at);
  free (b->values.at);
  free (b->file_hash);
  free (b);
}

bool
pctab__builder_error (struct pctab_builder *b, const struct builder_func *f, const char *format, ...)
{
  char text[512];
  uint32_t name_len = f->name.len < 200 ? f->name.len : 200;
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  return pctab__diag_error (&b->d, NULL, "function %.*s%sat offset 0x%x: %s", (int) name_len, f->name.p,
                            f->name.len ? " " : "", (unsigned) f->off, text);
}

/* Strings */

static bool
copy_str (struct pctab_builder *b, const char *text, struct model_str *s)
{
  size_t len = text ? strnlen (text, NAME_LEN_MAX) : 0;
  char *p = pctab__model_space (&b->m, len + 1);
  if (!p)
    return pctab__diag_memory (&b->d);
  if (len)
    memcpy (p, text, len);
  p[len] = 0;
  *s = (struct model_str){ p, (uint32_t) len };
  return true;
}

static uint32_t *
file_slot (struct pctab_builder *b, const char *path, size_t len)
{
  size_t at = (size_t) pctab__xxh64 (path, len, 0) & (b->file_hash_cap - 1);
  for (; b->file_hash[at] != MODEL_NONE; at = (at + 1) & (b->file_hash_cap - 1))
    {
      const struct model_str *s = &b->m.files.at[b->file_hash[at]];
      if (s->len == len && !memcmp (s->p, path, len))
        break;
    }
  return &b->file_hash[at];
}

static bool
grow_files (struct pctab_builder *b)
{
  size_t cap = b->file_hash_cap ? b->file_hash_cap * 2 : 64;
  uint32_t *slots = malloc (cap * sizeof *slots);
  if (!slots)
    return pctab__diag_memory (&b->d);
  memset (slots, 0xff, cap * sizeof *slots);
  free (b->file_hash);
  b->file_hash = slots;
  b->file_hash_cap = cap;
  for (uint32_t i = 0; i < b->m.files.cnt; i++)
    *file_slot (b, b->m.files.at[i].p, b->m.files.at[i].len) = i;
  return true;
}

/* The number of a file, one for each path. */
static bool
number_file (struct pctab_builder *b, const char *path, uint32_t *file)
{
  size_t len = path ? strnlen (path, NAME_LEN_MAX) : 0;
  *file = MODEL_NONE;
  if (!len)
    return true;
  if (b->m.files.cnt * 2 >= b->file_hash_cap && !grow_files (b))
    return false;
  uint32_t *slot = file_slot (b, path, len);
  if (*slot == MODEL_NONE)
    {
      if (!model_reserve (&b->m.files, 1))
        return pctab__diag_memory (&b->d);
      if (!copy_str (b, path, &b->m.files.at[b->m.files.cnt]))
        return false;
      *slot = (uint32_t) b->m.files.cnt++;
    }
  *file = *slot;
  return true;
}

/* Functions */

static unsigned
frame_flags (unsigned flags)
{
  return (flags & PCTAB_FUNCFLAG_SIGNAL ? FRAME_SIGNAL : 0) | (flags & PCTAB_FUNCFLAG_TOP ? FRAME_TOP : 0)
         | (flags & PCTAB_FUNCFLAG_NOPREEMPT ? FRAME_NOPREEMPT : 0)
         | (flags & PCTAB_FUNCFLAG_SPWRITE ? FRAME_SPWRITE : 0) | (flags & PCTAB_FUNCFLAG_ASM ? FRAME_ASM : 0);
}

#define FLAGS_ALL                                                                                                      \
  (PCTAB_FUNCFLAG_SIGNAL | PCTAB_FUNCFLAG_TOP | PCTAB_FUNCFLAG_NOPREEMPT | PCTAB_FUNCFLAG_SPWRITE | PCTAB_FUNCFLAG_ASM)

void
pctab_builder_func (struct pctab_builder *b, const char *name, uint32_t off, uint32_t len, unsigned flags)
{
  struct builder_func f = { .off = off, .end = off + len, .row = (uint32_t) b->rows.cnt,
                            .line = (uint32_t) b->m.lines.cnt, .flags = frame_flags (flags) };
  if (b->d.failed || !copy_str (b, name, &f.name))
    return;
  if (!len || off >= b->len || len > b->len - off)
    pctab__builder_error (b, &f, "%s", len ? "it leaves the code" : "it has no bytes");
  else if (off % b->arch->insn)
    pctab__builder_error (b, &f, "no instruction begins there: they are multiples of %u bytes", b->arch->insn);
  else if (flags & ~(unsigned) FLAGS_ALL)
    pctab__builder_error (b, &f, "flags 0x%x are unknown", flags & ~(unsigned) FLAGS_ALL);
  else if (!model_reserve (&b->funcs, 1))
    pctab__diag_memory (&b->d);
  else
    b->funcs.at[b->funcs.cnt++] = f;
}

/* The function that a call about OFF is for; NULL: the call fails.  WHAT: what it gives. */
static struct builder_func *
func_at (struct pctab_builder *b, uint32_t off, const char *what)
{
  if (b->d.failed)
    return NULL;
  struct builder_func *f = b->funcs.cnt ? &b->funcs.at[b->funcs.cnt - 1] : NULL;
  if (!f)
    pctab__diag_error (&b->d, NULL, "a %s for offset 0x%x before the first function", what, (unsigned) off);
  else if (off < f->off || off > f->end)
    pctab__builder_error (b, f, "a %s for offset 0x%x, which is not in it", what, (unsigned) off);
  else if ((off - f->off) % b->arch->insn && off != f->end)
    pctab__builder_error (b, f, "a %s for offset 0x%x, where no instruction begins: they are multiples of %u bytes",
                          what, (unsigned) off, b->arch->insn);
  else
    return f;
  return NULL;
}

static bool
check_order (struct pctab_builder *b, const struct builder_func *f, const char *what, uint32_t last, uint32_t off)
{
  return off > last
         || pctab__builder_error (b, f, "a %s for offset 0x%x comes after one for 0x%x; give them by rising offset",
                                  what, (unsigned) off, (unsigned) last);
}

/* The spelling that the linker uses: one for each rule, what is not used 0. */
static bool
normal_rule (const struct arch *arch, const struct pctab_rule *r, struct rule *to)
{
  *to = (struct rule){ .cfa = r->cfa, .ra = r->ra, .fp = r->fp };
  if (r->cfa > PCTAB_CFA_DEREF_INDEX || r->ra > PCTAB_RA_AT_REG || r->fp > PCTAB_FP_UNKNOWN)
    return false;
  if (r->cfa == PCTAB_CFA_REG && (r->cfa_reg == arch->sp || r->cfa_reg == arch->fp))
    to->cfa = r->cfa_reg == arch->sp ? CFA_SP : CFA_FP;
  if (r->cfa == PCTAB_CFA_DEREF_INDEX && !r->cfa_scale)
    to->cfa = CFA_DEREF;
  if (r->cfa_off > PCTAB_CFA_OFF_MAX || r->cfa_off < -PCTAB_CFA_OFF_MAX)
    to->cfa = CFA_UNKNOWN;
  bool has_reg = to->cfa == CFA_REG || to->cfa == CFA_DEREF || to->cfa == CFA_DEREF_INDEX;
  to->cfa_off = to->cfa == CFA_UNKNOWN ? 0 : r->cfa_off;
  to->cfa_reg = has_reg ? r->cfa_reg : 0;
  to->cfa_add = has_reg && to->cfa != CFA_REG ? r->cfa_add : 0;
  to->cfa_idx = to->cfa == CFA_DEREF_INDEX ? r->cfa_idx : 0;
  to->cfa_scale = to->cfa == CFA_DEREF_INDEX ? r->cfa_scale : 0;
  to->ra_reg = r->ra == PCTAB_RA_REG || r->ra == PCTAB_RA_AT_REG ? r->ra_reg : 0;
  to->ra_off = r->ra == PCTAB_RA_SAVED || r->ra == PCTAB_RA_AT_REG ? r->ra_off : 0;
  to->fp_reg = r->fp == PCTAB_FP_IN_REG || r->fp == PCTAB_FP_AT_REG ? r->fp_reg : 0;
  to->fp_off = r->fp == PCTAB_FP_SAVED || r->fp == PCTAB_FP_AT_REG ? r->fp_off : 0;
  return true;
}

void
pctab_builder_rule (struct pctab_builder *b, uint32_t off, const struct pctab_rule *rule)
{
  struct builder_func *f = func_at (b, off, "rule");
  struct builder_row row = { .off = off };
  if (!f || (f->row_cnt && !check_order (b, f, "rule", b->rows.at[b->rows.cnt - 1].off, off)))
    return;
  if (!normal_rule (b->arch, rule, &row.rule))
    pctab__builder_error (b, f, "the rule for offset 0x%x is of no known kind", (unsigned) off);
  else if (b->rows.cnt >= UINT32_MAX - 1 || !model_reserve (&b->rows, 1))
    pctab__diag_memory (&b->d);
  else
    {
      b->rows.at[b->rows.cnt++] = row;
      f->row_cnt++;
    }
}

void
pctab_builder_value (struct pctab_builder *b, uint32_t number, uint32_t off, int32_t value)
{
  struct builder_func *f = func_at (b, off, "value");
  if (!f)
    return;
  if (number == PCTAB_TABLE_UNSAFEPOINT
      && (value > PCTAB_UNSAFEPOINT_SAFE || value < PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY))
    pctab__builder_error (b, f, "the value %d for offset 0x%x is none of table UnsafePoint, which has -1 to -5",
                          (int) value, (unsigned) off);
  else if (b->values.cnt >= UINT32_MAX - 1 || !model_reserve (&b->values, 1))
    pctab__diag_memory (&b->d);
  else
    {
      uint32_t idx = (uint32_t) b->values.cnt++;
      b->values.at[idx] = (struct builder_value){ (uint32_t) b->funcs.cnt - 1, number, off, value, idx };
    }
}

void
pctab_builder_line (struct pctab_builder *b, uint32_t off, const char *file, uint32_t line)
{
  struct builder_func *f = func_at (b, off, "line");
  uint32_t number;
  struct model *m = &b->m;
  if (!f || (f->line_cnt && !check_order (b, f, "line", m->lines.at[m->lines.cnt - 1].off, off))
      || !number_file (b, file, &number))
    return;
  if (m->lines.cnt >= UINT32_MAX - 1 || !model_reserve (&m->lines, 1))
    {
      pctab__diag_memory (&b->d);
      return;
    }
  m->lines.at[m->lines.cnt++] = (struct model_line){ off, number, line };
  f->line_cnt++;
}

/* The model's base is the code's address while the entries are read, so that absolute addresses in them are right too;
 * offsets come out of it. */
void
pctab_builder_eh_frame (struct pctab_builder *b, const void *bytes, size_t len, uint64_t addr, uint64_t code_addr)
{
  struct model *m = &b->m;
  struct text_spans spans;
  struct cfi_section s = { .name = ".eh_frame", .data = bytes, .len = len, .addr = addr, .arch = b->arch,
                           .big = m->big, .eh = true };
  size_t first = m->frames.cnt;
  if (b->d.failed || !len)
    return;
  m->base = code_addr;
  if (!pctab__text_spans_init (&spans, m))
    pctab__diag_memory (&b->d);
  else if (pctab__cfi_read (&s, m, &spans, &b->d)
           && (!pctab__cfi_frames_order (m, first) || !pctab__cfi_frames_fill (m, first)))
    pctab__diag_memory (&b->d);
  pctab__text_spans_free (&spans);
  m->base = 0;
}
