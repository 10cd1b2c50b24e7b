/* SPDX-License-Identifier: MIT */
/* What the files of the unwinder share: a cursor's beginning, its memory, the frame it is at. */
#ifndef PCTAB_RUNTIME_UNWINDER_H
#define PCTAB_RUNTIME_UNWINDER_H

#include <pctab/unwind.h>

#define PCTAB_SIGNALS_MAX 32 /* signal frames of one walk: behind each it may be on another stack, and so anywhere */

/* An architecture, as a walk needs it. */
struct unwind_machine {
  uint16_t machine; /* ELF e_machine */
  bool is64;
  uint8_t sp, fp, ra; /* DWARF numbers */
  uint8_t word;       /* bytes */
  uint8_t cfa_bias;   /* CFA minus the caller's SP */
  uint8_t red_zone;   /* it has one: what is saved below SP is there still */
  uint64_t pc_mask;   /* bits of a return address that are an address */
};

/* By a cursor's `machine`. */
extern const struct unwind_machine pctab__unwind_machines[] __attribute__ ((visibility ("hidden")));

/* A walk of no frame yet, of that machine: pc, sp, fp, exact, fp_known and whatever registers are known are to be set.
 * MODULES NULL: the process' own.  False: the machine is unknown, and C untouched. */
bool pctab__cursor_start (struct pctab_cursor *c, const struct pctab_modules *modules, uint16_t machine, bool is64);

/* The same for this machine and process. */
void pctab__cursor_native (struct pctab_cursor *c, const struct pctab_stack *stack);

/* Register REG (a DWARF number) is VALUE in the frame where C is. */
void pctab__cursor_set (struct pctab_cursor *c, unsigned reg, uint64_t value);

/* The word at ADDR, if it may be read. */
bool pctab__cursor_word (struct pctab_cursor *c, uint64_t addr, uint64_t *word);

/* Are the LEN bytes at ADDR in this process readable?  Asks the kernel.  LEN: up to a page. */
bool pctab__probe (uint64_t addr, unsigned len);

/* C is at the kernel's way back from a signal handler, whatever tables say of it (found by its code). */
bool pctab__signal_return (const struct pctab_cursor *c);

/* From there to the frame that the signal interrupted. */
enum pctab_stop pctab__signal_step (struct pctab_cursor *c);

/* The bounds that pctab_stack_self() has found in this thread; {0, 0}: it was not called. */
void pctab__stack_known (struct pctab_stack *stack);

/* A cursor's `reads`: is it in a read section?  Someone else's; none yet, but it may open one; one that it opened. */
enum { PCTAB_READS_OPEN, PCTAB_READS_LATER, PCTAB_READS_NOW };

/* C is at a caller's frame, where registers but these are not known. */
static inline void
pctab__cursor_go (struct pctab_cursor *c, uint64_t pc, uint64_t sp, uint64_t fp)
{
  c->pc = pc;
  c->sp = sp;
  c->fp = fp;
  c->exact = false;
  c->known = 0;
  c->module = NULL;
  c->func = (struct pctab_func){ 0 };
}

/* The module at PC; a walk asks once whether one that may be unloaded is there still.  Is M of C's machine? */
const struct pctab_module *pctab__cursor_module (struct pctab_cursor *c, uint64_t pc);
static inline bool
pctab__cursor_machine (const struct pctab_cursor *c, const struct pctab_module *m)
{
  const struct unwind_machine *machine = &pctab__unwind_machines[c->machine];
  return m->table.machine == machine->machine && m->table.is64 == machine->is64;
}

/* Finds C's module and function; their flags. */
unsigned pctab__frame_look (struct pctab_cursor *c);

/* C is in a PLT entry, by its code: *RULE leads to the caller.  unwind_plt.c */
bool pctab__plt_rule (const struct pctab_cursor *c, struct pctab_rule *rule);

/* Goes to the caller by RULE.  SIGNAL: this is a signal frame. */
enum pctab_stop pctab__frame_leave (struct pctab_cursor *c, const struct pctab_rule *rule, bool signal);

/* Up to MAX steps, as far as frames are by the tables preemptible and at a safe point, the one where C is included,
 * and up to a frame whose return address is in [watch, watch + watch_len).  How many: C is then at a frame that is
 * none of these, or can't be left so easily, or at the one that was watched for.  In a read section.  Signal: safe.
 * Cost: 3 to 4 ns a frame. */
unsigned pctab__step_safe (struct pctab_cursor *c, unsigned max, uint64_t watch, uint64_t watch_len);

#endif
