/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A storm of timers' signals over threads that do SQLite's and Lua's own work and one that loads and unloads a library;
 * in each handler the stack is walked, and it is decided whether the thread may be stopped.
 *
 * What is wrong in a handler is counted and told at the end:
 *   - a PC of the chain that is not in executable memory, a return address behind no call;
 *   - a frame that libgcc's unwinder, asked right afterwards, has otherwise; a chain that ends well without having come
 *     to where the thread's first function returns to;
 *   - a verdict that is not the one that libgcc's chain gives, looked up frame by frame.
 * storm_wrap.c ends the program if the walk or the decision allocates, locks or prints.
 *
 * usage: storm SIGNALS LIBRARY [--import | --malloc]; prints what it did; exits 1 if anything was wrong.
 * --import: tables for libc first.  --malloc: the handler allocates, to see it caught. */
#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "storm.h"
#include <pctab/decide.h>
#include <pctab/mark.h>

enum { PCS_MAX = 256, INTERVAL_NS = 100000, EXEC_MAX = 128 };

__thread volatile int storm_in_handler __attribute__ ((tls_model ("initial-exec")));
static __thread struct pctab_thread self __attribute__ ((tls_model ("initial-exec")));
static __thread uint64_t root_return __attribute__ ((tls_model ("initial-exec"))); /* of the thread's first function */

static unsigned long wanted;
static bool breaks;
static void *(*volatile allocate) (size_t) = malloc; /* else the compiler leaves it out */
static unsigned long signals, frames, ended, verdicts[PCTAB_VERDICT_CNT], stops[16], compared, decided_twice;
static unsigned long not_executable, no_call, other_frame, other_end, other_verdict;
static uint64_t example[4]; /* the first wrong one: what, PC, depth, interrupted PC */
static struct chain {
  uint64_t pc[PCS_MAX];
  unsigned cnt;
  uint64_t from; /* the interrupted PC: frames before it are the handler's */
} example_chain, example_other;
volatile int storm_over;

static struct {
  uint64_t lo, hi;
} executable[EXEC_MAX];
static unsigned executable_cnt;

#define COUNT(what) __atomic_fetch_add (&(what), 1, __ATOMIC_RELAXED)

static void
note (unsigned long *what, uint64_t number, uint64_t pc, uint64_t depth, uint64_t at)
{
  if (COUNT (*what) == 0 && !__atomic_exchange_n (&example[0], number, __ATOMIC_RELAXED))
    {
      example[1] = pc;
      example[2] = depth;
      example[3] = at;
    }
}

/* --- what a PC is, without the tables --- */

static void
read_maps (void)
{
  char line[512], mode[8];
  FILE *in = fopen ("/proc/self/maps", "r");
  while (in && fgets (line, sizeof line, in) && executable_cnt < EXEC_MAX)
    if (sscanf (line, "%" SCNx64 "-%" SCNx64 " %7s", &executable[executable_cnt].lo, &executable[executable_cnt].hi,
                mode) == 3 && mode[2] == 'x')
      executable_cnt++;
  if (in)
    fclose (in);
}

static bool
is_executable (uint64_t pc)
{
  struct dl_find_object found;
  for (unsigned i = 0; i < executable_cnt; i++)
    if (pc >= executable[i].lo && pc < executable[i].hi)
      return true;
  return !_dl_find_object ((void *) (uintptr_t) pc, &found); /* of a library that came later */
}

#if defined __x86_64__ || defined __i386__
/* Bytes of an indirect call (ff /2) at P, if it is one. */
static unsigned
indirect_len (const unsigned char *p)
{
  unsigned mod = p[1] >> 6, rm = p[1] & 7, len = 2;
  if (p[0] != 0xff || (p[1] >> 3 & 7) != 2)
    return 0;
  if (mod == 3)
    return len;
  if (rm == 4)
    len += 1 + (mod == 0 && (p[2] & 7) == 5 ? 4 : 0);
  return len + (mod == 1 ? 1 : mod == 2 || (mod == 0 && rm == 5) ? 4 : 0);
}

static bool
is_behind_call (uint64_t pc)
{
  const unsigned char *p = (const unsigned char *) (uintptr_t) pc;
  if (p[-5] == 0xe8)
    return true;
  for (unsigned len = 2; len <= 7; len++)
    if (indirect_len (p - len) == len)
      return true;
  return false;
}
#else
static bool
is_behind_call (uint64_t pc)
{
  (void) pc;
  return true;
}
#endif

/* --- libgcc's chain --- */

static _Unwind_Reason_Code
add_frame (struct _Unwind_Context *context, void *arg)
{
  struct chain *c = arg;
  int exact;
  uint64_t pc = _Unwind_GetIPInfo (context, &exact);
  if (pc && (c->cnt || (exact && pc == c->from))) /* the last is 0 */
    c->pc[c->cnt++] = pc;
  return c->cnt < PCS_MAX ? _URC_NO_REASON : _URC_END_OF_STACK;
}

