# SPDX-License-Identifier: GPL-3.0-or-later
# remember_state as deep as pctab follows it: 128.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .fill 128, 1, 0x0a
  .byte 0x41, 0x0e, 16, 0x41
  .fill 128, 1, 0x0b
  fde_end f
#= frame 401000 401010
#= 401000 sp+8 c-8 s
#= 401001 sp+16 c-8 s
#= 401002 sp+8 c-8 s
