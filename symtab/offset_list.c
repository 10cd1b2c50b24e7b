/* SPDX-License-Identifier: MIT */
#include "offset_list.h"

static uint32_t
row_units (const struct model_row *rows, uint32_t i, unsigned insn)
{
  return (rows[i].off - rows[0].off) / insn;
}

uint32_t
pctab__offsets_fit (const struct model_row *rows, uint32_t cnt, unsigned insn, uint32_t *near)
{
  uint32_t i = 1;
  while (i < cnt && i <= PCTAB_O_NEAR_MAX && row_units (rows, i, insn) < PCTAB_O_NEAR_END)
    i++;
  *near = i - 1;
  while (i < cnt && i - 1 - *near < PCTAB_O_FAR_MAX && row_units (rows, i, insn) < PCTAB_O_FAR_END)
    i++;
  return i;
}

unsigned char *
pctab__offsets_put (unsigned char *p, const struct model_row *rows, uint32_t cnt, uint32_t near, unsigned insn)
{
  *p++ = (unsigned char) near;
  for (uint32_t i = 1; i <= near; i++)
    *p++ = (unsigned char) row_units (rows, i, insn);
  if (near + 1 < cnt && near % 2 == 0)
    *p++ = 0;
  for (uint32_t i = near + 1; i < cnt; i++)
    {
      uint32_t units = row_units (rows, i, insn);
      *p++ = (unsigned char) units;
      *p++ = (unsigned char) (units >> 8);
    }
  return p;
}
