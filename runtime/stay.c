/* SPDX-License-Identifier: MIT */
/* A static copy of this library in a file that dlopen() brought must stay when the file is closed, once the kernel or a
 * thread's exit will call it: so the file does (the shared library is linked to).  dlopen() is asked for by name, since
 * its mere mention makes the link of a static program warn; nothing of such a program is ever unloaded. */
#include "stay.h"

#include <dlfcn.h>
#include <stddef.h>
#include <sys/auxv.h>

extern __typeof__ (dlsym) dlsym __attribute__ ((weak));
extern __typeof__ (dladdr) dladdr __attribute__ ((weak));

void
pctab__stay (void)
{
  static char here;
  Dl_info info;
  if (!getauxval (AT_BASE) || !dlsym || !dladdr || !dladdr (&here, &info) || !info.dli_fname)
    return;
  __typeof__ (&dlopen) open_file = (__typeof__ (&dlopen)) dlsym (RTLD_DEFAULT, "dlopen");
  if (open_file)
    open_file (info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}
