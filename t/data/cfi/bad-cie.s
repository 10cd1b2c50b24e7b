# SPDX-License-Identifier: GPL-3.0-or-later
# A CIE that ends in its augmentation string.
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
  .4byte 6
  .4byte 0
  .byte 1, 'z
#! .eh_frame: the entry at 0x0 is a CIE that ends in its augmentation string
