/* SPDX-License-Identifier: MIT */
/* One step: the rule of this frame's PC, by it the CFA, the return address and the caller's frame pointer.
 *
 * A table says where these three are, and of no other register.  So the others are known where a signal interrupted
 * the code, and lost one frame further: rules that need them there (a CFA that counts from another register, a
 * return address in one) hold in prologues and leaf functions, which are no one's callers.
 *
 * Everything read from the stack may be wrong.  What keeps a walk finite is that each frame lies above the one
 * before; a signal may have changed stacks, so behind a signal frame it may go anywhere, but only so often. */
#include <elf.h>

#include "module.h"
#include "unwinder.h"

/* s390x counts the CFA from behind the area that a caller provides.  arm64 may have signed a return address in its high
 * bits; arm and mips say by bit 0 which instruction set the caller has. */
const struct unwind_machine pctab__unwind_machines[] = {
#define ARCH(name, em, is64, sp, fp, ra, insn, word)                                                        \
  { em, is64, sp, fp, ra, word, (em) == EM_S390 ? 160 : 0, (em) == EM_X86_64 || (em) == EM_PPC64,           \
    (em) == EM_AARCH64 ? UINT64_C (0xffffffffffff)                                                          \
    : (em) == EM_ARM || (em) == EM_MIPS ? UINT64_C (0xfffffffe)                                             \
                                        : (is64) ? UINT64_MAX : UINT32_MAX },
#include "arch.def"
#undef ARCH
};
#define MACHINE_CNT (sizeof pctab__unwind_machines / sizeof *pctab__unwind_machines)

const char *
pctab_stop_text (enum pctab_stop stop)
{
  switch (stop)
    {
#define STOP(name, text)    \
  case PCTAB_STOP_##name: \
    return text;
#include <pctab/stop.def>
#undef STOP
    }
  return "unknown reason";
}

bool
pctab__cursor_start (struct pctab_cursor *c, const struct pctab_modules *modules, uint16_t machine, bool is64)
{
  for (unsigned i = 0; i < MACHINE_CNT; i++)
    if (pctab__unwind_machines[i].machine == machine && pctab__unwind_machines[i].is64 == is64)
      {
        c->module = NULL;
        c->func = (struct pctab_func){ 0 };
        c->modules = modules;
        c->stack = c->probed = (struct pctab_stack){ 0, 0 };
        c->bytes = NULL;
        c->machine = (uint8_t) i;
        c->signals = 0;
        c->reads = PCTAB_READS_OPEN;
        c->known = 0;
        c->checked = 0;
        return true;
      }
  return false;
}

/* Where reg[] has a register: ppc64's LR is number 65. */
static inline unsigned
reg_slot (const struct unwind_machine *m, unsigned reg)
{
  return reg == m->ra && reg >= PCTAB_REGS_MAX ? PCTAB_REGS_MAX - 1 : reg;
}

void
pctab__cursor_set (struct pctab_cursor *c, unsigned reg, uint64_t value)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  unsigned slot = reg_slot (m, reg);
  if (reg == m->sp)
    c->sp = value;
  else if (reg == m->fp)
    {
      c->fp = value;
      c->fp_known = true;
    }
  if (slot < PCTAB_REGS_MAX)
    {
      c->reg[slot] = value;
      c->known |= UINT64_C (1) << slot;
    }
}

static bool
cursor_reg (const struct pctab_cursor *c, unsigned reg, uint64_t *value)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  unsigned slot = reg_slot (m, reg);
  if (reg == m->sp)
    *value = c->sp;
  else if (reg == m->fp && c->fp_known)
    *value = c->fp;
  else if (slot < PCTAB_REGS_MAX && c->known >> slot & 1)
    *value = c->reg[slot];
  else
    return false;
  return true;
}

static inline uint64_t
address (const struct unwind_machine *m, uint64_t value)
{
  return m->is64 ? value : (uint32_t) value;
}

static enum pctab_stop
find_cfa (struct pctab_cursor *c, const struct pctab_rule *r, uint64_t *cfa)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  unsigned reg = r->cfa == PCTAB_CFA_SP ? m->sp : r->cfa == PCTAB_CFA_FP ? m->fp : r->cfa_reg;
  uint64_t base, index = 0;
  if (r->cfa == PCTAB_CFA_UNKNOWN || !cursor_reg (c, reg, &base)
      || (r->cfa == PCTAB_CFA_DEREF_INDEX && !cursor_reg (c, r->cfa_idx, &index)))
    return PCTAB_STOP_NO_RULE;
  uint64_t at = address (m, base + index * r->cfa_scale + (uint64_t) r->cfa_off);
  if (r->cfa == PCTAB_CFA_DEREF || r->cfa == PCTAB_CFA_DEREF_INDEX)
    {
      if (!pctab__cursor_word (c, at, &at))
        return PCTAB_STOP_BAD_MEMORY;
      at = address (m, at + (uint64_t) r->cfa_add);
    }
  *cfa = at;
  return PCTAB_STOP_NONE;
}

