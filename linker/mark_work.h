/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mark.c and the mark_*.c share: the work on one table at a time, frame by frame. */
#ifndef PCTAB_MARK_WORK_H
#define PCTAB_MARK_WORK_H

#include "mark.h"

/* A stretch of code inside a frame. */
struct mark_run {
  uint32_t off, end;
  int32_t value;   /* of a restart range: -3, -4, or 0: to be given one */
  uint32_t record; /* the first one that speaks of it */
  bool joined;     /* of several that touch */
};

struct mark_runs {
  struct mark_run *at;
  size_t cnt, cap;
};

struct mark_points {
  const struct model_point **at;
  size_t cnt, cap;
};

struct mark_work {
  struct elf_file *f;
  struct model *m;
  const struct mark_by *by;
  struct diag *d;
  uint32_t insn; /* bytes of the shortest instruction */
  /* The table's marks and the points as keys: offset << 32 | index, by rising offset.  mark and point are the next. */
  const uint64_t *marks;
  size_t mark, mark_cnt;
  uint64_t *points;
  size_t point, point_cnt;
  /* Starts and ends of function symbols, in order, a start with the end in its low half; bound is the first behind the
   * start of the frame, before the first that is not before it. */
  uint64_t *bounds;
  size_t bound, before, bound_cnt;
  uint32_t reach; /* the furthest end of the functions that begin before the frame */
  bool bounds_known;
  /* Sections with code, as keys. */
  uint64_t *sections;
  size_t section_cnt;
  /* Of the frame at hand. */
  const struct model_frame *frame;
  size_t stretch;      /* its first in m->stretches */
  uint32_t own_end;    /* how far pctab's own unsafe marks reach, also in frames to come */
  struct mark_runs literals, unsafe, restarts, entries;
  struct mark_points open; /* points that began */
};

/* mark_error.c.  Return false, with the message "[OBJECT: ]FUNCTION+0xOFF (LEN bytes): ..." of what FORMAT says. */
bool pctab__mark_error (struct mark_work *w, uint32_t record, uint32_t off, uint32_t len, const char *format, ...)
  __attribute__ ((format (printf, 5, 6)));

/* mark_run.c */
bool pctab__mark_run_add (struct mark_work *w, struct mark_runs *runs, struct mark_run run);

/* By rising offset. */
void pctab__mark_runs_sort (struct mark_runs *runs);

/* Runs that overlap or touch become one; they must be sorted. */
void pctab__mark_runs_unite (struct mark_runs *runs);

/* Adds to m->stretches, or to the last one if that is of the frame, touches and has the value. */
bool pctab__mark_emit (struct mark_work *w, uint32_t off, uint32_t end, int32_t value);

/* mark_frame.c.  Calls EACH for every frame that the table's marks say something of, or if EVERY for all; literals has
 * then what records of values say: without contradictions, joined where they touch with one value.  For each other mark
 * of the frame, by rising offset, ADD is called before. */
struct mark_sweep {
  bool (*add) (struct mark_work *w, const struct model_mark *mark);
  bool (*each) (struct mark_work *w);
  bool points; /* the points too */
  bool every;
};

bool pctab__mark_sweep (struct mark_work *w, const struct mark_sweep *sweep);

/* That a restart range is not longer than PCTAB_RESTART_MAX. */
bool pctab__mark_check_len (struct mark_work *w, const struct mark_run *run);

/* False, with a message, unless [off, end) begins and ends where instructions may. */
bool pctab__mark_aligned (struct mark_work *w, uint32_t record, uint32_t off, uint32_t end);

/* mark_point.c.  The points of the frame, from w->point on: what is between them is added to unsafe. */
bool pctab__mark_pair (struct mark_work *w);

/* The points between the frame before and this one, or behind all (NULL). */
bool pctab__mark_points_skip (struct mark_work *w, const struct model_frame *prev, const struct model_frame *next);

/* mark_restart.c.  The rules of restart ranges as they were written: of the frame's restarts, of its entries. */
bool pctab__mark_restarts_check (struct mark_work *w);
bool pctab__mark_entries_check (struct mark_work *w);

/* Whether [off, end) can be a restart range of its frame.  PLACE, at first 0, moves on with rising offsets. */
struct mark_place {
  size_t bound;
  uint32_t row;
};

bool pctab__mark_restart_fits (struct mark_work *w, uint32_t off, uint32_t end, struct mark_place *place);

/* RUN, a part of the frame that restarts at entry, has the rule that holds there. *ROW, among
 * the frame's, moves on with rising offsets. */
bool pctab__mark_entry_check (struct mark_work *w, const struct mark_run *run, uint32_t *row);

/* What is left of the restart ranges beside the unsafe stretches, which grow by the rest; and their values. */
void pctab__mark_restarts_cut (struct mark_work *w);
void pctab__mark_restarts_number (struct mark_work *w);

/* mark_arch.c.  What the architecture's predicates find in the frame, beside what is there. */
bool pctab__mark_apply_arch (struct mark_work *w);

/* mark_unsafe.c and mark_values.c: one table. */
bool pctab__mark_unsafe (struct mark_work *w);
bool pctab__mark_values (struct mark_work *w);

#endif
