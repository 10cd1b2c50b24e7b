/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks over what a program has ruined: every one comes to an end, faults at nothing, and is the same by steps and at once.
 *
 *     hostile SEED CASES     CASES of each kind
 *
 * A fault ends the program by its signal. */
#include "walks.h"

#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { FRAMES_MAX = 5000, PAGE = 65536 /* at most */ };

static void *pcs[FRAMES_MAX];
static struct walk found = { .pcs = pcs };
static struct pctab_stack bounds;
static unsigned long stops[PCTAB_STOP_TOO_DEEP + 1];
static uint64_t state;
static uint64_t code[64]; /* PCs of this program that are worth trying */
static unsigned code_cnt;
static struct pctab_stack text; /* all of its code */
static uint64_t live; /* where this stack is, and doesn't change meanwhile */
static unsigned char *heap, *edge; /* edge: a page's end, nothing is mapped behind it */

static uint64_t
next_random (void)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state * UINT64_C (0x2545f4914f6cdd1d) >> 11;
}

static uint64_t
below (uint64_t n)
{
  return next_random () % n;
}

static void
try_walk (const struct pctab_cursor *c)
{
  errno = 4711;
  check_same (c, &found, FRAMES_MAX);
  CHECK (errno == 4711);
  stops[found.stop]++;
}

static uintptr_t
some_code (void)
{
  uintptr_t pc = (uintptr_t) code[below (code_cnt)];
  if (below (2))
    return (uintptr_t) (text.lo + below (text.hi - text.lo));
  return below (2) ? pc : pc + (uintptr_t) below (400) - 200;
}

/* An address of any kind. */
static uint64_t
some_address (void)
{
  static const uint64_t odd[] = { 0, 1, 7, 8, 4095, 4096, UINTPTR_MAX, UINTPTR_MAX - 7, UINTPTR_MAX - 4095,
                                  (uint64_t) 1 << 47, (uint64_t) 1 << 63, UINT64_MAX };
  switch (below (8))
    {
    case 0:
      return (uintptr_t) odd[below (sizeof odd / sizeof *odd)];
    case 1:
      return (uintptr_t) next_random ();
    case 2:
      return (uintptr_t) heap + below (PAGE);
    case 3:
      return (uintptr_t) edge - below (200) + below (100);
    case 4:
      return some_code ();
    case 5:
      return bounds.hi - below (1000) + below (500);
    case 6:
      return bounds.lo + below (1000) - below (500);
    default:
      return live + below (4000);
    }
}

static void
some_stack (struct pctab_cursor *c, const struct pctab_stack *inside)
{
  switch (below (3))
    {
    case 0:
      c->stack = *inside;
      break;
    case 1:
      c->stack = bounds;
      break;
    default:
      c->stack = (struct pctab_stack){ 0, 0 };
    }
}

/* Registers of any value. */
static void
wild_registers (const struct pctab_cursor *start)
{
  struct pctab_cursor c = *start;
  struct pctab_stack none = { 0, 0 };
  c.pc = below (4) ? some_code () : (uintptr_t) some_address ();
  if (below (3))
    c.sp = some_address ();
  if (below (3))
    c.fp = some_address ();
  c.exact = below (2);
  c.fp_known = below (4);
  for (unsigned i = 0; i < PCTAB_REGS_MAX; i++)
    if (below (2))
      c.reg[i] = some_address ();
  some_stack (&c, &none);
  try_walk (&c);
}

/* A stack of plausible words, some smashed, that ends where nothing is mapped. */
static void
smashed_stack (const struct pctab_cursor *start)
{
  struct pctab_cursor c = *start;
  size_t words = 8 + below (500), first = below (words);
  uintptr_t *at = (uintptr_t *) (void *) edge - words;
  for (size_t i = 0; i < words; i++)
    switch (below (6))
      {
      case 0:
        at[i] = (uintptr_t) some_address ();
        break;
      case 1:
        at[i] = (uintptr_t) (at + below (words + 4));
        break;
      case 2:
        at[i] = (uintptr_t) (at + i + below (16));
        break;
      default:
        at[i] = some_code ();
      }
  c.pc = some_code ();
  c.sp = (uintptr_t) (at + first) + (below (8) ? 0 : below (8));
  c.fp = (uintptr_t) (at + first + below (20)) + (below (8) ? 0 : below (8));
  c.exact = below (2);
  c.fp_known = true;
  struct pctab_stack all = { (uintptr_t) at, (uintptr_t) edge };
  some_stack (&c, &all);
  try_walk (&c);
}

