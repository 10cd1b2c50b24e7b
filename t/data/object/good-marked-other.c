/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second file.  */
#include "marked.h"
int other (int v);
int dead_other (int v);
#ifdef FIRST_DEAD
int dead_before (int v);
int dead_before (int v) { RESTART; return v; }
#endif
int
other (int v)
{
  guarded (v);
#ifdef __cplusplus
  cell<int> a = { v };
  v += a.get (3) + shared_inline (v);
#endif
  return step (v) - step (v + 1);
}
int dead_other (int v) { guarded (v); UNSAFE; return step (v); }
