/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables and lookups as the Go runtime has them (1.16 to 1.22), in C, filled with another module's rows: what pctab's
 * own are measured against.  A PC is an offset from the text's start. */
#ifndef GO_STYLE_H
#define GO_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What to build from: functions by rising start; rows [row, row + row_cnt) by rising offset, the first at `start`. */
struct go_input {
  uint32_t start, end;
  uint32_t row, row_cnt;
};

struct go_row {
  uint32_t off;
  int32_t value;
};

struct go_functab {
  uint32_t entry_off, func_off;
};

struct go_bucket {
  uint32_t idx;
  uint8_t sub[16];
};

/* A function's record: Go 1.19's _func, with three pcdata tables and four funcdata words behind it, as usual there. */
struct go_func {
  uint32_t entry_off;
  int32_t name_off, args;
  uint32_t defer_return, pcsp, pcfile, pcln, pcdata_cnt, cu_off;
  uint8_t id, flag, pad, funcdata_cnt;
  uint32_t pcdata[3], funcdata[4];
};

struct go_tables {
  uint32_t text_end;
  unsigned quantum; /* bytes of the shortest instruction */
  struct go_functab *functab; /* func_cnt + 1: the last marks the end */
  uint32_t func_cnt;
  struct go_bucket *buckets;
  uint32_t bucket_cnt;
  unsigned char *funcs, *pctab;
  size_t funcs_len, pctab_len;
};

/* False: memory is out, or there is no function. */
bool go_build (struct go_tables *t, const struct go_input *in, uint32_t cnt, const struct go_row *rows,
               unsigned quantum);
void go_free (struct go_tables *t);

/* The function that PC is in; NULL outside the text. */
const struct go_func *go_findfunc (const struct go_tables *t, uint32_t pc);

/* The value of stream OFF of F at PC and, in *START, the PC from which it holds; -1 and 0 when there is none. */
int32_t go_pcvalue (const struct go_tables *t, const struct go_func *f, uint32_t off, uint32_t pc, uint32_t *start);

#endif
