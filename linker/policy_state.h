/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the policy's passes share.  policy.c lists them. */
#ifndef PCTAB_POLICY_STATE_H
#define PCTAB_POLICY_STATE_H

#include "elf_file.h"
#include "elf_symbol.h"
#include "model.h"
#include "objects.h"
#include "options.h"
#include "policy.h"
#include "text_spans.h"

enum { FRAME_SEEN = 1 << 15 }; /* of an object that was read; a frame has it while the policy runs alone */

enum {
  REASON_SEEN, /* no reason: this code is of an object that was read */
#define REASON(number, name, text) REASON_##name = number,
#include "nopreempt.def"
#undef REASON
  REASON_END
};

/* Stretches of code and why they are not preemptible: for each reason a list of them, start << 32 | end. */
struct policy_hits {
  MODEL_VEC (uint64_t) of[REASON_END];
};

/* A function symbol of the finished file. */
struct place_symbol {
  struct model_str name;
  uint32_t hash, next; /* the next with this bucket; MODEL_NONE: none */
  uint32_t off, size;
  uint32_t file;       /* a hash of the STT_FILE before it; 0: none, or it is a global one */
  uint8_t bind, type;
};

/* Where the code of the objects went. */
struct place_index {
  MODEL_VEC (struct place_symbol) symbols;
  MODEL_VEC (uint32_t) parts; /* those called f.cold or the like */
  uint32_t *heads;
  uint32_t mask;
  struct elf_names names;
  bool whole;        /* of .symtab, not .dynsym */
  bool locals;       /* local functions are in it */
  bool relaxes;      /* the linker changes the length of code */
};

struct policy {
  struct elf_file *file;
  const struct options *options;
  struct diag *d;
  uint64_t base;
  struct text_spans spans;
  struct policy_hits hits;
  struct place_index place;
  bool *used;         /* by exclusion: something matched */
  bool exact;         /* the finished file has the relocations of its code */
  bool lost;          /* code that is not preemptible could not be found */
  uint64_t search_budget; /* bytes that policy_search.c may still look at */
  bool has_tls;       /* some code of the file uses thread-local data */
  bool has_fork;      /* or calls vfork */
  bool attribute[3];  /* the output has the section of this attribute: policy_text.c */
  bool attributes;    /* of all of them */
};

/* policy_hits.c */
bool pctab__hits_add (struct policy_hits *h, unsigned reason, uint32_t off, uint32_t end);
void pctab__hits_free (struct policy_hits *h);

/* Calls VISIT for each frame that a stretch of REASON touches.  False: memory is out. */
bool pctab__hits_visit (struct policy_hits *h, unsigned reason, struct model *m,
                        void (*visit) (struct model_frame *f, unsigned reason));

/* policy_name.c: what a name alone says. */
bool pctab__name_uses_thread (struct model_str name);
bool pctab__name_forks (struct model_str name);
bool pctab__name_allocates (struct model_str name);
bool pctab__name_is_ours (struct model_str name);
bool pctab__object_is_crt (const char *name);
bool pctab__archive_is_libc (const char *path);
bool pctab__archive_is_ours (const char *path);

/* Whether an exclusion of functions holds for NAME; all that hold are marked as used. */
bool pctab__policy_excludes (struct policy *p, struct model_str name);

/* The same of objects and archives. */
bool pctab__policy_excludes_object (struct policy *p, const struct object *o);

/* policy_place.c: where a symbol of an object is now. */
bool pctab__place_read (struct policy *p);
void pctab__place_free (struct place_index *x);

/* The symbol by which a strong global symbol of an object is in the file, or NULL. */
const struct place_symbol *pctab__place_global (const struct place_index *x, struct model_str name, uint64_t size);

/* A number of symbols that may be that one, LOCAL or not, one after the other from FROM on (first MODEL_NONE): an index
 * into symbols, or MODEL_NONE. */
uint32_t pctab__place_next (const struct place_index *x, struct model_str name, uint32_t hash, uint32_t from);
uint32_t pctab__place_hash (struct model_str name);

/* Adds [ADDR, ADDR + LEN) for REASON. */
bool pctab__policy_hit (struct policy *p, unsigned reason, uint64_t addr, uint64_t len);

/* policy_file.c: what the finished file tells by itself. */
bool pctab__policy_file (struct policy *p);

/* policy_exact.c: what its relocations tell, if it has those of its code (--emit-relocs). */
bool pctab__policy_exact (struct policy *p);

/* policy_reloc.c: code that refers to certain symbols. */
struct reloc_use {
  uint32_t section; /* of an object; 0 in a finished file, where off is an address */
  uint32_t reason;
  uint64_t off;
};

struct reloc_scan {
  uint16_t machine;
  bool is64, finished;
  const struct elf_symbol *symbols;
  uint32_t symbol_cnt;
  MODEL_VEC (uint8_t) wants;          /* by symbol: the reason of code that refers to it; 0: none */
  MODEL_VEC (struct reloc_use) words; /* of s390: data words with a TLS offset */
  MODEL_VEC (struct reloc_use) uses;  /* what was found */
  bool any;                           /* some symbol is wanted */
};

/* Takes over CNT symbols and says why code that refers to each is not preemptible. */
bool pctab__reloc_start (struct policy *p, struct reloc_scan *r, const struct elf_symbol *symbols, uint32_t cnt);
void pctab__reloc_want (struct policy *p, struct reloc_scan *r, uint32_t idx, struct model_str name, bool in_tls);

/* Whether a section of data may hold what code reaches its thread-local data by; then its relocations come first. */
bool pctab__reloc_has_words (const struct reloc_scan *r);
bool pctab__reloc_words (struct reloc_scan *r, struct cursor c, bool with_addend, uint32_t section);
void pctab__reloc_words_done (struct reloc_scan *r);

bool pctab__reloc_code (struct reloc_scan *r, struct cursor c, bool with_addend, uint32_t section);
void pctab__reloc_free (struct reloc_scan *r);

/* policy_parts.c: what one part of a function uses, the others do. */
bool pctab__parts_share (struct policy *p, const struct object *o, struct reloc_scan *r);

/* policy_search.c: code by its bytes. */
#define SEARCH_BYTES (UINT64_C (1) << 25) /* the budget: some 10 ms */

struct search {
  unsigned char *code, *changed; /* LEN bytes, and by byte whether the linker may have changed it */
  size_t len, cap;
  MODEL_VEC (uint64_t) found;    /* addresses */
};

/* Notes a relocation of that type at OFF. */
void pctab__search_change (struct search *s, uint16_t machine, uint64_t off, uint32_t type);

/* Takes some of the budget: when it is used up, nothing is found any more. */
void pctab__search_spend (struct policy *p, uint64_t bytes);

/* Fills in FOUND.  False: memory is out, or the file is damaged. */
bool pctab__search (struct policy *p, struct search *s);
void pctab__search_free (struct search *s);
/* policy_object.c: what the inputs tell. */
bool pctab__policy_objects (struct policy *p);

/* policy_inline.c: marks for the inlined copies of functions that are excluded or declared. */
bool pctab__policy_inline (struct policy *p, struct model *m);

#endif
