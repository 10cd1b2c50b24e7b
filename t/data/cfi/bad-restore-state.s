# SPDX-License-Identifier: GPL-3.0-or-later
# restore_state without a state.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x41, 0x0b
  fde_end f
#! .eh_frame: the entry at 0x16 restores a state that it did not remember
