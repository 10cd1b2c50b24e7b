/* SPDX-License-Identifier: MIT */
/* Expressions are run on terms instead of numbers.  Compilers and hand-written assembly spell the same sum in several
 * ways (breg7 8; deref; lit8; plus, or plus_uconst 8), and matching their bytes would be a longer list than this. */
#include "cfi.h"

#define STACK_MAX 8

/* DWARF 5 section 7.7.1; no header of ours has them. */
enum {
  OP_DEREF = 0x06,
  OP_CONST1U = 0x08,
  OP_CONST1S,
  OP_CONST2U,
  OP_CONST2S,
  OP_CONST4U,
  OP_CONST4S,
  OP_CONST8U,
  OP_CONST8S,
  OP_CONSTU,
  OP_CONSTS,
  OP_AND = 0x1a,
  OP_MINUS = 0x1c,
  OP_MUL = 0x1e,
  OP_PLUS = 0x22,
  OP_PLUS_UCONST,
  OP_SHL,
  OP_GE = 0x2a,
  OP_LIT0 = 0x30,
  OP_LIT31 = 0x4f,
  OP_BREG0 = 0x70,
  OP_BREG31 = 0x8f,
  OP_BREGX = 0x92,
  OP_DEREF_SIZE = 0x94,
  OP_NOP = 0x96,
  OP_CALL_FRAME_CFA = 0x9c,
};

enum term_kind {
  TERM_NUMBER, /* off */
  TERM_SUM,    /* reg * mul + off */
  TERM_SUM2,   /* reg + idx * mul + off */
  TERM_DEREF,  /* word at (reg + idx * mul + off), plus add; no index: mul 0 */
  TERM_MASKED, /* PC & number */
  TERM_ABOVE,  /* (PC & number) >= number, shifted left */
  TERM_PLT,    /* reg + off + TERM_ABOVE */
};

struct term {
  enum term_kind kind;
  uint32_t reg, idx;
  int64_t mul, off, add;
};

struct stack {
  const struct cfi_section *s;
  struct term at[STACK_MAX];
  unsigned cnt;
};

static int64_t
sum (int64_t a, int64_t b)
{
  return (int64_t) ((uint64_t) a + (uint64_t) b);
}

static int64_t
product (int64_t a, int64_t b)
{
  return (int64_t) ((uint64_t) a * (uint64_t) b);
}

static bool
push (struct stack *k, struct term t)
{
  if (k->cnt == STACK_MAX)
    return false;
  k->at[k->cnt++] = t;
  return true;
}

static bool
push_number (struct stack *k, int64_t n)
{
  return push (k, (struct term){ .kind = TERM_NUMBER, .off = n });
}

static bool
push_register (struct stack *k, uint64_t reg, int64_t off)
{
  if (reg > UINT8_MAX)
    return false;
  return push (k, (struct term){ .kind = TERM_SUM, .reg = (uint32_t) reg, .mul = 1, .off = off });
}

static bool
add_number (struct term *a, int64_t n)
{
  switch (a->kind)
    {
    case TERM_NUMBER:
    case TERM_SUM:
    case TERM_SUM2:
      a->off = sum (a->off, n);
      return true;
    case TERM_DEREF:
      a->add = sum (a->add, n);
      return true;
    default:
      return false;
    }
}

static bool
plus (const struct stack *k, struct term *a, const struct term *b)
{
  struct term t = *b;
  if (b->kind == TERM_NUMBER)
    return add_number (a, b->off);
  if (a->kind == TERM_NUMBER)
    {
      int64_t n = a->off;
      *a = t;
      return add_number (a, n);
    }
  if (a->kind == TERM_SUM && a->mul == 1 && a->reg == k->s->arch->sp && b->kind == TERM_ABOVE)
    {
      a->kind = TERM_PLT;
      return true;
    }
  if (a->kind != TERM_SUM || b->kind != TERM_SUM)
    return false;
  if (a->mul != 1)
    {
      t = *a;
      *a = *b;
    }
  if (a->mul != 1)
    return false;
  a->kind = TERM_SUM2;
  a->idx = t.reg;
  a->mul = t.mul;
  a->off = sum (a->off, t.off);
  return true;
}

static bool
times (struct term *a, const struct term *b)
{
  struct term t = *b;
  if (a->kind == TERM_NUMBER)
    {
      t = *a;
      *a = *b;
    }
  if (t.kind != TERM_NUMBER || (a->kind != TERM_NUMBER && a->kind != TERM_SUM))
    return false;
  a->mul = product (a->mul, t.off);
  a->off = product (a->off, t.off);
  return true;
}

static bool
shift_left (struct term *a, const struct term *b)
{
  if (b->kind != TERM_NUMBER || b->off < 0 || b->off > 31)
    return false;
  if (a->kind == TERM_ABOVE)
    return true;
  struct term factor = { .kind = TERM_NUMBER, .off = (int64_t) 1 << b->off };
  return times (a, &factor);
}

