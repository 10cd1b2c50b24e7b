# SPDX-License-Identifier: GPL-3.0-or-later
# Each encoding of addresses, and augmentations with a personality, an LSDA, S, B and letters of the future.
# readelf knows no base but pcrel, so it is not asked: no-readelf
  .text
f:
  .fill 256, 1, 0x90
  .section .got.plt, "aw"
  .8byte 0

.macro start_cie name, letters
\name:
  .4byte .Lend_\name - 1f
1:.4byte 0
  .byte 1
  .asciz "\letters"
  .uleb128 1
  .sleb128 -8
  .byte 16
.endm
.macro end_cie name
  .byte 0x0c, 7, 8, 0x90, 1
.Lend_\name:
.endm
.macro start_fde name, cie
  .4byte .Lend_\name - 1f
1:.4byte 1b - \cie
.endm
.macro end_fde name
  .byte 0
.Lend_\name:
.endm

  .section .frame_raw, "a", @progbits
  .balign 8
  start_cie absptr, "z"
  .byte 0
  end_cie absptr
  start_fde fde0, absptr
  .8byte f, 16
  .byte 0
  end_fde fde0

  start_cie uleb, "zR"
  .byte 1, 0x01
  end_cie uleb
  start_fde fde1, uleb
  .byte 0x90, 0xa0, 0x80, 0x82, 0x00    # 0x401010, padded
  .uleb128 16
  .byte 0
  end_fde fde1

  start_cie udata2, "zR"                # sdata2 relative to .text
  .byte 1, 0x2a
  end_cie udata2
  start_fde fde2, udata2
  .2byte 0x20, 16
  .byte 0
  end_fde fde2

  start_cie udata4, "zR"
  .byte 1, 0x03
  end_cie udata4
  start_fde fde3, udata4
  .4byte f + 0x30, 16
  .byte 0
  end_fde fde3

  start_cie udata8, "zR"
  .byte 1, 0x04
  end_cie udata8
  start_fde fde4, udata8
  .8byte f + 0x40, 16
  .byte 0
  end_fde fde4

  start_cie sleb, "zR"                  # sleb128 relative to .text
  .byte 1, 0x29
  end_cie sleb
  start_fde fde5, sleb
  .sleb128 0x50
  .sleb128 16
  .byte 0
  end_fde fde5

  start_cie sdata4, "zR"                # relative to .got.plt
  .byte 1, 0x3b
  end_cie sdata4
  start_fde fde6, sdata4
  .4byte 0x401060 - 0x500000            # the test links .got.plt there
  .4byte 16
  .byte 0
  end_fde fde6

  start_cie sdata8, "zR"                # pcrel
  .byte 1, 0x1c
  end_cie sdata8
  start_fde fde7, sdata8
  .8byte f + 0x70 - .
  .8byte 16
  .byte 0
  end_fde fde7

  start_cie aligned, "zR"
  .byte 1, 0x50
  end_cie aligned
  start_fde fde8, aligned
  .balign 8
  .8byte f + 0x80, 16
  .byte 0
  end_fde fde8

  start_cie personality, "zPLRSBGx"     # an sdata4 personality; S: a signal frame; B, G: nothing; x: unknown
  .byte 9, 0x9b
  .4byte 0x1234
  .byte 0x1b, 0x1b, 0xee, 0xee
  end_cie personality
  start_fde fde9, personality
  .4byte f + 0x90 - ., 16
  .byte 4
  .4byte 0x5678
  end_fde fde9
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
#= frame 401050 401060
#= 401050 sp+8 c-8 s
#= frame 401060 401070
#= 401060 sp+8 c-8 s
#= frame 401070 401080
#= 401070 sp+8 c-8 s
#= frame 401080 401090
#= 401080 sp+8 c-8 s
#= frame 401090 4010a0 signal
#= 401090 sp+8 c-8 s
