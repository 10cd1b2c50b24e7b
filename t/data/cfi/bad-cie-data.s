# SPDX-License-Identifier: GPL-3.0-or-later
# A CIE whose augmentation data is longer than itself.
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
  .4byte 12
  .4byte 0
  .byte 1
  .asciz "zR"
  .byte 1, 0x78, 16, 9
#! .eh_frame: the entry at 0x0 is a CIE that is too short for its parts
