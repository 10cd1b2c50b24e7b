# SPDX-License-Identifier: GPL-3.0-or-later
# A CIE pointer that leads into the middle of the CIE.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c + 4, f, f_end
  fde_end f
#! .eh_frame: the entry at 0x16 is an FDE whose CIE pointer leads to no CIE
