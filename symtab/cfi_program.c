/* SPDX-License-Identifier: MIT */
#include "cfi.h"

/* DWARF 5 section 7.24, and the vendors'.  The first three keep an operand in their low six bits. */
enum {
  OP_ADVANCE_LOC = 0x40,
  OP_OFFSET = 0x80,
  OP_RESTORE = 0xc0,
  OP_NOP = 0x00,
  OP_SET_LOC = 0x01,
  OP_ADVANCE_LOC1 = 0x02,
  OP_ADVANCE_LOC2 = 0x03,
  OP_ADVANCE_LOC4 = 0x04,
  OP_OFFSET_EXTENDED = 0x05,
  OP_RESTORE_EXTENDED = 0x06,
  OP_UNDEFINED = 0x07,
  OP_SAME_VALUE = 0x08,
  OP_REGISTER = 0x09,
  OP_REMEMBER_STATE = 0x0a,
  OP_RESTORE_STATE = 0x0b,
  OP_DEF_CFA = 0x0c,
  OP_DEF_CFA_REGISTER = 0x0d,
  OP_DEF_CFA_OFFSET = 0x0e,
  OP_DEF_CFA_EXPRESSION = 0x0f,
  OP_EXPRESSION = 0x10,
  OP_OFFSET_EXTENDED_SF = 0x11,
  OP_DEF_CFA_SF = 0x12,
  OP_DEF_CFA_OFFSET_SF = 0x13,
  OP_VAL_OFFSET = 0x14,
  OP_VAL_OFFSET_SF = 0x15,
  OP_VAL_EXPRESSION = 0x16,
  OP_MIPS_ADVANCE_LOC8 = 0x1d,
  OP_AARCH64_NEGATE_RA_STATE_WITH_PC = 0x2c,
  OP_NEGATE_RA_STATE = 0x2d, /* aarch64; GNU_window_save elsewhere */
  OP_GNU_ARGS_SIZE = 0x2e,
  OP_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
};

void
pctab__cfi_machine_init (struct cfi_machine *x, const struct cfi_section *s, struct model *m)
{
  x->section = s;
  x->m = m;
  for (size_t i = 0; i < sizeof x->cache / sizeof *x->cache; i++)
    x->cache[i].number = MODEL_NONE;
}

/* A module has a few hundred rules in ten times as many rows, most of them one of a few dozen. */
static uint32_t
number_rule (struct cfi_machine *x, const struct rule *rule)
{
  uint32_t h = (uint32_t) rule->cfa_off / 8 + 7u * rule->cfa + 64u * rule->fp + 31u * (uint32_t) rule->fp_off;
  struct cfi_cached_rule *slot = &x->cache[h % (sizeof x->cache / sizeof *x->cache)];
  if (slot->number == MODEL_NONE || memcmp (&slot->rule, rule, sizeof *rule))
    {
      slot->rule = *rule;
      slot->number = pctab__model_rule (x->m, rule);
      if (slot->number == MODEL_NONE)
        x->error = "";
    }
  return slot->number;
}

static void
count_unknown (struct cfi_machine *x, const struct rule *rule)
{
  bool unknown = rule->cfa == CFA_UNKNOWN;
  x->row_plt = unknown && x->state.cfa_by_expr && x->state.cfa_expr.kind == CFI_EXPR_PLT;
  x->row_unknown = unknown && !x->row_plt;
  x->m->stats.cfi_plt += x->row_plt;
  x->m->stats.cfi_unknown += x->row_unknown;
}

