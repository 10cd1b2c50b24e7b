/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The true stack of a process that is single-stepped: where its return addresses lie, known by watching calls and
 * returns, without any table. */
#ifndef PCTAB_STEP_STACK_H
#define PCTAB_STEP_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct true_frame {
  bool signal;   /* it was interrupted by one */
  uint64_t slot; /* where the return address is; of an interrupted one SP, or 0 if the handler runs above it */
  uint64_t pc;   /* of an interrupted one */
};

struct true_stack {
  struct true_frame *at; /* outermost first */
  size_t cnt, cap;
};

/* What the instruction at CODE does to the stack. */
enum insn_kind { INSN_OTHER, INSN_CALL, INSN_SYSCALL };
enum insn_kind insn_kind (const unsigned char *code, size_t len);

/* A step was taken: SP is where it is now.  CALLED: by a call. */
void true_stack_step (struct true_stack *s, uint64_t sp, bool called);

/* A signal has come at PC with its SP, and the handler's first instruction has HANDLER_SP.  The kernel goes back. */
void true_stack_signal (struct true_stack *s, uint64_t pc, uint64_t sp, uint64_t handler_sp);
void true_stack_return (struct true_stack *s);

#endif
