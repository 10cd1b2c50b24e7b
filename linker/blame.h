/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose code an error is about: the function, by its symbol, and the object that it came from. */
#ifndef PCTAB_BLAME_H
#define PCTAB_BLAME_H

#include "diag.h"
#include "model.h"

struct blame {
  const char *inputs; /* the list of the link's inputs (objects.h); NULL: there is none */
  char object[512];   /* found last */
};

/* The object with records that defines the function NAME, "a.o" or "lib.a(a.o)"; "a.o or b.o" where that can't be told.
 * NULL: not known.  Lives until the next call.  CONTEXT is a struct blame, as mark.h asks.
 * Cost: reads the symbol tables of all inputs. */
const char *pctab__blame_object (void *context, uint32_t record, const struct model_str *name);

/* Keeps an error about the code at text offset OFF, as "FILE: SECTION: OBJECT: FUNCTION+0x4: ...".  BLAME, and with it
 * the object, may be NULL.  Returns false. */
bool pctab__blame_error (struct diag *d, struct blame *blame, const struct model *m, const char *section, uint32_t off,
                         const char *format, ...) __attribute__ ((format (printf, 6, 7)));

#endif