static enum pctab_stop
find_return (struct pctab_cursor *c, const struct pctab_rule *r, uint64_t cfa, uint64_t *pc)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  uint64_t base;
  switch (r->ra)
    {
    case PCTAB_RA_SAVED:
      return pctab__cursor_word (c, address (m, cfa + (uint64_t) r->ra_off), pc) ? PCTAB_STOP_NONE
                                                                                 : PCTAB_STOP_BAD_MEMORY;
    case PCTAB_RA_REG:
      return cursor_reg (c, r->ra_reg, pc) ? PCTAB_STOP_NONE : PCTAB_STOP_NO_RULE;
    case PCTAB_RA_AT_REG:
      if (!cursor_reg (c, r->ra_reg, &base))
        return PCTAB_STOP_NO_RULE;
      return pctab__cursor_word (c, address (m, base + (uint64_t) r->ra_off), pc) ? PCTAB_STOP_NONE
                                                                                  : PCTAB_STOP_BAD_MEMORY;
    case PCTAB_RA_UNDEFINED:
      return PCTAB_STOP_END;
    default:
      return PCTAB_STOP_NO_RULE;
    }
}

/* CFI goes on to say "saved" behind the pop.  The register has its value back then, and where the ABI has no red zone,
 * what was below SP may be a signal's by now. */
static bool
is_popped (const struct pctab_cursor *c, uint64_t slot)
{
  return slot < c->sp && !pctab__unwind_machines[c->machine].red_zone;
}

static enum pctab_stop
find_fp (struct pctab_cursor *c, const struct pctab_rule *r, uint64_t cfa, uint64_t *fp, bool *known)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  uint64_t base = cfa;
  *fp = c->fp;
  *known = c->fp_known;
  switch (r->fp)
    {
    case PCTAB_FP_SAME:
      return PCTAB_STOP_NONE;
    case PCTAB_FP_IN_REG:
      *known = cursor_reg (c, r->fp_reg, fp);
      return PCTAB_STOP_NONE;
    case PCTAB_FP_AT_REG:
      *known = cursor_reg (c, r->fp_reg, &base);
      if (!*known)
        return PCTAB_STOP_NONE;
      break;
    case PCTAB_FP_SAVED:
      break;
    default:
      *known = false;
      return PCTAB_STOP_NONE;
    }
  uint64_t slot = address (m, base + (uint64_t) r->fp_off);
  if (r->fp == PCTAB_FP_SAVED && is_popped (c, slot))
    return PCTAB_STOP_NONE;
  *known = true;
  return pctab__cursor_word (c, slot, fp) ? PCTAB_STOP_NONE : PCTAB_STOP_BAD_MEMORY;
}

enum pctab_stop
pctab__frame_leave (struct pctab_cursor *c, const struct pctab_rule *rule, bool signal)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  uint64_t cfa, pc, fp;
  bool fp_known;
  enum pctab_stop stop = rule->ra == PCTAB_RA_UNDEFINED ? PCTAB_STOP_END : find_cfa (c, rule, &cfa);
  if (!stop)
    stop = find_return (c, rule, cfa, &pc);
  if (!stop)
    stop = find_fp (c, rule, cfa, &fp, &fp_known);
  if (stop)
    return stop;
  pc &= m->pc_mask;
  if (!pc)
    return PCTAB_STOP_END;
  uint64_t sp = address (m, cfa - m->cfa_bias);
  /* A leaf function with a link register need not move SP, and one that was interrupted may not have done it yet. */
  if (signal ? c->signals == PCTAB_SIGNALS_MAX : sp < c->sp || (sp == c->sp && !c->exact))
    return PCTAB_STOP_LOOP;
  c->signals += signal;
  pctab__cursor_go (c, pc, sp, fp);
  c->fp_known = fp_known;
  c->exact = signal;
  return PCTAB_STOP_NONE;
}

const struct pctab_module *
pctab__cursor_module (struct pctab_cursor *c, uint64_t pc)
{
  return pctab__module_find (c->modules ? c->modules : pctab_modules (), pc, &c->checked);
}

unsigned
pctab__frame_look (struct pctab_cursor *c)
{
  uint64_t pc = pctab_lookup_pc (c);
  c->func = (struct pctab_func){ 0 };
  c->module = pctab__cursor_module (c, pc);
  if (!c->module || !pctab__cursor_machine (c, c->module))
    return 0;
  c->func = pctab_findfunc (&c->module->table, pc);
  return c->func.bits ? pctab_funcflags (&c->module->table, c->func) : 0;
}

enum pctab_stop
pctab_unwind_step (struct pctab_cursor *c)
{
  unsigned flags = pctab__frame_look (c);
  if ((!c->func.bits || flags & PCTAB_FUNCFLAG_SIGNAL) && pctab__signal_return (c))
    return pctab__signal_step (c);
  struct pctab_rule rule;
  if (!c->func.bits)
    return pctab__plt_rule (c, &rule) ? pctab__frame_leave (c, &rule, false) : PCTAB_STOP_UNKNOWN_CODE;
  if (flags & PCTAB_FUNCFLAG_TOP)
    return PCTAB_STOP_END;
  if (flags & PCTAB_FUNCFLAG_SPWRITE && !c->exact)
    return PCTAB_STOP_NO_RULE;
  const struct pctab_table *t = &c->module->table;
  uint64_t start;
  pctab_value_rule (t, pctab_pcvalue (t, c->func, pctab_lookup_pc (c), &start), &rule);
  if (rule.cfa == PCTAB_CFA_UNKNOWN && rule.ra != PCTAB_RA_UNDEFINED)
    pctab__plt_rule (c, &rule);
  return pctab__frame_leave (c, &rule, flags & PCTAB_FUNCFLAG_SIGNAL);
}
