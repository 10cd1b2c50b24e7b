/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_RISCV
#define X(n) AT (n, uc_mcontext.__gregs[n])

static const struct context_reg context_regs[]
  = { X (1),  X (2),  X (3),  X (4),  X (5),  X (6),  X (7),  X (8),  X (9),  X (10), X (11),
      X (12), X (13), X (14), X (15), X (16), X (17), X (18), X (19), X (20), X (21), X (22),
      X (23), X (24), X (25), X (26), X (27), X (28), X (29), X (30), X (31) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.__gregs[0])

/* siginfo_t, ucontext_t; li a7, 139; ecall */
static const struct context_code context_codes[]
  = { { .len = 8, .code = { 0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00 }, .off = 128 } };

#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", @function\n"      \
           ".p2align 4\n" #name ":\n"          \
           ".cfi_startproc\n"                  \
           "addi sp, sp, -16\n"                \
           ".cfi_def_cfa_offset 16\n"          \
           "sd s0, 0(sp)\n"                    \
           "sd ra, 8(sp)\n"                    \
           ".cfi_offset 8, -16\n"              \
           ".cfi_offset 1, -8\n"               \
           "mv a2, sp\n"                       \
           "call " #target "\n"                \
           "ld ra, 8(sp)\n"                    \
           ".cfi_restore 1\n"                  \
           ".cfi_restore 8\n"                  \
           "addi sp, sp, 16\n"                 \
           ".cfi_def_cfa_offset 0\n"           \
           "ret\n"                             \
           ".cfi_endproc\n"                    \
           ".size " #name ", . - " #name "\n"  \
           ".popsection");
