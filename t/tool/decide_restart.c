/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a thread goes on that was interrupted in a restart range, in made-up programs of every architecture
 * (decide_model.h): every PC of ranges of 19 to 24 bytes, and resume PCs that can't be: 0, behind the PC, more than 20
 * bytes before it, with another frame rule.
 *
 * usage: decide_restart; exits 1 at the first difference. */
#include "decide_model.h"
#include "format.h"

static uint64_t resumed, refused;

static void
wrong (const struct made *p, const char *what, uint64_t pc, uint64_t want, const struct pctab_decision *d)
{
  fprintf (stderr, "decide_restart: %s, %s: at 0x%" PRIx64 " %s, resumes at 0x%" PRIx64 "; want 0x%" PRIx64 "\n",
           p->arch->name, what, pc, pctab_verdict_name (d->verdict), d->resume_pc, want);
  exit (1);
}

/* The thread that was interrupted at PC goes on at RESUME; 0: it is refused for that table. */
static void
expect_resume (const struct made *p, uint64_t pc, uint64_t resume, const char *what)
{
  struct interrupted t;
  const struct at chain[] = { { 0, (uint32_t) (pc - made_entry (p, 0)) } };
  interrupt (&t, p, chain, 1);
  struct pctab_decision d = decide (p, &t);
  if (d.verdict != (resume ? PCTAB_VERDICT_OK : PCTAB_VERDICT_BROKEN_TABLE) || d.resume_pc != (resume ? resume : pc)
      || d.depth || d.pc != pc)
    wrong (p, what, pc, resume, &d);
  resumed += resume != 0;
  refused += resume == 0;
  end_interrupted (&t);
}

/* Two ranges of LEN bytes side by side, with restart 1 and 2. */
static void
check_range (const struct arch *arch, uint32_t len)
{
  static const struct made_func one[] = { { 0x1000, 0x100, 0, BODY_BY_SP } };
  const struct made_mark two[] = { { 0, 0x20, 0x20 + len, -3 }, { 0, 0x20 + len, 0x20 + 2 * len, -4 } };
  struct made p;
  make_program (&p, arch, MADE_BASE, one, 1, two, 2);
  uint64_t from = made_entry (&p, 0) + 0x20;
  for (uint64_t pc = from; pc < from + 2 * len; pc += arch->insn)
    {
      uint64_t start = pc < from + len ? from : from + len;
      expect_resume (&p, pc, pc - start <= PCTAB_RESTART_MAX ? start : 0, "a range");
    }
  expect_resume (&p, from - arch->insn, from - arch->insn, "before it");
  expect_resume (&p, from + 2 * len, from + 2 * len, "behind it");
  free_program (&p);
}

/* Ranges that reach from one frame rule into another: where the rule is another one than at the start, no way back. */
static void
check_rules_differ (const struct arch *arch)
{
  static const struct made_func one[] = { { 0x1000, 0x200, 0, BODY_BY_SP } };
  static const struct made_mark m[] = { { 0, 0x4, 0x8, -5 }, { 0, 0xc, 0x18, -3 }, { 0, 0x80, 0xa0, -5 },
                                        { 0, 0x1ec, 0x1f8, -4 }, { 0, 0x1f8, 0x200, -5 } };
  struct made p;
  make_program (&p, arch, MADE_BASE, one, 1, m, sizeof m / sizeof *m);
  uint64_t entry = made_entry (&p, 0);
  for (uint32_t off = 0; off < 0x200; off += arch->insn)
    {
      uint32_t resume = off;
      bool good = true;
      for (unsigned i = 0; i < sizeof m / sizeof *m; i++)
        if (off >= m[i].off && off < m[i].end)
          {
            resume = m[i].value == -5 ? 0 : m[i].off;
            good = in_body (&p, (struct at){ 0, off }, true) == in_body (&p, (struct at){ 0, resume }, true);
          }
      expect_resume (&p, entry + off, good ? entry + resume : 0, "rules that differ");
    }
  free_program (&p);
}

/* A function that has no other rule: -5 goes to its entry from any distance, but never to address 0. */
static void
check_entry (const struct arch *arch, uint64_t base)
{
  static const struct made_func one[] = { { 0, 0x8000, FRAME_TOP, BODY_NONE } };
  static const struct made_mark m[] = { { 0, 0, 8, -3 }, { 0, 0x10, 0x8000, -5 } };
  struct made p;
  make_program (&p, arch, base, one, 1, m, 2);
  for (uint32_t off = 0; off < 0x8000; off += off < 0x40 ? 4 : 0x400)
    expect_resume (&p, base + off, off >= 8 && off < 0x10 ? base + off : base, "at the entry");
  free_program (&p);
}

static unsigned char *
part_at (unsigned char *image, unsigned part)
{
  uint32_t off;
  memcpy (&off, image + PCTAB_H_BYTES + 8 * part, sizeof off);
  return image + off;
}

/* A value that begins behind the PC: the table was right when it was opened, and is overwritten since. */
static void
check_behind (const struct arch *arch)
{
  static const struct made_func one[] = { { 0x1000, 0x1000, 0, BODY_BY_SP } };
  struct made_mark many[60];
  struct made p;
  uint32_t behind = 0x800;
  for (unsigned i = 0; i < 60; i++)
    many[i] = (struct made_mark){ 0, 0x20 + 20 * i, 0x34 + 20 * i, i % 2 ? -3 : -4 };
  make_program (&p, arch, MADE_BASE, one, 1, many, 60);
  uint64_t entry = made_entry (&p, 0);
  expect_resume (&p, entry + 0x24, entry + 0x20, "before the damage");
  /* The first block's start. */
  memcpy (part_at (p.image, PCTAB_P_TABLE_BLOCKS) + 8, &behind, sizeof behind);
  expect_resume (&p, entry + 0x24, 0, "a value that begins behind the PC");
  free_program (&p);
}

static void
check (const struct arch *arch)
{
  resumed = refused = 0;
  for (uint32_t len = 19; len <= 24; len++)
    if (len % arch->insn == 0)
      check_range (arch, len);
  check_rules_differ (arch);
  check_entry (arch, 0x10000);
  check_entry (arch, 0);
  check_behind (arch);
  printf ("%s: %" PRIu64 " PCs go on, %" PRIu64 " are refused\n", arch->name, resumed, refused);
}

int
main (void)
{
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) check (pctab__arch (machine, is64));
#include "arch.def"
#undef ARCH
  return 0;
}
