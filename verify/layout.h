/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where code is in a file being verified, and the rules about the file around its table. */
#ifndef PCTAB_VERIFY_LAYOUT_H
#define PCTAB_VERIFY_LAYOUT_H

#include "target.h"

/* Some of the address space.  In lists by rising address, without overlap; those that touch are joined. */
struct layout_text {
  uint64_t addr, end;
};

struct layout {
  struct layout_text *texts; /* allocated, executable sections; executable PT_LOADs if there are no section headers */
  size_t text_cnt;
  struct layout_text *code; /* the same without the linker's stubs, .plt and so on */
  size_t code_cnt;
  struct layout_text *loaded; /* executable PT_LOADs */
  size_t loaded_cnt;
};

/* False: T has failed.  Free it in both cases. */
bool pctab__layout_read (struct layout *l, struct target *t);
void pctab__layout_free (struct layout *l);

/* [addr, addr + len), cut off where it wraps around the address space. */
struct layout_text pctab__layout_span (uint64_t addr, uint64_t len);

/* Makes a list of the CNT spans at AT; returns how many it has. */
size_t pctab__layout_join (struct layout_text *at, size_t cnt);

/* The piece of SPANS that ADDR is in, or NULL. */
const struct layout_text *pctab__layout_text (const struct layout_text *spans, size_t cnt, uint64_t addr);

/* Whether a section is loaded and has room in memory of its own: zero-initialised thread data has none. */
bool pctab__layout_takes_memory (const struct target_section *s);

/* The name of the section that ADDR is in, or NULL. */
const char *pctab__layout_section_at (const struct target *t, uint64_t addr);

/* Whether a section's bytes are in the file. */
bool pctab__layout_has_bytes (const struct target *t, const struct target_section *s);

/* LEN bytes of the file from OFF on, for free(); NULL: T has failed. */
unsigned char *pctab__layout_bytes (struct target *t, uint64_t off, uint64_t len);

/* The rules; pctab__check_file() is the list of them.  They look at T->table.good before they use what is decoded. */
struct cfi_source;
void pctab__check_elf (struct target *t);
void pctab__check_relocs (struct target *t);
void pctab__check_text (struct target *t, const struct layout *l);
void pctab__check_coverage (struct target *t, const struct layout *l, struct cfi_source *source, double min_coverage);
void pctab__check_cfi (struct target *t, const struct layout *l, struct cfi_source *source);
void pctab__check_restart (struct target *t, struct cfi_source *source);
void pctab__check_dwarf (struct target *t, const struct layout *l, struct cfi_source *source);

/* MIN_COVERAGE: percent of bytes and of functions that the table has to know; negative: what it does not know is not
 * listed either. */
void pctab__check_file (struct target *t, double min_coverage);

#endif
