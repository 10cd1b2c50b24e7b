/* SPDX-License-Identifier: MIT */
/* A static copy of this library in a file that dlopen() brought must stay when the file is closed, once the kernel or a
 * thread's exit will call it: so the file does (the shared library is linked to).  dlopen() is a weak name: a static
 * program goes without, and nothing of it is ever unloaded. */
#include "stay.h"

#include <dlfcn.h>
#include <stddef.h>

extern __typeof__ (dlopen) dlopen __attribute__ ((weak));
extern __typeof__ (dladdr) dladdr __attribute__ ((weak));

void
pctab__stay (void)
{
  static char here;
  Dl_info info;
  if (dlopen && dladdr && dladdr (&here, &info) && info.dli_fname)
    dlopen (info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}
