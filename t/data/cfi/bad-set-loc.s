# SPDX-License-Identifier: GPL-3.0-or-later
# set_loc to a lower address.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x44, 0x01
  .4byte f - .
  fde_end f
#! .eh_frame: the entry at 0x16 goes back to a lower address
