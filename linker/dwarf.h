/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The DWARF reader inside the importer.
 *
 * Why our own: the finisher runs in every link, and a module's debug information is read whole, once, for three things
 * only (line rows, inlined calls, names).  On PostgreSQL's server, 18.5 MB of .debug_info and 1.08 million line rows,
 * libdw 0.188 took 103 ms for dwarf_getsrclines() and a walk over functions and blocks alone, in one thread; all this
 * takes 41 ms of CPU time, 24 ms with two threads.  Here an abbreviation is compiled into a skip program once; a DIE
 * that is of no interest costs one addition.
 *
 * Work goes unit by unit to a few threads.  A unit's results lie in the vectors of the worker that read it;
 * afterwards they are numbered in unit order and copied into the model, so the outcome does not depend on the
 * threads. */
#ifndef PCTAB_DWARF_H
#define PCTAB_DWARF_H

#include <pthread.h>

#include "diag.h"
#include "elf_file.h"
#include "model.h"

/* Lists of ranges are there once for each DIE that has one, if not for two.  A unit, or a line program, that walks
 * more entries than this for each of its own bytes is not a compiler's; damaged ones could keep the finisher busy for
 * hours. */
#define WORK_PER_BYTE 64
#define WORK_MIN 4096

/* Longer strings in a DIE, and names, are no compiler's either. */
#define DWARF_STRING_MAX 65536

/* Reference chains (DW_AT_abstract_origin, DW_AT_specification) longer than this end without a name. */
#define DWARF_CHAIN_MAX 16

enum dwarf_sec {
  SEC_INFO,
  SEC_ABBREV,
  SEC_LINE,
  SEC_STR,
  SEC_LINE_STR,
  SEC_STR_OFFSETS,
  SEC_ADDR,
  SEC_RANGES,
  SEC_RNGLISTS,
  SEC_CNT
};

struct dwarf_section {
  const unsigned char *at;
  size_t len;
};

/* What an attribute's value is wanted for.  SLOT_NONE takes the values nobody asked for. */
enum dwarf_slot {
  SLOT_NONE,
  SLOT_NAME,
  SLOT_LINKAGE,
  SLOT_LOW,
  SLOT_HIGH,
  SLOT_RANGES,
  SLOT_ORIGIN,
  SLOT_SPEC,
  SLOT_CALL_FILE,
  SLOT_CALL_LINE,
  SLOT_DECL_FILE,
  SLOT_DECL_LINE,
  SLOT_SIBLING,
  SLOT_ENTRY,
  SLOT_STMT,
  SLOT_COMP_DIR,
  SLOT_STR_BASE,
  SLOT_ADDR_BASE,
  SLOT_RNGLISTS_BASE,
  SLOT_RANGES_BASE,
  SLOT_DWO_NAME,
  SLOT_DWO_ID,
  SLOT_CNT
};

/* The values of one DIE, as they stand there: what a value means depends on its form.  A DW_FORM_string is its
 * address. */
struct dwarf_die {
  uint32_t have; /* 1 << slot */
  uint16_t form[SLOT_CNT];
  uint64_t value[SLOT_CNT];
};

static inline bool
die_has (const struct dwarf_die *die, enum dwarf_slot slot)
{
  return die->have >> slot & 1;
}

/* How a value's bytes are read. */
enum dwarf_read {
  READ_NONE, /* no bytes; the value is in the abbreviation */
  READ_U1,
  READ_U2,
  READ_U3,
  READ_U4,
  READ_U8,
  READ_16, /* 16 bytes, skipped */
  READ_ULEB,
  READ_SLEB,
  READ_STRING,
  READ_BLOCK1,
  READ_BLOCK2,
  READ_BLOCK4,
  READ_BLOCK,
  READ_INDIRECT,
  READ_UNKNOWN
};

/* One step of an abbreviation's program: skip `before` bytes, then read one value. */
struct abbrev_op {
  uint16_t before;
  uint8_t read; /* enum dwarf_read */
  uint8_t slot; /* enum dwarf_slot */
  uint16_t form;
  uint16_t spare;
  int64_t value; /* READ_NONE's */
};

