# SPDX-License-Identifier: GPL-3.0-or-later
# 64-bit lengths.  In .eh_frame CIE id and pointer keep 4 bytes (LSB, gas, LLVM; readelf takes 8: no-readelf), in
# .debug_frame they have 8.
  .text
f:
  .fill 32, 1, 0x90
  .section .frame_raw, "a", @progbits
c:
  .4byte -1
  .8byte 2f - 1f
1:.4byte 0
  .byte 1
  .asciz "zR"
  .byte 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1
2:.4byte -1
  .8byte 2f - 1f
1:.4byte 1b - c
  .4byte f - ., 16
  .byte 0, 0x44, 0x0e, 16
2:
  .section .debug_raw, "", @progbits
d:
  .4byte -1
  .8byte 2f - 1f
1:.8byte -1
  .byte 4
  .asciz ""
  .byte 8, 0, 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1
2:.4byte -1
  .8byte 2f - 1f
1:.8byte 0
  .8byte f + 16, 16
  .byte 0x44, 0x0e, 24
2:
#= frame 401000 401010
#= 401000 sp+8 c-8 s
#= 401004 sp+16 c-8 s
#= frame 401010 401020
#= 401010 sp+8 c-8 s
#= 401014 sp+24 c-8 s
