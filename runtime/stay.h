/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_STAY_H
#define PCTAB_STAY_H

/* The file that this is linked into is never unloaded from now on.  Signal: not safe. */
void pctab__stay (void);

#endif
