/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both sides are brought to the same few forms, so that comparing is comparing fields.  libdw hands out expressions:
 * they are run with registers as unknowns, and what is no sum of a register and a number, or a word
 * at one, is unknown. */
#include "frame_rule.h"

#include <dwarf.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STACK_MAX 16

static const struct frame_arch archs[] = {
  { EM_X86_64, 64, 7, 6, 0 }, { EM_386, 32, 4, 5, 0 },    { EM_AARCH64, 64, 31, 29, 30 }, { EM_ARM, 32, 13, 11, 14 },
  { EM_RISCV, 0, 2, 8, 1 },   { EM_S390, 0, 15, 11, 14 }, { EM_PPC64, 64, 1, 31, 65 },    { EM_MIPS, 0, 29, 30, 31 },
};

const struct frame_arch *
pctab__frame_arch (uint16_t machine, unsigned class)
{
  for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
    if (archs[i].machine == machine && (!archs[i].class || archs[i].class == class))
      return &archs[i];
  return NULL;
}

static struct frame_place
place (enum frame_how how, uint32_t reg, int64_t off)
{
  return (struct frame_place) { .how = how, .reg = reg, .off = off };
}

static struct frame_place
value_cfa (const struct frame_arch *arch, const struct dec_shape *s, int64_t off)
{
  struct frame_place p = place (FRAME_REG, s->cfa_reg, off);
  switch (s->cfa)
    {
    case RULE_CFA_SP: p.reg = arch->sp; return p;
    case RULE_CFA_FP: p.reg = arch->fp; return p;
    case RULE_CFA_REG: return p;
    case RULE_CFA_WORD_INDEX:
      p.idx = s->index_reg;
      p.scale = s->scale;
      /* fall through */
    case RULE_CFA_WORD:
      p.how = FRAME_WORD;
      p.add = s->add;
      return p;
    }
  return place (FRAME_UNKNOWN, 0, 0);
}

void
pctab__frame_of_value (const struct frame_arch *arch, const struct decoded *d, const struct dec_value *v,
                       struct frame_rule *rule)
{
  const struct dec_shape *s = &d->shapes[v->shape];
  rule->cfa = value_cfa (arch, s, v->cfa_off);
  switch (s->ra)
    {
    case RULE_RA_CFA: rule->ra = place (FRAME_AT_CFA, 0, s->ra_off); break;
    case RULE_RA_REG: rule->ra = place (FRAME_REG, s->ra_reg, 0); break;
    case RULE_RA_NONE: rule->ra = place (FRAME_NONE, 0, 0); break;
    case RULE_RA_AT_REG: rule->ra = place (FRAME_AT_REG, s->ra_reg, s->ra_off); break;
    default: rule->ra = place (FRAME_UNKNOWN, 0, 0); break;
    }
  switch (s->fp)
    {
    case RULE_FP_SAME: rule->fp = place (FRAME_SAME, 0, 0); break;
    case RULE_FP_CFA: rule->fp = place (FRAME_AT_CFA, 0, s->fp_off); break;
    case RULE_FP_AT_REG: rule->fp = place (FRAME_AT_REG, s->fp_reg, s->fp_off); break;
    case RULE_FP_IN_REG: rule->fp = place (FRAME_REG, s->fp_reg, 0); break;
    default: rule->fp = place (FRAME_UNKNOWN, 0, 0); break;
    }
}

/* A value in an expression: [word at] (base + idx * scale + off) [+ add]. */
struct term {
  enum { TERM_NUMBER, TERM_REG, TERM_CFA } base;
  bool word;
  uint32_t reg, idx, scale;
  int64_t off, add;
};

static int64_t
sum (int64_t a, int64_t b)
{
  return (int64_t) ((uint64_t) a + (uint64_t) b);
}

static void
term_add (struct term *t, int64_t n)
{
  if (t->word)
    t->add = sum (t->add, n);
  else
    t->off = sum (t->off, n);
}

/* A += B. */
static bool
term_plus (struct term *a, const struct term *b)
{
  struct term other = *a;
  if (a->base == TERM_NUMBER)
    {
      *a = *b;
      b = &other;
    }
  if (b->base == TERM_NUMBER)
    {
      term_add (a, b->off);
      return true;
    }
  /* Two registers: one of them is an index. */
  if (a->base != TERM_REG || b->base != TERM_REG || a->word || b->word || !a->scale == !b->scale)
    return false;
  if (a->scale && a->reg == UINT32_MAX)
    {
      other = *a;
      *a = *b;
      b = &other;
    }
  if (b->reg != UINT32_MAX)
    return false;
  a->idx = b->idx;
  a->scale = b->scale;
  a->off = sum (a->off, b->off);
  return true;
}