/* This stack, copied to the edge with some of its words changed, as if it had overflown. */
static APART void
copied_stack (const struct pctab_cursor *start)
{
  struct pctab_cursor c = *start;
  size_t len = (size_t) (bounds.hi - c.sp) & ~(size_t) 15, changes = below (12);
  if (len > 30000)
    len = 30000;
  unsigned char *at = edge - len;
  uint64_t moved = (uintptr_t) at - c.sp;
  memcpy (at, (const void *) (uintptr_t) c.sp, len);
  /* Frame pointers into it go along. */
  for (size_t i = 0; i < len / sizeof (uintptr_t); i++)
    {
      uintptr_t *word = (uintptr_t *) (void *) at + i;
      if (*word >= c.sp && *word < c.sp + len)
        *word += (uintptr_t) moved;
    }
  for (size_t i = 0; i < changes; i++)
    at[below (len)] ^= (unsigned char) (1 << below (8));
  c.sp += moved;
  c.fp += moved;
  struct pctab_stack all = { (uintptr_t) at, (uintptr_t) edge };
  some_stack (&c, &all);
  try_walk (&c);
}

static APART void
run_cases (const struct pctab_cursor *c, unsigned long cases)
{
  for (unsigned long i = 0; i < cases; i++)
    {
      wild_registers (c);
      smashed_stack (c);
      copied_stack (c);
    }
}

static unsigned long wanted;
static struct pctab_cursor here;

static void
on_signal (int number, siginfo_t *info, void *uc)
{
  (void) number, (void) info;
  pctab_unwind_context (&here, uc, &bounds);
  check_same (&here, &found, FRAMES_MAX);
  live = (uintptr_t) __builtin_frame_address (0) & ~(uintptr_t) 7;
  for (unsigned i = 0; i < found.cnt && code_cnt < 60; i++)
    code[code_cnt++] = (uintptr_t) found.pcs[i];
  run_cases (&here, wanted);
}

static APART int
deep (int n)
{
  volatile char room[40];
  room[n] = (char) n;
  int r = n ? deep (n - 1) : raise (SIGUSR1);
  return r + room[n];
}

/* A file without a table, a PC in data, and where nothing is. */
static void
odd_pcs (void)
{
  static int data;
  const uint64_t at[] = { 0, (uintptr_t) &data, (uintptr_t) heap, (uintptr_t) edge, (uintptr_t) edge - 1, 1, UINTPTR_MAX,
                          (uintptr_t) &here };
  for (unsigned i = 0; i < sizeof at / sizeof *at; i++)
    for (int exact = 0; exact < 2; exact++)
      {
        struct pctab_cursor c = here;
        c.pc = at[i];
        c.exact = exact;
        try_walk (&c);
        CHECK (found.stop == PCTAB_STOP_UNKNOWN_CODE && found.cnt == 1);
      }
}

int
main (int argc, char **argv)
{
  struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
  state = argc > 1 ? strtoull (argv[1], NULL, 0) * 2 + 1 : 1;
  wanted = argc > 2 ? strtoul (argv[2], NULL, 0) : 1000;
  heap = malloc (PAGE);
  edge = mmap (NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!heap || edge == MAP_FAILED || munmap (edge + 2 * PAGE, PAGE))
    return 2;
  edge += 2 * PAGE;
  memset (heap, 0, PAGE);
  CHECK (pctab_stack_self (&bounds));
  const struct pctab_module *m = pctab_find_module (pctab_modules (), (uintptr_t) on_signal);
  CHECK (m);
  text = (struct pctab_stack){ m->lo, m->hi };
  sigaction (SIGUSR1, &sa, NULL);
  deep (20);
  odd_pcs ();
  printf ("%lu checks;", check_cnt);
  for (unsigned i = 1; i <= PCTAB_STOP_TOO_DEEP; i++)
    printf (" %s: %lu;", pctab_stop_text ((enum pctab_stop) i), stops[i]);
  printf ("\n");
  return 0;
}
