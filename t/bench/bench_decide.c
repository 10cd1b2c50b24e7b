/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions about a thread that a signal has interrupted, in its handler, with so many frames below.
 *
 *     bench_decide           ns a decision
 *     bench_decide --count   20,000 decisions with 10 frames below and no timing, for callgrind
 *
 * The stack is chain.pl's, of different functions.  warm: again and again.  emptied: after the processor's caches were
 * filled with something else.  never: with nothing kept of these PCs.  Beside it, of the same frames:
 * pctab_unwind_pcs(), and the reads of memory alone, return address and frame by frame, that no walk can do without. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

#include <pctab/decide.h>

enum { EVICT_BYTES = 64 << 20, ROUNDS = 31, PCS_MAX = 128 };

extern long chain_0 (int depth, long x);
void chain_end (void);
/* The library's, for this: forgets all PCs. */
void pctab__step_forget (void);

static const ucontext_t *context;
static struct pctab_thread thread;
static struct pctab_decision decision;
static const struct pctab_modules *modules;
static unsigned char *evict;
static void *pcs[PCS_MAX];
static uint64_t frame_at[PCS_MAX]; /* SP of each frame */
static unsigned frame_cnt;
static int counting;

static double
now_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

static void
decide (void)
{
  const greg_t *r = context->uc_mcontext.gregs;
  thread.fp = (uint64_t) r[REG_RBP];
  decision = pctab_async_safe_point (modules, (uint64_t) r[REG_RIP], (uint64_t) r[REG_RSP], 0, &thread);
}

static void
walk (void)
{
  struct pctab_cursor c;
  enum pctab_stop stop;
  pctab_unwind_context (&c, context, &thread.stack);
  pctab_unwind_pcs (&c, pcs, frame_cnt, &stop);
}

static void
touch (void)
{
  volatile uint64_t sum = 0;
  for (unsigned i = 1; i < frame_cnt; i++)
    sum += ((const uint64_t *) frame_at[i])[-1];
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static void
empty_caches (void)
{
  for (size_t i = 0; i < EVICT_BYTES; i += 64)
    evict[i]++;
  now_ns ();
}

/* Median of ROUNDS rounds of CNT calls, ns a call. */
static double
measure (void (*call) (void), unsigned cnt, void (*before) (void))
{
  double t[ROUNDS];
  call ();
  for (unsigned r = 0; r < ROUNDS; r++)
    {
      if (before)
        before ();
      double begun = now_ns ();
      for (unsigned i = 0; i < cnt; i++)
        call ();
      t[r] = (now_ns () - begun) / cnt;
    }
  qsort (t, ROUNDS, sizeof *t, compare);
  return t[ROUNDS / 2];
}

static void
nothing (void)
{
}

static void
report (const char *what, unsigned below, double goal)
{
  decide ();
  double clock_once = measure (nothing, 1, NULL), warm = measure (decide, 20000, NULL);
  double never = measure (decide, 1, pctab__step_forget) - clock_once;
  double emptied = measure (decide, 1, empty_caches) - clock_once;
  printf ("  %-34s %3u below  warm %7.1f  never %7.0f  emptied %7.0f", what, below, warm, never, emptied);
  if (goal > 0)
    printf ("  goal: warm <= %.0f: %s", goal, warm <= goal ? "ok" : "MISSED");
  printf ("   %s\n", pctab_verdict_name (decision.verdict));
}

static void
report_beside (const char *what, void (*call) (void))
{
  double clock_once = measure (nothing, 1, NULL), warm = measure (call, 20000, NULL);
  double never = measure (call, 1, pctab__step_forget) - clock_once;
  printf ("  %-34s %3u below  warm %7.1f  never %7.0f  emptied %7.0f\n", what, frame_cnt - 1, warm, never,
          measure (call, 1, empty_caches) - clock_once);
}

/* The SP of each frame of the task, for touch(). */
static void
note_frames (void)
{
  struct pctab_cursor c;
  pctab_unwind_context (&c, context, &thread.stack);
  for (frame_cnt = 0; frame_cnt < PCS_MAX && frame_cnt <= decision.depth; frame_cnt++)
    {
      frame_at[frame_cnt] = c.sp;
      if (pctab_unwind_step (&c))
        break;
    }
}

static void
on_signal (int number, siginfo_t *info, void *uc)
{
  (void) number, (void) info;
  context = uc;
  pctab_read_begin ();
  modules = pctab_modules ();
  thread.end = (uint64_t) (uintptr_t) chain_0;
  decide ();
  if (counting)
    for (unsigned i = 0; i < 20000; i++)
      decide ();
  else if (decision.verdict)
    printf ("  refused: %s at depth %u\n", pctab_verdict_name (decision.verdict), decision.depth);
  else
    {
      report ("accepted", decision.depth, decision.depth == 10 ? 150 : 0);
      note_frames ();
      report_beside ("the same frames: pctab_unwind_pcs", walk);
      report_beside ("the same frames: return addresses", touch);
    }
  if (!counting && decision.depth == 10)
    {
      thread.end = 1;
      report ("refused: it began elsewhere", 10, 0);
      thread.wanted = false;
      report ("refused: not wanted", 10, 0);
      thread.wanted = true;
    }
  pctab_read_end ();
}

void
chain_end (void)
{
  __asm__ volatile ("int3" ::: "memory");
}

int
main (int argc, char **argv)
{
  static const int depths[] = { 1, 2, 10, 50, 100 };
  static unsigned char alternate[1 << 16];
  stack_t ss = { .ss_sp = alternate, .ss_size = sizeof alternate };
  struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
  evict = malloc (EVICT_BYTES);
  if (!evict || sigaltstack (&ss, NULL) || sigaction (SIGTRAP, &sa, NULL))
    return 1;
  memset (evict, 1, EVICT_BYTES);
  thread = (struct pctab_thread){ .machine = PCTAB_MACHINE_NATIVE, .is64 = PCTAB_IS64_NATIVE, .wanted = true,
                                  .status = PCTAB_STATUS_RUNNING, .room = 4096 };
  pctab_stack_self (&thread.stack);
  counting = argc > 1 && !strcmp (argv[1], "--count");
  if (counting)
    return (int) chain_0 (10, 1) & 0;
  for (unsigned i = 0; i < sizeof depths / sizeof *depths; i++)
    chain_0 (depths[i], 1);
  return 0;
}