/* A *= N: a number, or a register that becomes an index. */
static bool
term_times (struct term *a, int64_t n)
{
  if (a->base == TERM_NUMBER)
    {
      a->off = (int64_t) ((uint64_t) a->off * (uint64_t) n);
      return true;
    }
  if (a->base != TERM_REG || a->word || a->scale || n < 1 || n > 255)
    return false;
  *a = (struct term) { .base = TERM_REG, .reg = UINT32_MAX, .idx = a->reg, .scale = (uint32_t) n,
                       .off = (int64_t) ((uint64_t) a->off * (uint64_t) n) };
  return true;
}

static bool
term_word (struct term *t)
{
  if (t->word || t->base != TERM_REG || t->reg == UINT32_MAX)
    return false;
  t->word = true;
  return true;
}

/* What pushes a value.  False: OP is another operation. */
static bool
term_push (const Dwarf_Op *op, struct term *t)
{
  *t = (struct term) { .base = TERM_NUMBER, .off = (int64_t) op->number };
  if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31)
    t->off = op->atom - DW_OP_lit0;
  else if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31)
    *t = (struct term) { .base = TERM_REG, .reg = (uint32_t) op->atom - DW_OP_breg0, .off = (int64_t) op->number };
  else if (op->atom == DW_OP_bregx)
    *t = (struct term) { .base = TERM_REG, .reg = (uint32_t) op->number, .off = (int64_t) op->number2 };
  else if (op->atom == DW_OP_call_frame_cfa)
    *t = (struct term) { .base = TERM_CFA };
  else
    return op->atom == DW_OP_addr || (op->atom >= DW_OP_const1u && op->atom <= DW_OP_consts);
  return true;
}

static bool
run_binary (struct term *a, const struct term *b, unsigned atom)
{
  if (atom == DW_OP_plus)
    return term_plus (a, b);
  if (b->base != TERM_NUMBER || b->word)
    return false;
  switch (atom)
    {
    case DW_OP_minus:
      term_add (a, (int64_t) (0 - (uint64_t) b->off));
      return true;
    case DW_OP_mul:
      return term_times (a, b->off);
    case DW_OP_shl:
      return b->off >= 0 && b->off < 8 && term_times (a, INT64_C (1) << b->off);
    }
  return false;
}

/* Runs an expression.  False: it is no term.  *VALUE: it is the value itself, not where that is. */
static bool
run (const Dwarf_Op *ops, size_t cnt, struct term *result, bool *value)
{
  struct term stack[STACK_MAX], t;
  size_t n = 0;
  *value = false;
  for (size_t i = 0; i < cnt; i++)
    {
      if (term_push (&ops[i], &t))
        {
          if (n == STACK_MAX)
            return false;
          stack[n++] = t;
          continue;
        }
      if (!n)
        return false;
      switch (ops[i].atom)
        {
        case DW_OP_nop:
          break;
        case DW_OP_stack_value:
          *value = true;
          break;
        case DW_OP_plus_uconst:
          term_add (&stack[n - 1], (int64_t) ops[i].number);
          break;
        case DW_OP_deref: case DW_OP_deref_size:
          if (!term_word (&stack[n - 1]))
            return false;
          break;
        case DW_OP_swap:
          if (n < 2)
            return false;
          t = stack[n - 1];
          stack[n - 1] = stack[n - 2];
          stack[n - 2] = t;
          break;
        default:
          if (n < 2 || !run_binary (&stack[n - 2], &stack[n - 1], ops[i].atom))
            return false;
          n--;
        }
    }
  if (!n || (stack[n - 1].base == TERM_REG && stack[n - 1].reg == UINT32_MAX))
    return false;
  *result = stack[n - 1];
  return true;
}

static struct frame_place
cfi_cfa (const Dwarf_Op *ops, size_t cnt)
{
  struct term t;
  bool value;
  if (!run (ops, cnt, &t, &value) || t.base != TERM_REG || (t.scale && !t.word))
    return place (FRAME_UNKNOWN, 0, 0);
  return (struct frame_place) { .how = t.word ? FRAME_WORD : FRAME_REG, .reg = t.reg, .idx = t.idx, .scale = t.scale,
                                .off = t.off, .add = t.add };
}

