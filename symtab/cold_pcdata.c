/* SPDX-License-Identifier: MIT */
/* Names of pcdata tables, and why functions are not preemptible. */
#include "cold_decode.h"

enum pctab_error
pctab_pcdata_name (struct pctab_cold *c, uint32_t i, const char **name)
{
  const char *given;
  drop_strings (c);
  enum pctab_error error = pctab__cold_string (c, c->name_cnt + c->origin_cnt + c->file_cnt + i, &given);
  if (error)
    return error;
  uint32_t number = pctab_pcdata_number (c->table, i);
  *name = given && *given                       ? given
          : number == PCTAB_TABLE_UNSAFEPOINT   ? "UnsafePoint"
          : number == PCTAB_TABLE_STACKMAPINDEX ? "StackMapIndex" : NULL;
  return PCTAB_ERROR_OK;
}

/* How many functab entries before F's are not preemptible. */
static uint64_t
entries_before (const struct pctab_table *t, struct pctab_func f)
{
  uint64_t cnt = 0;
  for (uint32_t i = 0; i < f.idx / 64; i++)
    cnt += count_bits (at_u64 (t->nopreempt + 8 * (uint64_t) i));
  uint64_t bits = at_u64 (t->nopreempt + 8 * (uint64_t) (f.idx / 64));
  return cnt + count_bits (bits & ((UINT64_C (1) << f.idx % 64) - 1));
}

unsigned
pctab_funcreason (const struct pctab_cold *c, struct pctab_func f)
{
  if (!(pctab_funcflags (c->table, f) & PCTAB_FUNCFLAG_NOPREEMPT))
    return 0;
  struct cursor at = cold_part (c, PCTAB_P_REASONS);
  uint64_t before = entries_before (c->table, f); /* its flag says that idx is an entry's */
  while (cursor_left (&at))
    {
      uint32_t run = cursor_uvar (&at);
      unsigned reason = cursor_u8 (&at);
      if (at.bad)
        return 0;
      if (before < run)
        return reason;
      before -= run;
    }
  return 0;
}

const char *
pctab_reason_text (unsigned reason)
{
  switch (reason)
    {
#define REASON(number, name, text) \
  case number:                     \
    return text;
#include "nopreempt.def"
#undef REASON
    }
  return "for a reason that this version of pctab does not know";
}