static bool
deref (struct stack *k)
{
  if (!k->cnt)
    return false;
  struct term *a = &k->at[k->cnt - 1];
  if (a->kind == TERM_SUM && a->mul == 1)
    a->mul = 0;
  else if (a->kind != TERM_SUM2)
    return false;
  a->kind = TERM_DEREF;
  return a->reg != CFI_REG_CFA;
}

/* The top two become one. */
static bool
binary (struct stack *k, unsigned op)
{
  if (k->cnt < 2)
    return false;
  struct term *a = &k->at[k->cnt - 2], *b = &k->at[k->cnt - 1];
  k->cnt--;
  switch (op)
    {
    case OP_PLUS:
      return plus (k, a, b);
    case OP_MINUS:
      return b->kind == TERM_NUMBER && add_number (a, product (b->off, -1));
    case OP_MUL:
      return times (a, b);
    case OP_SHL:
      return shift_left (a, b);
    case OP_AND:
      if (a->kind != TERM_SUM || a->reg != k->s->arch->ra || b->kind != TERM_NUMBER)
        return false;
      a->kind = TERM_MASKED;
      return true;
    case OP_GE:
      if (a->kind != TERM_MASKED || b->kind != TERM_NUMBER)
        return false;
      a->kind = TERM_ABOVE;
      return true;
    default:
      return false;
    }
}

/* One operation with its operands; false: none of ours. */
static bool
operate (struct stack *k, struct cursor *c)
{
  unsigned op = cursor_u8 (c);
  if (op >= OP_LIT0 && op <= OP_LIT31)
    return push_number (k, op - OP_LIT0);
  if (op >= OP_BREG0 && op <= OP_BREG31)
    return push_register (k, op - OP_BREG0, cursor_sleb (c));
  uint64_t reg;
  switch (op)
    {
    case OP_BREGX:
      reg = cursor_uleb (c);
      return push_register (k, reg, cursor_sleb (c));
    case OP_CONST1U:
      return push_number (k, cursor_u8 (c));
    case OP_CONST1S:
      return push_number (k, (int8_t) cursor_u8 (c));
    case OP_CONST2U:
      return push_number (k, cursor_u16 (c));
    case OP_CONST2S:
      return push_number (k, (int16_t) cursor_u16 (c));
    case OP_CONST4U:
      return push_number (k, cursor_u32 (c));
    case OP_CONST4S:
      return push_number (k, (int32_t) cursor_u32 (c));
    case OP_CONST8U:
    case OP_CONST8S:
      return push_number (k, (int64_t) cursor_u64 (c));
    case OP_CONSTU:
      return push_number (k, (int64_t) cursor_uleb (c));
    case OP_CONSTS:
      return push_number (k, cursor_sleb (c));
    case OP_PLUS_UCONST:
      return k->cnt && add_number (&k->at[k->cnt - 1], (int64_t) cursor_uleb (c));
    case OP_CALL_FRAME_CFA:
      return push (k, (struct term){ .kind = TERM_SUM, .reg = CFI_REG_CFA, .mul = 1 });
    case OP_DEREF:
      return deref (k);
    case OP_DEREF_SIZE:
      return cursor_u8 (c) == k->s->arch->word && deref (k);
    case OP_NOP:
      return true;
    default:
      return binary (k, op);
    }
}

static struct cfi_expr
result (const struct term *t)
{
  struct cfi_expr e = { .kind = CFI_EXPR_OTHER };
  if (t->kind == TERM_SUM && t->mul == 1)
    e.kind = CFI_EXPR_SUM;
  else if (t->kind == TERM_DEREF && t->mul >= 0 && t->mul <= UINT8_MAX && t->idx <= UINT8_MAX)
    e.kind = CFI_EXPR_DEREF;
  else if (t->kind == TERM_PLT)
    e.kind = CFI_EXPR_PLT;
  else
    return e;
  e.reg = t->reg;
  e.off = t->off;
  e.add = t->add;
  if (e.kind == CFI_EXPR_DEREF && t->mul)
    {
      e.idx = (uint8_t) t->idx;
      e.scale = (uint8_t) t->mul;
    }
  return e;
}

struct cfi_expr
pctab__cfi_expr (const struct cfi_section *s, struct cursor c, bool with_cfa)
{
  static const struct cfi_expr other = { .kind = CFI_EXPR_OTHER };
  struct stack k = { .s = s };
  if (with_cfa)
    push (&k, (struct term){ .kind = TERM_SUM, .reg = CFI_REG_CFA, .mul = 1 });
  while (cursor_left (&c))
    if (!operate (&k, &c))
      return other;
  return c.bad || !k.cnt ? other : result (&k.at[k.cnt - 1]);
}
