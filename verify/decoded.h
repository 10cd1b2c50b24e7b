/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module table as the second reader understands it: plain arrays of everything, for rules to walk over.
 *
 * Written from symtab/FORMAT alone; nothing of symtab/ is used here, so that a misunderstanding of one reader is not
 * the other's.  Section numbers are FORMAT's.  Text offsets are as there; `base` is added for people.  What a stage of
 * the reader could not decode it reports, and its arrays are empty then (see `good`). */
#ifndef PCTAB_VERIFY_DECODED_H
#define PCTAB_VERIFY_DECODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

/* 2: header and parts. */
#define TABLE_VERSION 3
#define HEADER_BYTES 72
#define DIRECTORY_BYTES (8 * PART_CNT)
enum part_number {
  PART_BUILD_ID, PART_RANGES, PART_PAGES, PART_SLOTS, PART_FUNCTAB, PART_LONGS, PART_BLOCKS, PART_VALUES, PART_SHAPES,
  PART_VALUE_LISTS, PART_OFFSET_LISTS, PART_NOT_PREEMPTIBLE, PART_WRITES_SP, PART_ASSEMBLY, PART_PCDATA_TABLES,
  PART_PCDATA_GROUPS, PART_PCDATA_FUNCTIONS, PART_PCDATA_BLOCKS, PART_PCDATA_LISTS,
  PART_STRING_INDEX, PART_STRINGS, PART_STRING_DICTIONARY, PART_RECORD_INDEX, PART_RECORDS, PART_NODE_INDEX, PART_NODES,
  PART_NODE_DICTIONARY, PART_ORIGIN_INDEX, PART_ORIGINS, PART_LINE_CODES, PART_LINES, PART_REASONS, PART_CNT
};
#define PART_HOT_CNT PART_STRING_INDEX

struct dec_part {
  uint32_t off, len;
};

#define NONE UINT32_MAX /* no index */

struct dec_range {
  uint32_t off, end, page, entry, values, offsets;
  uint32_t page_cnt, entry_cnt; /* the gap at its end is counted */
};

enum { KIND_GAP, KIND_NEAR, KIND_FAR, KIND_LONG, KIND_GOES_ON };

/* A functab entry. */
struct dec_entry {
  uint64_t bits; /* as in the table */
  uint32_t off;
  uint32_t func; /* NONE: a gap */
  uint8_t kind, pad;
  bool starts; /* the function does */
};

enum { FUNC_SIGNAL = 1, FUNC_OUTERMOST = 2, FUNC_NOT_PREEMPTIBLE = 4, FUNC_WRITES_SP = 8, FUNC_ASSEMBLY = 16 };

/* A function of the functab. */
struct dec_func {
  uint32_t off, end;
  uint32_t entry, entry_cnt; /* its functab entries */
  uint32_t row, row_cnt;
  uint32_t long_idx; /* NONE: it has a pair of lists */
  uint32_t max_row;  /* stored: the row with the largest SP delta, of a long its value; NONE: no bound */
  uint8_t flags;
  uint8_t reason; /* 0: none is stored */
};

/* From off on the value holds. */
struct dec_row {
  uint32_t off;
  uint32_t value; /* its number */
};

enum { RULE_CFA_UNKNOWN, RULE_CFA_SP, RULE_CFA_FP, RULE_CFA_REG, RULE_CFA_WORD, RULE_CFA_WORD_INDEX, RULE_CFA_CNT };
enum { RULE_RA_UNKNOWN, RULE_RA_CFA, RULE_RA_REG, RULE_RA_NONE, RULE_RA_AT_REG, RULE_RA_CNT };
enum { RULE_FP_SAME, RULE_FP_CFA, RULE_FP_AT_REG, RULE_FP_IN_REG, RULE_FP_LOST, RULE_FP_CNT };

struct dec_shape {
  uint8_t cfa, cfa_reg, ra, ra_reg, fp, fp_reg, index_reg, scale;
  int32_t add, ra_off, fp_off;
};

struct dec_value {
  uint32_t shape;
  int64_t cfa_off;  /* bytes */
  int64_t sp_delta; /* -1: it has none */
};

struct dec_table {
  uint32_t number;
  uint32_t name;           /* a string; NONE when those were not decoded */
  uint32_t piece, piece_cnt;
};

/* What a pcdata table says of one function: pcrows[row .. row + row_cnt), the first at its entry. */
struct dec_piece {
  uint32_t func;
  uint32_t row, row_cnt;
  uint32_t block_cnt; /* 1: one list */
};

struct dec_pcrow {
  uint32_t off;
  int32_t value;
  bool block; /* the first of a block */
};

struct dec_string {
  const char *p; /* ended by 0 */
  uint32_t len;
};

enum
{
  RECORD_HOT = 1,
  RECORD_NAMED = 2,
  RECORD_LINES = 4,
  RECORD_SAME_FILE = 8,
  RECORD_NODES = 16,
  RECORD_CHUNKS = 32
};

