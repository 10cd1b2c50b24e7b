# SPDX-License-Identifier: GPL-3.0-or-later
# A length of the reserved range.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  .4byte 0xfffffff0
#! .eh_frame: the entry at 0x16 is longer than the section
