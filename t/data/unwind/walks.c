/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks of this program's own stack, from calls and from handlers, against the return addresses that its functions note.
 *
 *     walks NAME     runs that one and prints how many checks there were; the names are at the end
 *     BACKTRACE      (compiled with) compare with the C library's backtrace() */
#include "walks.h"

#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#ifdef BACKTRACE
#include <execinfo.h>
#endif

static void *pcs[TRAIL_MAX];
static struct walk found = { .pcs = pcs };
static struct pctab_stack bounds;
static void (*deepest) (void);

/* --- calls of many kinds --- */

static APART int called (int n);

static APART int
with_array (int n)
{
  volatile char room[300];
  NOTE_CALL ();
  room[n] = (char) n;
  int r = called (n - 1) + room[n];
  NOTE_RETURN ();
  return r;
}

static APART int
with_alloca (int n)
{
  NOTE_CALL ();
  volatile char *room = __builtin_alloca ((size_t) n * 24 + 8);
  room[n] = (char) n;
  int r = called (n - 1) + room[n];
  NOTE_RETURN ();
  return r;
}

static APART int
realigned (int n)
{
  NOTE_CALL ();
  volatile int at __attribute__ ((aligned (64))) = n;
  int r = called (n - 1) + at;
  NOTE_RETURN ();
  return r;
}

static APART int
large (int n)
{
  NOTE_CALL ();
  volatile char room[40000];
  room[n] = (char) n;
  int r = called (n - 1) + room[n];
  NOTE_RETURN ();
  return r;
}

