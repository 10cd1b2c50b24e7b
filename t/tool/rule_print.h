/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rule as model_print.c says it, in the words of t/oracle/lib/Frames.pm. */
#ifndef PCTAB_T_RULE_PRINT_H
#define PCTAB_T_RULE_PRINT_H

#include <stdio.h>

#include "model.h"

static inline void
print_rule (FILE *out, const struct rule *r)
{
  switch (r->cfa)
    {
    case CFA_SP:
      fprintf (out, "sp%+d", r->cfa_off);
      break;
    case CFA_FP:
      fprintf (out, "fp%+d", r->cfa_off);
      break;
    case CFA_REG:
      fprintf (out, "r%u%+d", r->cfa_reg, r->cfa_off);
      break;
    case CFA_DEREF:
      fprintf (out, "*(r%u%+d)%+d", r->cfa_reg, r->cfa_off, r->cfa_add);
      break;
    case CFA_DEREF_INDEX:
      fprintf (out, "*(r%u+r%u*%u%+d)%+d", r->cfa_reg, r->cfa_idx, r->cfa_scale, r->cfa_off, r->cfa_add);
      break;
    default:
      fprintf (out, "?");
    }
  switch (r->ra)
    {
    case RA_SAVED:
      fprintf (out, " c%+d", r->ra_off);
      break;
    case RA_REG:
      fprintf (out, " r%u", r->ra_reg);
      break;
    case RA_AT_REG:
      fprintf (out, " (r%u%+d)", r->ra_reg, r->ra_off);
      break;
    default:
      fprintf (out, r->ra == RA_UNDEFINED ? " u" : " ?");
    }
  switch (r->fp)
    {
    case FP_SAVED:
      fprintf (out, " c%+d\n", r->fp_off);
      break;
    case FP_IN_REG:
      fprintf (out, " r%u\n", r->fp_reg);
      break;
    case FP_AT_REG:
      fprintf (out, " (r%u%+d)\n", r->fp_reg, r->fp_off);
      break;
    default:
      fprintf (out, r->fp == FP_SAME ? " s\n" : " ?\n");
    }
}

#endif
