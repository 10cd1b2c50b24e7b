# SPDX-License-Identifier: GPL-3.0-or-later
# Frames come sorted.  What starts first stays whole, of two that start together the section's first; the other one is
# clipped or dropped.  Without code, or for code that is not here: left out.  All are counted.
# readelf lists them all: no-readelf
  .include "raw.inc"
  .text
f:
  .fill 128, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  fde late, c, f + 96, f + 112
  fde_end late
  fde first, c, f, f + 16
  .byte 0x0e, 16
  fde_end first
  fde again, c, f, f + 32               # clipped to [16, 32), its row at 8 holds there
  .byte 0x48, 0x0e, 24, 0x50, 0x0e, 32
  fde_end again
  fde inside, c, f + 4, f + 12          # dropped
  .byte 0x0e, 40
  fde_end inside
  fde across, c, f + 24, f + 48         # clipped to [32, 48)
  .byte 0x48, 0x0e, 48
  fde_end across
  fde empty, c, f + 64, f + 64          # left out
  fde_end empty
  fde gone, c, (f-0x401000), (f-0x400ff0) # at 0: discarded code
  fde_end gone
  fde beyond, c, f + 120, f + 200       # clipped to the section; nothing left out
  fde_end beyond
#= frame 401000 401010
#= 401000 sp+16 c-8 s
#= frame 401010 401020
#= 401010 sp+24 c-8 s
#= 401018 sp+32 c-8 s
#= frame 401020 401030
#= 401020 sp+48 c-8 s
#= frame 401060 401070
#= 401060 sp+8 c-8 s
#= frame 401078 401080
#= 401078 sp+8 c-8 s
#= stat cfi_skipped 5
