/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second reader: memory, and the order of its stages. */
#include "reader.h"

#include <stdlib.h>

void *
pctab__decoded_alloc (struct decoded *d, size_t cnt, size_t size)
{
  void *p = calloc (cnt ? cnt : 1, size);
  d->memory |= !p;
  return p;
}

bool
pctab__decoded_grow (struct decoded *d, void *at, size_t *cap, size_t need, size_t size)
{
  void *old, *p;
  memcpy (&old, at, sizeof old);
  if (need <= *cap && old)
    return true;
  size_t more = *cap ? 2 * *cap : 256;
  if (more < need)
    more = need;
  if (more > SIZE_MAX / size || !(p = realloc (old, more * size)))
    {
      d->memory = true;
      return false;
    }
  memcpy (at, &p, sizeof p);
  *cap = more;
  return true;
}

static void
read_hot (struct decoded *d)
{
  if (!pctab__read_functab (d))
    return;
  d->good |= GOOD_FUNCTAB;
  if (pctab__read_rules (d) && pctab__read_rows (d))
    d->good |= GOOD_ROWS;
  if (pctab__read_flags (d))
    d->good |= GOOD_FLAGS;
  if (pctab__read_pcdata (d))
    d->good |= GOOD_PCDATA;
}

static void
read_cold (struct decoded *d)
{
  const unsigned char *cold = d->bytes + d->hot_len;
  if (pctab__digest (cold, d->len - d->hot_len, 0) != d->cold_digest)
    {
      pctab__report_add (d->report, CHECK_COLD_DIGEST, WHERE_PART ("header", 40),
                         "the %u bytes from %#x on have another digest", d->len - d->hot_len, d->hot_len);
      return;
    }
  d->good |= GOOD_COLD;
  if (!(d->good & GOOD_FUNCTAB))
    return;
  if ((d->good & GOOD_FLAGS) && pctab__read_reasons (d))
    d->good |= GOOD_REASONS;
  if (!(d->good & GOOD_PCDATA) || !pctab__read_strings (d))
    return;
  d->good |= GOOD_STRINGS;
  if (pctab__read_codes (d))
    d->good |= GOOD_CODES;
  if (!pctab__read_origins (d))
    return;
  d->good |= GOOD_ORIGINS;
  if (pctab__read_records (d))
    d->good |= GOOD_RECORDS;
}

void
pctab__decoded_read (struct decoded *d, const unsigned char *bytes, size_t len, uint64_t addr, bool cold,
                     struct report *r)
{
  memset (d, 0, sizeof *d);
  d->bytes = bytes;
  d->addr = addr;
  d->report = r;
  if (!pctab__read_head (d, len))
    return;
  d->good |= GOOD_HEAD;
  read_hot (d);
  if (cold)
    read_cold (d);
}

void
pctab__decoded_free (struct decoded *d)
{
  free (d->ranges);
  free (d->entries);
  free (d->funcs);
  free (d->rows);
  free (d->values);
  free (d->shapes);
  free (d->tables);
  free (d->pieces);
  free (d->pcrows);
  free (d->strings);
  free (d->origins);
  free (d->records);
  free (d->nodes);
  free (d->string_arena);
  free (d->symbol_arena);
  free (d->advance_code.direct);
  free (d->step_code.direct);
  free (d->number_code.direct);
  memset (d, 0, sizeof *d);
}
