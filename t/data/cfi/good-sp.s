# SPDX-License-Identifier: GPL-3.0-or-later
# The caller's SP is the CFA; where it is said to be elsewhere, as behind longjmp's last loads, the frame is unknown.
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x41, 0x09, 7, 8                # register r7 in r8
  .byte 0x41, 0xc7                      # restore r7
  .byte 0x41, 0x14, 7, 0                # val_offset r7, 0: the CFA
  .byte 0x41, 0x14, 7, 2                # val_offset r7, 2 * -8
  .byte 0x41, 0xc7, 0x87, 3             # offset r7: its own slot, in a frame by SP
  .byte 0x41, 0x0c, 5, 0                # def_cfa r5, 0: what is there is another frame's
  .byte 0x41, 0xc7                      # restore r7
  fde_end f
#= frame 401000 401010
#= 401000 sp+8 c-8 s
#= 401001 ? c-8 s
#= 401002 sp+8 c-8 s
#= 401004 ? c-8 s
#= 401005 sp+8 c-8 s
#= 401006 ? c-8 s
#= 401007 r5+0 c-8 s
#= stat cfi_unknown 3
