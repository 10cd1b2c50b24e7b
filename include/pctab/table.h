/* SPDX-License-Identifier: MIT */
/* <pctab/table.h>: reads one module table.  <pctab/pctab.h> finds those of the running process.
 *
 * A table is used as mapped; pctab_table_open() validates it once, afterwards a lookup never fails but by finding
 * nothing.  A *PC* is an absolute address in the same terms as the address given to pctab_table_open():
 * run-time addresses in a process, link-time addresses in a tool.  All ranges are half open.  "Signal: safe" means
 * callable from a signal handler at any point: no lock, no malloc, no stdio, errno unchanged, bounded stack and
 * time. */
#ifndef PCTAB_INCLUDE_TABLE_H
#define PCTAB_INCLUDE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum pctab_error {
#define ERROR(name, text) PCTAB_ERROR_##name,
#include <pctab/errors.def>
#undef ERROR
};

/* The text of an error, in English, without a newline; never NULL.  Static.
 * Signal: safe.  Threads: any.  Cost: a switch. */
const char *pctab_error_text (enum pctab_error error);

/* A stretch of code with pages of its own. */
struct pctab_range {
  uint64_t pc;  /* where it starts */
  uint64_t len; /* bytes */
  const unsigned char *pages, *slots;
};

/* An open table.  The members are private; copying one is fine.  Bytes: about 350, which may change with the library's
 * soname, as for all structures here. */
struct pctab_table {
  struct pctab_range first; /* most modules have no other */
  const unsigned char *functab, *value_of;
  const unsigned char *value_lists, *offset_lists;
  uint8_t slot_shift, insn_shift, sp_unit, shape_bits;
  uint16_t machine;
  uint8_t is64;
  uint32_t entry_last; /* number of the last functab entry before the one that ends it all */
  uint32_t near_mask; /* of the offsets of near entries' value lists, halved */
  uint64_t near_max;  /* the greatest entry that can be a near one whose lists are where it says */
  uint64_t base; /* the PC of text offset 0 */
  uint32_t len, hot_len;
  const unsigned char *image, *ranges, *pages, *slots, *longs, *blocks, *shapes;
  const unsigned char *nopreempt, *spwrite, *assembly; /* bits by functab entry; NULL: none is set */
  const unsigned char *tables, *groups, *functions, *table_blocks, *table_lists; /* pcdata */
  uint32_t range_cnt, page_cnt, slot_cnt, entry_cnt, long_cnt, block_cnt, value_cnt, shape_cnt;
  uint32_t value_list_len, offset_list_len;
  uint32_t table_cnt, group_cnt /* of a table */, function_cnt, table_block_cnt, table_list_len;
};

/* Opens the table of LEN readable bytes at IMAGE, which must stay as they are while the table is used.  ADDR is the
 * address of the image's first byte as PCs will count it: (uintptr_t) image in a process.  The image has this machine's
 * byte order and is aligned to 8.  Checks the digests of the header and the hot part, and every index and list in it;
 * the cold part is checked by pctab_table_check_cold().  Should the image's bytes be overwritten later, answers may be
 * wrong, but no lookup leaves the image or fails to end.
 * Returns PCTAB_ERROR_OK; else *T is untouched and the table must not be used.
 * Signal: safe.  Threads: any.  Cost: reads the hot part twice: about 20 ns a function. */
enum pctab_error pctab_table_open (struct pctab_table *t, const void *image, size_t len, uint64_t addr);

/* Compares the digest of the cold part.  Signal: safe.  Threads: any.  Cost: about 0.1 ns a byte of the table. */
enum pctab_error pctab_table_check_cold (const struct pctab_table *t);

/* A function of a table, as pctab_findfunc() found it. */
struct pctab_func {
  uint32_t off;  /* its first PC, counted from the table's `base` */
  uint32_t idx;  /* private: the number of a functab entry of its own */
  uint64_t bits; /* private: that entry; 0: no function */
};

/* The first PC of F, of T.  Signal: safe.  Threads: any.  Cost: an addition. */
static inline uint64_t
pctab_func_entry (const struct pctab_table *t, struct pctab_func f)
{
  return t->base + f.off;
}

