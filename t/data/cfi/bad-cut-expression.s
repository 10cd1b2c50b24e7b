# SPDX-License-Identifier: GPL-3.0-or-later
# An expression longer than the entry.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x41, 0x0f, 4, 0x77, 8
  fde_end f
#! .eh_frame: the entry at 0x16 ends in the middle of an instruction
