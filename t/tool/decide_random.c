/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions about random threads of random programs of every architecture (decide_model.h), against a second decision,
 * which is made from the model: it walks the chain that the stack was laid out for, and reads neither table nor stack.
 *
 * usage: decide_random CASES [SEED]; prints how often each verdict came; exits 1 at the first difference. */
#include <elf.h>

#include "decide_model.h"

#define FUNCS_MAX 40
#define MARKS_MAX 400
#define STEPS_MAX 24

static struct made_func funcs[FUNCS_MAX];
static struct made_mark marks[MARKS_MAX];
static unsigned func_cnt, mark_cnt;
static unsigned long reached[PCTAB_VERDICT_CNT];
static uint64_t random_state = 1;

static uint32_t
draw (uint32_t below)
{
  random_state = random_state * UINT64_C (6364136223846793005) + 1442695040888963407;
  return below ? (uint32_t) (random_state >> 33) % below : 0;
}

/* Ranges in function I, often side by side; with values as they should be, now and then others. */
static void
draw_marks (unsigned i, unsigned insn)
{
  static const int32_t values[] = { -2, -3, -4, -5, -3, -4, 9 };
  int32_t last = -1;
  uint32_t at = insn * draw (8);
  while (mark_cnt < MARKS_MAX && draw (6))
    {
      uint32_t len = insn * (1 + draw (32 / insn)), to = draw (2) ? at : at + insn * draw (40);
      int32_t value = values[draw (40) ? draw (6) : 6];
      value = to == at && value == last ? -2 - (value == -2) : value;
      if (to + len > funcs[i].len)
        return;
      marks[mark_cnt++] = (struct made_mark){ i, to, to + len, value };
      at = to + len;
      last = value;
    }
}

/* ODD: one function in so many is unlike most. */
static void
draw_program (struct made *p, const struct arch *arch, uint32_t odd)
{
  static const unsigned flags[] = { FRAME_NOPREEMPT, FRAME_SIGNAL, FRAME_SPWRITE, FRAME_TOP };
  uint32_t at = 0x1000;
  func_cnt = 4 + draw (FUNCS_MAX - 3);
  mark_cnt = 0;
  for (unsigned i = 0; i < func_cnt; i++)
    {
      unsigned f = draw (odd) ? 0 : flags[draw (4)], body = draw (odd) ? draw (2) : draw (BODY_DOWN + 1);
      funcs[i] = (struct made_func){ at, 2 * PROLOGUE + 4 * (8 + draw (200)), f, body };
      at += funcs[i].len + (draw (2) ? 0 : 4 * draw (40));
      if (draw (2))
        draw_marks (i, arch->insn);
    }
  make_program (p, arch, MADE_BASE, funcs, func_cnt, marks, mark_cnt);
}

/* Where AT is: EXACT or a return address. */
static struct at
draw_place (const struct made *p, bool exact)
{
  struct at at = { draw (func_cnt), 0 };
  uint32_t insn = p->arch->insn, units = funcs[at.func].len / insn, edge = PROLOGUE / insn;
  if (!exact && draw (4))
    units -= 2 * edge, at.off = PROLOGUE;
  at.off += insn * (draw (units) + !exact);
  return at;
}

/* The second decision. */

static const struct made_mark *
mark_at (struct at at)
{
  for (unsigned i = 0; i < mark_cnt; i++)
    if (marks[i].func == at.func && at.off >= marks[i].off && at.off < marks[i].end)
      return &marks[i];
  return NULL;
}

static enum pctab_verdict
innermost (const struct made *p, const struct interrupted *t, struct at at)
{
  const struct made_mark *mark = mark_at (at);
  if (funcs[at.func].flags & (FRAME_NOPREEMPT | FRAME_SIGNAL))
    return PCTAB_VERDICT_NOPREEMPT;
  if (mark && mark->value == -2)
    return PCTAB_VERDICT_UNSAFE_POINT;
  if (p->arch->machine == EM_MIPS && t->lr == t->pc + 8 && !in_body (p, at, true) && funcs[at.func].body != BODY_NONE)
    return PCTAB_VERDICT_HALF_CALL;
  return PCTAB_VERDICT_OK;
}

static enum pctab_verdict
caller (struct at at)
{
  at.off--;
  if (funcs[at.func].flags & FRAME_SIGNAL)
    return PCTAB_VERDICT_CALLER_SIGNAL;
  if (funcs[at.func].flags & FRAME_NOPREEMPT)
    return PCTAB_VERDICT_CALLER_NOPREEMPT;
  return mark_at (at) ? PCTAB_VERDICT_CALLER_UNSAFE : PCTAB_VERDICT_OK;
}