/* Finds the function with frame information that PC lies in.  `bits` 0: PC is in a gap, a PLT, code without frame
 * information, or outside the module; the rest is then undefined.
 * Signal: safe.  Threads: any.  Cost: three cache lines; no search. */
struct pctab_func pctab_findfunc (const struct pctab_table *t, uint64_t pc);

/* The value of the function's pcsp table at PC, which must lie in F (from T), and in *START the PC where that value
 * begins.  The number is meaningful to pctab_value_rule() of the same table only.
 * Signal: safe.  Threads: any.  Cost: compares all offsets at once; in a function of more than 17 to 33 rows, after a
 * binary search. */
int32_t pctab_pcvalue (const struct pctab_table *t, struct pctab_func f, uint64_t pc, uint64_t *start);

/* How a frame's CFA is found: register `reg` (a DWARF number) plus `off`; for PCTAB_CFA_DEREF the word at that address,
 * plus `add`; for PCTAB_CFA_DEREF_INDEX the address is reg + idx * scale + off. */
enum pctab_cfa { PCTAB_CFA_UNKNOWN, PCTAB_CFA_SP, PCTAB_CFA_FP, PCTAB_CFA_REG, PCTAB_CFA_DEREF, PCTAB_CFA_DEREF_INDEX };

/* Where the return address is: at CFA + off; in register reg; nowhere, since this frame has no caller. */
enum pctab_ra { PCTAB_RA_UNKNOWN, PCTAB_RA_SAVED, PCTAB_RA_REG, PCTAB_RA_UNDEFINED, PCTAB_RA_AT_REG };

/* Where the caller's frame pointer is: in its register still; at CFA + off; at register reg + off; in register reg;
 * lost. */
enum pctab_fp { PCTAB_FP_SAME, PCTAB_FP_SAVED, PCTAB_FP_AT_REG, PCTAB_FP_IN_REG, PCTAB_FP_UNKNOWN };

struct pctab_rule {
  uint8_t cfa, ra, fp; /* the enums above */
  uint8_t cfa_reg, ra_reg, fp_reg;
  uint8_t cfa_idx, cfa_scale;
  int32_t cfa_off, cfa_add, ra_off, fp_off;
};

/* What a pcsp value of T says.  Signal: safe.  Threads: any.  Cost: one cache line. */
void pctab_value_rule (const struct pctab_table *t, int32_t value, struct pctab_rule *rule);

/* The SP delta (CFA minus SP, bytes) at PC, which must lie in F (from T), or -1 where there is none: the CFA does not
 * count from SP, or lies below it.
 * Signal: safe.  Threads: any.  Cost: pctab_pcvalue()'s and one cache line. */
int32_t pctab_funcspdelta (const struct pctab_table *t, struct pctab_func f, uint64_t pc);

/* The largest SP delta in the function, bytes; PCTAB_MAXSPDELTA_UNBOUNDED where a row does not count from SP (a frame
 * pointer, alloca, stack realignment).  Stored, not computed.
 * Signal: safe.  Threads: any.  Cost: two cache lines. */
#define PCTAB_MAXSPDELTA_UNBOUNDED UINT32_MAX
uint32_t pctab_funcmaxspdelta (const struct pctab_table *t, struct pctab_func f);

/* PCTAB_FUNCFLAG_*.  Signal: safe.  Threads: any.  Cost: one cache line. */
#define PCTAB_FUNCFLAG_SIGNAL 1 /* a signal frame: its PC is no return address */
#define PCTAB_FUNCFLAG_TOP 2    /* the outermost frame: it has no caller */
#define PCTAB_FUNCFLAG_NOPREEMPT 4 /* a thread may not be stopped in it, nor in what it calls: pctab_funcreason() */
#define PCTAB_FUNCFLAG_SPWRITE 8 /* it sets SP in ways that its rules don't say: unwound from if innermost only */
#define PCTAB_FUNCFLAG_ASM 16    /* its author says that it is assembly */
unsigned pctab_funcflags (const struct pctab_table *t, struct pctab_func f);

/* pcdata tables, by number; from 2 on they are free for users.  (format.h has these too.) */
#define PCTAB_TABLE_UNSAFEPOINT 0
#define PCTAB_TABLE_STACKMAPINDEX 1

