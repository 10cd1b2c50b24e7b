# SPDX-License-Identifier: GPL-3.0-or-later
# What leaves 32 bits, or 8 for a register, is unknown, never something smaller.
# readelf prints offsets as they are and cuts registers to 32 bits: no-readelf
  .text
f:
  .cfi_startproc
  nop
  .cfi_escape 0x0c, 7, 0xff, 0xff, 0xff, 0xff, 0x07             # CFA rsp + 2^31 - 1
  nop
  .cfi_escape 0x0c, 7, 0x80, 0x80, 0x80, 0x80, 0x08             # rsp + 2^31
  nop
  .cfi_escape 0x0c, 0xff, 0x01, 8                               # r255 + 8
  nop
  .cfi_escape 0x0c, 0x80, 0x02, 8                               # r256 + 8
  nop
  .cfi_escape 0x0c, 7, 8
  .cfi_escape 0x05, 6, 0x80, 0x80, 0x80, 0x80, 0x01             # rbp at CFA - 2^31
  nop
  .cfi_escape 0x05, 6, 0x81, 0x80, 0x80, 0x80, 0x01             # one word below
  nop
  .cfi_escape 0x09, 6, 0x86, 0x80, 0x80, 0x80, 0x10             # in r(2^32 + 6)
  nop
  .cfi_escape 0x85, 0x80, 0x20, 0x05, 0x86, 0x80, 0x80, 0x80, 0x10, 3 # r(2^32 + 6) saved: not rbp
  nop
  .cfi_endproc
#= frame 401000 401009
#= 401000 sp+8 c-8 s
#= 401001 sp+2147483647 c-8 s
#= 401002 ? c-8 s
#= 401003 r255+8 c-8 s
#= 401004 ? c-8 s
#= 401005 sp+8 c-8 c-2147483648
#= 401006 sp+8 c-8 ?
#= stat cfi_unknown 2
