# SPDX-License-Identifier: GPL-3.0-or-later
# Expressions: the forms that are understood in their spellings, and some that are not.
  .text
f:
  .cfi_startproc
  nop
  .cfi_escape 0x0f, 2, 0x77, 16                                         # rsp+16, as a plain CFA
  nop
  .cfi_escape 0x0f, 4, 0x76, 8, 0x23, 8                                 # rbp+8+8
  nop
  .cfi_escape 0x0f, 3, 0x76, 0x78, 0x06                                 # *(rbp-8)
  nop
  .cfi_escape 0x0f, 6, 0x77, 0xf0, 0x00, 0x06, 0x23, 8                  # *(rsp+112)+8, plus_uconst
  nop
  .cfi_escape 0x0f, 6, 0x77, 0xf0, 0x00, 0x06, 0x38, 0x22               # lit8; plus: the same, no row
  nop
  .cfi_escape 0x0f, 7, 0x77, 0xf0, 0x00, 0x06, 0x08, 16, 0x22           # const1u 16; plus
  nop
  .cfi_escape 0x0f, 8, 0x77, 0xf0, 0x00, 0x94, 8, 0x09, 8, 0x1c         # deref_size 8; const1s 8; minus
  nop
  .cfi_escape 0x0f, 6, 0x92, 7, 16, 0x06, 0x96, 0x96                    # bregx r7, 16; deref; nops
  nop
  .cfi_escape 0x0f, 10, 0x77, 8, 0x79, 0, 0x38, 0x1e, 0x22, 0x06, 0x23, 8 # *(rsp+8+r9*8)+8 of OpenSSL
  nop
  .cfi_escape 0x0f, 10, 0x79, 1, 0x33, 0x24, 0x77, 8, 0x22, 0x06, 0x23, 8 # *((r9+1)*8+rsp+8)+8, by shl
  nop
  .cfi_escape 0x0f, 11, 0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22 # PLT
  nop
  .cfi_escape 0x0f, 4, 0x77, 8, 0x06, 0x06                              # two derefs: unknown
  nop
  .cfi_escape 0x0f, 1, 0x22                                             # plus on an empty stack: unknown, no row
  nop
  .cfi_escape 0x0f, 9, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30 # stack too deep
  nop
  .cfi_def_cfa 7, 8
  .cfi_escape 0x10, 6, 3, 0x77, 0x80, 0x01                              # rbp at rsp+128: from the CFA
  nop
  .cfi_def_cfa 10, 0
  .cfi_escape 0x10, 6, 2, 0x76, 0                                       # rbp at rbp+0
  nop
  .cfi_escape 0x10, 6, 2, 0x23, 16                                      # rbp at CFA+16
  nop
  .cfi_escape 0x10, 6, 2, 0x77, 8, 0x10, 16, 2, 0x77, 24                # rbp at rsp+8, rip at rsp+24
  nop
  .cfi_escape 0x10, 6, 3, 0x77, 8, 0x06                                 # rbp at *(rsp+8): unknown
  nop
  .cfi_escape 0x16, 6, 2, 0x7c, 0                                       # rbp is r12
  nop
  .cfi_escape 0x16, 6, 2, 0x7c, 8                                       # rbp is r12+8: unknown
  nop
  .cfi_escape 0x16, 6, 2, 0x76, 0                                       # rbp is rbp: same
  nop
  .cfi_endproc
#= frame 401000 401017
#= 401000 sp+8 c-8 s
#= 401001 sp+16 c-8 s
#= 401002 fp+16 c-8 s
#= 401003 *(r6-8)+0 c-8 s
#= 401004 *(r7+112)+8 c-8 s
#= 401006 *(r7+112)+16 c-8 s
#= 401007 *(r7+112)-8 c-8 s
#= 401008 *(r7+16)+0 c-8 s
#= 401009 *(r7+r9*8+8)+8 c-8 s
#= 40100a *(r7+r9*8+16)+8 c-8 s
#= 40100b ? c-8 s
#= 40100f sp+8 c-8 c+120
#= 401010 r10+0 c-8 (r6+0)
#= 401011 r10+0 c-8 c+16
#= 401012 r10+0 (r7+24) (r7+8)
#= 401013 r10+0 (r7+24) ?
#= 401014 r10+0 (r7+24) r12
#= 401015 r10+0 (r7+24) ?
#= 401016 r10+0 (r7+24) s
#= stat cfi_unknown 0
#= stat cfi_plt 1
