/* SPDX-License-Identifier: MIT */
/* The state of a CFI program as a rule.  A place has one spelling: what can be told from the CFA is told from it. */
#include "cfi.h"

#include <elf.h>

static bool
fits (int64_t v)
{
  return v >= INT32_MIN && v <= INT32_MAX;
}

static void
cfa_plain (const struct arch *arch, uint32_t reg, int64_t off, struct rule *rule)
{
  if (reg > UINT8_MAX || !fits (off))
    return;
  rule->cfa_off = (int32_t) off;
  if (reg == arch->sp)
    rule->cfa = CFA_SP;
  else if (reg == arch->fp)
    rule->cfa = CFA_FP;
  else
    {
      rule->cfa = CFA_REG;
      rule->cfa_reg = (uint8_t) reg;
    }
}

static void
cfa_expr (const struct arch *arch, const struct cfi_expr *e, struct rule *rule)
{
  if (e->kind == CFI_EXPR_SUM)
    cfa_plain (arch, e->reg, e->off, rule);
  if (e->kind != CFI_EXPR_DEREF || e->reg > UINT8_MAX || !fits (e->off) || !fits (e->add))
    return;
  rule->cfa = e->scale ? CFA_DEREF_INDEX : CFA_DEREF;
  rule->cfa_reg = (uint8_t) e->reg;
  rule->cfa_off = (int32_t) e->off;
  rule->cfa_add = (int32_t) e->add;
  rule->cfa_idx = e->idx;
  rule->cfa_scale = e->scale;
}

/* Is REG + OFF at a fixed distance from the CFA?  Then *FROM_CFA is that distance. */
static bool
from_cfa (const struct cfi_state *st, uint32_t reg, int64_t off, int64_t *distance)
{
  uint32_t cfa_reg = st->cfa_by_expr ? st->cfa_expr.reg : st->cfa_reg;
  int64_t cfa_off = st->cfa_by_expr ? st->cfa_expr.off : st->cfa_off;
  if (!st->cfa_given || reg != cfa_reg || (st->cfa_by_expr && st->cfa_expr.kind != CFI_EXPR_SUM))
    return false;
  *distance = (int64_t) ((uint64_t) off - (uint64_t) cfa_off);
  return true;
}

static struct cfi_value
normal (const struct cfi_state *st, const struct cfi_value *v, uint32_t self)
{
  struct cfi_value n = *v;
  int64_t distance;
  if (n.how == CFI_AT_REG && from_cfa (st, n.reg, n.off, &distance))
    {
      n.how = CFI_OFFSET;
      n.off = distance;
    }
  if (n.how == CFI_SAME || (n.how == CFI_REGISTER && n.reg == self))
    n.how = CFI_NONE;
  if ((n.how == CFI_OFFSET || n.how == CFI_AT_REG) && !fits (n.off))
    n.how = CFI_OTHER;
  if ((n.how == CFI_REGISTER || n.how == CFI_AT_REG) && n.reg > UINT8_MAX)
    n.how = CFI_OTHER;
  return n;
}

/* amd64 and i386 number the return address although no register holds it. */
static bool
has_link_register (const struct arch *arch)
{
  return arch->machine != EM_X86_64 && arch->machine != EM_386;
}

static void
set_ra (const struct arch *arch, uint32_t column, const struct cfi_state *st, struct rule *rule)
{
  struct cfi_value v = normal (st, &st->ra, column);
  switch (v.how)
    {
    case CFI_NONE:
      if (!has_link_register (arch) || column > UINT8_MAX)
        return;
      rule->ra = RA_REG;
      rule->ra_reg = (uint8_t) column;
      return;
    case CFI_UNDEFINED:
      rule->ra = RA_UNDEFINED;
      return;
    case CFI_OFFSET:
      rule->ra = RA_SAVED;
      rule->ra_off = (int32_t) v.off;
      return;
    case CFI_REGISTER:
      rule->ra = RA_REG;
      rule->ra_reg = (uint8_t) v.reg;
      return;
    case CFI_AT_REG:
      rule->ra = RA_AT_REG;
      rule->ra_reg = (uint8_t) v.reg;
      rule->ra_off = (int32_t) v.off;
      return;
    }
}

static void
set_fp (const struct arch *arch, const struct cfi_state *st, struct rule *rule)
{
  struct cfi_value v = normal (st, &st->fp, arch->fp);
  switch (v.how)
    {
    case CFI_NONE:
      rule->fp = FP_SAME;
      return;
    case CFI_OFFSET:
      rule->fp = FP_SAVED;
      rule->fp_off = (int32_t) v.off;
      return;
    case CFI_REGISTER:
      rule->fp = FP_IN_REG;
      rule->fp_reg = (uint8_t) v.reg;
      return;
    case CFI_AT_REG:
      rule->fp = FP_AT_REG;
      rule->fp_reg = (uint8_t) v.reg;
      rule->fp_off = (int32_t) v.off;
      return;
    default:
      rule->fp = FP_UNKNOWN;
      return;
    }
}

/* A rule has no place for an SP of the caller's that is not its CFA, as longjmp() and setcontext() have it once they are
 * on their way: it is in a register there, or in what the CFA points to.  A frame's own slot holds the CFA.  On s390x,
 * where a CFA is 160 bytes above SP and SP is saved like other registers, in leaf functions in a floating point one, any
 * place in a frame of its own does.  A signal frame's CFA is read from where its SP is. */
static bool
has_other_sp (const struct arch *arch, const struct cfi_state *st, const struct rule *rule)
{
  unsigned how = normal (st, &st->sp, arch->sp).how;
  if (how == CFI_NONE || how == CFI_UNDEFINED || rule->cfa == CFA_DEREF || rule->cfa == CFA_DEREF_INDEX)
    return false;
  return rule->cfa == CFA_REG || (arch->machine != EM_S390 && how != CFI_OFFSET && how != CFI_AT_REG);
}

void
pctab__cfi_rule (const struct arch *arch, uint32_t ra_column, const struct cfi_state *st, struct rule *rule)
{
  *rule = (struct rule){ .cfa = CFA_UNKNOWN, .ra = RA_UNKNOWN };
  if (st->cfa_given && st->cfa_by_expr)
    cfa_expr (arch, &st->cfa_expr, rule);
  else if (st->cfa_given)
    cfa_plain (arch, st->cfa_reg, st->cfa_off, rule);
  if (has_other_sp (arch, st, rule))
    *rule = (struct rule){ .cfa = CFA_UNKNOWN, .ra = RA_UNKNOWN };
  set_ra (arch, ra_column, st, rule);
  set_fp (arch, st, rule);
}