/* A row for the state as it is at LOC, unless the row before says the same.  run_fde() reserved the room. */
static void
add_row (struct cfi_machine *x)
{
  x->changed = false;
  if (x->for_cie || x->loc >= x->frame_len)
    return;
  if (x->loc % x->section->arch->insn)
    {
      x->error = "changes the frame in the middle of an instruction";
      return;
    }
  struct rule rule;
  pctab__cfi_rule (x->section->arch, x->cie->ra, &x->state, &rule);
  uint32_t number = number_rule (x, &rule);
  uint32_t off = x->frame_off + (uint32_t) x->loc;
  struct model *m = x->m;
  if (m->rows.cnt > x->frame_row && m->rows.at[m->rows.cnt - 1].off == off)
    {
      m->rows.cnt--;
      m->stats.cfi_plt -= x->row_plt;
      m->stats.cfi_unknown -= x->row_unknown;
      x->row_plt = x->row_unknown = false;
    }
  if (m->rows.cnt > x->frame_row && m->rows.at[m->rows.cnt - 1].rule == number)
    return;
  m->rows.at[m->rows.cnt++] = (struct model_row){ off, number };
  count_unknown (x, &rule);
}

static void
move_to (struct cfi_machine *x, uint64_t loc)
{
  if (x->changed)
    add_row (x);
  x->loc = loc;
}

static void
advance (struct cfi_machine *x, uint64_t delta)
{
  uint64_t bytes, loc;
  if (__builtin_mul_overflow (delta, x->cie->code_align, &bytes) || __builtin_add_overflow (x->loc, bytes, &loc))
    loc = UINT64_MAX;
  move_to (x, loc);
}

static void
set_loc (struct cfi_machine *x)
{
  uint64_t addr = pctab__cfi_address (x->section, &x->c, x->cie->encoding, x->cie->addr_len);
  if (x->for_cie || x->c.bad)
    return;
  if (addr < x->pc || addr - x->pc < x->loc)
    x->error = "goes back to a lower address";
  else
    move_to (x, addr - x->pc);
}

/* Where what we keep of REG is; NULL for the registers that are not kept. */
static struct cfi_value *
value_of (const struct cfi_machine *x, struct cfi_state *st, uint64_t reg)
{
  if (reg == x->cie->ra)
    return &st->ra;
  if (reg == x->section->arch->sp)
    return &st->sp;
  return reg == x->section->arch->fp ? &st->fp : NULL;
}

static void
set_value (struct cfi_machine *x, uint64_t reg, enum cfi_how how, uint64_t other, int64_t off)
{
  struct cfi_value *v = value_of (x, &x->state, reg);
  if (!v)
    return;
  *v = (struct cfi_value){ how, other < CFI_REG_CFA ? (uint32_t) other : CFI_REG_CFA - 1, off };
  x->changed = true;
}

/* The factored offset of an instruction in bytes.  What leaves 64 bits wraps: cfi_rule() takes 32 anyway. */
static int64_t
factored (const struct cfi_machine *x, uint64_t n)
{
  return (int64_t) (n * (uint64_t) x->cie->data_align);
}

/* The register's value is the CFA plus OFF: what is said of SP without a rule, if OFF is 0. */
static void
set_value_offset (struct cfi_machine *x, uint64_t reg, int64_t off)
{
  bool is_cfa = reg == x->section->arch->sp && off == 0;
  set_value (x, reg, is_cfa ? CFI_NONE : CFI_OTHER, 0, 0);
}

static void
restore (struct cfi_machine *x, uint64_t reg)
{
  struct cfi_value *v = value_of (x, &x->state, reg);
  if (!v)
    return;
  struct cfi_state first = { .cfa_given = false };
  if (!x->for_cie)
    first = x->cie->state;
  *v = *value_of (x, &first, reg);
  x->changed = true;
}

static void
set_cfa (struct cfi_machine *x, uint64_t reg, int64_t off)
{
  struct cfi_state *st = &x->state;
  st->cfa_given = true;
  st->cfa_by_expr = false;
  st->cfa_reg = reg < CFI_REG_CFA ? (uint32_t) reg : CFI_REG_CFA - 1;
  st->cfa_off = off;
  x->changed = true;
}

/* def_cfa_offset is for a CFA by register; after an expression readers differ, and nobody emits it. */
static void
set_cfa_offset (struct cfi_machine *x, int64_t off)
{
  x->state.cfa_off = off;
  x->changed = true;
}

