/* SPDX-License-Identifier: MIT */
#include "arch.h"

#include <elf.h>
#include <stddef.h>

static const struct arch archs[] = {
#define ARCH(name, machine, is64, sp, fp, ra, insn, word) { #name, machine, is64, sp, fp, ra, insn, word },
#include "arch.def"
#undef ARCH
};

const struct arch *
pctab__arch (uint16_t machine, bool is64)
{
  for (size_t i = 0; i < sizeof archs / sizeof *archs; i++)
    if (archs[i].machine == machine && archs[i].is64 == is64)
      return &archs[i];
  return NULL;
}

static const char *const amd64_names[] = { "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
                                           "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip" };
static const char *const i386_names[] = { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip" };
static const char *const arm64_names[]
  = { "x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",  "x7",  "x8",  "x9",  "x10", "x11", "x12", "x13", "x14", "x15",
      "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp" };
static const char *const riscv_names[]
  = { "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
      "a6",   "a7", "s2", "s3", "s4",  "s5",  "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6" };
static const char *const numbered_names[]
  = { "r0",  "r1",  "r2",  "r3",  "r4",  "r5",  "r6",  "r7",  "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
      "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23", "r24", "r25", "r26", "r27", "r28", "r29", "r30", "r31" };

#define PICK(names, reg) ((reg) < sizeof (names) / sizeof *(names) ? (names)[reg] : NULL)

const char *
pctab__arch_register (const struct arch *arch, unsigned reg)
{
  switch (arch->machine)
    {
    case EM_X86_64:
      return PICK (amd64_names, reg);
    case EM_386:
      return PICK (i386_names, reg);
    case EM_AARCH64:
      return PICK (arm64_names, reg);
    case EM_RISCV:
      return PICK (riscv_names, reg);
    case EM_PPC64:
      return reg == arch->ra ? "lr" : PICK (numbered_names, reg);
    case EM_S390:
    case EM_ARM:
      return reg < 16 ? numbered_names[reg] : NULL;
    default:
      return PICK (numbered_names, reg);
    }
}
