/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_ARM
#define R(n, name) AT (n, uc_mcontext.arm_##name)

static const struct context_reg context_regs[]
  = { R (0, r0), R (1, r1), R (2, r2),   R (3, r3),   R (4, r4),  R (5, r5),  R (6, r6),  R (7, r7),
      R (8, r8), R (9, r9), R (10, r10), R (11, fp), R (12, ip), R (13, sp), R (14, lr), R (15, pc) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.arm_pc)

/* A handler with SA_SIGINFO: siginfo_t, ucontext_t; mov r7, #173.  One without: ucontext_t; mov r7, #119.  Both in ARM
 * and in Thumb code. */
static const struct context_code context_codes[]
  = { { .len = 4, .code = { 0xad, 0x70, 0xa0, 0xe3 }, .off = 128 },
      { .len = 4, .code = { 0x77, 0x70, 0xa0, 0xe3 } },
      { .len = 4, .code = { 0x4f, 0xf0, 0xad, 0x07 }, .off = 128 },
      { .len = 4, .code = { 0x4f, 0xf0, 0x77, 0x07 } },
      { .len = 4, .code = { 0xad, 0x27, 0x00, 0xdf }, .off = 128 },
      { .len = 4, .code = { 0x77, 0x27, 0x00, 0xdf } } };

/* In ARM code, whatever the file is compiled to. */
#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", %function\n"      \
           ".arm\n"                            \
           ".p2align 4\n" #name ":\n"          \
           ".cfi_startproc\n"                  \
           "push {r11, lr}\n"                  \
           ".cfi_def_cfa_offset 8\n"           \
           ".cfi_offset 11, -8\n"              \
           ".cfi_offset 14, -4\n"              \
           "mov r2, sp\n"                      \
           "bl " #target "\n"                  \
           "pop {r11, lr}\n"                   \
           ".cfi_def_cfa_offset 0\n"           \
           ".cfi_restore 11\n"                 \
           ".cfi_restore 14\n"                 \
           "bx lr\n"                           \
           ".cfi_endproc\n"                    \
           ".size " #name ", . - " #name "\n"  \
           CONTEXT_THUMB                       \
           ".popsection");
#ifdef __thumb__
#define CONTEXT_THUMB ".thumb\n"
#else
#define CONTEXT_THUMB ""
#endif
