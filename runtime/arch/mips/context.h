/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_MIPS
/* A register has eight bytes there, of which a word's are the low ones. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW(off) (off) + 4
#else
#define LOW(off) off
#endif
#define R(n) { n, LOW (offsetof (ucontext_t, uc_mcontext.gregs[n])) }

static const struct context_reg context_regs[]
  = { R (1),  R (2),  R (3),  R (4),  R (5),  R (6),  R (7),  R (8),  R (9),  R (10), R (11),
      R (12), R (13), R (14), R (15), R (16), R (17), R (18), R (19), R (20), R (21), R (22),
      R (23), R (24), R (25), R (26), R (27), R (28), R (29), R (30), R (31) };
#define CONTEXT_PC LOW (offsetof (ucontext_t, uc_mcontext.pc))

/* 24 bytes, then after a signal for a handler with SA_SIGINFO: siginfo_t, ucontext_t; li v0, 4193; syscall.  For one
 * without: the registers; li v0, 4119; syscall. */
static const struct context_code context_codes[]
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  = { { .len = 8, .code = { 0x24, 0x02, 0x10, 0x61, 0x00, 0x00, 0x00, 0x0c }, .off = 24 + 128 },
      { .len = 8,
        .code = { 0x24, 0x02, 0x10, 0x17, 0x00, 0x00, 0x00, 0x0c },
        .off = 24 - (int) offsetof (ucontext_t, uc_mcontext) } };
#else
  = { { .len = 8, .code = { 0x61, 0x10, 0x02, 0x24, 0x0c, 0x00, 0x00, 0x00 }, .off = 24 + 128 },
      { .len = 8,
        .code = { 0x17, 0x10, 0x02, 0x24, 0x0c, 0x00, 0x00, 0x00 },
        .off = 24 - (int) offsetof (ucontext_t, uc_mcontext) } };
#endif

#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", @function\n"      \
           ".set push\n"                       \
           ".set nomips16\n"                   \
           ".set noreorder\n"                  \
           ".p2align 4\n"                      \
           ".ent " #name "\n" #name ":\n"      \
           ".frame $29, 32, $31\n"            \
           ".cfi_startproc\n"                  \
           CONTEXT_LOAD_GP                     \
           "addiu $29, $29, -32\n"             \
           ".cfi_def_cfa_offset 32\n"          \
           "sw $30, 24($29)\n"                 \
           "sw $31, 28($29)\n"                 \
           ".cfi_offset 30, -8\n"              \
           ".cfi_offset 31, -4\n"              \
           CONTEXT_SAVE_GP                     \
           "addiu $6, $29, 24\n"               \
           ".set reorder\n"                    \
           "jal " #target "\n"                 \
           "lw $31, 28($29)\n"                 \
           "addiu $29, $29, 32\n"              \
           ".cfi_def_cfa_offset 0\n"           \
           ".cfi_restore 30\n"                 \
           ".cfi_restore 31\n"                 \
           "jr $31\n"                          \
           ".cfi_endproc\n"                    \
           ".end " #name "\n"                  \
           ".size " #name ", . - " #name "\n"  \
           ".set pop\n"                        \
           ".popsection");
#ifdef __mips_abicalls
#define CONTEXT_LOAD_GP ".cpload $25\n"
#define CONTEXT_SAVE_GP ".cprestore 16\n"
#else
#define CONTEXT_LOAD_GP
#define CONTEXT_SAVE_GP
#endif