/* The values of UnsafePoint: may be stopped here; may not; may, and resumes where the value begins (two, so that ranges
 * side by side stay apart); may, and resumes at the function's entry.  A table is not checked for what it says at -3
 * and -4: who resumes there looks that the value begins at most PCTAB_RESTART_MAX bytes before the PC. */
#define PCTAB_UNSAFEPOINT_SAFE (-1)
#define PCTAB_UNSAFEPOINT_UNSAFE (-2)
#define PCTAB_UNSAFEPOINT_RESTART1 (-3)
#define PCTAB_UNSAFEPOINT_RESTART2 (-4)
#define PCTAB_UNSAFEPOINT_RESTART_AT_ENTRY (-5)
#define PCTAB_RESTART_MAX 20 /* bytes of a restart range */

/* The value of pcdata table NUMBER at PC, which must lie in F (from T), and in *START the PC where that value begins.
 * Where the table says nothing of F, or the module has no such table: -1, and F's entry.  In a function with a table
 * there is -1 between its values too, with a start of its own.
 * Signal: safe.  Threads: any.  Cost: one cache line where there is nothing; else four, and as pctab_pcvalue(). */
int32_t pctab_pcdatavalue (const struct pctab_table *t, struct pctab_func f, uint32_t number, uint64_t pc,
                           uint64_t *start);

/* How many pcdata tables T has, and the number of the I'th of them, which rise.
 * Signal: safe.  Threads: any.  Cost: next to none. */
uint32_t pctab_pcdata_cnt (const struct pctab_table *t);
uint32_t pctab_pcdata_number (const struct pctab_table *t, uint32_t i);

/* The cold part: names, files, lines, inlined calls.
 *
 * It lies in small packed blocks, and a pctab_cold reads it through a buffer of the caller's.  With as many bytes as
 * pctab_cold_size() says, what was asked for once is kept in it, decoded: names, and lines of whole functions; a batch
 * of PCs shares what it unpacks.  With less, down to PCTAB_COLD_BYTES_MIN, each answer is unpacked anew.  Answers are
 * the same.
 * Threads: a pctab_cold, with its buffer, is one thread's at a time in every call that takes one. */

/* A function as names and lines know it: a symbol, not a frame (see pctab_findfunc() for those). */
struct pctab_record {
  uint64_t entry, end; /* PCs */
  const char *name;    /* linkage name; NULL: it has none, or (after pctab_record_next) it was not asked for */
  /* Private */
  uint32_t flags, name_number, file, line, line_off, line_len, node_cnt, node_len, node_off, block;
  uint32_t next_off, next_name, next_entry, next_entry_off, next_file,
    next_line; /* where the next record is read from */
};

struct pctab_bytes {
  const unsigned char *at;
  uint32_t len;
};

struct pctab_code {
  const unsigned char *symbols;
  uint32_t place[16];       /* of the first symbol of each length, minus its code */
  unsigned char limits[32]; /* by code length: where codes of that length end, as 15 bits, little-endian */
};

struct pctab_cold_cache;

/* The members are private.  Bytes: about 700. */
struct pctab_cold {
  const struct pctab_table *table;
  unsigned char *buf;
  size_t len, used;
  struct pctab_bytes parts[13];
  uint32_t name_cnt, origin_cnt, file_cnt;
  struct pctab_code adv, step, number;
  struct pctab_record last; /* that was found; `end` 0: none */
  struct pctab_cold_cache *cache; /* NULL: none */
};

/* The bytes a buffer needs in which all of T's names and lines can be kept; what is never asked for is never written
 * to.  PostgreSQL's server takes 4.9 MB for 17,000 functions and 5 MB of code, once all were asked for; a C++ linker 12
 * MB for 10,400.  0: the cold part is damaged.
 * Signal: safe.  Cost: reads an index: some 1 us. */
size_t pctab_cold_size (const struct pctab_table *t);

