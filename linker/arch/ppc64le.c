/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mark.h"

const struct mark_arch pctab__mark_ppc64le = {
  .machine = EM_PPC64,
};