/* What the walk does at a DIE. */
enum abbrev_kind {
  ABBREV_BAD,        /* no such code */
  ABBREV_LEAF,       /* skip `tail` bytes */
  ABBREV_PARENT,     /* the same, then go on with its children */
  ABBREV_JUMP,       /* no code below, a 4-byte DW_AT_sibling at `sibling`: go there */
  ABBREV_LEAF_OPS,   /* as above, but some value has no fixed size: run the program */
  ABBREV_PARENT_OPS,
  ABBREV_JUMP_OPS,
  ABBREV_CODE,       /* a subprogram or an inlined call */
};

struct abbrev {
  uint32_t tail; /* bytes after the last op; all bytes where there are none */
  uint32_t op;   /* ops[op .. op + op_cnt) */
  uint16_t op_cnt;
  uint16_t tag;
  uint16_t sibling; /* offset of DW_AT_sibling in the DIE's values */
  uint8_t kind;     /* enum abbrev_kind */
  uint8_t children;
};

struct abbrev_sparse {
  uint64_t code;
  struct abbrev abbrev;
};

/* The abbreviations of a unit.  Codes below direct_cnt index `at`; others, which no compiler emits, are looked up. */
struct abbrev_table {
  const struct dwarf_object *obj;
  uint64_t off, end; /* end: where another one begins, or the section ends */
  uint8_t addr_size, off_size, version;
  struct abbrev *at;
  size_t direct_cnt;
  struct abbrev_op *ops;
  struct abbrev_sparse *sparse; /* by code */
  size_t sparse_cnt;
};

struct dwarf_file {
  const char *name;
  uint32_t dir;
  uint32_t global; /* index into the model's files; MODEL_NONE: not asked for yet */
};

/* A span of a worker's vector. */
struct dwarf_span {
  uint32_t worker;
  size_t at, cnt;
};

/* A line program and its header's file table. */
struct line_table {
  const struct dwarf_unit *unit; /* the first unit that names it */
  uint64_t off;
  uint64_t len; /* for scheduling */
  uint8_t version, addr_size, off_size;
  uint8_t min_inst, opcode_base, line_range;
  int8_t line_base;
  const unsigned char *opcode_lens; /* opcode_base - 1 */
  const unsigned char *program, *end;
  const char **dirs;
  uint32_t dir_cnt;
  struct dwarf_file *files; /* with room for those that DW_LNE_define_file adds */
  uint32_t file_cnt, file_cap;
  struct dwarf_span sequences, used;
  size_t line_cnt; /* rows of its sequences */
  bool bounded;    /* the units that name it have ranges, all of them */
  bool ready;
};

struct dwarf_unit {
  struct dwarf_object *obj;
  uint32_t idx; /* among the module's units; a split unit has its skeleton's */
  const unsigned char *start, *dies, *end; /* header, first DIE, end */
  uint64_t off;                            /* of the header in its section */
  uint8_t version, addr_size, off_size, type;
  struct abbrev_table *abbrevs;
  uint64_t abbrev_off;
  uint64_t dwo_id;
  /* From the unit's DIE. */
  uint16_t tag;
  bool has_line, has_low;
  bool bounded;  /* its DIE has ranges: see dwarf_cover.c */
  uint64_t work; /* steps in range lists that are left to it: see WORK_PER_BYTE */
  uint64_t line_off, low_pc;
  uint64_t str_base, addr_base, rnglists_base, ranges_base;
  const char *comp_dir, *dwo_name;
  struct dwarf_unit *skeleton; /* of a split unit: the unit that stands in the module for it */
  struct dwarf_unit *split;    /* the reverse */
  uint32_t line;               /* index into lines; MODEL_NONE */
  struct dwarf_span nodes, ranges, origins, used;
};

/* One file with debug information: the module itself, its supplementary file (dwz -m), a .dwo or a .dwp. */
struct dwarf_object {
  struct dwarf_section sec[SEC_CNT];
  bool big, is_dwo;
  struct elf_file file; /* where it is another file than the module */
  bool opened;
  bool foreign; /* its bytes are in another file than the module */
  char *path;
  struct dwarf_object *alt;
  struct dwarf_unit *units; /* by rising offset */
  size_t unit_cnt, unit_cap;
  struct abbrev_table *tables; /* a .dwo's own */
  size_t table_cnt;
  /* A package's index: see dwarf_split.c. */
  const unsigned char *index;
  size_t index_len;
};

