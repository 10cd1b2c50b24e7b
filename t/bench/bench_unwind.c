/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks of a stack: pctab beside the C library's backtrace(), libgcc's, libunwind's and a frame pointer walk, in one
 * process, the methods taking turns.
 *
 *     bench_unwind [DEPTH]      ns a frame.  pctab: pctab_unwind_pcs() and pctab_backtrace(); steps: pctab_unwind_step();
 *                               libunwind: unw_backtrace(); libgcc: _Unwind_Backtrace()
 *     bench_unwind --count M    20,000 walks by method M and no timing, for callgrind
 *
 * Stacks: chain, of DEPTH different functions (chain.pl); and four that call each other in turn.  warm: again and again.
 * emptied: after the processor's caches were filled with something else.  first: a thread's first walk; never: of PCs
 * that no thread has walked over before, as far as the method can be made to forget.
 * libunwind is loaded by dlopen(), since linked in it takes the place of backtrace(). */
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include <pctab/unwind.h>

enum { FRAMES_MAX = 1024, EVICT_BYTES = 64 << 20, ROUNDS = 21 };

static void *pcs[FRAMES_MAX];
static const ucontext_t *context; /* of the signal, or NULL */
static __thread struct pctab_stack bounds;
static unsigned char *evict;

extern long chain_0 (int depth, long x);
void chain_end (void);
/* The library's, for this: forgets all PCs. */
void pctab__step_forget (void);

