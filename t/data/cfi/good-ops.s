# SPDX-License-Identifier: GPL-3.0-or-later
# Every instruction of DWARF and of the vendors, each followed by an advance of one byte.
  .include "raw.inc"
  .text
f:
  .fill 64, 1, 0x90
f_end:
  .section .frame_raw, "a", @progbits
  cie c
  fde ops, c, f, f_end
  .byte 0x41                            # advance_loc
  .byte 0x0e, 16                        # def_cfa_offset 16
  .byte 0x02, 1                         # advance_loc1
  .byte 0x86, 2                         # offset r6
  .byte 0x03, 1, 0                      # advance_loc2
  .byte 0x0d, 6                         # def_cfa_register r6
  .byte 0x04, 1, 0, 0, 0                # advance_loc4
  .byte 0x0c, 7, 24                     # def_cfa r7, 24
  .byte 0x41, 0xc6                      # restore r6
  .byte 0x41, 0x05, 6, 3                # offset_extended r6, 3
  .byte 0x41, 0x06, 6                   # restore_extended r6
  .byte 0x41, 0x07, 6                   # undefined r6: the frame pointer is lost
  .byte 0x41, 0x08, 6                   # same_value r6
  .byte 0x41, 0x09, 6, 12               # register r6 in r12
  .byte 0x41, 0x09, 16, 2               # register r16 in r2
  .byte 0x41, 0x0a                      # remember_state
  .byte 0x0c, 7, 64, 0x07, 16           # def_cfa, undefined r16
  .byte 0x41, 0x0b                      # restore_state
  .byte 0x41, 0x11, 6, 0x7e             # offset_extended_sf r6, -2 * -8
  .byte 0x41, 0x12, 7, 0x7c             # def_cfa_sf r7, -4 * -8
  .byte 0x41, 0x13, 0x7b                # def_cfa_offset_sf -5 * -8
  .byte 0x41, 0x14, 6, 2                # val_offset r6
  .byte 0x41, 0x08, 6, 0x41, 0x15, 6, 2 # same_value, val_offset_sf r6
  .byte 0x2f, 6, 3                      # GNU_negative_offset_extended r6, 3: at CFA+24
  .byte 0x41, 0x2e, 16                  # GNU_args_size: nothing
  .byte 0x41, 0x2d                      # GNU_window_save, negate_ra_state: nothing
  .byte 0x41, 0x83, 9                   # offset r3: not kept
  .byte 0x1d, 1, 0, 0, 0, 0, 0, 0, 0    # MIPS_advance_loc8
  .byte 0x0d, 3                         # def_cfa_register r3
  .byte 0x01                            # set_loc f + 40
  .4byte f + 40 - .
  .byte 0x0c, 7, 8
  .byte 0x00, 0x00                      # nop
  fde_end ops
#= frame 401000 401040
#= 401000 sp+8 c-8 s
#= 401001 sp+16 c-8 s
#= 401002 sp+16 c-8 c-16
#= 401003 fp+16 c-8 c-16
#= 401004 sp+24 c-8 c-16
#= 401005 sp+24 c-8 s
#= 401006 sp+24 c-8 c-24
#= 401007 sp+24 c-8 s
#= 401008 sp+24 c-8 ?
#= 401009 sp+24 c-8 s
#= 40100a sp+24 c-8 r12
#= 40100b sp+24 r2 r12
#= 40100c sp+64 u r12
#= 40100d sp+24 r2 r12
#= 40100e sp+24 r2 c+16
#= 40100f sp+32 r2 c+16
#= 401010 sp+40 r2 c+16
#= 401011 sp+40 r2 ?
#= 401012 sp+40 r2 s
#= 401013 sp+40 r2 c+24
#= 401017 r3+40 r2 c+24
#= 401028 sp+8 r2 c+24
