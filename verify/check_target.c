/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules over a file, one after the other. */
#include "layout.h"
#include "settings.h"
#include "target.h"
#include "verify.h"

void
pctab__check_target (struct target *t, const struct settings *s)
{
  if (!pctab__verify_image (&t->table, t->bytes, t->bytes_len, t->table_addr, VERIFY_ALL, t->report))
    {
      pctab__target_fail (t, "memory is out");
      return;
    }
  pctab__check_canonical (t);
  pctab__check_file (t, s->min_coverage);
  pctab__report_name (t->report, pctab__decoded_name, &t->table);
}
