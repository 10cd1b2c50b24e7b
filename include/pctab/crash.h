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
  int fd;              /* where it is written; 0 or -1: standard error */
  unsigned frames_max; /* 0: 256; of more, the innermost and the outermost half */
  bool no_import;      /* don't call pctab_module_import_loaded() */
};

/* On SIGSEGV, SIGBUS, SIGABRT, SIGFPE and SIGILL writes the signal, the address, and the stack with functions (by their
 * linkage names), files, lines and inlined calls:
 *
 *   SIGSEGV: nothing is mapped there, address 0x0; process 4711, thread 4712 worker
 *   #0 0x55de185c7391 poke (inlined) in src/prog.c:34
 *   #0 0x55de185c7391 fault+0x11 in src/prog.c:46
 *   #1 0x55de185c7852 serve+0x152 in src/prog.c:213
 *   #2 0x7f19282e31f5 ?? in /lib/x86_64-linux-gnu/libc.so.6+0x891f5, build ID 93ac61ec...
 *
 * Then the program dies by that signal, with a core file if it would have left one.  A handler of the program's own,
 * installed before or after, comes first, and if it returns or jumps away nothing is written; so too where the program
 * ignores the signal (a fault kills it then all the same).
 * It works with a corrupt heap, on an overflown stack (each thread that calls pctab_thread_init(), and the one that
 * calls this, has an alternate stack), in a stripped program: nothing is allocated, no file is opened and no
 * environment variable is read then.  Of several threads that crash at once, one is reported.  A crash in the report
 * ends it, and who doesn't take it for 5 seconds (a full pipe) gets no more.  Nothing can be written of a fault while
 * its signal is blocked: the kernel kills at once.  OPTIONS may be NULL.  Returns 0, or an errno: EALREADY, it is
 * installed.
 *
 * From then on the kernel's actions for these signals are this library's, and sigaction(), signal() and their kin,
 * which it has in the place of the C library's, keep the program's own.  Actions set in other ways (raw system calls, a
 * library with a sigaction() of its own that stands before this one) go past it.
 * A file that brings this library with it, as a static copy, stays loaded from then on, dlclose() or not.
 * Signal: not safe.  Threads: once for all.  Cost: imports loaded files (pctab_module_import_loaded()), reserves
 * address space for the cold part of the largest table (64 MiB at most). */
int pctab_crash_handler_install (const struct pctab_crash_options *options);

/* Gives this thread an alternate stack (PCTAB_ALTSTACK_BYTES, with a guard page), unless it has one, and has the bounds
 * of its stack asked for.  They go when the thread exits; a file with a static copy of this library stays loaded.
 * Returns 0, or an errno.
 * Signal: not safe.  Threads: any, each for itself.  Cost: an mmap(). */
#define PCTAB_ALTSTACK_BYTES (64 << 10)
int pctab_thread_init (void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
