/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single-steps a program (ptrace), unwinds its stack at each step by its file's table, and compares the whole chain
 * of PCs with the true one (step_stack.h); now and then with elfutils' dwfl too.
 *
 *     step_oracle [-b PC] [-n STEPS] [-s SKIP] [-d EVERY] PROGRAM [ARGUMENT...]
 *
 * -b: runs up to there, where dwfl says what the true stack is.  -n: checked steps.  -s: after 1000 checked steps,
 * this many are only watched.  -d: dwfl at every so many checked ones.  PROGRAM: linked statically with a table,
 * x86-64 or i386.  Its output goes on standard error.
 *
 * A chain must be the true one to its end, or, where the walk stops with another reason than the end, its beginning:
 * those are counted by reason.  Where ours is wrong and dwfl's as well, or both end early, it is the file's CFI that
 * is wrong: in hand-written assembly of the C library for i386.  Exit status 1: another frame was wrong. */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "elf_file.h"
#include "step_stack.h"
#include "unwinder.h"

enum { CHAIN_MAX = 4096, SLACK = 512, RUN = 1000, REASONS = 8, SHOWN_MAX = 2000 };

struct chain {
  uint64_t pc[CHAIN_MAX];
  unsigned cnt;
};

struct oracle {
  const char *program;
  pid_t pid;
  bool is64;
  struct elf_file file;
  struct pctab_module module;
  const struct pctab_module *modules_at[1];
  struct pctab_modules modules;
  struct user_regs_struct regs;
  struct true_stack stack;
  struct chain truth;
  unsigned char *copy; /* the stack, from lo to hi */
  size_t copy_len;
  uint64_t lo, hi;     /* the mapping that SP is in: hi is its end, lo what was copied */
  uint64_t map_lo;
  Dwfl *dwfl;
  uint64_t steps, checked, whole, frames, wrong, shown;
  uint64_t reasons[REASONS];
  uint64_t dwfl_same, dwfl_short, dwfl_wrong;
  uint64_t file_wrong; /* of our wrong ones, where dwfl's are wrong too: the file's CFI is */
};

static void
die (const char *what)
{
  fprintf (stderr, "step_oracle: %s\n", what);
  exit (2);
}

/* --- the program's file --- */

static void
open_program (struct oracle *o)
{
  struct diag d = { 0 };
  if (!pctab__elf_open (&o->file, o->program, &d))
    die (d.text);
  const struct elf_section *s = pctab__elf_section (&o->file, ".pctab");
  if (!s || s->type == SHT_NOBITS || o->file.type != ET_EXEC || s->off > o->file.len || s->size > o->file.len - s->off)
    die ("the program has no table, or is no static one at a fixed address");
  unsigned char *image = aligned_alloc (64, (s->size + 63) & ~UINT64_C (63));
  if (!image)
    die ("out of memory");
  memcpy (image, o->file.data + s->off, s->size);
  if (pctab_table_open (&o->module.table, image, s->size, s->addr))
    die ("its table is damaged");
  o->is64 = o->file.is64;
  o->module.lo = o->module.table.base;
  o->module.hi = o->module.lo + UINT32_MAX;
  o->modules_at[0] = &o->module;
  o->modules = (struct pctab_modules){ .at = o->modules_at, .cnt = 1 };
}

/* The bytes at PC, from the file; less than 16 at a segment's end. */
static size_t
code_at (const struct oracle *o, uint64_t pc, unsigned char code[16])
{
  for (uint32_t i = 0; i < o->file.segment_cnt; i++)
    {
      const struct elf_segment *s = &o->file.segments[i];
      if (s->type == PT_LOAD && s->flags & PF_X && pc - s->addr < s->file_size)
        {
          size_t len = s->file_size - (pc - s->addr) < 16 ? (size_t) (s->file_size - (pc - s->addr)) : 16;
          memcpy (code, o->file.data + s->off + (pc - s->addr), len);
          return len;
        }
    }
  struct iovec to = { code, 16 }, from = { (void *) (uintptr_t) pc, 16 };
  ssize_t got = process_vm_readv (o->pid, &to, 1, &from, 1, 0);
  return got > 0 ? (size_t) got : 0;
}

