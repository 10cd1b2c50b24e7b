/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mark.h"

const struct mark_arch pctab__mark_amd64 = {
  .machine = EM_X86_64,
};
