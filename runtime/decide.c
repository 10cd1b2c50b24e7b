/* SPDX-License-Identifier: MIT */
/* The decision: may a thread be stopped where a signal interrupted it, and made to call something else?
 *
 * Reasons to refuse are looked for in the order of verdict.def: what the thread says of itself costs a few compares and
 * refuses most often; then the interrupted function; then one frame after the other, each first looked at and then left
 * upwards by its rule; last where it would go on, which no verified table gets wrong.
 *
 * Every caller up to the task's first function must be preemptible and at a safe point, since the call that is injected
 * cuts all of them in two.  A caller in a restart range is refused like one at an unsafe point: its return address is
 * all that it can go on at.  Nothing is trusted but the tables: a PC, an SP or a stack of any contents ends in a verdict. */
#include <elf.h>

#include "decide.h"
#include "unwind_cache.h"

/* What the tables say of a frame's PC. */
struct place {
  const struct pctab_module *module;
  struct pctab_func func; /* bits 0: no function is known there */
  uint64_t entry;
  unsigned flags;
  int32_t point; /* of table UnsafePoint */
};

static enum pctab_verdict
look_at_thread (const struct pctab_thread *t, uint64_t sp)
{
  if (t->status != PCTAB_STATUS_RUNNING)
    return PCTAB_VERDICT_NOT_RUNNING;
  if (!t->wanted)
    return PCTAB_VERDICT_NOT_WANTED;
  if (t->held)
    return PCTAB_VERDICT_HELD;
  if (t->mask != t->base_mask)
    return PCTAB_VERDICT_MASKED;
  if (t->stack.lo >= t->stack.hi || sp < t->stack.lo || sp > t->stack.hi)
    return PCTAB_VERDICT_OTHER_STACK;
  if (sp - t->stack.lo < t->room)
    return PCTAB_VERDICT_NO_ROOM;
  if (t->shadow_sp)
    return PCTAB_VERDICT_SHADOW_STACK;
  return PCTAB_VERDICT_OK;
}

/* A module of another machine knows nothing of this thread's code. */
static struct place
look_up (const struct pctab_modules *modules, const struct pctab_thread *t, uint64_t pc)
{
  struct place p = { .module = pctab_find_module (modules, pc) };
  if (!p.module || p.module->table.machine != t->machine || p.module->table.is64 != t->is64)
    return p;
  const struct pctab_table *table = &p.module->table;
  p.func = pctab_findfunc (table, pc);
  if (p.func.bits)
    {
      uint64_t start;
      p.entry = pctab_func_entry (table, p.func);
      p.flags = pctab_funcflags (table, p.func);
      p.point = pctab_pcdatavalue (table, p.func, PCTAB_TABLE_UNSAFEPOINT, pc, &start);
    }
  return p;
}

/* On MIPS a jump and link that is interrupted in its delay slot has set LR, but PC is the jump's.  Before the frame is
 * set up, its rule says that the caller is in LR: that is this very call. */
static bool
half_call (const struct place *p, const struct pctab_thread *t, uint64_t pc, uint64_t lr)
{
  return t->machine == EM_MIPS && lr == pc + 8 && pctab_funcspdelta (&p->module->table, p->func, pc) == 0;
}

static enum pctab_verdict
look_at_innermost (const struct place *p, const struct pctab_thread *t, uint64_t pc, uint64_t lr)
{
  if (!p->func.bits)
    return PCTAB_VERDICT_UNKNOWN_CODE;
  if (p->flags & (PCTAB_FUNCFLAG_NOPREEMPT | PCTAB_FUNCFLAG_SIGNAL))
    return PCTAB_VERDICT_NOPREEMPT;
  if (p->point == PCTAB_UNSAFEPOINT_UNSAFE)
    return PCTAB_VERDICT_UNSAFE_POINT;
  return half_call (p, t, pc, lr) ? PCTAB_VERDICT_HALF_CALL : PCTAB_VERDICT_OK;
}

static enum pctab_verdict
look_at_caller (const struct place *p)
{
  if (!p->func.bits)
    return PCTAB_VERDICT_CALLER_UNKNOWN;
  if (p->flags & PCTAB_FUNCFLAG_SIGNAL)
    return PCTAB_VERDICT_CALLER_SIGNAL;
  if (p->flags & PCTAB_FUNCFLAG_NOPREEMPT)
    return PCTAB_VERDICT_CALLER_NOPREEMPT;
  return p->point == PCTAB_UNSAFEPOINT_SAFE ? PCTAB_VERDICT_OK : PCTAB_VERDICT_CALLER_UNSAFE;
}

static bool
start_walk (struct pctab_cursor *c, const struct pctab_modules *modules, uint64_t pc, uint64_t sp,
            const struct pctab_thread *t)
{
  if (!pctab__cursor_start (c, modules, t->machine, t->is64))
    return false;
  c->pc = pc;
  c->sp = sp;
  c->fp = t->fp;
  c->exact = c->fp_known = true;
  c->stack = t->stack;
  c->bytes = t->stack_bytes;
  return true;
}

