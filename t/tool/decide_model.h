/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Made-up programs and stacks of every architecture, for decisions: decide_check.c, fuzz_decide.c.
 *
 * A program is a table, made by the project's own encoder; nothing of it runs.  A stack is bytes, laid out as the
 * program's frame rules say, for a chain of functions that are each at some offset. */
#ifndef PCTAB_T_DECIDE_MODEL_H
#define PCTAB_T_DECIDE_MODEL_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "image_encode.h"
#include "image_swap.h"
#include "model.h"
#include <pctab/decide.h>

#define MADE_BASE UINT64_C (0x400000)
#define MADE_TABLE_ADDR UINT64_C (0x90000000)
#define STACK_BYTES 65536
#define STACK_TOP UINT64_C (0x7fff0000) /* also of 32-bit machines */
#define CHAIN_MAX 300

/* How functions of a machine lay out their frames here: as its compilers do it, as far as it matters. */
struct convention {
  bool link;        /* the return address is in a register at first */
  int32_t at_entry; /* CFA minus SP */
  int32_t bias;     /* CFA minus the caller's SP */
  int32_t ra_off;   /* where the return address is saved, from the CFA */
  int32_t fp_off;   /* where the caller's frame pointer is */
  int32_t body;     /* CFA minus SP behind the prologue */
};

static inline struct convention
convention_of (const struct arch *a)
{
  int32_t w = a->word;
  switch (a->machine)
    {
    case 62:
    case 3:
      return (struct convention){ false, w, 0, -w, -2 * w, 6 * w };
    case 22:
      return (struct convention){ true, 160, 160, -48, -72, 160 + 176 };
    case 21:
      return (struct convention){ true, 0, 0, 16, -8, 64 };
    default:
      return (struct convention){ true, 0, 0, -w, -2 * w, 8 * w };
    }
}

/* What a function is. */
enum {
  BODY_BY_SP,   /* its frame counts from SP behind the prologue */
  BODY_BY_FP,   /* from the frame pointer */
  BODY_BY_REG,  /* from register 3, which nothing saves */
  BODY_UNKNOWN, /* the table doesn't know */
  BODY_NO_RA,   /* the table knows the frame, but not where the return address is */
  BODY_NONE,    /* it has no caller, by its rule */
  BODY_DOWN,    /* its CFA is below SP */
};

#define PROLOGUE 16 /* bytes, and of the epilogue */

struct made_func {
  uint32_t off, len;
  unsigned flags; /* FRAME_* */
  unsigned body;
};

struct made_mark {
  uint32_t func, off, end; /* in that function */
  int32_t value;
};

/* A program, its table open in *module. */
struct made {
  const struct arch *arch;
  struct convention conv;
  const struct made_func *funcs;
  unsigned func_cnt;
  unsigned char *image;
  size_t len;
  uint64_t table_addr;
  struct pctab_module module;
  const struct pctab_module *list[1];
  struct pctab_modules modules;
};

static const bool host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

static inline void
die (const char *what)
{
  fprintf (stderr, "decide: %s\n", what);
  exit (1);
}

static inline void *
must (void *p)
{
  if (!p)
    die ("out of memory");
  return p;
}

#define ADD(v, element)                  \
  do                                     \
    {                                    \
      if (!model_reserve (v, 1))         \
        die ("out of memory");           \
      (v)->at[(v)->cnt++] = (element);   \
    }                                    \
  while (0)

static inline struct rule
entry_rule (const struct made *p)
{
  struct rule r = { .cfa = CFA_SP, .cfa_off = p->conv.at_entry, .ra = RA_SAVED, .ra_off = p->conv.ra_off };
  if (p->conv.link)
    r = (struct rule){ .cfa = CFA_SP, .cfa_off = p->conv.at_entry, .ra = RA_REG, .ra_reg = p->arch->ra };
  return r;
}

