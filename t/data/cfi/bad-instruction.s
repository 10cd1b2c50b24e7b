# SPDX-License-Identifier: GPL-3.0-or-later
# An instruction that is not DWARF's.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x41, 0x3c
  fde_end f
#! .eh_frame: the entry at 0x16 has an instruction that DWARF does not know
