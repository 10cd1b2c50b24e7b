/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decides about threads whose registers and stacks are damaged, of every architecture (../tool/decide_model.h), and of
 * FILE's own table with stacks made up of its PCs.
 *
 * Now and then one byte of a good stack is another, one byte after the other, or the table is overwritten after it was
 * opened; else registers, bounds and whole words are damaged.  A stack's and a table's bytes are allocated to the
 * byte: build this with sanitizers, which see what is read beside them.  What is promised: a verdict there is, the
 * same when asked again; a depth that was allowed; refused, the thread goes on where it is; accepted, in the same
 * function, at its entry or at most 20 bytes before.
 *
 * usage: fuzz_decide FILE COUNT [SEED]; exits 1 at the first broken promise, naming the iteration. */
#include "../tool/decide_model.h"
#include "elf_file.h"
#include "mutate.h"

enum { FUNC_CNT = 12, ARCH_CNT = 8, WORDS_MAX = 64 };

static const struct made_func funcs[FUNC_CNT] = {
  { 0x1000, 0x100, 0, BODY_BY_SP },    { 0x1100, 0x180, 0, BODY_BY_FP }, { 0x1280, 0x80, 0, BODY_BY_SP },
  { 0x1400, 0x200, 0, BODY_BY_SP },    { 0x1600, 0x80, FRAME_SPWRITE, BODY_BY_FP },
  { 0x1680, 0x80, 0, BODY_BY_REG },    { 0x1700, 0x80, 0, BODY_DOWN },   { 0x1800, 0x80, 0, BODY_NONE },
  { 0x1900, 0x80, FRAME_SIGNAL, 0 },   { 0x1a00, 0x80, FRAME_NOPREEMPT, 0 },
  { 0x1b00, 0x12000, 0, BODY_BY_SP },  { 0x14000, 0x100, FRAME_TOP, BODY_BY_FP },
};
static const struct made_mark marks[] = {
  { 1, 0x20, 0x34, -3 }, { 1, 0x34, 0x48, -4 }, { 1, 0x48, 0x60, -2 }, { 2, 0, 0x40, -5 }, { 3, 0x20, 0x60, -3 },
};

static struct made programs[ARCH_CNT + 1];
static unsigned program_cnt;
static unsigned long reached[PCTAB_VERDICT_CNT];

static void
make_programs (void)
{
#define ARCH(name, machine, is64, sp, fp, ra, insn, word)                                                          \
  make_program (&programs[program_cnt++], pctab__arch (machine, is64), MADE_BASE, funcs, FUNC_CNT, marks,          \
                sizeof marks / sizeof *marks);
#include "arch.def"
#undef ARCH
}

/* FILE's table as another program, if this machine can read it. */
static void
add_file (const char *path, unsigned char *data, size_t len)
{
  struct elf_file f;
  struct diag d = { .file = path };
  struct made *p = &programs[program_cnt];
  if (!pctab__elf_over (&f, path, data, len, &d))
    return;
  const struct elf_section *s = pctab__elf_section (&f, ".pctab"), *text = pctab__elf_section (&f, ".text");
  if (s && text && s->type != SHT_NOBITS && s->off <= len && s->size <= len - s->off)
    {
      p->len = s->size;
      p->image = must (aligned_alloc (64, (p->len + 63) & ~(size_t) 63));
      memcpy (p->image, data + s->off, p->len);
      p->arch = pctab__arch (f.machine, f.is64);
      if (p->arch && !pctab_table_open (&p->module.table, p->image, p->len, s->addr))
        {
          p->table_addr = s->addr;
          p->module.lo = text->addr;
          p->module.hi = text->addr + text->size;
          p->module.permanent = true;
          p->conv = convention_of (p->arch);
          p->list[0] = &p->module;
          p->modules = (struct pctab_modules){ .at = p->list, .cnt = 1 };
          program_cnt++;
        }
    }
  pctab__elf_close (&f);
}

