/* SPDX-License-Identifier: MIT */
/* <pctab/build.h>: makes tables in memory, for code made at run time: what the linker does, as calls.
 *
 *   struct pctab_builder *b = pctab_builder_new (EM_X86_64, true, false, code_len);
 *   pctab_builder_func (b, "add", 0, 12, 0);
 *   pctab_builder_rule (b, 0, &at_entry);
 *   pctab_builder_rule (b, 1, &pushed);
 *   pctab_builder_line (b, 0, "add.js", 7);
 *   void *table = pctab_builder_finish (b, &len, &error, &text);
 *   if (table)
 *     error = pctab_module_register ("add.js", code, code_len, table, len, &generation);
 *   else
 *     fprintf (stderr, "add.js: %s\n", text);
 *   free (table);
 *   pctab_builder_free (b);
 *
 * Offsets are bytes from the start of the code, those of functions, rules, values and lines whole instructions (on
 * ARM and RISC-V, for example, multiples of 2).  Rules, values and lines are about the function that was given last;
 * those of one kind, values those of one table, are given by rising offset, and each holds until the next one or the
 * function's end.  One at the function's end is allowed and says nothing.
 *
 * An error is kept, and told by pctab_builder_finish(); calls after the first one do nothing.
 *
 * Signal: nothing here is safe.  Threads: a builder is one thread's at a time.  No threads are started. */
#ifndef PCTAB_INCLUDE_BUILD_H
#define PCTAB_INCLUDE_BUILD_H

#include <pctab/table.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct pctab_builder;

/* A table for LEN bytes of code, 1 to 4 GiB minus 64 KiB, of MACHINE (ELF e_machine).  NULL: memory is out, or no
 * such machine of that class is known.  A LEN out of bounds is pctab_builder_finish()'s error. */
struct pctab_builder *pctab_builder_new (uint16_t machine, bool is64, bool big_endian, uint32_t len);

/* NULL is allowed. */
void pctab_builder_free (struct pctab_builder *b);

/* A function at [off, off + len), at least a byte; they may come in any order, and must not overlap.  NAME is copied,
 * up to 65535 bytes of it; NULL or empty: none.  FLAGS: PCTAB_FUNCFLAG_*. */
void pctab_builder_func (struct pctab_builder *b, const char *name, uint32_t off, uint32_t len, unsigned flags);

/* From OFF on in that function frames are as RULE says; before the first rule nothing is known of them.  Members of
 * RULE that its kinds don't use are ignored.  A CFA offset beyond 8388607 either way makes its CFA unknown, as do
 * more than 255 kinds of frames in one table. */
void pctab_builder_rule (struct pctab_builder *b, uint32_t off, const struct pctab_rule *rule);

/* From OFF on in that function pcdata table NUMBER has VALUE; before the first value it has -1.  Table
 * PCTAB_TABLE_UNSAFEPOINT takes PCTAB_UNSAFEPOINT_* alone, and there a range of RESTART1 or RESTART2 ends where the
 * next value begins: it has 1 to PCTAB_RESTART_MAX bytes, two that touch have different values, and the frame's rule
 * is the same in all of it; where RESTART_AT_ENTRY holds, the rule is that of the entry. */
void pctab_builder_value (struct pctab_builder *b, uint32_t number, uint32_t off, int32_t value);

/* From OFF on in that function the code is of FILE's LINE; LINE 0, or FILE NULL or empty: of none.  FILE is copied,
 * once for all lines of that file. */
void pctab_builder_line (struct pctab_builder *b, uint32_t off, const char *file, uint32_t line);

/* All functions of the LEN bytes of .eh_frame at BYTES, which ADDR is the address of in the same terms as CODE_ADDR
 * is that of the code: for what already calls __register_frame().  BYTES are read during the call alone.  What lies
 * outside the code is passed over; of FDEs that overlap the first in the code holds.  pctab_builder_func() may name
 * such a function, before or after, with the same bounds and without rules: its rules are those of .eh_frame then.  A
 * damaged entry is an error. */
void pctab_builder_eh_frame (struct pctab_builder *b, const void *bytes, size_t len, uint64_t addr, uint64_t code_addr);

/* The table, malloc'd, *LEN bytes; its PCs count from 0, for pctab_table_open() with the code's address as ADDR.  The
 * same calls give the same bytes, functions in whichever order.  NULL: *ERROR is PCTAB_ERROR_MEMORY or
 * PCTAB_ERROR_BUILD, and *TEXT says of which function and offset what is wrong, as a line without newline that lives
 * as long as B; *LEN is untouched.  B can only be freed afterwards.
 * Cost: some 0.4 ms, and 1 us a function: make one table of code that comes together. */
void *pctab_builder_finish (struct pctab_builder *b, size_t *len, enum pctab_error *error, const char **text);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
