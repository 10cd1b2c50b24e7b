# SPDX-License-Identifier: GPL-3.0-or-later
# An entry without room for its CIE pointer.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  .4byte 2
  .2byte 0
#! .eh_frame: the entry at 0x16 is too short
