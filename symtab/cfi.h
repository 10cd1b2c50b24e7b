/* SPDX-License-Identifier: MIT */
/* Call frame information as .eh_frame and .debug_frame hold it (DWARF 5 section 6.4; LSB Core "Exception Frames").
 *
 *   cfi_read.c     walks a section's entries and hands each FDE on
 *   cfi_entry.c    one entry: a CIE or an FDE, with its encoded addresses
 *   cfi_program.c  runs an entry's instructions; a row for each PC where what we keep changes
 *   cfi_expr.c     DWARF expressions, as far as they are sums of registers and numbers
 *   cfi_rule.c     a state of the program as the model's rule
 *   cfi_frames.c   sorts the frames and takes overlaps out
 *
 * Only three things are followed: the CFA, the return address column and the frame pointer.  Nothing here allocates by
 * entry: a link has some 17,000 of them and a few milliseconds for all. */
#ifndef PCTAB_CFI_H
#define PCTAB_CFI_H

#include "arch.h"
#include "cursor.h"
#include "diag.h"
#include "model.h"
#include "text_spans.h"

/* remember_state may nest this deep; compilers use 1 or 2. */
#define CFI_REMEMBER_MAX 128

struct cfi_section {
  const char *name;
  const unsigned char *data;
  size_t len;
  uint64_t addr;
  uint64_t text_base, data_base; /* what DW_EH_PE_textrel and DW_EH_PE_datarel count from */
  const struct arch *arch;
  bool big;
  bool eh; /* laid out as .eh_frame, else as .debug_frame */
};

/* What an expression computes.  Anything else than these forms is OTHER. */
enum cfi_expr_kind {
  CFI_EXPR_OTHER,
  CFI_EXPR_SUM,   /* reg + off */
  CFI_EXPR_DEREF, /* word at (reg + idx * scale + off), plus add; no index: scale 0 */
  CFI_EXPR_PLT,   /* sp + off, and a word more from some byte of each 16 on: the stub has pushed by then */
};

/* A pseudo register in expressions: the CFA. */
#define CFI_REG_CFA UINT32_MAX

struct cfi_expr {
  uint8_t kind; /* enum cfi_expr_kind */
  uint8_t idx, scale;
  uint32_t reg;
  int64_t off, add;
};

/* Where the caller's value of a register is. */
enum cfi_how {
  CFI_NONE, /* no rule was given */
  CFI_UNDEFINED,
  CFI_SAME,
  CFI_OFFSET,   /* at CFA + off */
  CFI_REGISTER, /* in register reg */
  CFI_AT_REG,   /* at register reg + off */
  CFI_OTHER,    /* anything else */
};

struct cfi_value {
  uint8_t how; /* enum cfi_how */
  uint32_t reg;
  int64_t off;
};

/* Register and offset outlive an expression: def_cfa_register after one goes on with the old offset, as in readelf and
 * libgcc. */
struct cfi_state {
  bool cfa_given, cfa_by_expr;
  uint32_t cfa_reg;
  int64_t cfa_off;
  struct cfi_expr cfa_expr;
  struct cfi_value ra, fp, sp;
};

struct cfi_entry {
  size_t off;    /* in the section */
  size_t id_off; /* of the CIE pointer field */
  uint64_t id;
  bool is_cie;
  struct cursor body; /* behind the id */
};

struct cfi_cie {
  size_t off;
  bool usable; /* false: a version or augmentation nobody knows; its FDEs are left out */
  bool sized;  /* augmentation z: FDEs carry augmentation data with its length */
  bool is_signal;
  uint8_t encoding; /* of addresses in FDEs, DW_EH_PE_* */
  uint8_t addr_len, segment_len;
  uint32_t ra; /* return address column */
  uint64_t code_align;
  int64_t data_align;
  struct cfi_state state; /* after the CIE's own instructions */
};

struct cfi_fde {
  size_t off;
  uint64_t pc, len;
  struct cursor program;
};

struct cfi_cached_rule {
  struct rule rule;
  uint32_t number;
};

/* Runs programs one after the other; what stays between them are the model and the last rules. */
struct cfi_machine {
  const struct cfi_section *section;
  struct model *m;
  const struct cfi_cie *cie;
  struct cursor c;
  struct cfi_state state;
  uint64_t pc;  /* FDE's first address; unused for a CIE */
  uint64_t loc; /* bytes from there */
  uint32_t frame_off, frame_len; /* the frame, after clipping */
  size_t frame_row;              /* its first row */
  bool changed;                  /* since the last row */
  bool for_cie;
  bool row_unknown, row_plt; /* the last row was counted so */
  const char *error;
  unsigned depth;
  struct cfi_state remembered[CFI_REMEMBER_MAX];
  struct cfi_cached_rule cache[256];
};

/* Appends the frames of all FDEs of S whose code lies in SPANS, in the section's order.  What M had before is in order
 * and takes precedence: an FDE that it covers is left out.  False: an error, said in D. */
bool pctab__cfi_read (const struct cfi_section *s, struct model *m, struct text_spans *spans, struct diag *d);

/* The next entry at *POS, which moves behind it.  1: there is one; 0: the section's end; -1: an error, said in D. */
int pctab__cfi_entry_next (const struct cfi_section *s, size_t *pos, struct cfi_entry *e, struct diag *d);

/* An address in encoding ENCODING.  A failing cursor tells of errors. */
uint64_t pctab__cfi_address (const struct cfi_section *s, struct cursor *c, unsigned encoding, unsigned addr_len);

/* The parts of a CIE; leaves the cursor in E at its instructions.  False: an error, said in D. */
bool pctab__cfi_cie_read (const struct cfi_section *s, struct cfi_entry *e, struct cfi_cie *cie, struct diag *d);
bool pctab__cfi_fde_read (const struct cfi_section *s, const struct cfi_entry *e, const struct cfi_cie *cie,
                          struct cfi_fde *fde, struct diag *d);

/* "SECTION: the entry at OFF is so-and-so". */
bool pctab__cfi_error (const struct cfi_section *s, size_t off, const char *what, struct diag *d);

void pctab__cfi_machine_init (struct cfi_machine *x, const struct cfi_section *s, struct model *m);

/* Fills CIE's initial state. */
bool pctab__cfi_run_cie (struct cfi_machine *x, struct cfi_cie *cie, struct cursor program, struct diag *d);

/* Appends the frame [OFF, OFF + LEN), text offsets, with its rows. */
bool pctab__cfi_run_fde (struct cfi_machine *x, const struct cfi_cie *cie, const struct cfi_fde *fde, uint32_t off,
                         uint32_t len, struct diag *d);

/* An expression; WITH_CFA: it starts with the CFA on its stack, as those of registers do. */
struct cfi_expr pctab__cfi_expr (const struct cfi_section *s, struct cursor c, bool with_cfa);

/* STATE in the model's terms. */
void pctab__cfi_rule (const struct arch *arch, uint32_t ra_column, const struct cfi_state *state, struct rule *rule);

/* Sorts frames[FIRST...] by offset and clips or drops what overlaps an earlier one. */
bool pctab__cfi_frames_order (struct model *m, size_t first);

/* Frames [0, FIRST) are in order, so are those from FIRST on: takes out of the latter what the former cover. */
bool pctab__cfi_frames_fill (struct model *m, size_t first);

/* Is all of [OFF, END) in one of the ordered frames [0, CNT)? */
bool pctab__cfi_frames_cover (const struct model *m, size_t cnt, uint32_t off, uint32_t end);

#endif
