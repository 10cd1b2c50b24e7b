/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks in places that compilers copy and move.  Labels in the symbol table stand where each exact range begins and
 * ends, and around an instruction inside each PCTAB_UNSAFE block: wanted_ub and _ue (unsafe), _rb and _re (restart),
 * _pb and _pe (in a block), each with a number.  Every machine has nop.  */
#include <pctab/mark.h>

#ifdef PLAIN /* asm volatile as it would be without us */
#undef PCTAB_UNSAFE_ASM
#undef PCTAB_RESTART_ASM
#ifndef INLINE
#define INLINE
#endif
#define PCTAB_UNSAFE_ASM(text, ...) __asm__ __volatile__ INLINE (text __VA_ARGS__)
#define PCTAB_RESTART_ASM(text, ...) __asm__ __volatile__ INLINE (text __VA_ARGS__)
#undef PCTAB_UNSAFE_FUNCTION
#undef PCTAB_NOPREEMPT
#undef PCTAB_PREEMPT
#ifdef __clang__
#define PCTAB_UNSAFE_FUNCTION __attribute__ ((noinline))
#else
#define PCTAB_UNSAFE_FUNCTION __attribute__ ((noinline, noclone, no_icf))
#endif
#define PCTAB_NOPREEMPT PCTAB_UNSAFE_FUNCTION
#define PCTAB_PREEMPT PCTAB_UNSAFE_FUNCTION
#endif

#define UNSAFE PCTAB_UNSAFE_ASM ("wanted_ub%=: nop\n\tnop\nwanted_ue%=:", : : : "memory")
#define RESTART PCTAB_RESTART_ASM ("wanted_rb%=: nop\n\tnop\n\tnop\nwanted_re%=:", : : : "memory")
#define INSIDE __asm__ __volatile__ ("wanted_pb%=: nop\nwanted_pe%=:" : : : "memory")

extern volatile int sink;

/* Inlined into several functions of two files.  */
static inline int
step (int v)
{
  RESTART;
  if (v & 1)
    UNSAFE;
  return v * 3 + 1;
}

static inline void
guarded (int v)
{
  PCTAB_UNSAFE
    {
      sink = v;
      INSIDE;
      sink = v + 1;
    }
}

#ifdef __cplusplus
/* COMDAT, in both files.  */
template <typename T> struct cell
{
  T v;
  __attribute__ ((noinline)) T get (T d) { UNSAFE; RESTART; guarded (int (d)); return v + d; }
};
inline __attribute__ ((noinline)) int
shared_inline (int v)
{
  RESTART;
  return step (v) + 1;
}
#endif
