/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions about made-up threads of every architecture: decide_model.h.
 *
 * usage: decide_check verdicts       "ARCHITECTURE VERDICT N": each verdict by cases that differ from an accepted one
 *                                    in one thing
 *        decide_check order          many reasons at once, taken away one by one: the first one left is given
 * Exits 1 at the first difference, naming architecture and case. */
#include <elf.h>

#include "decide_model.h"

/* The program of `verdicts` and `order`. */
enum { FIRST, PLAIN, FRAMED, QUIET, SIGNAL, WRITER, BLIND, LOST, BY_REG, OUTER, TOP, DOWN, MARKED, FUNC_CNT };

static const struct made_func funcs[FUNC_CNT] = {
  [FIRST] = { 0x1000, 0x100, 0, BODY_BY_SP },
  [PLAIN] = { 0x1100, 0x100, 0, BODY_BY_SP },
  [FRAMED] = { 0x1200, 0x100, 0, BODY_BY_FP },
  [QUIET] = { 0x1300, 0x100, FRAME_NOPREEMPT, BODY_BY_SP },
  [SIGNAL] = { 0x1400, 0x100, FRAME_SIGNAL, BODY_BY_SP },
  [WRITER] = { 0x1500, 0x100, FRAME_SPWRITE, BODY_BY_SP },
  [BLIND] = { 0x1600, 0x100, 0, BODY_UNKNOWN },
  [LOST] = { 0x1700, 0x100, 0, BODY_NO_RA },
  [BY_REG] = { 0x1800, 0x100, 0, BODY_BY_REG },
  [OUTER] = { 0x1900, 0x100, 0, BODY_NONE },
  [TOP] = { 0x1a00, 0x100, FRAME_TOP, BODY_BY_SP },
  [DOWN] = { 0x1b00, 0x100, 0, BODY_DOWN },
  [MARKED] = { 0x2000, 0x400, 0, BODY_BY_SP },
};

/* In MARKED; a gap lies before it. */
static const struct made_mark marks[] = {
  { MARKED, 0x20, 0x28, -2 }, { MARKED, 0x40, 0x54, -3 }, { MARKED, 0x54, 0x68, -4 },
  { MARKED, 0x80, 0x88, 7 },  { MARKED, 0x90, 0xa0, -5 },
};
#define MARK_CNT (sizeof marks / sizeof *marks)
#define GAP 0x1d00

static const struct made *program;
static const char *step = "";
static unsigned reached[PCTAB_VERDICT_CNT];
static uint64_t compared;

static void
wrong (const char *what, const struct pctab_decision *d, enum pctab_verdict want)
{
  fprintf (stderr, "decide_check: %s, %s, %s: %s at depth %" PRIu32 ", pc 0x%" PRIx64 ", resumes at 0x%" PRIx64
                   "; want %s\n",
           program->arch->name, step, what, pctab_verdict_name (d->verdict), d->depth, d->pc, d->resume_pc,
           pctab_verdict_name (want));
  exit (1);
}

/* T must get this verdict, from the frame at this depth; refused, it goes on where it is. */
static void
expect (const char *what, const struct interrupted *t, enum pctab_verdict want, uint32_t depth)
{
  struct pctab_decision d = decide (program, t);
  if (d.verdict != want || d.depth != depth || d.resume_pc != t->pc)
    wrong (what, &d, want);
  reached[want]++;
  compared++;
}

#define CHAIN(...) (const struct at[]){ __VA_ARGS__ }, sizeof ((const struct at[]){ __VA_ARGS__ }) / sizeof (struct at)

/* One decision of a chain. */
static void
expect_chain (const char *what, enum pctab_verdict want, uint32_t depth, const struct at *chain, unsigned cnt)
{
  struct interrupted t;
  interrupt (&t, program, chain, cnt);
  expect (what, &t, want, depth);
  end_interrupted (&t);
}

/* What the thread says. */

