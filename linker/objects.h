/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inputs of a link, read again after it: objects, and the archives that they are members of. */
#ifndef PCTAB_OBJECTS_H
#define PCTAB_OBJECTS_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "diag.h"
#include "elf_symbol.h"

struct object_section {
  uint32_t name_off, type, link, info;
  uint64_t flags, off, size, entsize;
};

/* Bytes read from a file, kept from one use to the next. */
struct object_bytes {
  unsigned char *at;
  size_t cap;
};

/* A relocatable object.  Everything in it lasts until the next one is read. */
struct object {
  const char *path;                /* of the file that it is in */
  const char *name;                /* the member's name, else the path's last part */
  struct archive *archive;         /* whose member it is, or NULL */
  bool is64, big;
  uint16_t machine;
  struct object_section *sections; /* section 0 included; their offsets are the object's, and inside it */
  uint32_t section_cnt;
  struct elf_symbol *symbols;      /* SHN_XINDEX resolved */
  uint32_t symbol_cnt, first_global;
  struct elf_names names;          /* of the symbols */
  /* Private. */
  int fd;
  uint64_t off, len;
  uint32_t shstrndx;
  size_t sections_cap, symbols_cap;
  struct object_bytes table, strings, other;
};

enum object_kind { OBJECT_GOOD, OBJECT_OTHER, OBJECT_BAD };

/* The object of LEN bytes at OFF in FD: sections and symbols.  OTHER: that is no relocatable ELF object.  BAD: it is
 * damaged or can't be read; the message is in D. */
enum object_kind pctab__object_read (struct object *o, int fd, uint64_t off, uint64_t len, struct diag *d);

/* A section's contents, until the next one's are asked for. */
bool pctab__object_contents (struct object *o, const struct object_section *s, struct cursor *c, struct diag *d);

/* Whether it has call frame information, so that its functions can be in the table. */
bool pctab__object_has_frames (struct object *o);

void pctab__object_free (struct object *o);

/* LEN bytes at OFF of FD.  False, errno set, when they are not there. */
bool pctab__pread_all (int fd, void *to, uint64_t len, uint64_t off);

/* An archive: GNU's, thin or not; of BSD's what has names of its own. */
struct archive {
  char *path;
  bool thin;
  uint64_t len;
  char *names; /* the table of long names */
  size_t names_len;
  uint64_t index_off, index_len; /* its table of symbols; 0 bytes: it has none */
  unsigned index_word;           /* 4 or 8 */
  uint64_t first;                /* the header of the first member */
  struct archive_ref *refs;      /* its members by name, once they are asked for */
  size_t ref_cnt, ref_cap;
  struct archive *next;          /* in its bucket */
  int policy;                    /* the policy's: what is known of it; 0 at first */
};

struct archive_ref {
  char *name;
  uint64_t off, len;
};

struct archive_member {
  uint64_t header, off, len; /* of its data, unless the archive is thin */
  char name[1024];           /* cut if longer; of a thin one the path */
};

/* Reads what stands before the members.  1: done; 0: FD is no archive; -1: it is damaged, with a message. */
int pctab__archive_read (struct archive *a, int fd, uint64_t len, struct diag *d);

/* The member at or behind *AT that is no table, and *AT behind it.  1: there it is; 0: that was the last one; -1: the
 * archive is damaged, with a message. */
int pctab__archive_next (const struct archive *a, int fd, uint64_t *at, struct archive_member *m, struct diag *d);

/* The member whose data begin at OFF: its name.  False: none is known. */
bool pctab__archive_member_at (const struct archive *a, int fd, uint64_t off, struct archive_member *m);

/* Fills in refs, if that was not done.  False: with a message. */
bool pctab__archive_list (struct archive *a, int fd, struct diag *d);

/* The names of its table of symbols, each ended by 0, in memory that the caller frees; NULL: there are none, or memory
 * is out. */
char *pctab__archive_symbols (const struct archive *a, size_t *len);

void pctab__archive_free (struct archive *a);

/* The list, one input a line:
 *   PATH<TAB>OFFSET<TAB>SIZE   as the plugin writes it: an object, or a thin archive
 *   PATH(MEMBER)               as ld.lld's --trace prints it
 *   PATH                       an object, or an archive with all its members
 * What is no relocatable object and no archive is passed over: shared objects, bitcode, linker scripts. */
struct inputs;

/* NULL, with a message, when the list can't be read. */
struct inputs *pctab__inputs_open (const char *list, struct diag *d);

/* The members of the archive at PATH.  NULL, with a message: memory is out. */
struct inputs *pctab__inputs_of_archive (const char *path, struct diag *d);

/* The next object: 1; 0 at the end; -1 with a message. */
int pctab__inputs_next (struct inputs *in, struct object *o, struct diag *d);

void pctab__inputs_close (struct inputs *in);

#endif
