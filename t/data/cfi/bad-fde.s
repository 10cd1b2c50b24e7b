# SPDX-License-Identifier: GPL-3.0-or-later
# An FDE that ends in its address.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  .4byte 6
  .4byte . - c
  .2byte 0
#! .eh_frame: the entry at 0x16 is an FDE that is too short or has an address in an unknown encoding
