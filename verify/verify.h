/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules over a table in memory, for pctab-link and pctab-verify.  They need no library but libc and LZ4; what needs
 * libelf, libdw or the encoder is in the command alone. */
#ifndef PCTAB_VERIFY_VERIFY_H
#define PCTAB_VERIFY_VERIFY_H

#include "decoded.h"
#include "report.h"

enum verify_extent {
  VERIFY_HOT, /* header, functab, frames, flags, pcdata, marks: what a decision at a signal rests on */
  VERIFY_ALL, /* and names, inlined calls and lines */
};

/* Runs the table's own rules over the image of LEN bytes that will lie at ADDR.  False: memory ran out.  D keeps what
 * was decoded, for further rules; free it with pctab__decoded_free(), also after false. Threads: any, each with its own
 * D and R.  Cost: linear in the table. */
bool pctab__verify_image (struct decoded *d, const unsigned char *image, size_t len, uint64_t addr,
                          enum verify_extent extent, struct report *r);

/* For a link: VERIFY_HOT over an image that is about to be placed at ADDR, or has been.  False: a rule of severity
 * error is broken, or memory is out; TEXT says which, with function and address, in one line without the file's name.
 * Cost: some per cent of encoding the table. */
#define VERIFY_TEXT_MAX 800
bool pctab__verify_at_link (const unsigned char *image, size_t len, uint64_t addr, char text[VERIFY_TEXT_MAX]);

/* For a link with verify=full: runs pctab-verify -q over the finished file PATH, found beside this program, else in
 * PATH. False: it found something, or could not be run; TEXT is what it printed, lines and all. */
bool pctab__verify_by_command (const char *path, char text[VERIFY_TEXT_MAX]);

/* Rules over what is decoded. */
void pctab__check_lines (struct decoded *d);
void pctab__check_marks (struct decoded *d);

#endif
