/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_386
#define GREG(reg, name) AT (reg, uc_mcontext.gregs[name])

static const struct context_reg context_regs[]
  = { GREG (0, REG_EAX), GREG (1, REG_ECX), GREG (2, REG_EDX), GREG (3, REG_EBX),
      GREG (4, REG_ESP), GREG (5, REG_EBP), GREG (6, REG_ESI), GREG (7, REG_EDI) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.gregs[REG_EIP])

/* A handler with SA_SIGINFO: signal number, siginfo_t *, ucontext_t *; mov $173, %eax; int $0x80.  One without: signal
 * number, registers; pop %eax; mov $119, %eax; int $0x80. */
static const struct context_code context_codes[]
  = { { .len = 7, .code = { 0xb8, 0xad, 0, 0, 0, 0xcd, 0x80 }, .off = 8, .indirect = true },
      { .len = 8,
        .code = { 0x58, 0xb8, 0x77, 0, 0, 0, 0xcd, 0x80 },
        .off = 4 - (int) offsetof (ucontext_t, uc_mcontext) } };

#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", @function\n"      \
           ".p2align 4\n" #name ":\n"          \
           ".cfi_startproc\n"                  \
           "endbr32\n"                         \
           "push %ebp\n"                       \
           ".cfi_def_cfa_offset 8\n"           \
           ".cfi_offset ebp, -8\n"             \
           "mov %esp, %eax\n"                  \
           "sub $12, %esp\n"                   \
           "push %eax\n"                       \
           "push 12(%eax)\n"                   \
           "push 8(%eax)\n"                    \
           ".cfi_def_cfa_offset 32\n"          \
           "call " #target "\n"                \
           "add $24, %esp\n"                   \
           ".cfi_def_cfa_offset 8\n"           \
           "pop %ebp\n"                        \
           ".cfi_def_cfa_offset 4\n"           \
           ".cfi_restore ebp\n"                \
           "ret\n"                             \
           ".cfi_endproc\n"                    \
           ".size " #name ", . - " #name "\n"  \
           ".popsection");
