/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library whose constructor spins: dlopen() has not come back by then. */
#include "spin.h"

static __attribute__ ((constructor)) void
start (void)
{
  spin ();
}