/* --- the stack --- */

static void
find_mapping (struct oracle *o, uint64_t sp)
{
  char path[64], line[512];
  snprintf (path, sizeof path, "/proc/%d/maps", (int) o->pid);
  FILE *f = fopen (path, "r");
  if (!f)
    die ("no /proc");
  o->map_lo = o->hi = 0;
  uint64_t lo, hi;
  while (fgets (line, sizeof line, f))
    if (sscanf (line, "%" SCNx64 "-%" SCNx64, &lo, &hi) == 2 && sp >= lo && sp < hi)
      {
        o->map_lo = lo;
        o->hi = hi;
      }
  fclose (f);
}

static void
copy_stack (struct oracle *o)
{
  uint64_t sp = o->regs.rsp;
  if (sp < o->map_lo || sp >= o->hi)
    find_mapping (o, sp);
  /* A handler on a stack of its own may be above what it interrupted. */
  for (size_t i = o->stack.cnt; i--;)
    if (o->stack.at[i].slot > o->map_lo && o->stack.at[i].slot < sp)
      sp = o->stack.at[i].slot;
  o->lo = sp - o->map_lo < SLACK ? o->map_lo : (sp - SLACK) & ~UINT64_C (7);
  size_t len = (size_t) (o->hi - o->lo);
  if (len > o->copy_len)
    {
      o->copy = realloc (o->copy, len);
      o->copy_len = len;
    }
  struct iovec to = { o->copy, len }, from = { (void *) (uintptr_t) o->lo, len };
  if (!o->copy || process_vm_readv (o->pid, &to, 1, &from, 1, 0) != (ssize_t) len)
    die ("the stack can't be read");
}

static uint64_t
stack_word (const struct oracle *o, uint64_t addr)
{
  uint64_t word = 0;
  if (addr >= o->lo && addr < o->hi - 8)
    memcpy (&word, o->copy + (addr - o->lo), o->is64 ? 8 : 4);
  return word;
}

/* Return addresses are what is in their slots now: the unwinder of exceptions writes there. */
static void
find_truth (struct oracle *o)
{
  struct chain *t = &o->truth;
  t->cnt = 0;
  t->pc[t->cnt++] = o->regs.rip;
  for (size_t i = o->stack.cnt; i-- && t->cnt < CHAIN_MAX;)
    t->pc[t->cnt++] = o->stack.at[i].signal ? o->stack.at[i].pc : stack_word (o, o->stack.at[i].slot);
}

/* --- our answer --- */

static void
start_cursor (struct oracle *o, struct pctab_cursor *c)
{
  const struct user_regs_struct *r = &o->regs;
  const uint64_t amd64[] = { r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp,
                             r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15 };
  const uint64_t i386[] = { r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi };
  pctab__cursor_start (c, &o->modules, o->is64 ? EM_X86_64 : EM_386, o->is64);
  for (unsigned i = 0; i < (o->is64 ? 16 : 8); i++)
    pctab__cursor_set (c, i, o->is64 ? amd64[i] : i386[i]);
  c->pc = r->rip;
  c->exact = true;
  c->stack = (struct pctab_stack){ o->lo, o->hi };
  c->bytes = o->copy;
}

static void
show (struct oracle *o, const struct chain *got, const char *what)
{
  if (o->shown++ >= SHOWN_MAX)
    return;
  fprintf (stderr, "step_oracle: step %" PRIu64 ", sp %llx, %s:", o->steps, (long long) o->regs.rsp, what);
  for (unsigned i = 0; i < got->cnt && i < 12; i++)
    fprintf (stderr, " %" PRIx64, got->pc[i]);
  fprintf (stderr, "\n  true:");
  for (unsigned i = 0; i < o->truth.cnt && i < 12; i++)
    fprintf (stderr, " %" PRIx64, o->truth.pc[i]);
  fprintf (stderr, "\n");
}

static bool
is_beginning (const struct chain *got, const struct chain *truth)
{
  return got->cnt <= truth->cnt && !memcmp (got->pc, truth->pc, got->cnt * sizeof *got->pc);
}

/* --- elfutils' --- */

