# SPDX-License-Identifier: GPL-3.0-or-later
# One deeper than good-remember.s.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .fill 129, 1, 0x0a
  fde_end f
#! .eh_frame: the entry at 0x16 remembers more states than pctab allows