#define SET(what, field, value, want)                                                         \
  do                                                                                          \
    {                                                                                         \
      struct interrupted changed = *t;                                                        \
      changed.field = value;                                                                  \
      expect (what, &changed, PCTAB_VERDICT_##want, PCTAB_VERDICT_##want ? 0 : 2);            \
    }                                                                                         \
  while (0)

static void
check_thread (const struct interrupted *t)
{
  uint64_t lo = t->thread.stack.lo, hi = t->thread.stack.hi;
  SET ("idle", thread.status, PCTAB_STATUS_IDLE, NOT_RUNNING);
  SET ("in a system call", thread.status, PCTAB_STATUS_SYSCALL, NOT_RUNNING);
  SET ("in the scheduler", thread.status, PCTAB_STATUS_SCHEDULER, NOT_RUNNING);
  SET ("no status at all", thread.status, 200, NOT_RUNNING);
  SET ("not wanted", thread.wanted, false, NOT_WANTED);
  SET ("one lock", thread.held, 1, HELD);
  SET ("many locks", thread.held, UINT32_MAX, HELD);
  SET ("signal 1", thread.mask, 1, MASKED);
  SET ("signal 64", thread.mask, UINT64_C (1) << 63, MASKED);
  SET ("one signal less", thread.base_mask, 4, MASKED);
  SET ("SP below", sp, lo - 1, OTHER_STACK);
  SET ("SP above", sp, hi + 1, OTHER_STACK);
  SET ("SP 0", sp, 0, OTHER_STACK);
  SET ("SP at the end of all", sp, UINT64_MAX, OTHER_STACK);
  SET ("no stack", thread.stack, ((struct pctab_stack){ 0, 0 }), OTHER_STACK);
  SET ("a stack upside down", thread.stack, ((struct pctab_stack){ hi, lo }), OTHER_STACK);
  SET ("room to the byte", thread.room, (uint32_t) (t->sp - lo), OK);
  SET ("a byte too little", thread.room, (uint32_t) (t->sp - lo) + 1, NO_ROOM);
  SET ("SP at the low end", sp, lo, NO_ROOM);
  SET ("a shadow stack", thread.shadow_sp, 0x1000, SHADOW_STACK);
}

/* The interrupted function. */
static void
check_innermost (const struct interrupted *t)
{
  uint64_t base = program->module.table.base;
  SET ("PC in a gap", pc, base + GAP, UNKNOWN_CODE);
  SET ("PC before all", pc, base - 4, UNKNOWN_CODE);
  SET ("PC behind all", pc, program->module.hi, UNKNOWN_CODE);
  SET ("PC 0", pc, 0, UNKNOWN_CODE);
  SET ("PC at the end of all", pc, UINT64_MAX - 3, UNKNOWN_CODE);
  SET ("code of another machine", thread.machine, (uint16_t) (program->arch->machine + 1), UNKNOWN_CODE);
  SET ("code of the other width", thread.is64, !program->arch->is64, UNKNOWN_CODE);
  expect_chain ("not preemptible", PCTAB_VERDICT_NOPREEMPT, 0, CHAIN ({ QUIET, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("a signal frame", PCTAB_VERDICT_NOPREEMPT, 0, CHAIN ({ SIGNAL, 0x20 }, { FIRST, 0x20 }));
  for (uint32_t off = 0x1c; off < 0x2c; off += 4)
    expect_chain ("at an unsafe point", off >= 0x20 && off < 0x28 ? PCTAB_VERDICT_UNSAFE_POINT : PCTAB_VERDICT_OK,
                  off >= 0x20 && off < 0x28 ? 0 : 1, CHAIN ({ MARKED, off }, { FIRST, 0x20 }));
  expect_chain ("no such value", PCTAB_VERDICT_BROKEN_TABLE, 0, CHAIN ({ MARKED, 0x84 }, { FIRST, 0x20 }));
}

/* Half a call: only MIPS has it, only before the frame is set up. */
static void
check_half_call (void)
{
  struct interrupted t;
  bool mips = program->arch->machine == EM_MIPS;
  interrupt (&t, program, CHAIN ({ PLAIN, 8 }, { FIRST, 0x20 }));
  expect ("before the prologue", &t, PCTAB_VERDICT_OK, 1);
  /* Elsewhere LR is the caller, or nothing. */
  t.lr = t.pc + 8;
  if (mips)
    expect ("half a call", &t, PCTAB_VERDICT_HALF_CALL, 0);
  else if (!program->conv.link)
    expect ("LR is nothing", &t, PCTAB_VERDICT_OK, 1);
  end_interrupted (&t);
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { FIRST, 0x20 }));
  t.lr = t.pc + 8;
  expect ("half a call in a frame", &t, PCTAB_VERDICT_OK, 1);
  end_interrupted (&t);
}

/* The frames below. */
static void
check_callers (void)
{
  struct interrupted t;
  expect_chain ("a caller that is not preemptible", PCTAB_VERDICT_CALLER_NOPREEMPT, 2,
                CHAIN ({ PLAIN, 0x20 }, { FRAMED, 0x20 }, { QUIET, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("a signal frame", PCTAB_VERDICT_CALLER_SIGNAL, 1,
                CHAIN ({ PLAIN, 0x20 }, { SIGNAL, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("a call at the end of unsafe code", PCTAB_VERDICT_CALLER_UNSAFE, 1,
                CHAIN ({ PLAIN, 0x20 }, { MARKED, 0x28 }, { FIRST, 0x20 }));
  expect_chain ("a call right before unsafe code", PCTAB_VERDICT_OK, 2,
                CHAIN ({ PLAIN, 0x20 }, { MARKED, 0x20 }, { FIRST, 0x20 }));
  for (unsigned i = 0; i < MARK_CNT; i++)
    expect_chain ("a call in a marked range", PCTAB_VERDICT_CALLER_UNSAFE, 1,
                  CHAIN ({ PLAIN, 0x20 }, { MARKED, marks[i].off + 4 }, { FIRST, 0x20 }));
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { PLAIN, 0x40 }, { FIRST, 0x20 }));
  uint64_t cfa = t.sp + program->conv.body;
  put_word (program, &t, cfa + program->conv.ra_off, program->module.table.base + GAP + 4);
  expect ("a caller in a gap", &t, PCTAB_VERDICT_CALLER_UNKNOWN, 1);
  put_word (program, &t, cfa + program->conv.ra_off, 0x12345678);
  expect ("a caller in no module", &t, PCTAB_VERDICT_CALLER_UNKNOWN, 1);
  end_interrupted (&t);
}

static void
check_rules (void)
{
  static const unsigned none[] = { BLIND, LOST };
  for (unsigned i = 0; i < 2; i++)
    {
      expect_chain ("no rule, innermost", PCTAB_VERDICT_NO_RULE, 0, CHAIN ({ none[i], 0x20 }, { FIRST, 0x20 }));
      expect_chain ("no rule, a caller", PCTAB_VERDICT_NO_RULE, 1,
                    CHAIN ({ PLAIN, 0x20 }, { none[i], 0x20 }, { FIRST, 0x20 }));
    }
  expect_chain ("a register that is lost", PCTAB_VERDICT_NO_RULE, 1,
                CHAIN ({ PLAIN, 0x20 }, { BY_REG, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("a register that was not given", PCTAB_VERDICT_NO_RULE, 0, CHAIN ({ BY_REG, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("SP is written, innermost", PCTAB_VERDICT_OK, 1, CHAIN ({ WRITER, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("SP is written, a caller", PCTAB_VERDICT_NO_RULE, 1,
                CHAIN ({ PLAIN, 0x20 }, { WRITER, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("SP is written where the task began", PCTAB_VERDICT_OK, 1, CHAIN ({ PLAIN, 0x20 }, { WRITER, 0x20 }));
}

static void
check_stack (void)
{
  struct interrupted t;
  expect_chain ("a CFA below SP", PCTAB_VERDICT_BAD_STACK, 0, CHAIN ({ DOWN, 0x20 }, { FIRST, 0x20 }));
  expect_chain ("a CFA below SP, a caller", PCTAB_VERDICT_BAD_STACK, 1,
                CHAIN ({ PLAIN, 0x20 }, { DOWN, 0x20 }, { FIRST, 0x20 }));
  interrupt (&t, program, CHAIN ({ FRAMED, 0x20 }, { PLAIN, 0x20 }, { FIRST, 0x20 }));
  const uint64_t wild[] = { 0, 8, t.thread.stack.lo - 64, t.sp - 1024, t.thread.stack.hi, t.thread.stack.hi + 64,
                            UINT32_MAX - 7, UINT64_MAX - 15, UINT64_C (1) << 63 };
  for (unsigned i = 0; i < sizeof wild / sizeof *wild; i++)
    {
      t.thread.fp = wild[i];
      expect ("a wild frame pointer", &t, PCTAB_VERDICT_BAD_STACK, 0);
    }
  t.sp = t.thread.stack.hi;
  end_interrupted (&t);
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { FIRST, 0x20 }));
  t.sp = t.thread.stack.hi - program->arch->word;
  expect ("SP at the high end", &t, PCTAB_VERDICT_BAD_STACK, 0);
  t.sp = t.thread.stack.hi;
  expect ("SP behind the last word", &t, PCTAB_VERDICT_BAD_STACK, 0);
  end_interrupted (&t);
}

static void
check_end (void)
{
  struct interrupted t;
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { OUTER, 0x20 }));
  expect ("the last is where it began", &t, PCTAB_VERDICT_OK, 1);
  t.thread.end = 0;
  expect ("no caller, by its rule", &t, PCTAB_VERDICT_OK, 1);
  t.thread.end = made_entry (program, FIRST);
  expect ("no caller, but it began elsewhere", &t, PCTAB_VERDICT_WRONG_END, 1);
  end_interrupted (&t);
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { PLAIN, 0x20 }, { FIRST, 0x20 }));
  t.thread.end |= 1;
  if (program->arch->machine == EM_ARM || program->arch->machine == EM_MIPS)
    expect ("it began in Thumb code", &t, PCTAB_VERDICT_OK, 2);
  else
    expect ("it began where no function does", &t, PCTAB_VERDICT_WRONG_END, 2);
  end_interrupted (&t);
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { TOP, 0x20 }));
  t.thread.end = 0;
  expect ("no caller, by its flag", &t, PCTAB_VERDICT_OK, 1);
  t.thread.end = made_entry (program, FIRST);
  expect ("the same, but it began elsewhere", &t, PCTAB_VERDICT_WRONG_END, 1);
  end_interrupted (&t);
  interrupt (&t, program, CHAIN ({ TOP, 0x20 }));
  t.thread.end = 0;
  expect ("innermost and outermost", &t, PCTAB_VERDICT_OK, 0);
  end_interrupted (&t);
  interrupt (&t, program, CHAIN ({ PLAIN, 0x20 }, { FIRST, 0x20 }));
  t.thread.end = 0;
  expect ("a return address of 0", &t, PCTAB_VERDICT_WRONG_END, 1);
  t.thread.end = made_entry (program, QUIET);
  expect ("a return address of 0, and it began elsewhere", &t, PCTAB_VERDICT_WRONG_END, 1);
  end_interrupted (&t);
}

/* CNT frames in all. */
static void
check_depth (uint32_t cnt, uint32_t max, uint32_t given)
{
  struct interrupted t;
  struct at chain[CHAIN_MAX] = { { 0 } };
  for (uint32_t i = 0; i < cnt; i++)
    chain[i] = (struct at){ i + 1 == cnt ? FIRST : i % 2 ? FRAMED : PLAIN, 0x20 + i % 16 * 4 };
  interrupt (&t, program, chain, cnt);
  t.thread.depth_max = given;
  expect ("many frames", &t, cnt > max ? PCTAB_VERDICT_TOO_DEEP : PCTAB_VERDICT_OK, cnt > max ? max : cnt - 1);
  end_interrupted (&t);
}

static void
check_verdicts (const struct arch *arch)
{
  struct made p;
  struct interrupted t;
  make_program (&p, arch, MADE_BASE, funcs, FUNC_CNT, marks, MARK_CNT);
  program = &p;
  memset (reached, 0, sizeof reached);
  interrupt (&t, &p, CHAIN ({ PLAIN, 0x20 }, { FRAMED, 0x40 }, { FIRST, 0x20 }));
  step = "thread";
  expect ("nothing against it", &t, PCTAB_VERDICT_OK, 2);
  check_thread (&t);
  step = "innermost";
  check_innermost (&t);
  check_half_call ();
  end_interrupted (&t);
  step = "callers";
  check_callers ();
  check_rules ();
  check_stack ();
  check_end ();
  for (uint32_t cnt = 1; cnt <= 12; cnt++)
    check_depth (cnt, 10, 10);
  check_depth (1, 1, 1);
  check_depth (2, 1, 1);
  check_depth (PCTAB_DECISION_DEPTH, PCTAB_DECISION_DEPTH, 0);
  check_depth (PCTAB_DECISION_DEPTH + 1, PCTAB_DECISION_DEPTH, 0);
  for (unsigned v = 0; v < PCTAB_VERDICT_CNT; v++)
    if (reached[v])
      printf ("%s %s %u\n", p.arch->name, pctab_verdict_name ((enum pctab_verdict) v), reached[v]);
  free_program (&p);
}

/* Every reason at once, and one by one they go: verdict.def's order. */

/* The reasons that one chain can have, and what takes each away. */
static void
check_order (const struct arch *arch)
{
  struct made p;
  struct interrupted t;
  make_program (&p, arch, MADE_BASE, funcs, FUNC_CNT, marks, MARK_CNT);
  program = &p;
  interrupt (&t, &p, CHAIN ({ MARKED, 0x84 }, { SIGNAL, 0x20 }, { FIRST, 0x20 }));
  struct interrupted good = t;
  t.pc = made_pc (&p, (struct at){ QUIET, 8 });
  t.thread = (struct pctab_thread){ .machine = 1, .is64 = arch->is64, .held = 1, .mask = 1, .shadow_sp = 1,
                                    .stack = { 0, 1 }, .stack_bytes = t.bytes, .room = UINT32_MAX, .depth_max = 1 };
  expect ("all", &t, PCTAB_VERDICT_NOT_RUNNING, 0);
  t.thread.status = PCTAB_STATUS_RUNNING;
  expect ("it runs", &t, PCTAB_VERDICT_NOT_WANTED, 0);
  t.thread.wanted = true;
  expect ("it is wanted", &t, PCTAB_VERDICT_HELD, 0);
  t.thread.held = 0;
  expect ("it holds nothing", &t, PCTAB_VERDICT_MASKED, 0);
  t.thread.mask = 0;
  expect ("no signal is blocked", &t, PCTAB_VERDICT_OTHER_STACK, 0);
  t.thread.stack = good.thread.stack;
  expect ("SP is in the stack", &t, PCTAB_VERDICT_NO_ROOM, 0);
  t.thread.room = 0;
  expect ("there is room", &t, PCTAB_VERDICT_SHADOW_STACK, 0);
  t.thread.shadow_sp = 0;
  expect ("no shadow stack", &t, PCTAB_VERDICT_UNKNOWN_CODE, 0);
  t.thread.machine = arch->machine;
  expect ("its own code", &t, PCTAB_VERDICT_NOPREEMPT, 0);
  t.pc = made_pc (&p, (struct at){ MARKED, 0x20 });
  expect ("preemptible", &t, PCTAB_VERDICT_UNSAFE_POINT, 0);
  t.pc = good.pc;
  expect ("at no unsafe point", &t, PCTAB_VERDICT_TOO_DEEP, 1);
  t.thread.depth_max = 2;
  expect ("two frames may be looked at", &t, PCTAB_VERDICT_CALLER_SIGNAL, 1);
  uint64_t slot = t.sp + p.conv.body + p.conv.ra_off;
  put_word (&p, &t, slot, made_pc (&p, (struct at){ QUIET, 0x20 }));
  expect ("no signal frame", &t, PCTAB_VERDICT_CALLER_NOPREEMPT, 1);
  put_word (&p, &t, slot, made_pc (&p, (struct at){ MARKED, 0x24 }));
  expect ("a preemptible caller", &t, PCTAB_VERDICT_CALLER_UNSAFE, 1);
  put_word (&p, &t, slot, made_pc (&p, (struct at){ WRITER, 0x20 }));
  expect ("at a safe point", &t, PCTAB_VERDICT_NO_RULE, 1);
  t.thread.end = made_entry (&p, WRITER);
  expect ("the task's first", &t, PCTAB_VERDICT_BROKEN_TABLE, 0);
  t.pc = made_pc (&p, (struct at){ MARKED, 0x30 });
  expect ("nothing is left", &t, PCTAB_VERDICT_OK, 1);
  end_interrupted (&t);
  free_program (&p);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*check) (const struct arch *arch);
  } parts[] = { { "verdicts", check_verdicts }, { "order", check_order } };
  for (unsigned i = 0; argc == 2 && i < sizeof parts / sizeof *parts; i++)
    if (!strcmp (argv[1], parts[i].name))
      {
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) parts[i].check (pctab__arch (machine, is64));
#include "arch.def"
#undef ARCH
        printf ("%" PRIu64 " decisions\n", compared);
        return 0;
      }
  die ("usage: decide_check verdicts|order");
  return 2;
}
