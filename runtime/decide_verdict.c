/* SPDX-License-Identifier: MIT */
/* Names and texts of verdicts. */
#include <pctab/decide.h>

const char *
pctab_verdict_name (enum pctab_verdict verdict)
{
  switch (verdict)
    {
#define VERDICT(name, text)    \
  case PCTAB_VERDICT_##name: \
    return #name;
#include <pctab/verdict.def>
#undef VERDICT
    case PCTAB_VERDICT_CNT:
      break;
    }
  return "UNKNOWN";
}

const char *
pctab_verdict_text (enum pctab_verdict verdict)
{
  switch (verdict)
    {
#define VERDICT(name, text)    \
  case PCTAB_VERDICT_##name: \
    return text;
#include <pctab/verdict.def>
#undef VERDICT
    case PCTAB_VERDICT_CNT:
      break;
    }
  return "no verdict of this version";
}