/* The other registers, for the rules that ask for them: in prologues and leaf functions.  Where there is no LR, none asks
 * for it. */
static void
give_registers (struct pctab_cursor *c, const struct pctab_thread *t, uint64_t lr, const struct pctab_rule *rule)
{
  if (rule->cfa <= PCTAB_CFA_FP && rule->ra == PCTAB_RA_SAVED && rule->fp <= PCTAB_FP_SAVED)
    return;
  uint64_t sp = c->sp;
  for (unsigned i = 0; t->reg && i < PCTAB_REGS_MAX; i++)
    pctab__cursor_set (c, i, t->reg[i]);
  c->sp = sp;
  c->fp = t->fp;
  pctab__cursor_set (c, pctab__unwind_machines[c->machine].ra, lr);
}

/* Goes from a frame that was found good to its caller's.  False: the walk is over, well or not. */
static bool
leave (struct pctab_cursor *c, const struct place *p, const struct pctab_thread *t, uint64_t lr,
       enum pctab_verdict *verdict)
{
  const struct pctab_table *table = &p->module->table;
  struct pctab_rule rule;
  uint64_t start;
  pctab_value_rule (table, pctab_pcvalue (table, p->func, pctab_lookup_pc (c), &start), &rule);
  *verdict = PCTAB_VERDICT_NO_RULE;
  if (p->flags & PCTAB_FUNCFLAG_TOP || rule.ra == PCTAB_RA_UNDEFINED)
    {
      *verdict = t->end ? PCTAB_VERDICT_WRONG_END : PCTAB_VERDICT_OK;
      return false;
    }
  if (c->exact)
    give_registers (c, t, lr, &rule);
  else if (p->flags & PCTAB_FUNCFLAG_SPWRITE)
    return false;
  else
    {
      c->module = p->module;
      c->func = p->func;
      pctab__step_keep (c, &rule, p->flags);
    }
  switch (pctab__frame_leave (c, &rule, false))
    {
    case PCTAB_STOP_NONE:
      /* Beyond it, the next frame's words would be looked for elsewhere. */
      *verdict = c->sp <= t->stack.hi ? PCTAB_VERDICT_OK : PCTAB_VERDICT_BAD_STACK;
      return !*verdict;
    case PCTAB_STOP_END: /* a return address of 0 */
      *verdict = PCTAB_VERDICT_WRONG_END;
      return false;
    case PCTAB_STOP_BAD_MEMORY:
    case PCTAB_STOP_LOOP:
      *verdict = PCTAB_VERDICT_BAD_STACK;
      return false;
    default:
      return false;
    }
}

/* Looks at the frames below PLACE, which was found good, up to the task's first; *D is where it is.  Those whose PCs are
 * known to be safe points are passed without a look, but for the task's first. */
static enum pctab_verdict
look_at_callers (struct pctab_decision *d, struct pctab_cursor *c, struct place place, const struct pctab_thread *t,
                 uint64_t lr)
{
  uint32_t max = t->depth_max ? t->depth_max : PCTAB_DECISION_DEPTH;
  uint64_t end_len = 0;
  bool fast = c->modules->process && !c->bytes && (!t->end || pctab__decide_end (c->modules, t->end, &end_len));
  enum pctab_verdict verdict;
  while (!t->end || place.entry != t->end)
    {
      if (!leave (c, &place, t, lr, &verdict))
        return verdict;
      d->depth++;
      /* A return address belongs to the call before it: those of the task's first are behind its entry. */
      if (fast && d->depth < max && c->pc - 1 - t->end >= end_len)
        d->depth += pctab__step_safe (c, max - d->depth, t->end + 1, end_len);
      d->pc = c->pc;
      if (d->depth == max)
        return PCTAB_VERDICT_TOO_DEEP;
      place = look_up (c->modules, t, pctab_lookup_pc (c));
      verdict = look_at_caller (&place);
      if (verdict)
        return verdict;
    }
  return PCTAB_VERDICT_OK;
}

struct pctab_decision
pctab_async_safe_point (const struct pctab_modules *modules, uint64_t pc, uint64_t sp, uint64_t lr,
                        const struct pctab_thread *thread)
{
  struct pctab_decision d = { look_at_thread (thread, sp), pc, 0, pc };
  struct pctab_cursor c;
  if (d.verdict)
    return d;
  struct place place = look_up (modules, thread, pc);
  d.verdict = look_at_innermost (&place, thread, pc, lr);
  if (!d.verdict && !start_walk (&c, modules, pc, sp, thread))
    d.verdict = PCTAB_VERDICT_UNKNOWN_CODE;
  if (!d.verdict)
    d.verdict = look_at_callers (&d, &c, place, thread, lr);
  if (!d.verdict && place.point != PCTAB_UNSAFEPOINT_SAFE
      && !pctab__decide_resume (&place.module->table, place.func, pc, &d.resume_pc))
    d = (struct pctab_decision){ PCTAB_VERDICT_BROKEN_TABLE, pc, 0, pc };
  return d;
}
