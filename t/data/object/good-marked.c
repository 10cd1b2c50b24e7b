/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C and C++: inlined, in loops that are unrolled, beside dead functions, the first of which is dead with
 * -DFIRST_DEAD.  */
#include "marked.h"
#ifdef FIRST_DEAD
int dead_first (int v) { UNSAFE; guarded (v); return step (v); }
#endif
volatile int sink;
int other (int v);

int
unrolled (int v)
{
  for (int i = 0; i < 8; i++)
    {
      UNSAFE;
      v += step (i);
      guarded (v);
    }
  return v;
}

int dead_middle (int v) { RESTART; return other (v); }

/* The same code, marked in one and not in the other: --icf=all must not fold them.  The calls keep both.  */
__attribute__ ((noinline)) int twin_marked (int v) { PCTAB_UNSAFE_ASM ("wanted_ub%=: nop\nwanted_ue%=:", :); return v * 5; }
__attribute__ ((noinline)) int twin_plain (int v) { __asm__ __volatile__ ("nop" :); return v * 5; }
__attribute__ ((noinline)) int twin_restart (int v) { PCTAB_RESTART_ASM ("wanted_rb%=: nop\nwanted_re%=:", :); return v * 5; }

int
branches (int v)
{
  switch (v & 7)
    {
    case 0: UNSAFE; v++; break;
    case 1: v += step (v); break;
    case 2: v += unrolled (v); /* fall through */
    case 3: RESTART; RESTART; v--; break;
    default: v += twin_marked (v) + twin_plain (v) + twin_restart (v);
    }
  PCTAB_UNSAFE
    {
      INSIDE;
      sink = v;
      PCTAB_UNSAFE { sink = other (v); INSIDE; }
    }
  return v;
}

PCTAB_UNSAFE_FUNCTION int whole_unsafe (int v) { return v > 3 ? other (v) : v * 7; }
PCTAB_NOPREEMPT static int whole_nopreempt (int v) { return v > 3 ? other (v) : v * 7; }
PCTAB_PREEMPT int whole_preempt (int v) { return v > 3 ? other (v) : v * 7; }

int
main (int argc, char **argv)
{
  (void) argv;
  int v = argc;
  for (int i = 0; i < 9; i++)
    v += branches (i) + whole_unsafe (i) + whole_nopreempt (i) + whole_preempt (i);
#ifdef __cplusplus
  cell<int> a = { v };
  cell<long> b = { v };
  v += a.get (1) + int (b.get (2)) + shared_inline (v);
#endif
  return v == 12345;
}
