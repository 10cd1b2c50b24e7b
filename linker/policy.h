/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which functions are preemptible: sets FRAME_NOPREEMPT and its reason, and adds unsafe marks for the inlined copies of
 * functions that are not. */
#ifndef PCTAB_POLICY_H
#define PCTAB_POLICY_H

#include "diag.h"
#include "elf_file.h"
#include "model.h"
#include "options.h"

/* After all importers, before pctab__mark_resolve(). */
bool pctab__policy_apply (struct elf_file *f, struct model *m, const struct options *o, struct diag *d);

#endif