/* Where a register is.  SELF: its number. */
static struct frame_place
cfi_register (const Dwarf_Op *ops, size_t cnt, uint32_t self, const struct frame_place *cfa)
{
  struct term t;
  bool value;
  if (!cnt)
    return place (ops ? FRAME_NONE : FRAME_SAME, 0, 0);
  if (cnt == 1 && (ops->atom == DW_OP_regx || (ops->atom >= DW_OP_reg0 && ops->atom <= DW_OP_reg31)))
    {
      uint32_t reg = ops->atom == DW_OP_regx ? (uint32_t) ops->number : (uint32_t) ops->atom - DW_OP_reg0;
      return reg == self ? place (FRAME_SAME, 0, 0) : place (FRAME_REG, reg, 0);
    }
  /* A register's place that is an expression begins with the CFA, which most leave alone. */
  if (cnt > 1 && ops->atom == DW_OP_call_frame_cfa && run (ops + 1, cnt - 1, &t, &value))
    ;
  else if (!run (ops, cnt, &t, &value))
    return place (FRAME_UNKNOWN, 0, 0);
  if (t.word || t.scale || t.base == TERM_NUMBER)
    return place (FRAME_UNKNOWN, 0, 0);
  if (value && t.base == TERM_REG && !t.off)
    return t.reg == self ? place (FRAME_SAME, 0, 0) : place (FRAME_REG, t.reg, 0);
  if (value)
    return place (FRAME_UNKNOWN, 0, 0);
  if (t.base == TERM_CFA)
    return place (FRAME_AT_CFA, 0, t.off);
  if (cfa->how == FRAME_REG && cfa->reg == t.reg)
    return place (FRAME_AT_CFA, 0, (int64_t) ((uint64_t) t.off - (uint64_t) cfa->off));
  return place (FRAME_AT_REG, t.reg, t.off);
}

/* The caller's SP is its CFA, as a rule; as longjmp() and setcontext() go over to another stack it is not, and a table has
 * no place for that (FORMAT 5).  s390x saves SP like other registers.  A frame's own slot holds the CFA. */
static bool
sp_is_cfa (const struct frame_arch *arch, const struct frame_place *cfa, const Dwarf_Op *ops, size_t cnt)
{
  struct frame_place sp = cfi_register (ops, cnt, arch->sp, cfa);
  struct term t;
  bool value, saved = sp.how == FRAME_AT_CFA || sp.how == FRAME_AT_REG;
  size_t skip = cnt > 1 && ops->atom == DW_OP_call_frame_cfa && ops[1].atom != DW_OP_stack_value;
  if (!cnt || cfa->how != FRAME_REG || (run (ops + skip, cnt - skip, &t, &value) && value && t.base == TERM_CFA && !t.off))
    return true;
  return (cfa->reg == arch->sp || cfa->reg == arch->fp) && (arch->machine == EM_S390 || saved);
}

bool
pctab__frame_of_cfi (const struct frame_arch *arch, Dwarf_Frame *frame, uint32_t ra, struct frame_rule *rule)
{
  Dwarf_Op mem[3], *ops = NULL;
  size_t cnt = 0;
  rule->cfa = rule->ra = rule->fp = place (FRAME_UNKNOWN, 0, 0);
  if (dwarf_frame_cfa (frame, &ops, &cnt))
    return false;
  rule->cfa = cfi_cfa (ops, cnt);
  if (dwarf_frame_register (frame, arch->sp, mem, &ops, &cnt))
    return false;
  if (!sp_is_cfa (arch, &rule->cfa, ops, cnt))
    rule->cfa = place (FRAME_UNKNOWN, 0, 0);
  if (dwarf_frame_register (frame, (int) ra, mem, &ops, &cnt))
    return false;
  rule->ra = cfi_register (ops, cnt, ra, &rule->cfa);
  if (rule->ra.how == FRAME_SAME)
    rule->ra = arch->lr ? place (FRAME_REG, ra, 0) : place (FRAME_UNKNOWN, 0, 0);
  if (dwarf_frame_register (frame, arch->fp, mem, &ops, &cnt))
    return false;
  rule->fp = cfi_register (ops, cnt, arch->fp, &rule->cfa);
  if (rule->fp.how == FRAME_NONE)
    rule->fp.how = FRAME_UNKNOWN;
  return true;
}

bool
pctab__frame_place_equal (const struct frame_place *a, const struct frame_place *b)
{
  return a->how == b->how && a->reg == b->reg && a->idx == b->idx && a->scale == b->scale && a->off == b->off
         && a->add == b->add;
}

const char *
pctab__frame_place_text (const struct frame_place *p, char text[FRAME_TEXT_MAX])
{
  static const char *const plain[] = { "unknown", "nowhere (outermost)", "in its register" };
  switch (p->how)
    {
    case FRAME_AT_CFA:
      snprintf (text, FRAME_TEXT_MAX, "at CFA%+" PRId64, p->off);
      break;
    case FRAME_REG: case FRAME_AT_REG:
      snprintf (text, FRAME_TEXT_MAX, "%sr%" PRIu32 "%+" PRId64, p->how == FRAME_AT_REG ? "at " : "", p->reg, p->off);
      break;
    case FRAME_WORD:
      snprintf (text, FRAME_TEXT_MAX, "word at r%" PRIu32 "+r%" PRIu32 "*%" PRIu32 "%+" PRId64 ", %+" PRId64, p->reg,
                p->idx, p->scale, p->off, p->add);
      break;
    default:
      snprintf (text, FRAME_TEXT_MAX, "%s", plain[p->how]);
    }
  return text;
}
