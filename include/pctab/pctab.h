/* SPDX-License-Identifier: MIT */
/* <pctab/pctab.h>: the modules of the running process, and from a PC to its module's table.
 *
 * A *module* is a loaded file with a table, or code made at run time that was registered with one.  Files are found
 * without a call: those that are there when this library starts, then; one that dlopen() brings later, at the first
 * lookup of a PC in it, also inside a signal handler.  Each table is validated once, when its module is found; one that
 * is refused stays known with the reason (pctab_module_each()).
 *
 * Lookups stand between pctab_read_begin() and pctab_read_end(), which cost next to nothing, take no lock and never
 * wait:
 *
 *   pctab_read_begin ();
 *   const struct pctab_module *m = pctab_find_module (pctab_modules (), pc);
 *   if (m)
 *     {
 *       struct pctab_func f = pctab_findfunc (&m->table, pc);
 *       ...
 *     }
 *   pctab_read_end ();
 *
 * Who waits for whom: nobody.  The table of a file that can be unloaded is read from a copy, so dlclose() takes nothing
 * from under a lookup in another thread, and knows nothing of lookups.  What is unregistered or unloaded is given back
 * when no read section that began before is still open; a thread that was stopped inside one delays that, and nothing
 * else.
 *
 * Several copies of this library in one process (static ones in several files) share one list of modules; those of
 * different releases may keep one each, and then don't know of the other's registered code.
 *
 * Where a sandbox forbids process_vm_readv() and memfd_create(), files that come later are found by
 * pctab_module_update() alone; where it begins to forbid membarrier() later on, what is unloaded is never freed. */
#ifndef PCTAB_INCLUDE_PCTAB_H
#define PCTAB_INCLUDE_PCTAB_H

#include <pctab/table.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Where a module's table comes from. */
enum pctab_origin {
  PCTAB_ORIGIN_LINKED,   /* the linker built it into the file */
  PCTAB_ORIGIN_IMPORTED, /* pctab_module_import_loaded() made it from .eh_frame: nothing there is preemptible */
  PCTAB_ORIGIN_MADE,     /* pctab_module_register() */
};

/* A module, as a lookup sees it.  Its members stay as they are, and may be read until the read section ends in which it
 * was found. */
struct pctab_module {
  uint64_t lo, hi;          /* its code lies in [lo, hi) */
  struct pctab_table table; /* open, in this process' addresses */
  uint64_t bias;            /* run-time address minus the file's; made code: lo */
  uint64_t generation;      /* a number no other module of this process has, had or will have; from 1 on.  A file that
                             * comes again to where it was has another, if a lookup or an update saw that it was gone */
  enum pctab_origin origin;
  bool permanent;           /* it is never unloaded or unregistered */
  uint8_t build_id_len;     /* bytes; 0: it has none */
  unsigned char build_id[32];
  const char *path;         /* as the dynamic linker has it, the program's own from the kernel; or the name it was
                             * registered by */
};

/* A list of modules, as it was at one moment; never changed.  A program of yours may make its own, for tables of other
 * machines or in tests: CNT modules at AT by rising lo, `cache` NULL. */
struct pctab_cache;
struct pctab_modules {
  const struct pctab_module *const *at;
  uint32_t cnt;
  bool process;              /* this process' own list: false in yours */
  struct pctab_cache *cache; /* private */
};

/* Opens and closes a read section of this thread.  They nest.  A section may be left by longjmp() only if memory that
 * later becomes free may stay taken for good.
 * Signal: safe.  Threads: any.  Cost: some 4 ns both; once in a thread's life a system call or three. */
void pctab_read_begin (void);
void pctab_read_end (void);

/* This process' modules, until the read section ends.
 * Signal: safe, in a read section.  Threads: any.  Cost: one load. */
const struct pctab_modules *pctab_modules (void);

