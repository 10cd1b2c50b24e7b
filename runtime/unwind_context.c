/* SPDX-License-Identifier: MIT */
/* Where a walk of this process begins: at a call, or at what a signal has interrupted; and how it goes through a
 * signal's frame, where the kernel has put the same ucontext on the stack.  arch/<arch>/context.h knows the layouts. */
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "module.h"
#include "unwinder.h"

/* A register's place in a ucontext_t. */
struct context_reg {
  uint8_t reg; /* DWARF number */
  uint16_t off;
};

/* The kernel's code that a handler returns to, and where the ucontext is then, from SP: at OFF, or what the word at OFF
 * points to minus MINUS. */
struct context_code {
  unsigned char len;
  bool indirect;
  unsigned char code[10];
  int16_t off;
  uint16_t minus;
};

#define AT(reg, member) { reg, offsetof (ucontext_t, member) }
#if defined __x86_64__ && defined __LP64__
#include "arch/amd64/context.h"
#elif defined __i386__
#include "arch/386/context.h"
#elif defined __aarch64__
#include "arch/arm64/context.h"
#elif defined __arm__
#include "arch/arm/context.h"
#elif defined __riscv && __riscv_xlen == 64
#include "arch/riscv64/context.h"
#elif defined __s390x__
#include "arch/s390x/context.h"
#elif defined __powerpc64__ && _CALL_ELF == 2
#include "arch/ppc64le/context.h"
#elif defined __mips__ && _MIPS_SIM == _ABIO32
#include "arch/mips/context.h"
#else
#error "this architecture is not in symtab/arch.def"
#endif

#define COUNT(array) (sizeof (array) / sizeof *(array))

void
pctab__cursor_native (struct pctab_cursor *c, const struct pctab_stack *stack)
{
  pctab__cursor_start (c, NULL, CONTEXT_MACHINE, sizeof (void *) == 8);
  if (stack)
    c->stack = *stack;
  c->exact = false;
  c->fp_known = true;
}

void
pctab_unwind_context (struct pctab_cursor *c, const void *ucontext, const struct pctab_stack *stack)
{
  const unsigned char *at = ucontext;
  unsigned long word;
  pctab__cursor_native (c, stack);
  for (unsigned i = 0; i < COUNT (context_regs); i++)
    {
      memcpy (&word, at + context_regs[i].off, sizeof word);
      pctab__cursor_set (c, context_regs[i].reg, word);
    }
  memcpy (&word, at + CONTEXT_PC, sizeof word);
  c->pc = word;
  c->exact = true;
}

/* Asked of the kernel once for the page where a walk ends for want of a table, if its file stays. */
static bool
code_readable (uint64_t pc)
{
  static uintptr_t page; /* a readable one, for good */
  uint64_t last = pc + sizeof context_codes[0].code - 1;
  uintptr_t at = (uintptr_t) (pc & ~UINT64_C (4095));
  if (at && at == (uintptr_t) (last & ~UINT64_C (4095)) && at == __atomic_load_n (&page, __ATOMIC_RELAXED))
    return true;
  if (!pctab__probe (pc, sizeof context_codes[0].code))
    return false;
  const struct record *r = pctab__list_find (list_of (pctab_modules ()), pc);
  if (r && r->module.permanent)
    __atomic_store_n (&page, at, __ATOMIC_RELAXED);
  return true;
}

/* The code at C's PC; NULL: no way back from a signal. */
static const struct context_code *
find_code (const struct pctab_cursor *c)
{
  if (c->bytes || !code_readable (c->pc))
    return NULL;
  for (unsigned i = 0; i < COUNT (context_codes); i++)
    if (!memcmp ((const void *) (uintptr_t) c->pc, context_codes[i].code, context_codes[i].len))
      return &context_codes[i];
  return NULL;
}

bool
pctab__signal_return (const struct pctab_cursor *c)
{
  return find_code (c);
}

enum pctab_stop
pctab__signal_step (struct pctab_cursor *c)
{
  const struct context_code *code = find_code (c);
  uint64_t at = c->sp + (uint64_t) code->off, word;
  struct pctab_cursor next = *c;
  if (code->indirect && !pctab__cursor_word (c, at, &at))
    return PCTAB_STOP_BAD_MEMORY;
  at -= code->minus;
  for (unsigned i = 0; i < COUNT (context_regs); i++)
    {
      if (!pctab__cursor_word (c, at + context_regs[i].off, &word))
        return PCTAB_STOP_BAD_MEMORY;
      pctab__cursor_set (&next, context_regs[i].reg, word);
    }
  if (!pctab__cursor_word (c, at + CONTEXT_PC, &next.pc))
    return PCTAB_STOP_BAD_MEMORY;
  if (next.signals == PCTAB_SIGNALS_MAX)
    return PCTAB_STOP_LOOP;
  next.signals++;
  next.exact = true;
  next.module = NULL;
  next.func = (struct pctab_func){ 0 };
  *c = next;
  return PCTAB_STOP_NONE;
}

/* What the entries below, in arch/<arch>/context.h, find on the stack: they are called with two arguments of their own,
 * push the caller's frame pointer and their return address, and hand on where. */
struct here {
  uintptr_t fp, pc; /* behind them is the caller's SP */
};

static void
start_here (struct pctab_cursor *c, const struct pctab_stack *stack, const struct here *here)
{
  pctab__cursor_native (c, stack);
  c->pc = here->pc & pctab__unwind_machines[c->machine].pc_mask;
  c->sp = (uintptr_t) (here + 1);
  c->fp = here->fp;
}

void pctab__unwind_here (struct pctab_cursor *c, const struct pctab_stack *stack, const struct here *here);
int pctab__backtrace (void **buffer, int size, const struct here *here);

void
pctab__unwind_here (struct pctab_cursor *c, const struct pctab_stack *stack, const struct here *here)
{
  start_here (c, stack, here);
}

int
pctab__backtrace (void **buffer, int size, const struct here *here)
{
  struct pctab_cursor c;
  struct pctab_stack stack;
  enum pctab_stop stop;
  pctab__stack_known (&stack);
  start_here (&c, &stack, here);
  return size <= 0 ? 0 : (int) pctab_unwind_pcs (&c, buffer, (unsigned) size, &stop);
}

CONTEXT_HERE (pctab_unwind_here, pctab__unwind_here)
CONTEXT_HERE (pctab_backtrace, pctab__backtrace)
