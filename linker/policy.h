/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which functions are preemptible: sets FRAME_NOPREEMPT and its reason, and adds unsafe marks for the inlined copies of
 * functions that are not. */
#ifndef PCTAB_POLICY_H
#define PCTAB_POLICY_H

#include "diag.h"
#include "elf_file.h"
#include "model.h"
#include "options.h"

struct policy;

/* What the finished file and the inputs of its link tell, without the importers' work: may run beside them, after
 * pctab__import_module().  NULL, with a message, when an input can't be read or memory is out. */
struct policy *pctab__policy_read (struct elf_file *f, const struct model *m, const struct options *o, struct diag *d);

/* After all importers, before pctab__mark_resolve().  Lines about exclusions that match nothing go to WARNINGS, SIZE
 * bytes. */
bool pctab__policy_apply (struct policy *p, struct model *m, char *warnings, size_t size, struct diag *d);

/* NULL is taken. */
void pctab__policy_free (struct policy *p);

#endif
