# SPDX-License-Identifier: GPL-3.0-or-later
# What stands behind the FDE's end is dropped, addresses that leave 64 bits too; an operation that is cut short makes an
# expression unknown, not the entry bad.  An instruction that readelf does not have yet counts as nothing, like 0x2d.
# readelf stumbles over each of them: no-readelf
  .include "raw.inc"
  .text
f:
  .fill 16, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde f, c, f, f_end
  .byte 0x44, 0x2c                      # AARCH64_negate_ra_state_with_pc
  .byte 0x0f, 2, 0x70, 0x80             # a register's offset without its end
  .byte 0x44, 0x0c, 7, 16
  .byte 0x48, 0x0e, 64                  # at the end
  .byte 0x04, 0xff, 0xff, 0xff, 0xff, 0x0e, 24
  .byte 0x1d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0e, 32
  .byte 0x1d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0e, 40
  fde_end f
#= frame 401000 401010
#= 401000 sp+8 c-8 s
#= 401004 ? c-8 s
#= 401008 sp+16 c-8 s
#= stat cfi_unknown 1
