/* SPDX-License-Identifier: MIT */
/* (The modules come here.) */
#include <pctab/pctab.h>

const struct pctab_modules *
pctab_modules (void)
{
  static const struct pctab_modules none;
  return &none;
}
