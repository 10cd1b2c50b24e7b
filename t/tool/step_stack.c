/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call pushes; whatever moves SP above a return address has taken it off: a return, longjmp(), a landing pad.  A
 * frame that a signal has interrupted stays until the kernel goes back there, or the handler jumps to a caller of
 * it. */
#include "step_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
push (struct true_stack *s, struct true_frame f)
{
  if (s->cnt == s->cap)
    {
      s->cap = s->cap ? 2 * s->cap : 1024;
      s->at = realloc (s->at, s->cap * sizeof *s->at);
      if (!s->at)
        {
          fprintf (stderr, "step_stack: out of memory\n");
          exit (1);
        }
    }
  s->at[s->cnt++] = f;
}

static bool
is_prefix (unsigned char byte)
{
  static const unsigned char prefixes[] = { 0xf2, 0xf3, 0x66, 0x67, 0x2e, 0x3e, 0x64, 0x65 };
  return memchr (prefixes, byte, sizeof prefixes);
}

enum insn_kind
insn_kind (const unsigned char *code, size_t len)
{
  size_t i = 0;
  while (i < len && is_prefix (code[i]))
    i++;
  if (i + 1 < len && (code[i] & 0xf0) == 0x40 && code[i + 1] == 0xff)
    i++; /* REX; in 32-bit code inc and dec, which no such byte follows */
  if (i + 1 >= len)
    return INSN_OTHER;
  if (code[i] == 0xe8 || (code[i] == 0xff && (code[i + 1] >> 3 & 7) == 2))
    return INSN_CALL;
  return (code[i] == 0x0f && (code[i + 1] == 0x05 || code[i + 1] == 0x34)) || (code[i] == 0xcd && code[i + 1] == 0x80)
           ? INSN_SYSCALL
           : INSN_OTHER;
}

void
true_stack_step (struct true_stack *s, uint64_t sp, bool called)
{
  if (called)
    {
      push (s, (struct true_frame){ .slot = sp });
      return;
    }
  while (s->cnt && s->at[s->cnt - 1].slot && s->at[s->cnt - 1].slot < sp)
    s->cnt--;
}

void
true_stack_signal (struct true_stack *s, uint64_t pc, uint64_t sp, uint64_t handler_sp)
{
  push (s, (struct true_frame){ .signal = true, .slot = handler_sp < sp ? sp : 0, .pc = pc });
  push (s, (struct true_frame){ .slot = handler_sp });
}

void
true_stack_return (struct true_stack *s)
{
  while (s->cnt && !s->at[s->cnt - 1].signal)
    s->cnt--;
  if (s->cnt)
    s->cnt--;
}