/* --- the second decision: of frames that were found already --- */

static enum pctab_verdict
second_decision (const struct chain *c, uint32_t *depth)
{
  for (unsigned i = 0; i < c->cnt; i++)
    {
      uint64_t pc = c->pc[i] - (i > 0), start;
      const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
      struct pctab_func f = m ? pctab_findfunc (&m->table, pc) : (struct pctab_func){ 0 };
      *depth = i;
      if (!f.bits)
        return i ? PCTAB_VERDICT_CALLER_UNKNOWN : PCTAB_VERDICT_UNKNOWN_CODE;
      unsigned flags = pctab_funcflags (&m->table, f);
      int32_t point = pctab_pcdatavalue (&m->table, f, PCTAB_TABLE_UNSAFEPOINT, pc, &start);
      if (flags & PCTAB_FUNCFLAG_NOPREEMPT)
        return i ? PCTAB_VERDICT_CALLER_NOPREEMPT : PCTAB_VERDICT_NOPREEMPT;
      if (i ? point != -1 : point == -2)
        return i ? PCTAB_VERDICT_CALLER_UNSAFE : PCTAB_VERDICT_UNSAFE_POINT;
      if (pctab_func_entry (&m->table, f) == self.end)
        return PCTAB_VERDICT_OK;
    }
  return PCTAB_VERDICT_CNT; /* libgcc did not come that far */
}

/* --- the handler --- */

static void
check_chain (void *const *pcs, unsigned cnt, enum pctab_stop stop, const struct chain *other)
{
  uint64_t at = (uintptr_t) pcs[0];
  bool root = false;
  for (unsigned i = 0; i < cnt; i++)
    {
      uint64_t pc = (uintptr_t) pcs[i];
      root |= pc == root_return;
      if (!is_executable (pc - (i > 0)))
        note (&not_executable, 1, pc, i, at);
      else if (i && !is_behind_call (pc))
        note (&no_call, 2, pc, i, at);
      if (i < other->cnt)
        {
          COUNT (compared);
          if (pc != other->pc[i])
            note (&other_frame, 3, pc, i, at);
        }
    }
  __atomic_fetch_add (&frames, cnt, __ATOMIC_RELAXED);
  COUNT (stops[stop]);
  if (stop == PCTAB_STOP_END)
    COUNT (ended);
  if (stop == PCTAB_STOP_END && (!root || (other->cnt > 1 && other->cnt != cnt)))
    note (&other_end, 4, (uintptr_t) pcs[cnt - 1], cnt, at);
  if (example[3] == at && !example_chain.cnt)
    {
      example_other = *other;
      for (unsigned i = 0; i < cnt; i++)
        example_chain.pc[i] = (uintptr_t) pcs[i];
      example_chain.cnt = cnt;
    }
}

static void
on_signal (int number, siginfo_t *info, void *uc)
{
  void *pcs[PCS_MAX];
  struct pctab_cursor c;
  struct pctab_thread t = self;
  enum pctab_stop stop;
  struct chain other = { .cnt = 0 };
  uint32_t depth = 0;
  (void) number, (void) info;
  if (storm_over) /* what the threads still do takes no longer than it must */
    return;
  storm_in_handler = 1;
  if (breaks)
    free (allocate (1));
  pctab_unwind_context (&c, uc, &self.stack);
  uint64_t pc = c.pc;
  t.fp = c.fp;
  uint64_t reg[PCTAB_REGS_MAX], sp = c.sp;
  memcpy (reg, c.reg, sizeof reg);
  t.reg = reg;
  unsigned cnt = pctab_unwind_pcs (&c, pcs, PCS_MAX, &stop);
  pctab_read_begin ();
  struct pctab_decision d = pctab_async_safe_point (pctab_modules (), pc, sp, 0, &t);
  storm_in_handler = 0;
  other.from = pc;
  _Unwind_Backtrace (add_frame, &other);
  enum pctab_verdict second = second_decision (&other, &depth);
  pctab_read_end ();
  check_chain (pcs, cnt, stop, &other);
  COUNT (verdicts[d.verdict]);
  if (second != PCTAB_VERDICT_CNT && d.verdict != PCTAB_VERDICT_NO_RULE)
    {
      COUNT (decided_twice);
      if (d.verdict != second || d.depth != depth)
        note (&other_verdict, 5, d.pc, d.depth << 16 | d.verdict << 8 | second, pc);
    }
  if (COUNT (signals) + 1 >= wanted)
    storm_over = 1;
}

/* --- the threads --- */

struct job {
  pthread_t thread;
  void (*work) (void);
  unsigned long rounds, wrong;
  const char *name;
};

