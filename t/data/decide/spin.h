/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Until a signal has found it here.  Inlined, so that the PC is the function's that spins. */
extern volatile int spinning, seen;

static inline __attribute__ ((always_inline)) void
spin (void)
{
  spinning = 1;
  while (!seen)
    ;
  spinning = 0;
}
