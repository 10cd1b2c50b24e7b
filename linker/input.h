/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the plugin wants to know of a link's inputs. */
#ifndef PCTAB_INPUT_H
#define PCTAB_INPUT_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define LIKE_COPIES_MAX 4
#define LIKE_COPY_BYTES_MAX 4096u

/* A section taken over from an object of the link as it is. */
struct like_copy {
  const char *name; /* static */
  uint32_t type;
  uint64_t flags, align, entsize;
  unsigned char *data;
  uint32_t len;
};

/* What the placeholder takes over from an object of the link, so that the linker finds nothing to merge, to turn off or
 * to warn of: identification, machine, flags, properties, attributes. */
struct like {
  bool known;
  unsigned char ident[EI_NIDENT];
  uint16_t machine;
  uint32_t flags;
  unsigned copy_cnt;
  struct like_copy copies[LIKE_COPIES_MAX];
};

/* What an input brings that a table is made of, in bytes of its sections. */
struct input_sizes {
  uint64_t text, frame, line, info, symbol, mark;
};

/* Reads the headers of the relocatable ELF object of LEN bytes at OFF in FD: adds to SIZES, and fills LIKE unless it is
 * known already.  *JOINED becomes the name of a section of records of several sections of code, which `ld -r` has put
 * together and which can't be told apart any more, or NULL.  False: that is no such object. */
bool pctab__input_read (int fd, off_t off, uint64_t len, struct input_sizes *sizes, struct like *like,
                        const char **joined);

#define INPUT_JOINED                                                                                              \
  "ld -r has joined the records of several sections of code, which --gc-sections would keep or drop together; make " \
  "the object with ld -r --unique=.pcdata --unique=.pcsp --unique=.pcln (cc -r: "    \
  "pkg-config --variable=ldflags_relocatable pctab-link)"

/* Frees what LIKE holds. */
void pctab__like_free (struct like *like);

/* The same for the host, for a link of which nothing is known. */
void pctab__like_host (struct like *like);

/* Bytes to reserve for inputs of these sizes: 0 when a copy of the output costs less than room kept for nothing. */
uint64_t pctab__reserve_estimate (const struct input_sizes *sizes);

#endif
