# SPDX-License-Identifier: GPL-3.0-or-later
# .debug_frame speaks where .eh_frame says nothing, in pieces if need be.  Its CIE may stand behind the FDE.
# readelf lists both: no-readelf
  .include "raw.inc"
  .text
f:
  .fill 128, 1, 0x90
  .section .frame_raw, "a", @progbits
  cie c
  fde a, c, f + 16, f + 32
  fde_end a
  fde b, c, f + 48, f + 64
  fde_end b
  .section .debug_raw, "", @progbits
  .4byte 2f - 1f
1:.4byte d
  .8byte f, 80
  .byte 0x48, 0x0e, 16, 0x58, 0x0e, 24, 0x54, 0x0e, 32 # rows at 0, 8, 32, 52
2:.4byte 2f - 1f
1:.4byte d
  .8byte f + 20, 8                      # all of it in .eh_frame
  .byte 0x0e, 64
2:
d:.4byte 2f - 1f
1:.4byte -1
  .byte 3
  .asciz ""
  .byte 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1
2:.4byte 2f - 1f
1:.4byte d
  .8byte f + 96, 16                     # not in .eh_frame at all
2:
#= frame 401000 401010
#= 401000 sp+8 c-8 s
#= 401008 sp+16 c-8 s
#= frame 401010 401020
#= 401010 sp+8 c-8 s
#= frame 401020 401030
#= 401020 sp+24 c-8 s
#= frame 401030 401040
#= 401030 sp+8 c-8 s
#= frame 401040 401050
#= 401040 sp+32 c-8 s
#= frame 401060 401070
#= 401060 sp+8 c-8 s
#= stat cfi_skipped 0
