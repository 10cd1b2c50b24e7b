/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single-steps its own calls through PLTs, lazily bound ones too, and walks from each instruction: in a PLT entry, where
 * no function of the program's or libc's own is, the caller has to be the function that called.
 *
 * usage: plt PLT-START PLT-END...  (sections of this file, in hexadecimal) */
#include <pctab/unwind.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#if defined __x86_64__
#define PC REG_RIP
#define FLAGS REG_EFL
#else
#define PC REG_EIP
#define FLAGS REG_EFL
#endif

static uintptr_t sections[16][2];
static unsigned section_cnt;
static volatile unsigned steps, in_plt, wrong, stopped;
static void *volatile ends[2]; /* of the calling function's code */
static struct pctab_stack stack;

static int
plt_at (uintptr_t pc)
{
  for (unsigned i = 0; i < section_cnt; i++)
    if (pc >= sections[i][0] && pc < sections[i][1])
      return 1;
  return 0;
}

static void
on_trap (int signo, siginfo_t *info, void *ucontext)
{
  ucontext_t *uc = ucontext;
  uintptr_t pc = (uintptr_t) uc->uc_mcontext.gregs[PC];
  struct pctab_cursor c;
  enum pctab_stop stop;
  void *pcs[64];
  (void) signo, (void) info;
  steps++;
  if (!plt_at (pc))
    return;
  in_plt++;
  pctab_unwind_context (&c, ucontext, &stack);
  unsigned cnt = pctab_unwind_pcs (&c, pcs, 64, &stop);
  if (cnt < 2 || pcs[1] < ends[0] || pcs[1] >= ends[1])
    wrong++;
  if (stop != PCTAB_STOP_END)
    stopped++;
}

static void
trap (int on)
{
#if defined __x86_64__
  if (on)
    __asm__ volatile ("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
  else
    __asm__ volatile ("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
#else
  if (on)
    __asm__ volatile ("pushfl; orl $0x100, (%%esp); popfl" ::: "memory", "cc");
  else
    __asm__ volatile ("pushfl; andl $~0x100, (%%esp); popfl" ::: "memory", "cc");
#endif
}

__attribute__ ((noinline, noclone, aligned (64))) static void
calls (int n)
{
  char text[32];
  trap (1);
  for (int i = 0; i < n; i++)
    {
      text[0] = (char) getppid ();
      text[1] = (char) abs (atoi ("17") + i);
      text[2] = (char) strtol ("9", NULL, 10);
    }
  trap (0);
  __asm__ volatile ("" ::"r"(text) : "memory");
}
__attribute__ ((noinline, noclone, aligned (64))) static void
behind (void)
{
  __asm__ volatile ("");
}

int
main (int argc, char **argv)
{
  extern const char __ehdr_start[];
  uintptr_t bias = strcmp (argv[1], "pie") ? 0 : (uintptr_t) __ehdr_start;
  for (int i = 2; i + 1 < argc && section_cnt < 16; i += 2, section_cnt++)
    {
      sections[section_cnt][0] = bias + strtoul (argv[i], NULL, 16);
      sections[section_cnt][1] = bias + strtoul (argv[i + 1], NULL, 16);
    }
  struct sigaction sa = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };
  pctab_module_import_loaded ();
  pctab_stack_self (&stack);
  sigaction (SIGTRAP, &sa, NULL);
  ends[0] = (void *) calls;
  ends[1] = (void *) behind;
  if (ends[1] < ends[0])
    ends[1] = (char *) ends[0] + 1024;
  calls (3);
  behind ();
  printf ("%u steps, %u in a PLT, %u wrong, %u stopped\n", steps, in_plt, wrong, stopped);
  return !in_plt || wrong || stopped;
}
