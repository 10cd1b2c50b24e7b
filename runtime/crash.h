/* SPDX-License-Identifier: MIT */
/* The parts of the crash handler.  Its memory is reserved when it is installed; one crash has all of it. */
#ifndef PCTAB_RUNTIME_CRASH_H
#define PCTAB_RUNTIME_CRASH_H

#include <pctab/crash.h>
#include <signal.h>

/* Writes by write(2), a buffer at a time, and waits for a reader only so long. */
struct crash_out {
  int fd;
  bool gone; /* nobody takes it */
  unsigned len;
  char buf[2048];
};

void pctab__out_text (struct crash_out *o, const char *text);
void pctab__out_decimal (struct crash_out *o, uint64_t number);
void pctab__out_hex (struct crash_out *o, uint64_t number);
void pctab__out_bytes (struct crash_out *o, const unsigned char *bytes, unsigned len); /* as hex digits */
void pctab__out_flush (struct crash_out *o);

/* "SIGSEGV", and why it came; NULL: there are no words for it. */
const char *pctab__signal_name (int signo);
const char *pctab__signal_cause (int signo, int code);

/* A frame that was walked over. */
struct crash_frame {
  uint64_t pc;
  bool exact;
  bool signal; /* the return from a signal handler */
};

/* The walk: all of the first `half` frames, and a ring of the last. */
struct crash_walk {
  struct crash_frame *first, *last;
  unsigned half;
  uint64_t cnt; /* frames in all */
  enum pctab_stop stop;
  uint64_t stop_pc;
};

/* Walks from what a signal has interrupted to the end.  In a read section. */
void pctab__crash_walk (struct crash_walk *w, const siginfo_t *info, const void *ucontext);

/* Prints what was walked over.  BUF, LEN: for the cold parts of tables.  In the same read section. */
void pctab__crash_print (struct crash_out *o, const struct crash_walk *w, void *buf, size_t len);

#endif