static struct cursor
take_block (struct cfi_machine *x)
{
  uint64_t len = cursor_uleb (&x->c);
  const unsigned char *at = cursor_take (&x->c, len);
  struct cursor block = x->c;
  if (at)
    {
      block.pos = at;
      block.end = at + len;
    }
  return block;
}

static void
set_cfa_expr (struct cfi_machine *x)
{
  struct cursor block = take_block (x);
  x->state.cfa_expr = pctab__cfi_expr (x->section, block, false);
  x->state.cfa_given = x->state.cfa_by_expr = true;
  x->changed = true;
}

/* IS_VALUE: the expression is the register's value, not the place of it. */
static void
set_value_expr (struct cfi_machine *x, bool is_value)
{
  uint64_t reg = cursor_uleb (&x->c);
  struct cursor block = take_block (x);
  if (!value_of (x, &x->state, reg))
    return;
  struct cfi_expr e = pctab__cfi_expr (x->section, block, true);
  enum cfi_how how = CFI_OTHER;
  if (e.kind == CFI_EXPR_SUM && !is_value)
    how = e.reg == CFI_REG_CFA ? CFI_OFFSET : CFI_AT_REG;
  else if (e.kind == CFI_EXPR_SUM && e.reg != CFI_REG_CFA && !e.off)
    how = CFI_REGISTER;
  set_value (x, reg, how, e.reg, e.off);
}

static void
remember (struct cfi_machine *x)
{
  if (x->depth == CFI_REMEMBER_MAX)
    x->error = "remembers more states than pctab allows";
  else
    x->remembered[x->depth++] = x->state;
}

static void
recall (struct cfi_machine *x)
{
  if (!x->depth)
    {
      x->error = "restores a state that it did not remember";
      return;
    }
  x->state = x->remembered[--x->depth];
  x->changed = true;
}

static void
step_extended (struct cfi_machine *x, unsigned op)
{
  struct cursor *c = &x->c;
  uint64_t reg;
  switch (op)
    {
    case OP_NOP:
    case OP_NEGATE_RA_STATE:
    case OP_AARCH64_NEGATE_RA_STATE_WITH_PC:
      return;
    case OP_SET_LOC:
      set_loc (x);
      return;
    case OP_ADVANCE_LOC1:
      advance (x, cursor_u8 (c));
      return;
    case OP_ADVANCE_LOC2:
      advance (x, cursor_u16 (c));
      return;
    case OP_ADVANCE_LOC4:
      advance (x, cursor_u32 (c));
      return;
    case OP_MIPS_ADVANCE_LOC8:
      advance (x, cursor_u64 (c));
      return;
    case OP_OFFSET_EXTENDED:
      reg = cursor_uleb (c);
      set_value (x, reg, CFI_OFFSET, 0, factored (x, cursor_uleb (c)));
      return;
    case OP_OFFSET_EXTENDED_SF:
      reg = cursor_uleb (c);
      set_value (x, reg, CFI_OFFSET, 0, factored (x, (uint64_t) cursor_sleb (c)));
      return;
    case OP_GNU_NEGATIVE_OFFSET_EXTENDED:
      reg = cursor_uleb (c);
      set_value (x, reg, CFI_OFFSET, 0, factored (x, -cursor_uleb (c)));
      return;
    case OP_RESTORE_EXTENDED:
      restore (x, cursor_uleb (c));
      return;
    case OP_UNDEFINED:
      set_value (x, cursor_uleb (c), CFI_UNDEFINED, 0, 0);
      return;
    case OP_SAME_VALUE:
      set_value (x, cursor_uleb (c), CFI_SAME, 0, 0);
      return;
    case OP_REGISTER:
      reg = cursor_uleb (c);
      set_value (x, reg, CFI_REGISTER, cursor_uleb (c), 0);
      return;
    case OP_REMEMBER_STATE:
      remember (x);
      return;
    case OP_RESTORE_STATE:
      recall (x);
      return;
    case OP_DEF_CFA:
      reg = cursor_uleb (c);
      set_cfa (x, reg, (int64_t) cursor_uleb (c));
      return;
    case OP_DEF_CFA_SF:
      reg = cursor_uleb (c);
      set_cfa (x, reg, factored (x, (uint64_t) cursor_sleb (c)));
      return;
    case OP_DEF_CFA_REGISTER:
      set_cfa (x, cursor_uleb (c), x->state.cfa_off);
      return;
    case OP_DEF_CFA_OFFSET:
      set_cfa_offset (x, (int64_t) cursor_uleb (c));
      return;
    case OP_DEF_CFA_OFFSET_SF:
      set_cfa_offset (x, factored (x, (uint64_t) cursor_sleb (c)));
      return;
    case OP_DEF_CFA_EXPRESSION:
      set_cfa_expr (x);
      return;
    case OP_EXPRESSION:
      set_value_expr (x, false);
      return;
    case OP_VAL_EXPRESSION:
      set_value_expr (x, true);
      return;
    case OP_VAL_OFFSET:
      reg = cursor_uleb (c);
      set_value_offset (x, reg, factored (x, cursor_uleb (c)));
      return;
    case OP_VAL_OFFSET_SF:
      reg = cursor_uleb (c);
      set_value_offset (x, reg, factored (x, (uint64_t) cursor_sleb (c)));
      return;
    case OP_GNU_ARGS_SIZE:
      cursor_uleb (c);
      return;
    default:
      x->error = "has an instruction that DWARF does not know";
      return;
    }
}

