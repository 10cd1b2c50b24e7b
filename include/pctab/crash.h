/* SPDX-License-Identifier: MIT */
/* <pctab/crash.h>: a program that crashes says where, and then dies as it would have. */
#ifndef PCTAB_INCLUDE_CRASH_H
#define PCTAB_INCLUDE_CRASH_H

#include <pctab/unwind.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct pctab_crash_options {
  int fd;              /* where it is written; -1: standard error */
  unsigned frames_max; /* 0: 256; of more, the innermost and the outermost half */
  bool no_import;      /* don't call pctab_module_import_loaded() */
};

/* On SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL writes the signal, the address, and the stack with functions, files,
 * lines and inlined calls; then the program dies by that signal, with a core file if it would have left one.  A handler
 * of the program's own, installed before or after, comes first, and if it returns or jumps away nothing is written.
 * It works with a corrupt heap, on an overflown stack (each thread that calls pctab_thread_init(), and the one that
 * calls this, has an alternate stack), in a stripped program: nothing is allocated and no file is opened then.  OPTIONS
 * may be NULL.  Returns 0, or an errno.
 * Signal: not safe.  Threads: once for all.  Cost: imports loaded files (pctab_module_import_loaded()), reserves a
 * buffer for the cold part of the largest table. */
int pctab_crash_handler_install (const struct pctab_crash_options *options);

/* Gives this thread an alternate stack (PCTAB_ALTSTACK_BYTES, with a guard page), unless it has one, and has the bounds
 * of its stack asked for.  They go when the thread exits.  Returns 0, or an errno.
 * Signal: not safe.  Threads: any, each for itself.  Cost: an mmap(). */
#define PCTAB_ALTSTACK_BYTES (64 << 10)
int pctab_thread_init (void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
