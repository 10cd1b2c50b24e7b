# SPDX-License-Identifier: GPL-3.0-or-later
# Addresses that only a running program could read (DW_EH_PE_indirect).
  .text
f:
  .fill 16, 1, 0x90
  .section .frame_raw, "a", @progbits
c:
  .4byte 13
  .4byte 0
  .byte 1
  .asciz "zR"
  .byte 1, 0x78, 16, 1, 0x9b
  .4byte 16
  .4byte . - c
  .4byte f - .
  .4byte 16
  .4byte 0
#! .eh_frame: the entry at 0x11 is an FDE that is too short or has an address in an unknown encoding
