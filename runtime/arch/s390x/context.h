/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_S390
#define R(n) AT (n, uc_mcontext.gregs[n])

#define F(reg, n) AT (reg, uc_mcontext.fpregs.fprs[n])

/* Leaf functions save general registers in floating point ones. */
static const struct context_reg context_regs[] = { R (0), R (1), R (2),  R (3),  R (4),  R (5),  R (6),  R (7),
                                                   R (8), R (9), R (10), R (11), R (12), R (13), R (14), R (15),
                                                   F (16, 0), F (17, 2), F (18, 4), F (19, 6), F (20, 1), F (21, 3),
                                                   F (22, 5), F (23, 7), F (24, 8), F (25, 10), F (26, 12), F (27, 14),
                                                   F (28, 9), F (29, 11), F (30, 13), F (31, 15) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.psw.addr)

/* Behind the callee's save area, a handler with SA_SIGINFO: svc's place, siginfo_t, ucontext_t; svc 173.  One without:
 * a mask, where the registers are; svc 119. */
static const struct context_code context_codes[]
  = { { .len = 2, .code = { 0x0a, 0xad }, .off = 160 + 8 + 128 },
      { .len = 2,
        .code = { 0x0a, 0x77 },
        .off = 160 + 8,
        .indirect = true,
        .minus = offsetof (ucontext_t, uc_mcontext) } };

#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", @function\n"      \
           ".p2align 4\n" #name ":\n"          \
           ".cfi_startproc\n"                  \
           "aghi %r15, -176\n"                 \
           ".cfi_def_cfa_offset 336\n"         \
           "stg %r11, 160(%r15)\n"             \
           "stg %r14, 168(%r15)\n"             \
           ".cfi_offset 11, -176\n"            \
           ".cfi_offset 14, -168\n"            \
           "la %r4, 160(%r15)\n"               \
           "brasl %r14, " #target "\n"         \
           "lg %r14, 168(%r15)\n"              \
           ".cfi_restore 14\n"                 \
           ".cfi_restore 11\n"                 \
           "aghi %r15, 176\n"                  \
           ".cfi_def_cfa_offset 160\n"         \
           "br %r14\n"                         \
           ".cfi_endproc\n"                    \
           ".size " #name ", . - " #name "\n"  \
           ".popsection");
