/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_PPC64
#define R(n) AT (n, uc_mcontext.gp_regs[n])

static const struct context_reg context_regs[]
  = { R (0),  R (1),  R (2),  R (3),  R (4),  R (5),  R (6),  R (7),  R (8),  R (9),  R (10),
      R (11), R (12), R (13), R (14), R (15), R (16), R (17), R (18), R (19), R (20), R (21),
      R (22), R (23), R (24), R (25), R (26), R (27), R (28), R (29), R (30), R (31),
      AT (65, uc_mcontext.gp_regs[36]) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.gp_regs[32])

/* A caller's area, ucontext_t; Linux: addi 1, 1, 128; li 0, 172; sc.  QEMU: no addi, an area 16 bytes longer. */
static const struct context_code context_codes[]
  = { { .len = 8, .code = { 0x80, 0x00, 0x21, 0x38, 0xac, 0x00, 0x00, 0x38 }, .off = 128 },
      { .len = 8, .code = { 0xac, 0x00, 0x00, 0x38, 0x02, 0x00, 0x00, 0x44 }, .off = 144 } };

#define CONTEXT_HERE(name, target)                                \
  __asm__ (".pushsection .text\n"                                 \
           ".globl " #name "\n"                                   \
           ".hidden " #target "\n"                                \
           ".type " #name ", @function\n"                         \
           ".p2align 4\n" #name ":\n"                             \
           "0: addis 2, 12, .TOC. - 0b@ha\n"                      \
           "addi 2, 2, .TOC. - 0b@l\n"                            \
           ".localentry " #name ", . - " #name "\n"               \
           ".cfi_startproc\n"                                     \
           "mflr 0\n"                                             \
           "stdu 1, -64(1)\n"                                     \
           ".cfi_def_cfa_offset 64\n"                             \
           "std 31, 48(1)\n"                                      \
           "std 0, 56(1)\n"                                       \
           ".cfi_offset 31, -16\n"                                \
           ".cfi_offset 65, -8\n"                                 \
           "addi 5, 1, 48\n"                                      \
           "bl " #target "\n"                                     \
           "nop\n"                                                \
           "ld 0, 56(1)\n"                                        \
           "addi 1, 1, 64\n"                                      \
           ".cfi_def_cfa_offset 0\n"                              \
           ".cfi_restore 31\n"                                    \
           ".cfi_register 65, 0\n"                                \
           "mtlr 0\n"                                             \
           ".cfi_restore 65\n"                                    \
           "blr\n"                                                \
           ".cfi_endproc\n"                                       \
           ".size " #name ", . - " #name "\n"                     \
           ".popsection");