/* A number that a wild register or word may be. */
static uint64_t
draw_word (const struct made *p, const struct interrupted *t)
{
  const struct pctab_stack *s = &t->thread.stack;
  switch (random_below (8))
    {
    case 0:
      return random_next ();
    case 1:
      return random_below (64) - 32;
    case 2:
      return s->hi + random_below (256) - 128;
    case 3:
      return s->lo + random_below (256) - 128;
    case 4:
      return s->lo + random_below (s->hi - s->lo + 1);
    case 5:
      return t->sp + 4 * random_below (64);
    default:
      return p->module.lo + random_below (p->module.hi - p->module.lo + 16) - 8;
    }
}

/* What was promised and not held, or NULL. */
static const char *
judge (const struct made *p, const struct interrupted *t)
{
  struct pctab_decision d = decide (p, t), again = decide (p, t);
  uint32_t max = t->thread.depth_max ? t->thread.depth_max : PCTAB_DECISION_DEPTH;
  if (d.verdict >= PCTAB_VERDICT_CNT)
    return "no verdict";
  reached[d.verdict]++;
  if (d.verdict != again.verdict || d.resume_pc != again.resume_pc || d.depth != again.depth || d.pc != again.pc)
    return "another decision when asked again";
  if (d.depth > max - (d.verdict != PCTAB_VERDICT_TOO_DEEP))
    return "more frames than were allowed";
  if (d.verdict)
    return d.resume_pc != t->pc ? "refused, and goes on elsewhere" : NULL;
  struct pctab_func f = pctab_findfunc (&p->module.table, t->pc);
  uint64_t entry = pctab_func_entry (&p->module.table, f);
  if (!f.bits)
    return "accepted where no function is";
  if (!d.resume_pc || d.resume_pc > t->pc || d.resume_pc < entry
      || (d.resume_pc != entry && t->pc - d.resume_pc > PCTAB_RESTART_MAX))
    return "accepted, and goes on where it can't";
  return NULL;
}

static void
draw_thread (const struct made *p, struct interrupted *t)
{
  struct at chain[20];
  unsigned cnt = 1 + (unsigned) random_below (20);
  if (p->funcs)
    {
      for (unsigned i = 0; i < cnt; i++)
        {
          chain[i].func = (unsigned) random_below (random_below (4) ? 4 : FUNC_CNT);
          chain[i].off = PROLOGUE + 4 + 4 * (uint32_t) random_below (p->funcs[chain[i].func].len / 4 - 9);
        }
      interrupt (t, p, chain, cnt);
      return;
    }
  *t = (struct interrupted){ .bytes = must (malloc (STACK_BYTES)) };
  t->thread = (struct pctab_thread){ .machine = p->arch->machine, .is64 = p->arch->is64, .wanted = true,
                                     .status = PCTAB_STATUS_RUNNING, .stack_bytes = t->bytes,
                                     .stack = { STACK_TOP - STACK_BYTES, STACK_TOP } };
  t->sp = STACK_TOP - 8 * random_below (1000);
  t->thread.fp = t->sp + 16;
  t->pc = p->module.lo + random_below (p->module.hi - p->module.lo);
  for (uint64_t at = t->thread.stack.lo; at < STACK_TOP; at += p->arch->word)
    put_word (p, t, at, draw_word (p, t));
}

/* One byte of the stack is another, each in its turn. */
static const char *
flip_bytes (const struct made *p, struct interrupted *t)
{
  const char *broken = NULL;
  for (uint64_t at = t->sp; at < t->thread.stack.hi && !broken; at++)
    {
      unsigned char *byte = t->bytes + (at - t->thread.stack.lo), good = *byte;
      *byte ^= (unsigned char) (1 + random_below (255));
      broken = judge (p, t);
      *byte = good;
    }
  return broken;
}

