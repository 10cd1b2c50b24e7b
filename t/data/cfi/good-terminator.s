# SPDX-License-Identifier: GPL-3.0-or-later
# Zero lengths end the part of one input, not the section.
  .include "raw.inc"
  .text
f:
  .fill 32, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f + 8
  fde_end f
  .4byte 0, 0, 0
  fde g, c, f + 8, f + 16
  fde_end g
  .4byte 0
  cie c2
  fde h, c2, f + 16, f + 32
  .byte 0x42, 0x0e, 16
  fde_end h
  .4byte 0
  .2byte 0
#= frame 401000 401008
#= 401000 sp+8 c-8 s
#= frame 401008 401010
#= 401008 sp+8 c-8 s
#= frame 401010 401020
#= 401010 sp+8 c-8 s
#= 401012 sp+16 c-8 s