static inline struct rule
body_rule (const struct made *p, unsigned body)
{
  struct rule r = { .cfa = CFA_SP, .cfa_off = p->conv.body, .ra = RA_SAVED, .ra_off = p->conv.ra_off,
                    .fp = FP_SAVED, .fp_off = p->conv.fp_off };
  switch (body)
    {
    case BODY_BY_FP:
      r.cfa = CFA_FP;
      r.cfa_off = -p->conv.fp_off;
      break;
    case BODY_BY_REG:
      r.cfa = CFA_REG;
      r.cfa_reg = 3;
      break;
    case BODY_UNKNOWN:
      return (struct rule){ 0 };
    case BODY_NO_RA:
      r.ra = RA_UNKNOWN;
      r.ra_off = 0;
      break;
    case BODY_NONE:
      r.ra = RA_UNDEFINED;
      r.ra_off = 0;
      break;
    case BODY_DOWN:
      r.cfa_off = -64;
      break;
    }
  return r;
}

static inline void
add_row (struct model *m, uint32_t off, const struct rule *rule)
{
  uint32_t number = pctab__model_rule (m, rule);
  if (m->rows.cnt && m->rows.at[m->rows.cnt - 1].rule == number && m->rows.cnt > m->frames.at[m->frames.cnt - 1].row)
    return;
  ADD (&m->rows, ((struct model_row){ off, number }));
}

static inline void
add_func (struct model *m, const struct made *p, const struct made_func *f)
{
  struct rule entry = entry_rule (p), body = body_rule (p, f->body);
  ADD (&m->frames, ((struct model_frame){ f->off, f->off + f->len, (uint32_t) m->rows.cnt, 0, (uint16_t) f->flags,
                                          f->flags & FRAME_NOPREEMPT ? 3 : 0 }));
  add_row (m, f->off, f->body == BODY_NONE ? &body : &entry);
  add_row (m, f->off + PROLOGUE, &body);
  add_row (m, f->off + f->len - PROLOGUE, f->body == BODY_NONE ? &body : &entry);
  struct model_frame *frame = &m->frames.at[m->frames.cnt - 1];
  frame->row_cnt = (uint32_t) m->rows.cnt - frame->row;
}

static inline int
by_offset (const void *a, const void *b)
{
  const struct model_stretch *x = a, *y = b;
  return (x->off > y->off) - (x->off < y->off);
}

static inline void
encode_made (struct made *p, struct model *m)
{
  struct image_about about = { .text_digest = 1 };
  struct diag d = { .file = "decide" };
  unsigned char *image;
  if (!pctab__image_encode (m, &about, 1, &image, &p->len, &d))
    die (d.text);
  p->image = must (aligned_alloc (64, (p->len + 63) & ~(size_t) 63));
  memcpy (p->image, image, p->len);
  free (image);
  if (m->big != host_big && !pctab__image_swap (p->image, p->len))
    die ("can't be swapped");
}

/* Makes P the program of FUNCS by rising offset, with UnsafePoint as MARKS say, its text offset 0 at BASE.  P must not
 * move; FUNCS outlives it. */
static inline void
make_program (struct made *p, const struct arch *arch, uint64_t base, const struct made_func *funcs, unsigned func_cnt,
              const struct made_mark *marks, unsigned mark_cnt)
{
  struct model m;
  *p = (struct made){ .arch = arch, .conv = convention_of (arch), .funcs = funcs, .func_cnt = func_cnt,
                       .table_addr = MADE_TABLE_ADDR };
  pctab__model_init (&m);
  m.base = base;
  m.table_addr = p->table_addr;
  m.machine = arch->machine;
  m.is64 = arch->is64;
  m.big = host_big;
  for (unsigned i = 0; i < func_cnt; i++)
    add_func (&m, p, &funcs[i]);
  uint32_t end = funcs[func_cnt - 1].off + funcs[func_cnt - 1].len;
  ADD (&m.texts, ((struct model_text){ 0, end, false }));
  for (unsigned i = 0; i < mark_cnt; i++)
    {
      uint32_t off = funcs[marks[i].func].off;
      ADD (&m.stretches, ((struct model_stretch){ off + marks[i].off, off + marks[i].end, marks[i].value }));
    }
  if (mark_cnt)
    {
      qsort (m.stretches.at, mark_cnt, sizeof *m.stretches.at, by_offset);
      ADD (&m.tables, ((struct model_table){ 0, 0, mark_cnt, { "", 0 } }));
    }
  encode_made (p, &m);
  pctab__model_free (&m);
  struct pctab_module *module = &p->module;
  enum pctab_error error = pctab_table_open (&module->table, p->image, p->len, p->table_addr);
  if (error)
    die (pctab_error_text (error));
  module->lo = base;
  module->hi = base + end;
  module->generation = 1;
  module->permanent = true;
  p->list[0] = module;
  p->modules = (struct pctab_modules){ .at = p->list, .cnt = 1 };
}

