/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One object of the link, as the policy's passes over objects share it. */
#ifndef PCTAB_POLICY_OBJECT_H
#define PCTAB_POLICY_OBJECT_H

#include "policy_state.h"

#define CANDIDATES_MAX 1024 /* functions of one name that are looked at; with more nothing is sure any more */

/* Where a section of the object is. */
struct object_place {
  uint64_t addr;
  bool known, torn; /* torn: two symbols disagree */
  uint8_t witnesses;
  bool code;
  bool named;  /* it has functions with symbols */
  bool missed; /* code of it that is not preemptible was not found */
  bool lost;   /* it has an attribute that the output does not say */
};

/* A function of a section that is not found as a whole. */
struct object_func {
  uint32_t section, symbol;
  uint64_t off;
  uint32_t file;
};

struct object_pass {
  struct policy *p;
  struct object object;
  MODEL_VEC (struct object_place) places; /* by section */
  MODEL_VEC (struct object_func) funcs;
  struct reloc_scan relocs;
  struct search search;
  unsigned reason; /* of all its code; 0: none */
};

static inline bool
pctab__object_has_code (const struct object_section *s)
{
  return (s->flags & SHF_ALLOC) && (s->flags & SHF_EXECINSTR);
}

/* Whether AT may be the function S, of source FILE if it is a local one. */
static inline bool
pctab__object_may_be (const struct policy *p, const struct elf_symbol *s, uint32_t file, const struct place_symbol *at)
{
  return s->bind != STB_LOCAL
         || (at->bind == STB_LOCAL && (!file || !at->file || file == at->file)
             && (at->size == s->size || p->place.relaxes));
}

/* policy_archive.c: whether a member of A defines malloc, free or operator new. */
bool pctab__archive_allocates (struct archive *a);

/* policy_text.c: attributes of <pctab/mark.h>.  First what the output has; then of each object whose code is found,
 * whether the output says what it says.  False, with a message. */
void pctab__attributes_read (struct policy *p);
bool pctab__attributes_check (struct object_pass *pass);

#endif
