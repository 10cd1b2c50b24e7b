/* SPDX-License-Identifier: MIT */
/* A module before encoding: what the importers found in the finished file, as they found it.
 *
 * The importers append; nothing here is sorted, merged or resolved until model_resolve().  A *text offset* is an
 * address minus `base`; the text of one module spans less than 4 GiB.  Strings are not copied: they point into the
 * input file or a buffer that lives as long as it; what had to be built is the model's (pctab__model_space()). */
#ifndef PCTAB_MODEL_H
#define PCTAB_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_NONE UINT32_MAX

struct model_str {
  const char *p;
  uint32_t len;
};

/* How a frame is laid out at one PC.  Offsets are bytes; registers are DWARF numbers of the architecture. */
enum rule_cfa {
  CFA_UNKNOWN, /* nothing known, or not expressible */
  CFA_SP,      /* SP + cfa_off */
  CFA_FP,      /* the architecture's frame pointer + cfa_off */
  CFA_REG,     /* register cfa_reg + cfa_off */
  CFA_DEREF,   /* word at (register cfa_reg + cfa_off), plus cfa_add */
  CFA_DEREF_INDEX, /* word at (register cfa_reg + register cfa_idx * cfa_scale + cfa_off), plus cfa_add */
};

enum rule_ra {
  RA_UNKNOWN,
  RA_SAVED,     /* at CFA + ra_off */
  RA_REG,       /* in register ra_reg */
  RA_UNDEFINED, /* the outermost frame: there is no caller */
  RA_AT_REG,    /* at register ra_reg + ra_off (signal frames) */
};

enum rule_fp {
  FP_SAME,     /* not stored: the caller's value is in the register still */
  FP_SAVED,    /* at CFA + fp_off */
  FP_AT_REG,   /* at register fp_reg + fp_off (stack realignment) */
  FP_IN_REG,   /* in register fp_reg */
  FP_UNKNOWN,  /* lost, or not expressible */
};

struct rule {
  uint8_t cfa, ra, fp; /* the enums above */
  uint8_t cfa_reg, ra_reg, fp_reg;
  uint8_t cfa_idx, cfa_scale; /* of CFA_DEREF_INDEX; there is no padding: rules are compared as bytes */
  int32_t cfa_off, cfa_add, ra_off, fp_off;
};

/* From a PC on, up to the next row or the frame's end, this rule (an index into rules) holds. */
struct model_row {
  uint32_t off;
  uint32_t rule;
};

enum {
  FRAME_SIGNAL = 1,  /* a signal frame (CFI's S): its PC is no return address */
  FRAME_TOP = 2,     /* declared outermost: it has no caller, whatever its rows say */
  FRAME_SPWRITE = 4, /* declared: SP is set in ways that the rows don't say */
  FRAME_ASM = 8,     /* declared: assembly */
  FRAME_NOPREEMPT = 16, /* `reason` says why */
  FRAME_PREEMPT = 32, /* declared preemptible: no default makes it otherwise */
  FRAME_MARKED = 64, /* an object's record says something of it */
};

/* One FDE: [off, end), rows[row .. row + row_cnt) by rising offset, the first at `off`; neighbours differ. */
struct model_frame {
  uint32_t off, end;
  uint32_t row, row_cnt;
  uint16_t flags;
  uint16_t reason; /* of FRAME_NOPREEMPT: a number of nopreempt.def */
};

/* What an object's record says of [off, end): in pcdata table `table` its value is this.  OBJECT-FORMAT, 3. */
struct model_mark {
  uint32_t off, end;
  int32_t value;
  uint32_t table;  /* its number, PCTAB_TABLE_UNSAFEPOINT or another */
  uint32_t record; /* where in .pcdata its record is; MODEL_NONE: pctab's own */
  bool single;     /* a range by itself (kind 2), also where another with the same value touches it */
};

/* One of a pair of points around unsafe code. */
struct model_point {
  uint32_t off;
  uint32_t pair;
  uint32_t record;
  bool end;
};

/* A pcdata table: stretches[stretch .. stretch + stretch_cnt) by rising offset, without overlap, each in one frame,
 * none with -1.  Two that touch in one frame have different values.  Tables are in the order of their numbers; one
 * without stretches is left out, unless it has a name. */
struct model_table {
  uint32_t number;
  uint32_t stretch, stretch_cnt;
  struct model_str name; /* empty: none was given */
};

struct model_stretch {
  uint32_t off, end;
  int32_t value;
};

/* A function symbol.  Size 0: not known. */
struct model_symbol {
  uint32_t off, size;
  struct model_str name;
  uint8_t bind; /* STB_GLOBAL, STB_WEAK, STB_LOCAL, STB_GNU_UNIQUE */
  uint8_t type; /* STT_FUNC, STT_GNU_IFUNC, STT_NOTYPE */
};

