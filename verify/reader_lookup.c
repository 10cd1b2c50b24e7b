/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is at a PC, from the arrays. */
#include "reader.h"

uint32_t
pctab__decoded_func (const struct decoded *d, uint32_t off)
{
  uint32_t low = 0, high = d->func_cnt;
  while (low < high)
    {
      uint32_t middle = low + (high - low) / 2;
      if (d->funcs[middle].end <= off)
        low = middle + 1;
      else
        high = middle;
    }
  return low < d->func_cnt && d->funcs[low].off <= off ? low : NONE;
}

uint32_t
pctab__decoded_record (const struct decoded *d, uint32_t off)
{
  uint32_t low = 0, high = d->record_cnt;
  while (low < high)
    {
      uint32_t middle = low + (high - low) / 2;
      if (d->records[middle].end <= off)
        low = middle + 1;
      else
        high = middle;
    }
  return low < d->record_cnt && d->records[low].off <= off ? low : NONE;
}

const struct dec_row *
pctab__decoded_row (const struct decoded *d, const struct dec_func *f, uint32_t off)
{
  uint32_t low = 1, high = f->row_cnt;
  const struct dec_row *rows = d->rows + f->row;
  while (low < high)
    {
      uint32_t middle = low + (high - low) / 2;
      if (rows[middle].off <= off)
        low = middle + 1;
      else
        high = middle;
    }
  return &rows[low - 1];
}

const char *
pctab__decoded_name (void *arg, uint64_t pc)
{
  const struct decoded *d = arg;
  if (!(d->good & GOOD_RECORDS) || pc < d->base || pc - d->base > UINT32_MAX)
    return NULL;
  uint32_t i = pctab__decoded_record (d, (uint32_t) (pc - d->base));
  return i == NONE || d->records[i].name == NONE ? NULL : d->strings[d->records[i].name].p;
}
