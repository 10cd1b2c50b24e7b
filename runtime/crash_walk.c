/* SPDX-License-Identifier: MIT */
/* The walk of a crash.  It goes to the end of the stack, however far that is, so that the outermost frames, which say
 * what the program was about, are there also after a recursion of 100,000 calls. */
#include "crash.h"
#include "unwinder.h"

#include <elf.h>

#define STEPS_MAX (UINT64_C (1) << 24) /* 16-byte frames in 256 MiB: a quarter of a second */

static struct crash_frame *
frame (const struct crash_walk *w, uint64_t i)
{
  return i < w->half ? &w->first[i] : &w->last[(i - w->half) % w->half];
}

/* Behind a signal frame a PC is exact: so the one before was one. */
static void
note (struct crash_walk *w, const struct pctab_cursor *c)
{
  if (c->exact && w->cnt)
    frame (w, w->cnt - 1)->signal = true;
  *frame (w, w->cnt++) = (struct crash_frame){ c->pc, c->exact, false };
}

/* A call through a bad pointer: nothing is at the PC, or data that may not be executed, in the heap for example. */
static bool
bad_call (const struct pctab_cursor *c, const siginfo_t *info)
{
  if (info->si_code <= 0 || info->si_signo != SIGSEGV)
    return false;
  return !pctab__probe (c->pc, 1)
         || (info->si_code == SEGV_ACCERR && (uintptr_t) info->si_addr == c->pc
             && !pctab_find_module (pctab_modules (), c->pc));
}

/* Nothing has happened since but the call. */
static bool
leave_bad_call (struct pctab_cursor *c)
{
  const struct unwind_machine *m = &pctab__unwind_machines[c->machine];
  unsigned slot = m->ra < PCTAB_REGS_MAX ? m->ra : PCTAB_REGS_MAX - 1;
  uint64_t pc;
  if (m->machine == EM_X86_64 || m->machine == EM_386)
    {
      if (!pctab__cursor_word (c, c->sp, &pc))
        return false;
      c->sp += m->word;
    }
  else if (c->known >> slot & 1)
    pc = c->reg[slot];
  else
    return false;
  c->pc = pc & m->pc_mask;
  c->exact = false;
  return true;
}

void
pctab__crash_walk (struct crash_walk *w, const siginfo_t *info, const void *ucontext)
{
  struct pctab_cursor c;
  struct pctab_stack stack;
  pctab__stack_known (&stack);
  pctab_unwind_context (&c, ucontext, NULL);
  if (c.sp >= stack.lo && c.sp < stack.hi)
    pctab_unwind_context (&c, ucontext, &stack);
  w->cnt = 0;
  note (w, &c);
  if (bad_call (&c, info) && leave_bad_call (&c))
    note (w, &c);
  while (!(w->stop = pctab_unwind_step (&c)) && w->cnt < STEPS_MAX)
    note (w, &c);
  if (!w->stop)
    w->stop = PCTAB_STOP_TOO_DEEP;
  w->stop_pc = c.pc;
}
