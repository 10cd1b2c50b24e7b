# SPDX-License-Identifier: GPL-3.0-or-later
# The last of several rows at an address counts; equal neighbours are one; rows behind the FDE's end are dropped.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x0e, 16, 0x40, 0x0e, 24        # at 0: 16, then 24
  .byte 0x44, 0x0e, 32, 0x02, 0         # at 4: 32, then 24 again: no row
  .byte 0x0e, 24, 0x44, 0x0e, 24        # at 8: nothing new
  .byte 0x44, 0x0f, 1, 0x22             # at 12: an expression that is none: unknown,
  .byte 0x40, 0x0c, 7, 8                # overruled
  .byte 0x44, 0x0e, 64                  # at 16, the end
  .byte 0x44, 0x0e, 72                  # behind it
  fde_end f
#= frame 401000 401010
#= 401000 sp+24 c-8 s
#= 40100c sp+8 c-8 s
#= stat rows 2
#= stat cfi_unknown 0