static int
note_frame (Dwfl_Frame *f, void *arg)
{
  struct chain *c = arg;
  Dwarf_Addr pc;
  if (!dwfl_frame_pc (f, &pc, NULL))
    return DWARF_CB_ABORT;
  c->pc[c->cnt++] = pc;
  return c->cnt < CHAIN_MAX ? DWARF_CB_OK : DWARF_CB_ABORT;
}

/* dwfl's chain. */
static void
find_theirs (struct oracle *o, struct chain *got)
{
  static const Dwfl_Callbacks callbacks
    = { .find_elf = dwfl_linux_proc_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo };
  if (!o->dwfl)
    {
      o->dwfl = dwfl_begin (&callbacks);
      if (!o->dwfl || dwfl_linux_proc_report (o->dwfl, o->pid) || dwfl_report_end (o->dwfl, NULL, NULL)
          || dwfl_linux_proc_attach (o->dwfl, o->pid, true))
        die (dwfl_errmsg (-1));
    }
  got->cnt = 0;
  dwfl_getthread_frames (o->dwfl, o->pid, note_frame, got);
}

/* Which count it belongs to. */
static uint64_t *
check_dwfl (struct oracle *o)
{
  static struct chain got;
  find_theirs (o, &got);
  if (!is_beginning (&got, &o->truth))
    return &o->dwfl_wrong;
  return got.cnt == o->truth.cnt ? &o->dwfl_same : &o->dwfl_short;
}

static void
check_ours (struct oracle *o)
{
  static struct chain got;
  struct pctab_cursor c;
  enum pctab_stop stop;
  start_cursor (o, &c);
  got.cnt = 0;
  do
    got.pc[got.cnt++] = c.pc;
  while (!(stop = pctab_unwind_step (&c)) && got.cnt < CHAIN_MAX);
  o->checked++;
  o->frames += got.cnt;
  o->reasons[stop]++;
  if (stop == PCTAB_STOP_END && got.cnt == o->truth.cnt && is_beginning (&got, &o->truth))
    o->whole++;
  else if (stop == PCTAB_STOP_END || !is_beginning (&got, &o->truth))
    {
      const uint64_t *theirs = check_dwfl (o);
      bool file = theirs == &o->dwfl_wrong || (is_beginning (&got, &o->truth) && theirs == &o->dwfl_short);
      *(file ? &o->file_wrong : &o->wrong) += 1;
      show (o, &got, file ? "as in the file" : pctab_stop_text (stop));
    }
  else if (getenv ("SHOW_REFUSED"))
    show (o, &got, pctab_stop_text (stop));
}

/* --- stepping --- */

static void
start_program (struct oracle *o, char **argv)
{
  int status;
  o->pid = fork ();
  if (!o->pid)
    {
      dup2 (2, 1);
      if (!ptrace (PTRACE_TRACEME, 0, NULL, NULL))
        execv (argv[0], argv);
      _exit (127);
    }
  if (o->pid < 0 || waitpid (o->pid, &status, 0) != o->pid || !WIFSTOPPED (status))
    die ("the program can't be started");
  ptrace (PTRACE_SETOPTIONS, o->pid, NULL, PTRACE_O_EXITKILL);
}

static void
get_regs (struct oracle *o)
{
  if (ptrace (PTRACE_GETREGS, o->pid, NULL, &o->regs))
    die ("no registers");
}

/* One step; false: the program has ended. */
static bool
step (struct oracle *o)
{
  static int pending;
  unsigned char code[16];
  uint64_t pc = o->regs.rip, sp = o->regs.rsp, call = o->regs.rax;
  enum insn_kind kind = pending ? INSN_OTHER : insn_kind (code, code_at (o, pc, code));
  int status = 0, sent = pending;
  pending = 0;
  if (ptrace (PTRACE_SINGLESTEP, o->pid, NULL, sent) || waitpid (o->pid, &status, 0) != o->pid)
    die ("it doesn't step");
  if (!WIFSTOPPED (status))
    {
      fprintf (stderr, "step_oracle: the program ended with status %x\n", status);
      return false;
    }
  if (WSTOPSIG (status) != SIGTRAP)
    pending = WSTOPSIG (status);
  get_regs (o);
  o->steps++;
  bool back = kind == INSN_SYSCALL && (o->is64 ? call == 15 : call == 173 || call == 119);
  if (back)
    true_stack_return (&o->stack);
  else if (sent && (o->regs.rsp < sp - 128 || o->regs.rsp > sp) && o->regs.rip != pc)
    true_stack_signal (&o->stack, pc, sp, o->regs.rsp);
  else
    true_stack_step (&o->stack, o->regs.rsp, kind == INSN_CALL && o->regs.rsp == sp - (o->is64 ? 8 : 4));
  return true;
}

