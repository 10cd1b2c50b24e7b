/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mark.h"

const struct mark_arch pctab__mark_386 = {
  .machine = EM_386,
};
