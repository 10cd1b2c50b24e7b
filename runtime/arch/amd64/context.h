/* SPDX-License-Identifier: MIT */
#include <elf.h>
#define CONTEXT_MACHINE EM_X86_64
#define GREG(reg, name) AT (reg, uc_mcontext.gregs[name])

static const struct context_reg context_regs[]
  = { GREG (0, REG_RAX),  GREG (1, REG_RDX),  GREG (2, REG_RCX),  GREG (3, REG_RBX),
      GREG (4, REG_RSI),  GREG (5, REG_RDI),  GREG (6, REG_RBP),  GREG (7, REG_RSP),
      GREG (8, REG_R8),   GREG (9, REG_R9),   GREG (10, REG_R10), GREG (11, REG_R11),
      GREG (12, REG_R12), GREG (13, REG_R13), GREG (14, REG_R14), GREG (15, REG_R15) };
#define CONTEXT_PC offsetof (ucontext_t, uc_mcontext.gregs[REG_RIP])

/* mov $15, %rax; syscall */
static const struct context_code context_codes[]
  = { { .len = 9, .code = { 0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05 } } };

#define CONTEXT_HERE(name, target)             \
  __asm__ (".pushsection .text\n"              \
           ".globl " #name "\n"                \
           ".hidden " #target "\n"             \
           ".type " #name ", @function\n"      \
           ".p2align 4\n" #name ":\n"          \
           ".cfi_startproc\n"                  \
           "endbr64\n"                         \
           "push %rbp\n"                       \
           ".cfi_def_cfa_offset 16\n"          \
           ".cfi_offset rbp, -16\n"            \
           "mov %rsp, %rdx\n"                  \
           "call " #target "\n"                \
           "pop %rbp\n"                        \
           ".cfi_def_cfa_offset 8\n"           \
           ".cfi_restore rbp\n"                \
           "ret\n"                             \
           ".cfi_endproc\n"                    \
           ".size " #name ", . - " #name "\n"  \
           ".popsection");