static void
step (struct cfi_machine *x)
{
  unsigned op = *x->c.pos++, low = op & 0x3f;
  switch (op & 0xc0)
    {
    case OP_ADVANCE_LOC:
      advance (x, low);
      return;
    case OP_OFFSET:
      {
        uint64_t n = cursor_uleb (&x->c);
        set_value (x, low, CFI_OFFSET, 0, factored (x, n));
        return;
      }
    case OP_RESTORE:
      restore (x, low);
      return;
    default:
      step_extended (x, low);
      return;
    }
}

static bool
run (struct cfi_machine *x, size_t entry_off, struct diag *d)
{
  x->error = NULL;
  x->depth = 0;
  x->loc = 0;
  x->changed = true;
  while (x->c.pos != x->c.end && !x->error)
    step (x);
  if (!x->error && x->c.bad)
    x->error = "ends in the middle of an instruction";
  if (!x->error && x->changed)
    add_row (x);
  if (!x->error)
    return true;
  return *x->error ? pctab__cfi_error (x->section, entry_off, x->error, d) : pctab__diag_memory (d);
}

bool
pctab__cfi_run_cie (struct cfi_machine *x, struct cfi_cie *cie, struct cursor program, struct diag *d)
{
  memset (&x->state, 0, sizeof x->state);
  x->cie = cie;
  x->c = program;
  x->for_cie = true;
  if (!run (x, cie->off, d))
    return false;
  cie->state = x->state;
  return true;
}

bool
pctab__cfi_run_fde (struct cfi_machine *x, const struct cfi_cie *cie, const struct cfi_fde *fde, uint32_t off,
                    uint32_t len, struct diag *d)
{
  struct model *m = x->m;
  /* An instruction makes at most one row. */
  if (!model_reserve (&m->rows, cursor_left (&fde->program) + 1) || !model_reserve (&m->frames, 1))
    return pctab__diag_memory (d);
  x->cie = cie;
  x->c = fde->program;
  x->state = cie->state;
  x->pc = fde->pc;
  x->for_cie = false;
  x->frame_off = off;
  x->frame_len = len;
  x->frame_row = m->rows.cnt;
  x->row_unknown = x->row_plt = false;
  if (!run (x, fde->off, d))
    return false;
  m->frames.at[m->frames.cnt++] = (struct model_frame){ off, off + len, (uint32_t) x->frame_row,
                                                        (uint32_t) (m->rows.cnt - x->frame_row),
                                                        cie->is_signal ? FRAME_SIGNAL : 0, 0 };
  return true;
}
