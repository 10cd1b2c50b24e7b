/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The objects' own records, as symtab/OBJECT-FORMAT has them, in the finished file.
 *
 *   import_section.c   the passes
 *   record_walk.c      walks the sections and checks what all records have
 *   record_span.c      no two speak of the same code, none of two functions
 *   record_frame.c     .pcsp: frames, in the place of imported ones
 *   record_line.c      .pcln: lines and inlined calls, likewise
 *   record_cut.c       takes out imported lines and calls where records say others
 *   record_name.c      numbers of files and origins, together with those of the debug information
 *   record_mark.c      .pcdata: marks, points, names of tables; and code in sections with a meaning
 *   record_flag.c      .pcdata: flags of functions
 *   blame.c            whose code a message is about
 *
 * The linker has put the records in the order of the code; that makes it fast, nothing depends on it. */
#ifndef PCTAB_RECORD_H
#define PCTAB_RECORD_H

#include "cursor.h"
#include "diag.h"
#include "elf_file.h"
#include "model.h"
#include "text_spans.h"

enum {
  RECORD_VALUES = 1,
  RECORD_MARK = 2,
  RECORD_POINT = 3,
  RECORD_FLAGS = 4,
  RECORD_NAME = 5,
  RECORD_FRAME = 16,
  RECORD_LINES = 32,
};

/* A record whose code is in the file. */
struct record {
  uint32_t at; /* in its section */
  uint8_t kind;
  uint32_t off, limit; /* text offsets of its address and of the end of the code there */
  struct cursor body;  /* what is behind the address */
};

/* The bytes of code that a frame or lines record is about. */
struct record_span {
  uint32_t off, end;
  uint32_t what; /* the caller's number */
  struct record record;
};

struct record_spans {
  MODEL_VEC (struct record_span) list;
};

struct record_reader {
  struct elf_file *f;
  struct model *m;
  struct diag *d;
  struct blame *blame;
  struct text_spans texts;
  struct record_data *data; /* addresses of what is not code; record_walk.c's */
  size_t data_cnt;
  size_t frame; /* the one found last */
};

typedef bool record_take (struct record_reader *rr, struct record *r, void *user);

/* Is S a section of records by the name NAME? */
bool pctab__record_section (const struct elf_section *s, const char *name);

/* Sections of code that say something of all of their functions: RECORD_TEXT and what. */
#define RECORD_TEXT ".text.pctab."
bool pctab__record_text (const struct elf_section *s);

/* Calls TAKE for each live record of the sections NAME, in their order, until it returns false. */
bool pctab__record_walk (struct record_reader *rr, const char *name, record_take *take, void *user);

/* An error about record R, "FILE: SECTION: FUNCTION+0x4: record at 0x18 (mark): ...".  Returns false. */
bool pctab__record_error (struct record_reader *rr, const struct record *r, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));

/* The next field, a number of bytes of code: *END is where they end.  False, with a message, when that is behind the
 * code. */
bool pctab__record_end (struct record_reader *rr, struct record *r, uint32_t *end);

/* True when the body was read to its end and not beyond, else a message. */
bool pctab__record_done (struct record_reader *rr, const struct record *r);

/* The frame that has the code at OFF, or the number of frames. */
size_t pctab__record_frame_at (struct record_reader *rr, uint32_t off);

/* Sorts the spans by where they start, leaves out what is said twice in the same words, and refuses other overlaps and
 * what leaves its function. */
bool pctab__record_spans_order (struct record_reader *rr, struct record_spans *s);

/* The first of the ordered spans that ends behind OFF. */
size_t pctab__record_spans_find (const struct record_spans *s, uint32_t off);

/* The passes */
bool pctab__record_frames (struct record_reader *rr);
bool pctab__record_lines (struct record_reader *rr);
bool pctab__record_marks (struct record_reader *rr);

/* Takes imported lines out of the ordered SPANS, and inlined calls that are wholly in one of them. */
bool pctab__record_cut (struct record_reader *rr, const struct record_spans *spans);

#define RECORD_FLAG_CNT 7
#define RECORD_UNSAFE 0x8000 /* beside FRAME_*: all of the frame is unsafe */

/* Flags (FRAME_*, RECORD_UNSAFE) for the frames in ranges, to be set at once. */
struct record_flags {
  uint32_t *delta[RECORD_FLAG_CNT]; /* by flag: at a frame's number, ranges that begin there less those that ended */
};

bool pctab__record_flags_add (struct record_reader *rr, struct record_flags *flags, uint32_t off, uint32_t end,
                              uint16_t what);
bool pctab__record_flags_set (struct record_reader *rr, struct record_flags *flags);
void pctab__record_flags_free (struct record_flags *flags);

/* Numbers of files and origins: a string that the model has already gets its number. */
struct record_names {
  struct model *m;
  uint32_t *files, *origins; /* hash tables of numbers */
  size_t file_cap, origin_cap;
};

void pctab__record_names_free (struct record_names *n);

/* MODEL_NONE: memory is out. */
uint32_t pctab__record_file (struct record_names *n, const struct model_str *path);
uint32_t pctab__record_origin (struct record_names *n, const struct model_origin *origin);

#endif