static APART int
with_registers (int n)
{
  NOTE_CALL ();
  int a = n * 3, b = n * 5, c = n * 7, d = n * 11, e = n * 13, f = n * 17;
  __asm__ volatile ("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d));
  int r = called (n - 1) + a + b + c;
  __asm__ volatile ("" : "+r"(e), "+r"(f));
  NOTE_RETURN ();
  return r + d + e + f;
}

static APART int
called (int n)
{
  static int (*const kinds[]) (int) = { with_array, with_alloca, realigned, with_registers, large };
  NOTE_CALL ();
  int r = 0;
  if (n > 0)
    r = kinds[n % 5](n);
  else
    deepest ();
  STAY ();
  NOTE_RETURN ();
  return r;
}

/* --- from a call --- */

static APART void
walk_here (void)
{
  struct pctab_cursor c;
  struct pctab_stack none = { 0, 0 };
  NOTE_CALL ();
  pctab_unwind_here (&c, &bounds);
  check_same (&c, &found, TRAIL_MAX);
  check_trail (&found, 1);
  unsigned cnt = found.cnt;
  pctab_unwind_here (&c, &none);
  check_same (&c, &found, TRAIL_MAX);
  check_trail (&found, 1);
  CHECK (found.cnt == cnt);
  NOTE_RETURN ();
}

/* Sizes: none, too few, enough. */
static APART void
walk_backtrace (void)
{
  static void *got[1000];
  NOTE_CALL ();
  int cnt = pctab_backtrace (got, 1000);
  CHECK (cnt > (int) trail_cnt && cnt < 1000);
  for (unsigned i = 0; i < trail_cnt; i++)
    CHECK ((uintptr_t) got[i + 1] == trail[trail_cnt - 1 - i]);
  CHECK (pctab_backtrace (pcs, 0) == 0 && pctab_backtrace (pcs, -1) == 0);
  for (int size = 1; size <= cnt + 1; size++)
    {
      memset (pcs, 0, 1000 * sizeof *pcs);
      int n = pctab_backtrace (pcs, size);
      CHECK (n == (size < cnt ? size : cnt) && !pcs[n]);
      CHECK (!memcmp (pcs + 1, got + 1, (size_t) (n - 1) * sizeof *pcs));
    }
#ifdef BACKTRACE
  int theirs = backtrace (pcs, 1000);
  CHECK (theirs == cnt && !memcmp (pcs + 1, got + 1, (size_t) (cnt - 1) * sizeof *pcs));
  /* The first entry is in the caller, behind the call. */
  CHECK ((uintptr_t) pcs[0] - (uintptr_t) got[0] < 1000 && got[0] < pcs[0]);
#endif
  NOTE_RETURN ();
}

/* A walk goes on where MAX has ended it. */
static APART void
walk_in_pieces (void)
{
  struct pctab_cursor c, whole;
  enum pctab_stop stop = PCTAB_STOP_TOO_DEEP;
  unsigned cnt = 0;
  NOTE_CALL ();
  pctab_unwind_here (&whole, &bounds);
  c = whole;
  check_same (&whole, &found, TRAIL_MAX);
  check_trail (&found, 1);
  while (stop == PCTAB_STOP_TOO_DEEP)
    {
      void *some[7];
      unsigned n = pctab_unwind_pcs (&c, some, 7, &stop);
      CHECK (cnt + n <= found.cnt && !memcmp (some, pcs + cnt, n * sizeof *some));
      cnt += n;
    }
  CHECK (cnt == found.cnt && stop == found.stop);
  NOTE_RETURN ();
}

/* --- from a handler --- */

static jmp_buf back;

static APART void
check_handler (const void *uc)
{
  struct pctab_cursor c;
  struct pctab_stack none = { 0, 0 };
  for (int known = 0; uc && known < 2; known++)
    {
      pctab_unwind_context (&c, uc, known ? &bounds : &none);
      CHECK (c.exact);
      check_same (&c, &found, TRAIL_MAX);
      CHECK (pctab_lookup_pc (&c) == (uintptr_t) found.pcs[0]);
      check_trail (&found, 1);
    }
  /* The handler's own frames, the way back, the interrupted PC, and on from there. */
  pctab_unwind_here (&c, &none);
  check_same (&c, &found, TRAIL_MAX);
  unsigned from = 0;
  while (from < found.cnt && (uintptr_t) found.pcs[from] != trail[trail_cnt - 1])
    from++;
  CHECK (from > 2);
  check_trail (&found, from);
}

static APART void
on_plain (int number)
{
  (void) number;
  check_handler (NULL);
  siglongjmp (back, 1);
}

static APART void
on_info (int number, siginfo_t *info, void *uc)
{
  (void) number, (void) info;
  int saved = errno;
  errno = 4711;
  check_handler (uc);
  CHECK (errno == 4711);
  errno = saved;
  siglongjmp (back, 1);
}

static APART int
fault (volatile int *at)
{
  NOTE_CALL ();
  int r = *at;
  STAY ();
  NOTE_RETURN ();
  return r;
}

static APART void
walk_handlers (void)
{
  static char stack[65536] __attribute__ ((aligned (64)));
  stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
  NOTE_CALL ();
  unsigned before = trail_cnt;
  sigaltstack (&ss, NULL);
  for (volatile int kind = 0; kind < 4; kind++)
    {
      struct sigaction sa;
      memset (&sa, 0, sizeof sa);
      sa.sa_flags = (kind & 1 ? SA_SIGINFO : 0) | (kind & 2 ? SA_ONSTACK : 0);
      if (kind & 1)
        sa.sa_sigaction = on_info;
      else
        sa.sa_handler = on_plain;
      sigaction (SIGSEGV, &sa, NULL);
      if (!sigsetjmp (back, 1))
        fault (NULL);
      trail_cnt = before;
    }
  signal (SIGSEGV, SIG_DFL);
  NOTE_RETURN ();
}

/* --- a call that is the last instruction of its function --- */

static APART __attribute__ ((noreturn)) void
leaves (void)
{
  NOTE_CALL ();
  struct pctab_cursor c;
  pctab_unwind_here (&c, &bounds);
  check_same (&c, &found, TRAIL_MAX);
  check_trail (&found, 1);
  pctab_read_begin ();
  CHECK (!pctab_unwind_step (&c));
  const struct pctab_module *m = pctab_find_module (pctab_modules (), pctab_lookup_pc (&c));
  struct pctab_func f = pctab_findfunc (&m->table, pctab_lookup_pc (&c)), here;
  extern void ends_in_call (int n);
  here = pctab_findfunc (&m->table, CODE_ADDRESS (ends_in_call));
  CHECK (f.bits && here.bits && f.off == here.off);
  pctab_read_end ();
  siglongjmp (back, 1);
}

void ends_in_call (int n);
APART void
ends_in_call (int n)
{
  NOTE_CALL ();
  if (n)
    leaves ();
  __builtin_unreachable ();
}

static APART void
walk_noreturn (void)
{
  NOTE_CALL ();
  unsigned before = trail_cnt;
  if (!sigsetjmp (back, 1))
    ends_in_call (1);
  trail_cnt = before;
  NOTE_RETURN ();
}

/* --- deep --- */

static APART int
recursive (int n)
{
  NOTE_CALL ();
  int r = n ? recursive (n - 1) + 1 : (deepest (), 0);
  STAY ();
  NOTE_RETURN ();
  return r;
}

static APART void *
deep_thread (void *arg)
{
  NOTE_CALL ();
  pctab_stack_self (&bounds);
  CHECK (bounds.hi > (uintptr_t) &arg && bounds.lo < (uintptr_t) &arg);
  deepest = walk_in_pieces;
  recursive (100000);
  CHECK (found.cnt > 100000);
  NOTE_RETURN ();
  return arg;
}

static APART void
in_thread (void *(*run) (void *), size_t stack_len)
{
  pthread_attr_t attr;
  pthread_t t;
  unsigned before = trail_cnt;
  pthread_attr_init (&attr);
  pthread_attr_setstacksize (&attr, stack_len);
  trail_cnt = 0;
  CHECK (!pthread_create (&t, &attr, run, NULL) && !pthread_join (t, NULL));
  trail_cnt = before;
}

static APART void *
first_function (void *arg)
{
  struct pctab_cursor c;
  NOTE_CALL ();
  pctab_unwind_here (&c, NULL);
  check_same (&c, &found, TRAIL_MAX);
  check_trail (&found, 1);
  CHECK (found.cnt < 6 && (found.stop == PCTAB_STOP_END || found.stop == PCTAB_STOP_UNKNOWN_CODE));
  bounds = (struct pctab_stack){ 0, 0 };
  for (int known = 0; known < 2; known++)
    {
      deepest = walk_here;
      called (12);
      deepest = walk_backtrace;
      called (12);
      CHECK (pctab_stack_self (&bounds));
    }
  NOTE_RETURN ();
  return arg;
}

static APART void
run_deep (void)
{
  NOTE_CALL ();
  in_thread (deep_thread, (size_t) 256 << 20);
  NOTE_RETURN ();
}

static APART void
run_threads (void)
{
  NOTE_CALL ();
  for (int i = 0; i < 4; i++)
    in_thread (first_function, 1 << 20);
  NOTE_RETURN ();
}

static APART void
run_calls (void)
{
  NOTE_CALL ();
  for (int known = 0; known < 2; known++)
    {
      for (int n = 0; n < 25; n++)
        {
          deepest = walk_here;
          called (n);
          deepest = walk_backtrace;
          called (n);
          deepest = walk_in_pieces;
          called (n);
        }
      CHECK (pctab_stack_self (&bounds));
    }
  NOTE_RETURN ();
}

static APART void
run_handlers (void)
{
  NOTE_CALL ();
  CHECK (pctab_stack_self (&bounds));
  deepest = walk_handlers;
  for (int n = 0; n < 12; n++)
    called (n);
  NOTE_RETURN ();
}

static APART void
run_noreturn (void)
{
  NOTE_CALL ();
  deepest = walk_noreturn;
  called (6);
  NOTE_RETURN ();
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*run) (void);
  } all[] = { { "calls", run_calls }, { "handlers", run_handlers }, { "noreturn", run_noreturn },
              { "threads", run_threads }, { "deep", run_deep } };
#ifdef BACKTRACE
  pctab_module_import_loaded ();
#endif
  NOTE_CALL ();
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
    if (argc < 2 || !strcmp (argv[1], all[i].name))
      {
        all[i].run ();
        printf ("%s %lu\n", all[i].name, check_cnt);
        check_cnt = 0;
      }
  return 0;
}