static timer_t
start_timer (void)
{
  struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGURG };
  struct itimerspec when = { { 0, INTERVAL_NS }, { 0, INTERVAL_NS } };
  timer_t timer;
  event._sigev_un._tid = (pid_t) syscall (SYS_gettid);
  if (timer_create (CLOCK_MONOTONIC, &event, &timer) || timer_settime (timer, 0, &when, NULL))
    abort ();
  return timer;
}

/* The task's first function: it uses thread-local data, before anything wants to stop it. */
PCTAB_PREEMPT static __attribute__ ((noinline)) void *
run_job (void *arg)
{
  struct job *job = arg;
  root_return = (uintptr_t) __builtin_return_address (0);
  self = (struct pctab_thread){ .machine = PCTAB_MACHINE_NATIVE, .is64 = PCTAB_IS64_NATIVE, .wanted = true,
                                .status = PCTAB_STATUS_RUNNING, .room = 4096, .end = (uintptr_t) run_job };
  if (!pctab_stack_self (&self.stack))
    abort ();
  timer_t timer = start_timer ();
  do
    {
      job->work ();
      job->rounds++;
    }
  while (!storm_over);
  timer_delete (timer);
  return NULL;
}

static const char *library;
static unsigned long loads;

/* Its functions call back and forth, so that the walk goes through both. */
static void
load_and_unload (void)
{
  void *handle = dlopen (library, RTLD_NOW);
  int (*work) (int, int (*) (int)) = handle ? (int (*) (int, int (*) (int))) dlsym (handle, "library_work") : NULL;
  if (!work || work (300, storm_back) != storm_back (300))
    abort ();
  dlclose (handle);
  loads++;
}

static void
print_example (const char *name, const struct chain *c)
{
  Dl_info info;
  for (unsigned i = 0; i < c->cnt; i++)
    if (dladdr ((void *) (uintptr_t) c->pc[i], &info))
      printf ("%s %u: 0x%" PRIx64 " %s+0x%" PRIx64 " %s\n", name, i, c->pc[i], info.dli_fname,
              c->pc[i] - (uintptr_t) info.dli_fbase, info.dli_sname ? info.dli_sname : "");
    else
      printf ("%s %u: 0x%" PRIx64 "\n", name, i, c->pc[i]);
}

static void
print_counts (const struct job *jobs, unsigned cnt)
{
  static const char *const names[] = {
#define STOP(name, text) #name,
#include <pctab/stop.def>
#undef STOP
  };
  printf ("%lu signals, %lu frames, %lu chains to their ends, %lu loads\n", signals, frames, ended, loads);
  for (unsigned i = 0; i < cnt; i++)
    printf ("%s: %lu rounds\n", jobs[i].name, jobs[i].rounds);
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (stops[i])
      printf ("stop %s %lu\n", names[i], stops[i]);
  for (unsigned i = 0; i < PCTAB_VERDICT_CNT; i++)
    if (verdicts[i])
      printf ("verdict %s %lu\n", pctab_verdict_name ((enum pctab_verdict) i), verdicts[i]);
  printf ("compared: %lu frames, %lu verdicts\n", compared, decided_twice);
  printf ("wrong: %lu not executable, %lu behind no call, %lu other frames, %lu other ends, %lu other verdicts\n",
          not_executable, no_call, other_frame, other_end, other_verdict);
  if (example[0])
    printf ("the first: kind %" PRIu64 ", pc 0x%" PRIx64 ", depth 0x%" PRIx64 ", interrupted at 0x%" PRIx64 "\n",
            example[0], example[1], example[2], example[3]);
  print_example ("pctab ", &example_chain);
  print_example ("libgcc", &example_other);
}

int
main (int argc, char **argv)
{
  struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };
  struct job jobs[] = { { .work = storm_sqlite, .name = "sqlite" },   { .work = storm_lua, .name = "lua" },
                        { .work = storm_sqlite, .name = "sqlite" },   { .work = storm_lua, .name = "lua" },
                        { .work = load_and_unload, .name = "library" } };
  const unsigned cnt = sizeof jobs / sizeof *jobs;
  if (argc < 3)
    return 2;
  wanted = strtoul (argv[1], NULL, 10);
  library = argv[2];
  breaks = argc > 3 && !strcmp (argv[3], "--malloc");
  if (argc > 3 && !breaks && pctab_module_import_loaded () < 0)
    return 2;
  sigfillset (&sa.sa_mask);
  storm_lua ();
  storm_sqlite ();
  load_and_unload ();
  read_maps ();
  struct chain first = { .cnt = 0 };
  _Unwind_Backtrace (add_frame, &first); /* what it loads and allocates the first time */
  if (sigaction (SIGURG, &sa, NULL))
    return 2;
  for (unsigned i = 0; i < cnt; i++)
    if (pthread_create (&jobs[i].thread, NULL, run_job, &jobs[i]))
      return 2;
  for (unsigned i = 0; i < cnt; i++)
    pthread_join (jobs[i].thread, NULL);
  print_counts (jobs, cnt);
  return not_executable || no_call || other_frame || other_end || other_verdict;
}