static void
damage_thread (const struct made *p, struct interrupted *t, uint64_t *reg)
{
  for (uint64_t k = random_below (4); k; k--)
    switch (random_below (8))
      {
      case 0:
        t->pc = draw_word (p, t);
        break;
      case 1:
        t->sp = draw_word (p, t);
        break;
      case 2:
        t->lr = draw_word (p, t);
        break;
      case 3:
        t->thread.fp = draw_word (p, t);
        break;
      case 4:
        t->thread.end = random_below (2) ? 0 : draw_word (p, t);
        break;
      case 5:
        t->thread.depth_max = (uint32_t) random_below (3);
        break;
      case 6:
        for (unsigned i = 0; i < PCTAB_REGS_MAX; i++)
          reg[i] = draw_word (p, t);
        t->thread.reg = reg;
        break;
      default: /* the same bytes at the end of the address space */
        t->sp += -t->thread.stack.hi;
        t->thread.stack.lo += -t->thread.stack.hi;
        t->thread.stack.hi = 0;
        if (random_below (2))
          {
            t->thread.stack.hi--;
            t->thread.stack.lo--;
            t->sp--;
          }
        return;
      }
  for (uint64_t k = random_below (WORDS_MAX); k; k--)
    put_word (p, t, t->sp + p->arch->word * random_below (256), draw_word (p, t));
  if (!random_below (4))
    {
      size_t used = t->sp - t->thread.stack.lo;
      damage_bytes (t->bytes + (used < STACK_BYTES ? used : 0), used < STACK_BYTES ? STACK_BYTES - used : STACK_BYTES);
    }
}

/* A program whose table is right when it is opened. */
static const char *
overwrite_table (const struct made *p, struct interrupted *t)
{
  struct made copy = *p;
  const char *broken = NULL;
  copy.image = must (aligned_alloc (64, (p->len + 63) & ~(size_t) 63));
  copy.list[0] = &copy.module;
  copy.modules.at = copy.list;
  memcpy (copy.image, p->image, p->len);
  if (pctab_table_open (&copy.module.table, copy.image, p->len, p->table_addr))
    die ("a copy of a good table is refused");
  for (unsigned k = 0; k < 8 && !broken; k++)
    {
      damage_bytes (copy.image, random_below (4) ? copy.module.table.hot_len : p->len);
      broken = judge (&copy, t);
    }
  free (copy.image);
  return broken;
}

static const char *
iterate (unsigned long i)
{
  const struct made *p = &programs[i % program_cnt];
  struct interrupted t;
  uint64_t reg[PCTAB_REGS_MAX];
  const char *broken;
  draw_thread (p, &t);
  if (i / program_cnt % 8 == 0)
    broken = flip_bytes (p, &t);
  else if (i / program_cnt % 8 == 1)
    broken = overwrite_table (p, &t);
  else
    {
      damage_thread (p, &t, reg);
      broken = judge (p, &t);
    }
  end_interrupted (&t);
  return broken;
}

int
main (int argc, char **argv)
{
  size_t len;
  unsigned char *data = argc > 2 ? read_file (argv[1], &len) : NULL;
  if (!data)
    {
      fprintf (stderr, "usage: fuzz_decide FILE COUNT [SEED]\n");
      return 2;
    }
  random_state = argc > 3 ? strtoull (argv[3], NULL, 0) : 1;
  make_programs ();
  add_file (argv[1], data, len);
  unsigned long cnt = strtoul (argv[2], NULL, 0), decided = 0;
  const char *broken = NULL;
  for (unsigned long i = 0; i < cnt && !broken; i++)
    {
      watch_time ();
      broken = iterate (i);
      if (broken)
        fprintf (stderr, "fuzz_decide: iteration %lu, %s: %s\n", i, programs[i % program_cnt].arch->name, broken);
    }
  printf ("%lu threads in %u programs:", cnt, program_cnt);
  for (unsigned v = 0; v < PCTAB_VERDICT_CNT; v++)
    {
      decided += reached[v];
      printf (" %s %lu", pctab_verdict_name ((enum pctab_verdict) v), reached[v]);
    }
  printf (": %lu decisions\n", decided);
  for (unsigned i = 0; i < program_cnt; i++)
    free_program (&programs[i]);
  free (data);
  return broken != NULL;
}