/* The module that PC lies in; NULL: none has it, or its table was refused.  In the process' own list, a PC in a file
 * that was not seen before has that file found and its table validated; a module that is not permanent is looked at
 * again, whether it is still loaded, by a read that can't fault.
 * Where another thread is just changing the list, a file that was not seen before may be not found this time.
 * Signal: safe, in a read section.  Threads: any.  Cost: a binary search in the list; 0.3 us for a module that is not
 * permanent; a new file costs reading and copying its table, once, 4 KiB of stack, and all signals are blocked then. */
const struct pctab_module *pctab_find_module (const struct pctab_modules *modules, uint64_t pc);

/* What a PC is in terms that outlive the process: which file, where in it, which load of it. */
struct pctab_identity {
  unsigned char build_id[32];
  uint8_t build_id_len; /* 0: the file has none */
  uint64_t off;         /* PC minus the module's bias: the address that the file's symbols have; made code: from lo */
  uint64_t generation;
};

/* False: no module has PC, and *IDENTITY is untouched.  Signal: safe.  Threads: any.  Cost: pctab_find_module()'s. */
bool pctab_identify (uint64_t pc, struct pctab_identity *identity);

/* Looks for files that were loaded or unloaded since; what lookups then find is found already.  After dlopen() it saves
 * the first lookup the work, where there is no _dl_find_object() (glibc before 2.35, other C libraries) it is how files
 * that came by dlopen() are found at all.  Returns how many modules there are.
 * Signal: not safe.  Threads: any; takes the dynamic linker's lock.  Cost: a look at each loaded file. */
unsigned pctab_module_update (void);

/* Makes tables in memory from .eh_frame and .dynsym for all loaded files that have no table (libc, the vDSO), so that a
 * stack can be unwound through them.  Nothing in them is preemptible.  What is damaged is passed over; a file without
 * PT_GNU_EH_FRAME (static programs, all of 32-bit ARM) gets the names of its dynamic symbols alone.  A file with a
 * table is left as it is, also where that is refused.  May be called again after dlopen().  Returns how many tables
 * were made; -1: memory is out.  In a sandbox that forbids process_vm_readv() and memfd_create() none is.
 * Signal: not safe.  Threads: any; takes the dynamic linker's lock, but not while it works.  Cost: some 5 ms of CPU
 * time for libc; a table takes half as much memory as its .eh_frame. */
int pctab_module_import_loaded (void);

/* Registers LEN bytes of code at CODE, which was made at run time, with the TABLE_LEN bytes of a table at TABLE, which
 * is copied; <pctab/build.h> makes such tables.  Text offset 0 of the table is CODE, whatever its text delta says.
 * The range is CODE's alone: PCTAB_ERROR_RANGE if a module lies there, if the table speaks of other addresses than [0,
 * LEN), or if LEN is 0; PCTAB_ERROR_MEMORY; else why the table is refused.  NAME is copied.  On success *GENERATION
 * says which module it is.
 * Signal: not safe.  Threads: any.  Cost: a copy of the table and of the list of modules. */
enum pctab_error pctab_module_register (const char *name, const void *code, size_t len, const void *table,
                                        size_t table_len, uint64_t *generation);

/* Takes it away again: lookups that begin from now on don't find it.  Memory that nobody can read any more is freed;
 * what can be still is freed by a later call.  PCTAB_ERROR_RANGE: there is no such registered module.
 * Signal: not safe.  Threads: any.  Cost: a copy of the list of modules, a look at all threads. */
enum pctab_error pctab_module_unregister (uint64_t generation);

/* A module, or a file whose table was refused, or that has none (PCTAB_ERROR_NO_TABLE).  Strings: until the callback
 * returns. */
struct pctab_module_info {
  const struct pctab_module *module; /* NULL: refused */
  const char *path;
  uint64_t bias;
  enum pctab_error error;
};

/* Calls each (info, arg) for each that was seen, by rising address, until it returns false; in a read section.  What
 * was unloaded since may be among them: pctab_module_update() first.  Signal: not safe.  Threads: any. */
void pctab_module_each (bool (*each) (const struct pctab_module_info *info, void *arg), void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