static uint64_t
now_ns (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

/* --- the methods: the number of frames --- */

static int
walk_pctab (void)
{
  if (!context)
    return pctab_backtrace (pcs, FRAMES_MAX);
  struct pctab_cursor c;
  enum pctab_stop stop;
  pctab_unwind_context (&c, context, &bounds);
  return (int) pctab_unwind_pcs (&c, pcs, FRAMES_MAX, &stop);
}

static int
walk_steps (void)
{
  struct pctab_cursor c;
  int cnt = 0;
  if (context)
    pctab_unwind_context (&c, context, &bounds);
  else
    pctab_unwind_here (&c, &bounds);
  pctab_read_begin ();
  do
    pcs[cnt++] = (void *) (uintptr_t) c.pc;
  while (cnt < FRAMES_MAX && pctab_unwind_step (&c) == PCTAB_STOP_NONE);
  pctab_read_end ();
  return cnt;
}

static int
walk_glibc (void)
{
  return backtrace (pcs, FRAMES_MAX);
}

static _Unwind_Reason_Code
note (struct _Unwind_Context *c, void *arg)
{
  int *cnt = arg;
  pcs[(*cnt)++] = (void *) _Unwind_GetIP (c);
  return *cnt < FRAMES_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static int
walk_libgcc (void)
{
  int cnt = 0;
  _Unwind_Backtrace (note, &cnt);
  return cnt;
}

static int (*unw_backtrace) (void **, int);
static void (*unw_flush_cache) (void *, unsigned long, unsigned long);
static void **unw_space;

static int
walk_libunwind (void)
{
  return unw_backtrace (pcs, FRAMES_MAX);
}

static int
walk_pointers (void)
{
  const uintptr_t *fp = __builtin_frame_address (0);
  int cnt = 0;
  if (context) /* (libc's first functions have no frame pointers: it ends there) */
    {
      pcs[cnt++] = (void *) context->uc_mcontext.gregs[REG_RIP];
      fp = (const uintptr_t *) context->uc_mcontext.gregs[REG_RBP];
    }
  while ((uintptr_t) fp >= bounds.lo && (uintptr_t) fp < bounds.hi - 16 && (uintptr_t) fp % 8 == 0 && cnt < FRAMES_MAX)
    {
      const uintptr_t *next = (const uintptr_t *) fp[0];
      if (!fp[1])
        break;
      pcs[cnt++] = (void *) fp[1];
      if (next <= fp)
        break;
      fp = next;
    }
  return cnt;
}

static void
forget_libunwind (void)
{
  if (unw_space)
    unw_flush_cache (*unw_space, 0, 0);
}

static struct method {
  const char *name;
  int (*walk) (void);
  void (*forget) (void);
} methods[] = {
  { "pointers", walk_pointers, NULL },
  { "pctab", walk_pctab, pctab__step_forget },
  { "steps", walk_steps, pctab__step_forget },
  { "libunwind", walk_libunwind, forget_libunwind },
  { "backtrace", walk_glibc, NULL },
  { "libgcc", walk_libgcc, NULL },
};
enum { METHOD_CNT = sizeof methods / sizeof *methods };

/* --- measuring, at the deepest frame --- */

enum what { WARM, EMPTIED, FIRST, NEVER, COUNT };
static enum what what;
static const struct method *method;
static double result[METHOD_CNT]; /* ns a frame */
enum { POINTERS, PCTAB, STEPS, LIBUNWIND }; /* their places in methods */
static int frames[METHOD_CNT];
static bool by_signal;

static double
median (double *at, int cnt)
{
  for (int i = 1; i < cnt; i++)
    for (int k = i; k > 0 && at[k] < at[k - 1]; k--)
      {
        double t = at[k];
        at[k] = at[k - 1];
        at[k - 1] = t;
      }
  return at[cnt / 2];
}

static double
time_walks (int cnt, int *frame_cnt)
{
  uint64_t start = now_ns ();
  for (int i = 0; i < cnt; i++)
    *frame_cnt = method->walk ();
  return (double) (now_ns () - start) / cnt / *frame_cnt;
}

static void
empty_caches (void)
{
  for (size_t i = 0; i < EVICT_BYTES; i += 64)
    evict[i]++;
  now_ns ();
}

/* All methods in turn, ROUNDS times. */
static void
measure_rounds (void)
{
  static double times[METHOD_CNT][ROUNDS];
  for (int r = 0; r < ROUNDS; r++)
    for (int m = 0; m < METHOD_CNT; m++)
      {
        method = &methods[m];
        if (!method->walk)
          continue;
        double one = time_walks (3, &frames[m]);
        int cnt = (int) (2e6 / (one * frames[m] + 20));
        if (what == EMPTIED)
          empty_caches ();
        times[m][r] = time_walks (what == EMPTIED ? 1 : cnt < 3 ? 3 : cnt, &frames[m]);
      }
  for (int m = 0; m < METHOD_CNT; m++)
    result[m] = median (times[m], ROUNDS);
}

static double single;
static int single_frames;

static void
measure (void)
{
  if (what == WARM || what == EMPTIED)
    measure_rounds ();
  else if (what == COUNT)
    for (int i = 0; i < 20000; i++)
      method->walk ();
  else
    single = time_walks (1, &single_frames);
}

static void
on_signal (int number, siginfo_t *info, void *uc)
{
  (void) number, (void) info;
  context = uc;
  measure ();
  context = NULL;
}

void
chain_end (void)
{
  if (by_signal)
    __asm__ volatile ("int3");
  else
    measure ();
  __asm__ volatile ("" ::: "memory");
}

#define TURN(name, bytes, next)                                                 \
  static __attribute__ ((noinline, noclone)) long name (int depth, long a)      \
  {                                                                             \
    volatile char room[bytes];                                                  \
    room[depth % bytes] = (char) a;                                             \
    long x = a * 3, y = a ^ depth, r = x;                                       \
    if (depth <= 1)                                                             \
      chain_end ();                                                             \
    else                                                                        \
      r = next (depth - 1, a + room[depth % bytes]);                            \
    __asm__ volatile ("" : "+r"(x), "+r"(y)::"memory");                         \
    return r + x + y + room[(depth + 1) % bytes];                               \
  }
static long turn_0 (int depth, long a);
TURN (turn_3, 520, turn_0)
TURN (turn_2, 24, turn_3)
TURN (turn_1, 136, turn_2)
TURN (turn_0, 40, turn_1)

static int depth;
static bool chain;

static void *
descend (void *arg)
{
  pctab_stack_self (&bounds);
  if (chain)
    chain_0 (depth, 1);
  else
    turn_0 (depth, 1);
  return arg;
}

/* A new thread's first walk; with what the method knows of its PCs, or without. */
static void
measure_threads (void)
{
  double times[ROUNDS];
  for (int m = 0; m < METHOD_CNT; m++)
    {
      method = &methods[m];
      if (!method->walk)
        continue;
      for (int r = -1; r < ROUNDS; r++)
        {
          pthread_t t;
          if (what == NEVER && method->forget)
            method->forget ();
          if (pthread_create (&t, NULL, descend, NULL) || pthread_join (t, NULL))
            exit (1);
          if (r >= 0)
            times[r] = single;
        }
      result[m] = median (times, ROUNDS);
      frames[m] = single_frames;
    }
}

static void
report (const char *name)
{
  printf ("  %-8s", name);
  for (int m = 0; m < METHOD_CNT; m++)
    if (methods[m].walk)
      printf (" %10.1f", result[m]);
  printf ("\n");
}

static void
goal (const char *name, double value, double limit)
{
  printf ("    goal: %s %.2f <= %.2f: ", name, value, limit);
  if (value <= limit)
    printf ("ok\n");
  else
    printf ("MISSED by %.0f%%\n", 100 * (value / limit - 1));
}

static void
report_goals (void)
{
  if (what == WARM && methods[LIBUNWIND].walk)
    goal ("pctab / libunwind", result[PCTAB] / result[LIBUNWIND], 1);
  if (what == EMPTIED && methods[POINTERS].walk)
    goal ("pctab / frame pointers", result[PCTAB] / result[POINTERS], 1.5);
  if (what == FIRST)
    goal ("ns a frame", result[PCTAB], 20);
}

static void
load_libunwind (void)
{
  void *lib = dlopen ("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  *(void **) &unw_backtrace = lib ? dlsym (lib, "unw_backtrace") : NULL;
  *(void **) &unw_flush_cache = lib ? dlsym (lib, "_Ux86_64_flush_cache") : NULL;
  if (lib && !unw_flush_cache)
    *(void **) &unw_flush_cache = dlsym (lib, "_ULx86_64_flush_cache");
  unw_space = lib ? dlsym (lib, "_ULx86_64_local_addr_space") : NULL;
  if (!unw_flush_cache)
    unw_space = NULL;
  for (int m = 0; m < METHOD_CNT; m++)
    if (methods[m].walk == walk_libunwind && !unw_backtrace)
      methods[m].walk = NULL;
  if (!unw_backtrace)
    printf ("  (libunwind.so.8 is missing: install libunwind8)\n");
  else if (!unw_space)
    printf ("  (libunwind can't be made to forget)\n");
}

int
main (int argc, char **argv)
{
  struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
  sigaction (SIGTRAP, &sa, NULL);
  evict = malloc (EVICT_BYTES);
  if (!evict)
    return 1;
  memset (evict, 1, EVICT_BYTES);
  depth = argc > 1 && argv[1][0] != '-' ? atoi (argv[1]) : 200;
  load_libunwind ();
#ifdef NO_POINTERS
  methods[POINTERS].walk = NULL;
#endif
  pctab_module_import_loaded (); /* so that walks go to their end, through libc */
  if (argc > 2 && !strcmp (argv[1], "--count"))
    {
      what = COUNT;
      chain = true;
      method = &methods[atoi (argv[2]) % METHOD_CNT];
      pthread_t t; /* whose bounds are known under valgrind too */
      return pthread_create (&t, NULL, descend, NULL) || pthread_join (t, NULL);
    }
  printf ("  %-8s", "");
  for (int m = 0; m < METHOD_CNT; m++)
    if (methods[m].walk)
      printf (" %10s", methods[m].name);
  printf ("\n");
  static const char *const names[] = { "warm", "emptied", "first", "never" };
  for (int k = 0; k < 2; k++)
    for (int s = 0; s < 2; s++)
      {
        chain = k;
        by_signal = s;
        printf ("  %s, depth %d, %s\n", chain ? "different functions" : "four functions", depth,
                by_signal ? "from a handler" : "from a call");
        for (what = WARM; what <= NEVER; what++)
          {
            if (what == FIRST || what == NEVER)
              measure_threads ();
            else
              descend (NULL);
            report (names[what]);
            report_goals ();
          }
      }
  return 0;
}
