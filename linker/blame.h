/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose code an error is about: the function, by its symbol, and the object that it came from. */
#ifndef PCTAB_BLAME_H
#define PCTAB_BLAME_H

#include "diag.h"
#include "model.h"

/* Keeps an error about the code at text offset OFF, as "FILE: SECTION: FUNCTION+0x4: ...", with the PC for
 * pctab__blame_object().  SECTION may be NULL.  Returns false. */
bool pctab__blame_error (struct diag *d, const struct model *m, const char *section, uint32_t off,
                         const char *format, ...) __attribute__ ((format (printf, 5, 6)));

/* "FUNCTION+0x4", or the PC where no symbol is. */
void pctab__blame_place (const struct model *m, uint32_t off, char *text, size_t size);

/* Puts the name of the object into the message: which of the link's inputs, as the plugin has listed them in the file
 * INPUTS (NULL: it has not), defines the function that the error is about and has records.  Nothing is changed where
 * that is not to be found.  Cost: reads the inputs' symbol tables. */
void pctab__blame_object (struct diag *d, const struct model *m, const char *inputs);

#endif