/* Makes C read the cold part of T through LEN bytes at BUF (aligned to 8), which both outlive C.  PCTAB_ERROR_COLD: the
 * cold part's directory is damaged; PCTAB_ERROR_BUFFER: LEN is below PCTAB_COLD_BYTES_MIN.
 *
 * Strings that a C with pctab_cold_size() bytes returns stay as long as C; with less, until the next call with C.  Then
 * a string that finds no room, beside the others of one answer, is NULL, and the call returns PCTAB_ERROR_BUFFER with
 * all the rest of its answer.
 * Signal: safe.  Threads: one C is one thread's.  Cost: some 2 us; all else comes with the lookups that need it. */
#define PCTAB_COLD_BYTES_MIN 4096
enum pctab_error pctab_cold_open (struct pctab_cold *c, const struct pctab_table *t, void *buf, size_t len);

/* The name of the function that PC lies in, symbols without frame information included; NULL: none is known.
 * PCTAB_ERROR_COLD: the cold part is damaged, PCTAB_ERROR_BUFFER: see above; C stays usable, and *NAME is NULL.
 * Signal: safe.  Cost: some 10 ns for a function that was asked for before; else, and in a small buffer always, some 1
 * us: the records of a block of 512 bytes are read, and a block of 1 or 2 KiB unpacked. */
enum pctab_error pctab_funcname (struct pctab_cold *c, uint64_t pc, const char **name);

/* All that is known of the function that PC lies in.  PCTAB_ERROR_OK with an `end` of 0: nothing.  Errors as those of
 * pctab_funcname().  Signal: safe.  Cost: some 0.5 us. */
enum pctab_error pctab_find_record (struct pctab_cold *c, uint64_t pc, struct pctab_record *record);

/* Goes through all records by rising address: *RECORD zeroed before the first call; an `end` of 0 means there are no
 * more.  Names are not looked up; pctab_record_name() does.  Cost: one record is decoded. */
enum pctab_error pctab_record_next (struct pctab_cold *c, struct pctab_record *record);
enum pctab_error pctab_record_name (struct pctab_cold *c, const struct pctab_record *record, const char **name);

/* One call of the stack of inlined calls at a PC.  Strings point into C's buffer; NULL: not known.  Line 0: none. */
struct pctab_frame {
  const char *func, *file;
  uint32_t line;
};

/* The calls at PC: those inlined there, innermost first, then the function that PC lies in: *CNT of them, FRAMES has
 * room for MAX; of more, the innermost MAX - 1 and the function itself are kept.  MAX of PCTAB_FRAMES_MAX is always
 * enough.  *CNT 0: nothing is known at PC, or PCTAB_ERROR_COLD: the cold part is damaged.  PCTAB_ERROR_BUFFER: strings
 * had no room (see pctab_cold_open()).
 * Signal: safe.  Stack: 5 KiB.  Cost: some 30 ns in a function that was asked for before, whose lines are kept then;
 * the first time, some 2 us and 10 ns for each of its lines and inlined calls; in a small buffer some 3 us. */
#define PCTAB_FRAMES_MAX 65
enum pctab_error pctab_funcline (struct pctab_cold *c, uint64_t pc, struct pctab_frame *frames, unsigned max,
                                 unsigned *cnt);

/* The first PC behind PC where pctab_funcline() may answer otherwise: at most where the function ends that PC lies in;
 * PC + 1 if there is none.
 * Signal: safe.  Cost: as pctab_funcline(). */
uint64_t pctab_funcline_end (struct pctab_cold *c, uint64_t pc);

/* The name of the I'th pcdata table; of tables 0 and 1, if they were given none, UnsafePoint and StackMapIndex; NULL:
 * it has none.  Signal: safe.  Threads: C's.  Cost: unpacks a block. */
enum pctab_error pctab_pcdata_name (struct pctab_cold *c, uint32_t i, const char **name);

/* Why F is not preemptible: a number for pctab_reason_text(); 0: it is preemptible, or the cold part is damaged.
 * Signal: safe.  Threads: C's.  Cost: reads the flags and reasons of all functions before F. */
unsigned pctab_funcreason (const struct pctab_cold *c, struct pctab_func f);

/* The text of a reason, in English: "it calls vfork or clone".  Static; never NULL, also for numbers of later versions.
 * Signal: safe.  Threads: any.  Cost: a switch. */
const char *pctab_reason_text (unsigned reason);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