/* From a PC on: file (index into files, MODEL_NONE for none) and line (0: none). */
struct model_line {
  uint32_t off, file, line;
};

/* One sequence of a line program: lines[line .. line + line_cnt) by rising offset, one row an offset (the program's
 * last), up to `end`. */
struct model_sequence {
  uint32_t off, end;
  uint32_t line, line_cnt;
};

/* A function as the debug information names it, whether it stands by itself or is inlined somewhere. */
struct model_origin {
  struct model_str name; /* the linkage name, else the plain one; empty: none */
  uint32_t file, line;   /* where it is declared; MODEL_NONE and 0: not said */
};

/* A subprogram that has code (parent MODEL_NONE), or a call inlined into `parent` (an index into nodes, smaller). */
struct model_node {
  uint32_t parent;
  uint32_t origin;
  uint32_t call_file, call_line; /* of an inlined call */
};

/* Code of a node.  In the order of the debug information: where ranges overlap the later one holds. */
struct model_range {
  uint32_t off, end;
  uint32_t node;
};

/* A named function: what model_resolve() makes of symbols, subprograms and frames.  Name empty: none is known. */
struct model_func {
  uint32_t off, end;
  struct model_str name;
};

/* Executable bytes of the file: an alloc, executable section. */
struct model_text {
  uint32_t off, end;
  bool stubs; /* the linker's own code (a PLT): no function, and no frames of one */
};

#define MODEL_VEC(type) \
  struct                \
  {                     \
    type *at;           \
    size_t cnt, cap;    \
  }

struct model_stats {
  uint64_t cfi_unknown;  /* rows whose CFA could not be expressed, without those of cfi_plt */
  uint64_t cfi_plt;      /* rows of PLT stubs, whose CFA depends on the PC */
  uint64_t cfi_skipped;  /* FDEs left out: no code, discarded, overlapping */
  uint64_t units;        /* DWARF units read */
  uint64_t units_missing; /* skeleton units whose .dwo was not found */
  uint64_t marks_dropped; /* marks and points in code without a frame */
};

struct model {
  uint64_t base;       /* lowest executable address, rounded down to 64 KiB */
  uint64_t table_addr; /* link-time address of the table */
  uint16_t machine;    /* ELF e_machine */
  bool is64, big;
  MODEL_VEC (struct model_text) texts; /* sorted by pctab__model_drop_stubs() */
  MODEL_VEC (struct rule) rules;
  MODEL_VEC (struct model_frame) frames;
  MODEL_VEC (struct model_row) rows;
  MODEL_VEC (struct model_mark) marks;         /* as imported; pctab__mark_resolve() makes tables of them */
  MODEL_VEC (struct model_point) points;       /* likewise */
  MODEL_VEC (struct model_table) tables;
  MODEL_VEC (struct model_stretch) stretches;
  MODEL_VEC (struct model_symbol) symbols;
  MODEL_VEC (struct model_str) files;
  MODEL_VEC (struct model_line) lines;
  MODEL_VEC (struct model_sequence) sequences;
  MODEL_VEC (struct model_origin) origins;
  MODEL_VEC (struct model_node) nodes;
  MODEL_VEC (struct model_range) ranges;
  MODEL_VEC (struct model_func) funcs; /* sorted, without overlap */
  struct model_stats stats;
  /* Private to model.c: memory of pctab__model_space(), the hash of rules. */
  MODEL_VEC (char *) blocks;
  char *block_at;
  size_t block_left;
  uint32_t *rule_hash;
  size_t rule_hash_cap;
};

/* Makes room for EXTRA more elements in vector V: false when memory is out.  Elements are not initialised. */
#define model_reserve(v, extra)          \
  ((v)->cnt + (extra) <= (v)->cap         \
   || pctab__reserve ((void **) &(v)->at, &(v)->cap, (v)->cnt + (extra), sizeof *(v)->at))

/* LEN bytes that live as long as M, for a string that the input does not hold as it is needed; NULL when memory is
 * out. */
char *pctab__model_space (struct model *m, size_t len);

bool pctab__reserve (void **at, size_t *cap, size_t need, size_t size);

void pctab__model_init (struct model *m);
void pctab__model_free (struct model *m);

/* The number of a rule, the same for equal rules.  Fields that the rule's kinds do not use must be 0.  MODEL_NONE when
 * memory is out. */
uint32_t pctab__model_rule (struct model *m, const struct rule *rule);

/* A PLT's frames go: a stub belongs to no function, so nothing is known there.  Sorts texts. */
void pctab__model_drop_stubs (struct model *m);

/* The frame that text offset OFF lies in, or NULL.  Frames must be sorted and without overlap. */
struct model_frame *pctab__model_frame (const struct model *m, uint32_t off);

/* Fills funcs, and drops stubs.  Frames must be sorted and without overlap, as the importer leaves them.  False: memory
 * is out. */
bool pctab__model_resolve (struct model *m);

#endif
