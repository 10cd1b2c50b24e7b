/* SPDX-License-Identifier: MIT */
/* Memory as a handler may have it: pages by plain system calls, and reads that can't fault.  errno stays as it is. */
#ifndef PCTAB_MEMORY_H
#define PCTAB_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LEN zeroed bytes, aligned to a page; NULL: memory is out.  Signal: safe. */
void *pctab__memory_map (size_t len);
void pctab__memory_unmap (void *at, size_t len);

/* Copies LEN bytes from SRC, an address of this process, to DST.  False: not all are readable; DST is undefined then.
 * Another thread may unmap them meanwhile.  Signal: safe.  Cost: some 0.5 us. */
bool pctab__memory_read (void *dst, uint64_t src, size_t len);

/* Whether the word of 8 bytes that ADDR lies in is readable now.  Signal: safe.  Cost: some 0.1 us. */
bool pctab__memory_readable (uint64_t addr);

/* Whether the 4 bytes at ADDR, a multiple of 4, are readable and are VALUE.  Another thread may unmap them meanwhile.
 * Signal: safe.  Cost: some 0.2 us. */
bool pctab__memory_is (uint64_t addr, uint32_t value);

/* The kernel's number of the calling thread, and of its process; both ask the kernel. */
uint32_t pctab__memory_tid (void);
uint32_t pctab__memory_pid (void);

/* Bytes of the kernel's signal masks. */
#if defined __mips__
#define KERNEL_MASK_BYTES 16
#else
#define KERNEL_MASK_BYTES 8
#endif

/* syscall() that leaves errno alone and returns -errno. */
long pctab__memory_call (long number, long a, long b, long c, long d, long e, long f);

#endif
