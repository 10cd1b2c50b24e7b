/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One PC as a line of JSON. */
#include "dump.h"

static void
put_register (struct dump *d, struct out *o, unsigned reg)
{
  const char *name = pctab__arch_register (d->arch, reg);
  if (name)
    pctab__out_json (o, name);
  else
    pctab__out_format (o, "\"r%u\"", reg);
}

static void
put_cfa (struct dump *d, struct out *o, const struct pctab_rule *r)
{
  static const char *const bases[] = { NULL, "sp", "fp", "expr", "expr", "expr" };
  if (r->cfa == PCTAB_CFA_UNKNOWN)
    {
      pctab__out_str (o, "null");
      return;
    }
  pctab__out_str (o, "{\"base\":\"");
  pctab__out_str (o, bases[r->cfa]);
  pctab__out_str (o, "\",\"offset\":");
  pctab__out_int (o, r->cfa_off);
  if (r->cfa >= PCTAB_CFA_REG)
    {
      pctab__out_str (o, ",\"register\":");
      put_register (d, o, r->cfa_reg);
    }
  if (r->cfa == PCTAB_CFA_DEREF_INDEX)
    {
      pctab__out_str (o, ",\"index\":");
      put_register (d, o, r->cfa_idx);
      pctab__out_format (o, ",\"scale\":%d", r->cfa_scale);
    }
  if (r->cfa >= PCTAB_CFA_DEREF)
    pctab__out_format (o, ",\"deref\":true,\"add\":%d", r->cfa_add);
  pctab__out_str (o, "}");
}

static void
put_at_register (struct dump *d, struct out *o, unsigned reg, int32_t off)
{
  pctab__out_str (o, "{\"at\":{\"register\":");
  put_register (d, o, reg);
  pctab__out_format (o, ",\"offset\":%d}}", off);
}

static void
put_ra (struct dump *d, struct out *o, const struct pctab_rule *r)
{
  switch (r->ra)
    {
    case PCTAB_RA_SAVED:
      pctab__out_str (o, "{\"saved\":");
      pctab__out_int (o, r->ra_off);
      pctab__out_str (o, "}");
      break;
    case PCTAB_RA_REG:
      pctab__out_str (o, "{\"register\":");
      put_register (d, o, r->ra_reg);
      pctab__out_str (o, "}");
      break;
    case PCTAB_RA_AT_REG:
      put_at_register (d, o, r->ra_reg, r->ra_off);
      break;
    default:
      pctab__out_str (o, "null");
    }
}

static void
put_fp (struct dump *d, struct out *o, const struct pctab_rule *r)
{
  if (r->fp == PCTAB_FP_SAVED)
    pctab__out_int (o, r->fp_off);
  else
    pctab__out_str (o, "null");
  if (r->fp == PCTAB_FP_AT_REG)
    {
      pctab__out_str (o, ",\"fp_rule\":");
      put_at_register (d, o, r->fp_reg, r->fp_off);
    }
  else if (r->fp == PCTAB_FP_IN_REG)
    {
      pctab__out_str (o, ",\"fp_rule\":{\"register\":");
      put_register (d, o, r->fp_reg);
      pctab__out_str (o, "}");
    }
  else if (r->fp == PCTAB_FP_UNKNOWN)
    pctab__out_str (o, ",\"fp_rule\":\"unknown\"");
}

static void
put_frame_rules (struct dump *d, struct out *o, struct pctab_func f, uint64_t pc)
{
  uint64_t start;
  int32_t value = pctab_pcvalue (&d->table, f, pc, &start);
  struct pctab_rule rule;
  pctab_value_rule (&d->table, value, &rule);
  int32_t delta = pctab_funcspdelta (&d->table, f, pc);
  uint32_t max = pctab_funcmaxspdelta (&d->table, f);
  pctab__out_str (o, ",\"cfa\":");
  put_cfa (d, o, &rule);
  pctab__out_str (o, ",\"ra\":");
  put_ra (d, o, &rule);
  pctab__out_str (o, ",\"fp\":");
  put_fp (d, o, &rule);
  pctab__out_str (o, ",\"spdelta\":");
  if (delta < 0)
    pctab__out_str (o, "null");
  else
    pctab__out_int (o, delta);
  pctab__out_str (o, ",\"maxspdelta\":");
  if (max == PCTAB_MAXSPDELTA_UNBOUNDED)
    pctab__out_str (o, "null");
  else
    pctab__out_int (o, max);
}

static bool
put_frames (struct dump *d, struct out *o, uint64_t pc)
{
  struct pctab_frame frames[PCTAB_FRAMES_MAX];
  unsigned cnt;
  enum pctab_error error = pctab_funcline (&d->cold, pc, frames, PCTAB_FRAMES_MAX, &cnt);
  if (error)
    return pctab__diag_error (&d->diag, ".pctab", "%s (at PC 0x%llx); link the file again", pctab_error_text (error),
                              (unsigned long long) pc);
  pctab__out_str (o, ",\"frames\":[");
  for (unsigned i = 0; i < cnt; i++)
    {
      pctab__out_str (o, i ? ",{\"func\":" : "{\"func\":");
      pctab__out_json (o, dump_demangle (d, frames[i].func));
      pctab__out_str (o, ",\"file\":");
      pctab__out_json (o, frames[i].file);
      pctab__out_str (o, ",\"line\":");
      pctab__out_int (o, frames[i].file ? frames[i].line : 0);
      pctab__out_str (o, "}");
    }
  pctab__out_str (o, "]");
  return true;
}

static void
put_address (struct out *o, const char *key, uint64_t address)
{
  pctab__out_str (o, key);
  pctab__out_hex (o, address);
  pctab__out_str (o, "\"");
}

bool
dump_lookup (struct dump *d, uint64_t pc, struct out *o)
{
  uint64_t at = pc - d->minus_one;
  struct pctab_func f = pctab_findfunc (&d->table, at);
  bool framed = f.bits != 0;
  const struct pctab_record *record;
  if (!dump_record (d, at, &record))
    return false;
  put_address (o, "{\"pc\":\"", pc);
  pctab__out_str (o, ",\"func\":");
  pctab__out_json (o, record ? dump_demangle (d, record->name) : NULL);
  if (record)
    put_address (o, ",\"entry\":\"", record->entry);
  else
    pctab__out_str (o, ",\"entry\":null");
  if (!put_frames (d, o, at))
    return false;
  if (framed)
    put_frame_rules (d, o, f, at);
  else
    pctab__out_str (o, ",\"cfa\":null,\"ra\":null,\"fp\":null,\"spdelta\":null,\"maxspdelta\":null");
  dump_put_flags (d, o, framed, f);
  dump_put_values (d, o, framed, f, at);
  pctab__out_str (o, "}\n");
  return true;
}
