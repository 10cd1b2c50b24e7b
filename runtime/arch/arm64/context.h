/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_AARCH64
#define X(n) AT (n, uc_mcontext.regs[n])

static const struct context_reg context_regs[]
  = { X (0),  X (1),  X (2),  X (3),  X (4),  X (5),  X (6),  X (7),  X (8),  X (9),  X (10),
      X (11), X (12), X (13), X (14), X (15), X (16), X (17), X (18), X (19), X (20), X (21),
      X (22), X (23), X (24), X (25), X (26), X (27), X (28), X (29), X (30), AT (31, uc_mcontext.sp) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.pc)

/* siginfo_t, ucontext_t; mov x8, #139; svc #0 */
static const struct context_code context_codes[]
  = { { .len = 8, .code = { 0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4 }, .off = 128 } };

#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", %function\n"      \
           ".p2align 4\n" #name ":\n"          \
           ".cfi_startproc\n"                  \
           "hint #34\n" /* bti c */            \
           "stp x29, x30, [sp, -16]!\n"        \
           ".cfi_def_cfa_offset 16\n"          \
           ".cfi_offset 29, -16\n"             \
           ".cfi_offset 30, -8\n"              \
           "mov x2, sp\n"                      \
           "bl " #target "\n"                  \
           "ldp x29, x30, [sp], 16\n"          \
           ".cfi_def_cfa_offset 0\n"           \
           ".cfi_restore 29\n"                 \
           ".cfi_restore 30\n"                 \
           "ret\n"                             \
           ".cfi_endproc\n"                    \
           ".size " #name ", . - " #name "\n"  \
           ".popsection");