static inline void
free_program (struct made *p)
{
  free (p->image);
}

/* A thread that was interrupted in it. */
struct interrupted {
  uint64_t pc, sp, lr;
  struct pctab_thread thread;
  unsigned char *bytes; /* STACK_BYTES, allocated, so that sanitizers see what is read outside */
};

/* FUNC at OFF bytes from its entry: the interrupted instruction, or a return address. */
struct at {
  unsigned func;
  uint32_t off;
};

static inline uint64_t
made_entry (const struct made *p, unsigned func)
{
  return p->module.table.base + p->funcs[func].off;
}

static inline uint64_t
made_pc (const struct made *p, struct at at)
{
  return made_entry (p, at.func) + at.off;
}

/* Writes a word of the stack; outside of it there is nothing to write to. */
static inline void
put_word (const struct made *p, struct interrupted *t, uint64_t at, uint64_t word)
{
  uint32_t narrow = (uint32_t) word;
  if (at < t->thread.stack.lo || at > t->thread.stack.hi - p->arch->word)
    return;
  unsigned char *to = t->bytes + (at - t->thread.stack.lo);
  memcpy (to, p->arch->word == 8 ? (void *) &word : (void *) &narrow, p->arch->word);
}

/* Is the frame set up at this offset?  A return address belongs to the instruction before it. */
static inline bool
in_body (const struct made *p, struct at at, bool exact)
{
  const struct made_func *f = &p->funcs[at.func];
  uint32_t off = at.off - !exact;
  return off >= PROLOGUE && off < f->len - PROLOGUE;
}

/* T: a thread that runs, with its preemption wanted, interrupted in CHAIN (innermost first, CNT of them), whose last
 * function is where its task began. */
static inline void
interrupt (struct interrupted *t, const struct made *p, const struct at *chain, unsigned cnt)
{
  *t = (struct interrupted){ .pc = made_pc (p, chain[0]), .bytes = must (malloc (STACK_BYTES)) };
  memset (t->bytes, 0x5a, STACK_BYTES); /* what is there before the frames: no address, not 0 */
  t->thread = (struct pctab_thread){ .machine = p->arch->machine,
                                     .is64 = p->arch->is64,
                                     .status = PCTAB_STATUS_RUNNING,
                                     .wanted = true,
                                     .stack = { STACK_TOP - STACK_BYTES, STACK_TOP },
                                     .stack_bytes = t->bytes,
                                     .room = 256,
                                     .end = made_entry (p, chain[cnt - 1].func) };
  uint64_t sp = STACK_TOP - 32 * p->arch->word, fp = 0;
  for (unsigned i = cnt; i-- > 0;)
    {
      uint64_t ra = i + 1 < cnt ? made_pc (p, chain[i + 1]) : 0, cfa = sp + p->conv.bias;
      bool body = in_body (p, chain[i], i == 0);
      if (body)
        {
          put_word (p, t, cfa + p->conv.ra_off, ra);
          put_word (p, t, cfa + p->conv.fp_off, fp);
          fp = cfa + p->conv.fp_off;
        }
      else if (p->conv.link)
        t->lr = ra;
      else
        put_word (p, t, cfa + p->conv.ra_off, ra);
      sp = cfa - (body ? p->conv.body : p->conv.at_entry);
    }
  t->sp = sp;
  t->thread.fp = fp;
}

static inline void
end_interrupted (struct interrupted *t)
{
  free (t->bytes);
}

static inline struct pctab_decision
decide (const struct made *p, const struct interrupted *t)
{
  return pctab_async_safe_point (&p->modules, t->pc, t->sp, t->lr, &t->thread);
}

#endif
