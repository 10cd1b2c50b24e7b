/* SPDX-License-Identifier: MIT */
/* Where an interrupted function goes on.
 *
 * At -3 and -4 that is where the value begins, at -5 the function's entry.  Nothing but registers that the code sets
 * again may differ there, so the frame's rule must be the same at both PCs: else the injected call's frame, and every
 * unwinder, would find another caller.  The verifier looks for all of this before; here it costs one lookup, and a
 * table that says otherwise costs a preemption, not the program. */
#include <string.h>

#include "decide.h"

/* Two values may stand for one rule in a table that is not canonical. */
static bool
same_rule (const struct pctab_table *t, struct pctab_func f, uint64_t a, uint64_t b)
{
  uint64_t start;
  int32_t at_a = pctab_pcvalue (t, f, a, &start), at_b = pctab_pcvalue (t, f, b, &start);
  struct pctab_rule rule_a, rule_b;
  if (at_a == at_b)
    return true;
  pctab_value_rule (t, at_a, &rule_a);
  pctab_value_rule (t, at_b, &rule_b);
  return !memcmp (&rule_a, &rule_b, sizeof rule_a);
}

bool
pctab__decide_resume (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *resume_pc)
{
  uint64_t entry = pctab_func_entry (t, f), resume;
  int32_t point = pctab_pcdatavalue (t, f, PCTAB_TABLE_UNSAFEPOINT, pc, &resume);
  switch (point)
    {
    case PCTAB_UNSAFEPOINT_SAFE:
      *resume_pc = pc;
      return true;
    case PCTAB_UNSAFEPOINT_RESTART1:
    case PCTAB_UNSAFEPOINT_RESTART2:
      if (resume > pc || pc - resume > PCTAB_RESTART_MAX)
        return false;
      break;
    case PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY:
      resume = entry;
      break;
    default:
      return false;
    }
  if (!resume || resume < entry || resume > pc || !same_rule (t, f, pc, resume))
    return false;
  *resume_pc = resume;
  return true;
}
