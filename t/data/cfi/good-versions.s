# SPDX-License-Identifier: GPL-3.0-or-later
# CIE versions 1, 3 and 4 (with an address size of its own and a segment selector), the old augmentation "eh"; versions
# and augmentations that nobody knows are left out and counted.
# readelf reads unknown ones as if they were known: no-readelf
  .text
f:
  .fill 128, 1, 0x90
  .section .debug_raw, "", @progbits
.macro cie name, version, letters, more:vararg
\name:
  .4byte .Lend_\name - 1f
1:.4byte -1
  .byte \version
  .asciz "\letters"
  .ifnb \more
  .byte \more
  .endif
  .byte 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1
.Lend_\name:
.endm
  cie v1, 1, ""
  .4byte 20, v1
  .8byte f, 16
  cie v3, 3, ""
  .4byte 20, v3
  .8byte f + 16, 16
  cie v4, 4, "", 8, 0
  .4byte 20, v4
  .8byte f + 32, 16
  cie v4_short, 4, "", 4, 2
  .4byte 14, v4_short
  .2byte 0x1234
  .4byte f + 48, 16
  cie eh, 1, "eh", 0, 0, 0, 0, 0, 0, 0, 0
  .4byte 20, eh
  .8byte f + 64, 16
  cie v9, 9, ""
  .4byte 20, v9
  .8byte f + 80, 16
  cie foreign, 1, "armcc+"
  .4byte 20, foreign
  .8byte f + 96, 16
  cie v4_odd, 4, "", 3, 0
  .4byte 20, v4_odd
  .8byte f + 112, 16
#= frame 401000 401010
#= 401000 sp+8 c-8 s
#= frame 401010 401020
#= 401010 sp+8 c-8 s
#= frame 401020 401030
#= 401020 sp+8 c-8 s
#= frame 401030 401040
#= 401030 sp+8 c-8 s
#= frame 401040 401050
#= 401040 sp+8 c-8 s
#= stat frames 5
#= stat cfi_skipped 3