/* A function as names and lines know it. */
struct dec_record {
  uint32_t off, end;
  uint32_t name;       /* a string; NONE */
  uint32_t file, line; /* at its first byte; a file is its number plus 1, 0 is none */
  uint32_t node, node_cnt; /* nodes[node ..], node 0 not among them: node n of the tree is nodes[node + n - 1] */
  uint32_t lines, lines_len; /* in part 30 */
  uint32_t func;       /* of the functab; NONE */
  uint8_t flags;
};

struct dec_node {
  uint32_t parent; /* number in its tree */
  uint32_t origin;
  uint32_t file, line; /* of the call */
};

struct dec_origin {
  uint32_t file, line;
};

/* From off on: code of that node, file and line. */
struct dec_position {
  uint32_t off, node, file, line;
};

struct dec_positions {
  struct dec_position *at;
  size_t cnt, cap;
};

struct dec_code {
  const uint16_t *symbols;
  uint32_t symbol_cnt;
  uint16_t count[16];        /* codes by length */
  uint32_t first[16];        /* first code of each length */
  uint32_t place[16];        /* its symbol's place */
  uint32_t *direct;          /* reader_code.c's: symbols by the bits that they begin with */
  uint32_t long_first;       /* the first code that is longer than DIRECT_BITS, as CODE_LEN_MAX bits */
};

/* What was decoded without a fault. */
enum {
  GOOD_HEAD = 1,    /* header and directory */
  GOOD_FUNCTAB = 2, /* ranges, pages, entries, functions */
  GOOD_ROWS = 4,    /* and their rows, values, shapes */
  GOOD_FLAGS = 8,
  GOOD_PCDATA = 16,
  GOOD_COLD = 32,   /* the cold digest is right */
  GOOD_STRINGS = 64,
  GOOD_ORIGINS = 128,
  GOOD_RECORDS = 256, /* and nodes */
  GOOD_CODES = 512,
  GOOD_REASONS = 1024,
  GOOD_ALL = 2047
};

struct decoded {
  const unsigned char *bytes;
  uint32_t len;
  uint64_t addr;  /* of the table's first byte, link time; 0: not known */
  uint64_t base;  /* address of text offset 0 */
  struct report *report;
  unsigned good;
  bool memory; /* it ran out */

  bool big;
  uint8_t class, insn, sp_unit, shape_bits, slot_shift;
  uint16_t machine;
  uint32_t hot_len;
  uint64_t text_delta, hot_digest, cold_digest, text_digest, head_digest;
  struct dec_part parts[PART_CNT];

  uint32_t range_cnt, page_cnt, entry_cnt, func_cnt, row_cnt, long_cnt, block_cnt, value_cnt, shape_cnt;
  struct dec_range *ranges;
  struct dec_entry *entries;
  struct dec_func *funcs;
  struct dec_row *rows;
  struct dec_value *values;
  struct dec_shape *shapes;
  size_t row_cap;

  uint32_t table_cnt, piece_cnt, pcrow_cnt;
  struct dec_table *tables;
  struct dec_piece *pieces;
  struct dec_pcrow *pcrows;
  size_t piece_cap, pcrow_cap;

  uint32_t string_cnt, name_cnt, origin_cnt, file_cnt; /* name_cnt: of functions */
  struct dec_string *strings;
  struct dec_origin *origins;
  uint32_t record_cnt, node_cnt;
  struct dec_record *records;
  struct dec_node *nodes;
  size_t record_cap, node_cap;
  struct dec_code advance_code, step_code, number_code;

  char *string_arena;
  uint16_t *symbol_arena;
};

/* Decodes the table at BYTES, LEN of them in its place, and reports to R what FORMAT forbids.  ADDR: its link-time
 * address, 0 if unknown.  BYTES must stay as they are while D is used.  The hot part first; the cold one if COLD.
 * Stages after one with a fault are left out. */
void pctab__decoded_read (struct decoded *d, const unsigned char *bytes, size_t len, uint64_t addr, bool cold,
                          struct report *r);
void pctab__decoded_free (struct decoded *d);

/* The positions of a record, the first at its entry, neighbours different or not as the table has them; false if they
 * are damaged, which is reported.  OUT's memory is used again from call to call; NULL: they are checked alone. */
bool pctab__decoded_lines (struct decoded *d, const struct dec_record *record, struct dec_positions *out);

/* What is at a text offset: an index, or NONE. */
uint32_t pctab__decoded_func (const struct decoded *d, uint32_t off);
uint32_t pctab__decoded_record (const struct decoded *d, uint32_t off);

/* The row that holds at OFF, which lies in F. */
const struct dec_row *pctab__decoded_row (const struct decoded *d, const struct dec_func *f, uint32_t off);

/* The name of the function that PC, an address, lies in, or NULL.  For pctab__report_name(); D is the decoded table. */
const char *pctab__decoded_name (void *d, uint64_t pc);

#endif