/* An origin before it has a number: `unit` is where decl_file was found. */
struct dwarf_origin {
  const char *name;
  struct dwarf_unit *unit;
  uint32_t file, line;
  bool foreign; /* the name lies in another file than the module */
};

struct origin_slot {
  const unsigned char *die;
  uint32_t origin;
};

/* Where the walk stands below a subprogram or inlined call. */
struct walk_frame {
  uint32_t depth;
  uint32_t node; /* MODEL_NONE: it has no code so far */
  bool inlined;
  const unsigned char *key; /* the DIE that names it */
  const struct dwarf_unit *key_unit;
  uint32_t call_file, call_line;
};

/* Code for which one unit speaks, by rising offset and apart from each other. */
struct dwarf_cover {
  uint32_t off, end, unit;
};

/* One unit's way through a cover, or one line table's: where it looked last, and the steps it has left. */
struct cover_look {
  const struct dwarf_cover *cover;
  size_t cnt;
  uint32_t unit;
  bool bounded;
  size_t last;
  uint64_t work;
};

struct raw_row {
  uint64_t addr;
  uint32_t file, line;
};

/* What one thread owns. */
struct dwarf_worker {
  struct dwarf *dw;
  uint32_t idx;
  struct diag diag;
  MODEL_VEC (struct model_line) lines;
  MODEL_VEC (struct model_sequence) sequences;
  MODEL_VEC (struct model_node) nodes;
  MODEL_VEC (struct model_range) ranges;
  MODEL_VEC (struct dwarf_origin) origins;
  MODEL_VEC (uint64_t) ends; /* of units' ranges: see dwarf_cover.c */
  MODEL_VEC (uint32_t) used; /* file numbers, of a unit or of a line table */
  /* Scratch, of one unit or line table at a time. */
  MODEL_VEC (struct walk_frame) stack;
  MODEL_VEC (struct raw_row) raw;
  MODEL_VEC (struct abbrev) abbrevs;
  MODEL_VEC (uint64_t) codes; /* of abbrevs */
  MODEL_VEC (struct abbrev_op) ops;
  uint32_t *mark; /* by file number: the generation that used it last */
  size_t mark_cnt;
  uint32_t mark_gen;
  struct origin_slot *origin_hash;
  size_t origin_cap, origin_size; /* allocated, in use by this unit */
};

/* A task of a phase: false after an error in the worker's diag. */
typedef bool dwarf_task (struct dwarf_worker *w, size_t idx);

struct dwarf {
  struct model *m;
  struct elf_file *f;
  struct diag *d;
  struct dwarf_object main, alt, package;
  const struct model_text *text; /* the largest: tried first */
  struct abbrev_table *tables;
  size_t table_cnt;
  struct dwarf_cover *cover, *line_cover; /* line_cover: with line tables for units */
  size_t cover_cnt;
  MODEL_VEC (struct line_table) lines;
  MODEL_VEC (struct dwarf_object *) splits;
  pthread_mutex_t lock; /* of splits */
  /* The pool. */
  struct dwarf_worker *workers;
  unsigned worker_cnt;
  struct pool *pool;
  uint64_t *order; /* the main phase's tasks */
  size_t order_cnt;
  /* The merge's hashes: files and origins. */
  struct dwarf_merge *merge;
};

/* dwarf_pool.c */
bool pctab__pool_open (struct dwarf *dw, unsigned threads);
bool pctab__pool_run (struct dwarf *dw, dwarf_task *task, size_t task_cnt);
void pctab__pool_close (struct dwarf *dw);

/* dwarf_object.c: sections, unit headers. */
bool pctab__dwarf_sections (struct dwarf_object *obj, struct elf_file *f, bool dwo, struct diag *d);
bool pctab__dwarf_units (struct dwarf_object *obj, struct diag *d);
struct dwarf_unit *pctab__dwarf_unit_at (struct dwarf_object *obj, uint64_t off);
void pctab__dwarf_object_free (struct dwarf_object *obj);
bool pctab__dwarf_alt (struct dwarf *dw, struct diag *d);

