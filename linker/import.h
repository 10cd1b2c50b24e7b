/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The importers: each reads one kind of information of the finished file into the model, as it stands there.  They
 * append to the model and sort nothing beyond what model.h says.  False: the input is damaged or memory is out, with
 * the message in the diag; what is merely absent is no error. */
#ifndef PCTAB_IMPORT_H
#define PCTAB_IMPORT_H

#include "blame.h"
#include "diag.h"
#include "elf_file.h"
#include "model.h"

/* The module's frame of reference: base, machine, class, byte order and the executable sections (texts). */
bool pctab__import_module (struct elf_file *f, struct model *m, struct diag *d);

/* .eh_frame, and .debug_frame for code that .eh_frame does not cover: frames, rows, rules. */
bool pctab__import_cfi (struct elf_file *f, struct model *m, struct diag *d);

/* Function symbols of .symtab, else of .dynsym. */
bool pctab__import_symbol (struct elf_file *f, struct model *m, struct diag *d);

/* DWARF 2 to 5, in FILE or the .dwo and supplementary files it names: lines, sequences, files (import_line.c), nodes,
 * ranges, origins (import_inline.c).  Reads units on up to THREADS threads; the result does not depend on their
 * number. */
bool pctab__import_dwarf (struct elf_file *f, struct model *m, unsigned threads, struct diag *d);

/* The objects' own records, .pcsp, .pcln and .pcdata (OBJECT-FORMAT): frames and lines replace those imported for the
 * same bytes, so that this comes after the others; marks, points, table names and frame flags are added.  LINES: .pcln
 * is read too.  BLAME, which may be NULL, knows the objects for messages. */
bool pctab__import_section (struct elf_file *f, struct model *m, bool lines, struct blame *blame, struct diag *d);

#endif
