/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef STORM_H
#define STORM_H

/* Nothing that may not be called in a handler is called while it is set. */
extern __thread volatile int storm_in_handler;
extern volatile int storm_over;

/* Some milliseconds of work each, whose result is checked. */
void storm_sqlite (void);
void storm_lua (void);

/* The library calls it. */
int storm_back (int n);

#endif
