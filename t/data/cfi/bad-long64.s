# SPDX-License-Identifier: GPL-3.0-or-later
# A 64-bit length without its second half.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  .4byte 0xffffffff
  .4byte 0
#! .eh_frame: the entry at 0x16 is longer than the section
