/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target.h"

void
pctab__check_canonical (struct target *t)
{
  (void) t;
}