/* From frame I of CHAIN to its caller, if it has one; LAST: there is 0 in its place. */
static enum pctab_verdict
way_up (const struct made *p, const struct interrupted *t, const struct at *chain, uint32_t i, bool last, bool *over)
{
  const struct made_func *f = &funcs[chain[i].func];
  bool body = in_body (p, chain[i], i == 0);
  *over = f->flags & FRAME_TOP || f->body == BODY_NONE;
  if (*over)
    return t->thread.end ? PCTAB_VERDICT_WRONG_END : PCTAB_VERDICT_OK;
  if (i && (f->flags & FRAME_SPWRITE || (!body && p->conv.link)))
    return PCTAB_VERDICT_NO_RULE;
  if (body && (f->body == BODY_UNKNOWN || f->body == BODY_NO_RA || (f->body == BODY_BY_REG && (i || !t->thread.reg))))
    return PCTAB_VERDICT_NO_RULE;
  if (body && f->body == BODY_DOWN)
    return PCTAB_VERDICT_BAD_STACK;
  return last ? PCTAB_VERDICT_WRONG_END : PCTAB_VERDICT_OK;
}

static bool
resume (const struct made *p, struct at at, uint64_t *pc)
{
  const struct made_mark *mark = mark_at (at);
  struct at to = at;
  *pc = made_pc (p, at);
  if (!mark)
    return true;
  if (mark->value > -3 || (mark->value != -5 && at.off - mark->off > 20))
    return false;
  to.off = mark->value == -5 ? 0 : mark->off;
  if (funcs[at.func].body != BODY_NONE && in_body (p, at, true) != in_body (p, to, true))
    return false;
  *pc = made_pc (p, to);
  return true;
}

static struct pctab_decision
second (const struct made *p, const struct interrupted *t, const struct at *chain, uint32_t cnt)
{
  uint32_t max = t->thread.depth_max ? t->thread.depth_max : PCTAB_DECISION_DEPTH;
  struct pctab_decision d = { innermost (p, t, chain[0]), t->pc, 0, t->pc };
  bool over = false;
  while (!d.verdict && (!t->thread.end || t->thread.end != made_entry (p, chain[d.depth].func)))
    {
      d.verdict = way_up (p, t, chain, d.depth, d.depth + 1 == cnt, &over);
      if (d.verdict || over)
        break;
      d.pc = made_pc (p, chain[++d.depth]);
      d.verdict = d.depth == max ? PCTAB_VERDICT_TOO_DEEP : caller (chain[d.depth]);
    }
  if (!d.verdict && !resume (p, chain[0], &d.resume_pc))
    d = (struct pctab_decision){ PCTAB_VERDICT_BROKEN_TABLE, t->pc, 0, t->pc };
  return d;
}

static void
wrong (const struct made *p, unsigned long number, const struct pctab_decision *d, const struct pctab_decision *want)
{
  fprintf (stderr, "decide_random: case %lu, %s: %s at depth %" PRIu32 ", pc 0x%" PRIx64 ", resumes at 0x%" PRIx64
                   "; want %s at depth %" PRIu32 ", pc 0x%" PRIx64 ", resumes at 0x%" PRIx64 "\n",
           number, p->arch->name, pctab_verdict_name (d->verdict), d->depth, d->pc, d->resume_pc,
           pctab_verdict_name (want->verdict), want->depth, want->pc, want->resume_pc);
  exit (1);
}

static void
try_chain (const struct made *p, unsigned long number)
{
  struct interrupted t;
  struct at chain[STEPS_MAX];
  uint64_t reg[PCTAB_REGS_MAX] = { 0 };
  uint32_t cnt = 1 + draw (STEPS_MAX);
  for (uint32_t i = 0; i < cnt; i++)
    chain[i] = draw_place (p, i == 0);
  interrupt (&t, p, chain, cnt);
  if (!draw (4))
    t.thread.end = 0;
  t.thread.depth_max = draw (3) ? 0 : 1 + draw (STEPS_MAX);
  reg[3] = t.sp; /* what a prologue puts there */
  t.thread.reg = draw (2) ? reg : NULL;
  if (p->arch->machine == EM_MIPS && draw (2))
    t.lr = t.pc + 8;
  struct pctab_decision d = decide (p, &t), want = second (p, &t, chain, cnt);
  if (d.verdict != want.verdict || d.resume_pc != want.resume_pc || d.depth != want.depth || d.pc != want.pc)
    wrong (p, number, &d, &want);
  reached[d.verdict]++;
  end_interrupted (&t);
}

static const struct arch *
arch_of (unsigned long number)
{
  static const uint32_t archs[][2] = {
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) { machine, is64 },
#include "arch.def"
#undef ARCH
  };
  unsigned i = (unsigned) (number % (sizeof archs / sizeof *archs));
  return pctab__arch ((uint16_t) archs[i][0], archs[i][1]);
}

int
main (int argc, char **argv)
{
  unsigned long cases = argc > 1 ? strtoul (argv[1], NULL, 10) : 0;
  if (!cases)
    die ("usage: decide_random CASES [SEED]");
  random_state = argc > 2 ? strtoul (argv[2], NULL, 10) : 1;
  for (unsigned long i = 0; i < cases; i++)
    {
      struct made p;
      draw_program (&p, arch_of (i), 2 + draw (60));
      for (unsigned k = 0; k < 100; k++)
        try_chain (&p, i);
      free_program (&p);
    }
  for (unsigned v = 0; v < PCTAB_VERDICT_CNT; v++)
    if (reached[v])
      printf ("%s %lu\n", pctab_verdict_name ((enum pctab_verdict) v), reached[v]);
  printf ("%lu programs, %lu threads\n", cases, cases * 100);
  return 0;
}