/* dwarf_abbrev.c */
bool pctab__abbrev_compile (struct dwarf_worker *w, struct abbrev_table *t, struct diag *d);
const struct abbrev *pctab__abbrev_sparse (const struct abbrev_table *t, uint64_t code);
void pctab__abbrev_free (struct abbrev_table *t);
unsigned pctab__form_read (unsigned form, unsigned addr_size, unsigned off_size, unsigned version);

/* dwarf_unit.c: a unit's own DIE, strings, addresses, references. */
bool pctab__unit_open (struct dwarf_worker *w, struct dwarf_unit *u);
bool pctab__unit_error (const struct dwarf_unit *u, struct diag *d, const char *what);
const char *pctab__unit_string (const struct dwarf_unit *u, const struct dwarf_die *die, enum dwarf_slot slot,
                                bool *foreign);
bool pctab__unit_address (const struct dwarf_unit *u, const struct dwarf_die *die, enum dwarf_slot slot,
                          uint64_t *addr);
bool pctab__unit_address_at (const struct dwarf_unit *u, uint64_t idx, uint64_t *addr);
const unsigned char *pctab__unit_refer (const struct dwarf_unit *u, const struct dwarf_die *die, enum dwarf_slot slot,
                                        const struct dwarf_unit **target);

/* dwarf_die.c: reading one DIE. */
const unsigned char *pctab__die_read (const struct dwarf_unit *u, const struct abbrev *a, const unsigned char *p,
                                      struct dwarf_die *die);

/* dwarf_range.c: a list of address ranges; false when it is damaged. */
typedef bool dwarf_range_fn (void *arg, uint64_t low, uint64_t high);
bool pctab__unit_ranges (struct dwarf_unit *u, const struct dwarf_die *die, dwarf_range_fn *each, void *arg,
                         struct diag *d);

/* dwarf_cover.c: which unit speaks for an address. */
bool pctab__cover_note (struct dwarf_worker *w, struct dwarf_unit *u, const struct dwarf_die *die);
bool pctab__cover_make (struct dwarf *dw);
bool pctab__cover_lines (struct dwarf *dw);
bool pctab__cover_part (struct cover_look *look, uint32_t *off, uint32_t *end);

/* dwarf_split.c: .dwo files and packages. */
bool pctab__split_open (struct dwarf_worker *w, struct dwarf_unit *u);
bool pctab__package_open (struct dwarf *dw, struct diag *d);

/* dwarf_files.c: a line table's header; the model's files. */
bool pctab__line_header (struct line_table *t, struct diag *d);
void pctab__line_free (struct line_table *t);
bool pctab__line_define (struct line_table *t, const char *name, uint64_t dir);

/* import_line.c, import_inline.c: one line table, one unit. */
bool pctab__line_import (struct dwarf_worker *w, struct line_table *t);
bool pctab__inline_import (struct dwarf_worker *w, struct dwarf_unit *u);

/* dwarf_merge.c: numbers in unit order, then the copy. */
bool pctab__dwarf_merge (struct dwarf *dw);

/* The text that holds OFF, an address minus the base. */
static inline const struct model_text *
dwarf_text (const struct dwarf *dw, uint64_t off)
{
  if (off - dw->text->off < dw->text->end - dw->text->off)
    return dw->text;
  for (size_t i = 0; i < dw->m->texts.cnt; i++)
    if (off >= dw->m->texts.at[i].off && off < dw->m->texts.at[i].end)
      return &dw->m->texts.at[i];
  return NULL;
}

static inline const struct abbrev *
abbrev_find (const struct abbrev_table *t, uint64_t code)
{
  if (__builtin_expect (code < t->direct_cnt, 1))
    return &t->at[code];
  return pctab__abbrev_sparse (t, code);
}

/* As pctab__cover_part(), for the common case that all of it is in the part of the last look. */
static inline bool
cover_part (struct cover_look *look, uint32_t *off, uint32_t *end)
{
  const struct dwarf_cover *c = &look->cover[look->last];
  if (look->last < look->cnt && c->off <= *off && *end <= c->end)
    return c->unit == look->unit;
  return pctab__cover_part (look, off, end);
}

/* Notes that file number FILE is used; each number once between two generations. */
bool pctab__worker_mark (struct dwarf_worker *w, uint32_t file);

#endif
