/* SPDX-License-Identifier: MIT */
/* <pctab/build.h>: makes tables in memory, for code made at run time: what the linker does, as calls.
 *
 * Offsets count from the start of the code.  A function's rows, values and lines are given after it, each by rising
 * offset, and hold until the next one.  All calls after a failed one fail too, with the first error. */
#ifndef PCTAB_INCLUDE_BUILD_H
#define PCTAB_INCLUDE_BUILD_H

#include <pctab/table.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct pctab_builder;

/* A table for LEN bytes of code of MACHINE (ELF e_machine).  NULL: memory is out, or the machine is unknown.
 * Signal: not safe.  Threads: a builder is one thread's. */
struct pctab_builder *pctab_builder_new (uint16_t machine, bool is64, bool big_endian, uint32_t len);
void pctab_builder_free (struct pctab_builder *b);

/* A function at [off, off + len); they may come in any order, and must not overlap.  NAME is copied; NULL: none.
 * FLAGS: PCTAB_FUNCFLAG_*. */
void pctab_builder_func (struct pctab_builder *b, const char *name, uint32_t off, uint32_t len, unsigned flags);

/* From OFF on in that function frames are as RULE says. */
void pctab_builder_rule (struct pctab_builder *b, uint32_t off, const struct pctab_rule *rule);

/* From OFF on in that function pcdata table NUMBER has VALUE. */
void pctab_builder_value (struct pctab_builder *b, uint32_t number, uint32_t off, int32_t value);

/* From OFF on in that function the code is of FILE's LINE; 0: of none. */
void pctab_builder_line (struct pctab_builder *b, uint32_t off, const char *file, uint32_t line);

/* All functions of the LEN bytes of .eh_frame at BYTES, which ADDR is the address of in the same terms as CODE_ADDR is
 * that of the code: for what already calls __register_frame(). */
void pctab_builder_eh_frame (struct pctab_builder *b, const void *bytes, size_t len, uint64_t addr, uint64_t code_addr);

/* The table, malloc'd, *LEN bytes; NULL: *ERROR and *TEXT say why (TEXT lives as long as B).  B can only be freed then.
 * The linker's rules hold: restart ranges over 20 bytes, for example, are an error. */
void *pctab_builder_finish (struct pctab_builder *b, size_t *len, enum pctab_error *error, const char **text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