/* Runs to PC, a function's entry; the return addresses that dwfl finds there are looked for in the stack. */
static void
run_to (struct oracle *o, uint64_t pc)
{
  int status;
  long word = ptrace (PTRACE_PEEKTEXT, o->pid, (void *) (uintptr_t) pc, NULL);
  static struct chain chain;
  if (ptrace (PTRACE_POKETEXT, o->pid, (void *) (uintptr_t) pc, (void *) ((word & ~0xffL) | 0xcc))
      || ptrace (PTRACE_CONT, o->pid, NULL, NULL) || waitpid (o->pid, &status, 0) != o->pid || !WIFSTOPPED (status)
      || ptrace (PTRACE_POKETEXT, o->pid, (void *) (uintptr_t) pc, (void *) word))
    die ("it doesn't come to that PC");
  get_regs (o);
  o->regs.rip = pc;
  ptrace (PTRACE_SETREGS, o->pid, NULL, &o->regs);
  copy_stack (o);
  find_theirs (o, &chain);
  unsigned word_len = o->is64 ? 8 : 4;
  uint64_t slots[CHAIN_MAX], at = o->regs.rsp;
  for (unsigned i = 1; i < chain.cnt; i++, at += word_len)
    {
      while (at < o->hi && stack_word (o, at) != chain.pc[i])
        at += word_len;
      slots[i] = at;
    }
  if (!chain.cnt || chain.pc[0] != pc || at >= o->hi)
    die ("dwfl finds no stack there");
  for (unsigned i = chain.cnt - 1; i; i--)
    true_stack_step (&o->stack, slots[i], true);
}

static void
report (const struct oracle *o)
{
  printf ("steps %" PRIu64 " checked %" PRIu64 " whole %" PRIu64 " frames %" PRIu64 " wrong %" PRIu64
          " as in the file %" PRIu64 "\n",
          o->steps, o->checked, o->whole, o->frames, o->wrong, o->file_wrong);
  for (unsigned i = PCTAB_STOP_END + 1; i < REASONS; i++)
    if (o->reasons[i])
      printf ("refused %" PRIu64 ": %s\n", o->reasons[i], pctab_stop_text ((enum pctab_stop) i));
  printf ("dwfl same %" PRIu64 " short %" PRIu64 " wrong %" PRIu64 "\n", o->dwfl_same, o->dwfl_short, o->dwfl_wrong);
}

int
main (int argc, char **argv)
{
  uint64_t max = UINT64_MAX, skip = 0, every = 0, from = 0;
  int opt;
  while ((opt = getopt (argc, argv, "+b:n:s:d:")) != -1)
    {
      uint64_t n = strtoull (optarg ? optarg : "", NULL, 0);
      *(opt == 'n' ? &max : opt == 's' ? &skip : opt == 'b' ? &from : &every) = n;
      if (opt == '?')
        return 2;
    }
  if (optind == argc)
    die ("usage: step_oracle [-b PC] [-n STEPS] [-s SKIP] [-d EVERY] PROGRAM [ARGUMENT...]");
  static struct oracle o;
  o.program = argv[optind];
  open_program (&o);
  start_program (&o, argv + optind);
  get_regs (&o);
  if (from)
    run_to (&o, from);
  do
    {
      if (skip && o.steps % (RUN + skip) >= RUN)
        continue;
      copy_stack (&o);
      find_truth (&o);
      check_ours (&o);
      if (every && o.checked % every == 0)
        ++*check_dwfl (&o);
    }
  while (o.checked < max && step (&o));
  kill (o.pid, SIGKILL);
  waitpid (o.pid, NULL, 0);
  report (&o);
  return o.wrong != 0;
}
