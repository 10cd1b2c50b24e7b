/* SPDX-License-Identifier: MIT */
/* Modules, as the library's own parts see them. */
#ifndef PCTAB_MODULE_H
#define PCTAB_MODULE_H

#include <link.h>

#include "reader.h"

/* Four bytes in memory by which a file that can be unloaded is known to be there still: of its table's digest, of its
 * build ID. */
struct mark {
  uint64_t addr;
  uint32_t value;
};
#define MARKS_MAX 5

/* A module, or a file without a good table: `error` says why.  A copied table, path and all lie in its block. */
struct record {
  struct block block;
  struct pctab_module module;
  enum pctab_error error;
  bool program;        /* the program's own file */
  uint32_t mark_cnt;   /* 0: it doesn't go away by itself */
  struct mark mark[MARKS_MAX];
  bool gone;           /* it was seen to be: should the file come back, that is another load of it */
  uint64_t map_lo;     /* of a file: its first byte */
  struct record *link; /* the writer's: records to be added or dropped together */
};

/* Room for what is never given back. */
struct arena {
  unsigned char *at;
  size_t left;
};

/* What a record is made of. */
struct source {
  enum pctab_origin origin;
  struct arena *arena; /* a permanent one's */
  bool permanent;      /* its table is used where it is, its record is never freed */
  bool program;
  bool safe; /* the memory it lies in can be read without care */
  uint16_t machine;
  bool is64;
  uint64_t lo, hi, bias, map_lo;
  uint64_t path; /* an address; 0: not known */
  size_t path_len;
  const unsigned char *build_id;
  uint8_t build_id_len;
  uint64_t table;   /* where it is; */
  size_t table_len; /* 0: there is none */
  uint64_t addr;    /* and its address in terms of its text delta; */
  bool at_lo;       /* or else: its text offset 0 is at lo */
  uint32_t mark_cnt;
  struct mark mark[MARKS_MAX];
};

/* A list with all that belongs to it, in one block. */
struct list {
  struct block block;
  struct pctab_modules pub; /* the good ones */
  uint64_t main_lo, main_len; /* of the module that is looked at first */
  const struct pctab_module *main;
  uint32_t cnt;        /* records, good or not */
  const uint64_t *lo;  /* where each begins */
  struct record **at;
};

static inline const struct list *
list_of (const struct pctab_modules *modules)
{
  return (const struct list *) (const void *) ((const char *) modules - offsetof (struct list, pub));
}

/* The record whose range PC is in; NULL: none.  Whether it is still there is record_lives()'s business. */
const struct record *pctab__list_find (const struct list *l, uint64_t pc);

/* Whether what the record is of is still loaded: a read that can't fault, for what isn't permanent.  Once it was not,
 * it never is again. */
bool pctab__record_lives (const struct record *r);

/* The record that PC is in now; NULL: none. */
const struct record *pctab__record_now (uint64_t pc);

/* As pctab_find_module(), for many PCs in one read section: the module with the generation *TRUSTED is not asked again
 * whether it is still loaded; another one is, and then it is the one that is trusted.  0: none is. */
const struct pctab_module *pctab__module_find (const struct pctab_modules *modules, uint64_t pc, uint64_t *trusted);

/* A record of SRC, its table copied and validated.  NULL: memory is out. */
struct record *pctab__record_make (const struct source *src);

/* One that was never published. */
void pctab__record_free (struct record *r);

/* The writer's: publishes a list with the records that are chained at ADD, without REMOVE (or NULL), and without those
 * that are found to be gone.  What is not taken of ADD is freed: RANGE, another one is in the way (of several records
 * that is no error); MEMORY. */
enum pctab_error pctab__list_change (struct shared *s, struct record *add, struct record *remove);

/* The file that PC lies in, if it wasn't known: found, copied, and in the list from now on.  NULL: there is none, it
 * has no table, or another thread is writing.  Signal: safe. */
const struct pctab_module *pctab__module_discover (const struct list *l, uint64_t pc);

/* Whether files that come later are found without pctab_module_update(). */
bool pctab__module_finds (void);

/* What a loaded file says of itself. */
struct file {
  uint64_t bias, map_lo, lo, hi; /* [lo, hi): its executable segments */
  uint64_t table, table_len;     /* its table's segment; 0: none */
  uint64_t frames;               /* its .eh_frame_hdr; 0: none */
  uint64_t build_id_addr;
  uint8_t build_id_len;
  unsigned char build_id[32];
};

/* Nothing read yet of a file at that bias. */
#define FILE_AT(at) (struct file){ .bias = (at), .map_lo = UINT64_MAX, .lo = UINT64_MAX }

/* Reads what CNT of its program headers lead to.  SAFE: memory needs no care. */
void pctab__file_add (struct file *f, const ElfW (Phdr) * phdr, unsigned cnt, bool safe);

/* All of it at once.  False: it has no code. */
bool pctab__file_read (struct file *f, uint64_t bias, const ElfW (Phdr) * phdr, unsigned cnt, bool safe);

/* SRC for the file, whose table, if it has one, lies in it.  False: it is not worth a record, since nothing would tell
 * that it is gone. */
bool pctab__file_source (struct source *src, const struct file *f, bool permanent, bool safe);

/* Adds the files that are loaded now and not known.  START: when the library starts; those that are there for good,
 * and, where later ones are not found otherwise, all. */
void pctab__module_scan (struct shared *s, bool start);

/* Whether the file has a module, by its linker or by an import.  In a callback of dl_iterate_phdr(). */
bool pctab__module_known (const struct dl_phdr_info *info);

/* Adds a table that was made for the file: LEN bytes at IMAGE, which are copied; text offset 0 is its text delta from
 * ADDR.  RANGE: it has a module, or there is nothing by which it would be known that the file is gone.  In a callback
 * of dl_iterate_phdr(). */
enum pctab_error pctab__module_import (const struct dl_phdr_info *info, const void *image, size_t len, uint64_t addr);

/* Of the files that are loaded, which are so for good.  For callbacks of dl_iterate_phdr() alone. */
struct loaded;
struct loaded *pctab__loaded_open (void);
bool pctab__loaded_stays (const struct loaded *loaded, const struct dl_phdr_info *info);
void pctab__loaded_close (struct loaded *loaded);

/* This machine, as tables name it. */
bool pctab__native (uint16_t *machine, bool *is64);

#endif
