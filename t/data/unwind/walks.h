/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For programs that walk their own stack: the true one, which functions note as they are called, and comparisons. */
#ifndef WALKS_H
#define WALKS_H

#include <pctab/unwind.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__ ((noinline, noclone))
#define TRAIL_MAX 200000

/* Return addresses of the functions that were called, outermost first.  (arm's and mips' say the instruction set too.) */
static uintptr_t trail[TRAIL_MAX];
static unsigned trail_cnt;
#if defined __arm__ || defined __mips__
#define CODE_ADDRESS(pc) ((uintptr_t) (pc) & ~(uintptr_t) 1)
#else
#define CODE_ADDRESS(pc) ((uintptr_t) (pc))
#endif
/* All before it is done, and what follows is not. */
#define STAY() __asm__ volatile ("" ::: "memory")
#define NOTE_CALL()                                                                                    \
  do                                                                                                   \
    {                                                                                                  \
      trail[trail_cnt++] = CODE_ADDRESS (__builtin_extract_return_addr (__builtin_return_address (0))); \
      STAY ();                                                                                         \
    }                                                                                                  \
  while (0)
/* Also makes the call before it none that is the function's last instruction. */
#define NOTE_RETURN()  \
  do                   \
    {                  \
      STAY ();         \
      trail_cnt--;     \
    }                  \
  while (0)

static unsigned long check_cnt;

static void
fail (const char *what, int line)
{
  printf ("FAILED at line %d: %s\n", line, what);
  fflush (stdout);
  _Exit (1);
}
#define CHECK(what) ((what) ? (void) check_cnt++ : fail (#what, __LINE__))

/* A whole walk: what was found, and where it ended. */
struct walk {
  void **pcs;
  unsigned cnt;
  enum pctab_stop stop;
  uint64_t pc, sp, fp;
};

static void
walk_end (struct walk *w, const struct pctab_cursor *c, enum pctab_stop stop)
{
  w->stop = stop;
  w->pc = c->pc;
  w->sp = c->sp;
  w->fp = c->fp_known ? c->fp : 0;
}

static inline void
show_walk (const struct walk *w)
{
  printf ("at %llx, sp %llx: %s\n", (long long) w->pc, (long long) w->sp, pctab_stop_text (w->stop));
  for (unsigned i = 0; i < w->cnt && i < 20; i++)
    printf (" %p", w->pcs[i]);
  printf ("\nnoted:");
  for (unsigned i = 0; i < trail_cnt && i < 20; i++)
    printf (" %#lx", (long) trail[trail_cnt - 1 - i]);
  printf ("\n");
}

/* By steps, one after the other. */
static inline void
walk_steps (struct walk *w, struct pctab_cursor c, unsigned max)
{
  enum pctab_stop stop = PCTAB_STOP_TOO_DEEP;
  w->cnt = 0;
  pctab_read_begin ();
  while (w->cnt < max)
    {
      w->pcs[w->cnt++] = (void *) (uintptr_t) c.pc;
      stop = pctab_unwind_step (&c);
      if (stop)
        break;
      stop = PCTAB_STOP_TOO_DEEP;
    }
  pctab_read_end ();
  walk_end (w, &c, stop);
}

static inline void
walk_pcs (struct walk *w, struct pctab_cursor c, unsigned max)
{
  enum pctab_stop stop;
  w->cnt = pctab_unwind_pcs (&c, w->pcs, max, &stop);
  walk_end (w, &c, stop);
}

/* The walk from C is the same by steps and at once, now and the second time. */
static inline void
check_same (const struct pctab_cursor *c, struct walk *w, unsigned max)
{
  static void *other_pcs[TRAIL_MAX];
  struct walk other = { .pcs = other_pcs };
  walk_pcs (w, *c, max);
  walk_steps (&other, *c, max);
  for (int again = 0; again < 2; again++)
    {
      if (w->cnt != other.cnt || w->stop != other.stop)
        {
          show_walk (w);
          show_walk (&other);
        }
      CHECK (w->cnt == other.cnt && w->stop == other.stop);
      if (memcmp (w->pcs, other.pcs, w->cnt * sizeof *w->pcs))
        {
          show_walk (w);
          show_walk (&other);
        }
      CHECK (!memcmp (w->pcs, other.pcs, w->cnt * sizeof *w->pcs));
      CHECK (w->pc == other.pc && w->sp == other.sp && w->fp == other.fp);
      walk_pcs (&other, *c, max);
    }
}

/* From place FROM on, W has the trail. */
static inline void
check_trail (const struct walk *w, unsigned from)
{
  unsigned i = 0;
  while (i < trail_cnt && from + i < w->cnt && (uintptr_t) w->pcs[from + i] == trail[trail_cnt - 1 - i])
    i++;
  if (i < trail_cnt)
    show_walk (w);
  CHECK (i == trail_cnt);
}

#endif
