/* SPDX-License-Identifier: MIT */
#ifndef PCTAB_RUNTIME_DECIDE_H
#define PCTAB_RUNTIME_DECIDE_H

#include <pctab/decide.h>

/* Where function F of T, interrupted at PC, goes on.  False: what its table UnsafePoint says can't be; *RESUME_PC is
 * then untouched. */
bool pctab__decide_resume (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *resume_pc);

/* The LEN bytes of the function of MODULES, this process' own, that is entered at ENTRY.  False: it is not known, or
 * it is long, or may be unloaded. */
bool pctab__decide_end (const struct pctab_modules *modules, uint64_t entry, uint64_t *len);

#endif
