/* SPDX-License-Identifier: MIT */
/* How memory is read that may be gone: by having the kernel read it, which answers EFAULT where we would die.
 *
 * A copy: process_vm_readv() of ourselves; where a sandbox or an emulator has none, write() to a memory file, which
 * exists for the length of the call, since the program may close descriptors that it doesn't know.
 * A comparison: FUTEX_CMP_REQUEUE of nobody to nowhere, which compares four bytes and does nothing else.  It needs no
 * descriptor and no process number, and no sandbox forbids it.
 * A probe: rt_sigprocmask() with a `how` that doesn't exist, which reads the set before it complains; under emulators
 * that complain first, the comparison. */
#include "memory.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

long
pctab__memory_call (long number, long a, long b, long c, long d, long e, long f)
{
  int saved = errno;
  long got = syscall (number, a, b, c, d, e, f);
  if (got == -1)
    got = -errno;
  errno = saved;
  return got;
}

static long
call4 (long number, long a, long b, long c, long d)
{
  return pctab__memory_call (number, a, b, c, d, 0, 0);
}

static void *
map (size_t len, int fd)
{
  long flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE;
#if defined __s390x__
  /* There the call takes one argument, the address of the six. */
  long args[] = { 0, (long) len, PROT_READ | PROT_WRITE, flags, fd, 0 };
  long at = call4 (SYS_mmap, (long) args, 0, 0, 0);
#elif defined SYS_mmap2
  long at = pctab__memory_call (SYS_mmap2, 0, (long) len, PROT_READ | PROT_WRITE, flags, fd, 0);
#else
  long at = pctab__memory_call (SYS_mmap, 0, (long) len, PROT_READ | PROT_WRITE, flags, fd, 0);
#endif
  return (unsigned long) at > -4096UL ? NULL : (void *) at;
}

void *
pctab__memory_map (size_t len)
{
  return map (len, -1);
}

void
pctab__memory_unmap (void *at, size_t len)
{
  call4 (SYS_munmap, (long) at, (long) len, 0, 0);
}

uint32_t
pctab__memory_tid (void)
{
  return (uint32_t) call4 (SYS_gettid, 0, 0, 0, 0);
}

uint32_t
pctab__memory_pid (void)
{
  return (uint32_t) call4 (SYS_getpid, 0, 0, 0, 0);
}

/* The same for all LEN bytes, by write(), which stops at the first that can't be read. */
static bool
write_read (int fd, char *dst, long src, size_t len)
{
  for (size_t done = 0; done < len;)
    {
      long put = call4 (SYS_write, fd, src + (long) done, (long) (len - done), 0);
      if (put <= 0)
        return false;
      done += (size_t) put;
    }
  call4 (SYS_lseek, fd, 0, SEEK_SET, 0);
  for (size_t done = 0; done < len;)
    {
      long got = call4 (SYS_read, fd, (long) (dst + done), (long) (len - done), 0);
      if (got <= 0)
        return false;
      done += (size_t) got;
    }
  return true;
}

static bool
read_by_file (void *dst, long src, size_t len)
{
  int fd = (int) call4 (SYS_memfd_create, (long) "pctab", 1 /* MFD_CLOEXEC */, 0, 0);
  if (fd < 0)
    return false;
  bool good = write_read (fd, dst, src, len);
  call4 (SYS_close, fd, 0, 0, 0);
  return good;
}

bool
pctab__memory_read (void *dst, uint64_t src, size_t len)
{
  if (src > UINTPTR_MAX || len > UINTPTR_MAX - src)
    return false;
  struct iovec to = { dst, len }, from = { (void *) (uintptr_t) src, len };
  long got = pctab__memory_call (SYS_process_vm_readv, (long) pctab__memory_pid (), (long) &to, 1, (long) &from, 1, 0);
  if (got == -ENOSYS || got == -EPERM || got == -EACCES)
    return read_by_file (dst, (long) src, len);
  return got >= 0 && (size_t) got == len;
}

static long
compare (uint64_t addr, uint32_t value)
{
  long at = (long) (uintptr_t) addr;
  return pctab__memory_call (SYS_futex, at, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0, at, (long) value);
}

bool
pctab__memory_is (uint64_t addr, uint32_t value)
{
  return addr <= UINTPTR_MAX && compare (addr, value) == 0;
}

static long
probe (uintptr_t addr)
{
  return call4 (SYS_rt_sigprocmask, -1, (long) addr, 0, KERNEL_MASK_BYTES);
}

static int probe_lies; /* -1: no, 1: yes, 0: to be found out, at the last page, which no process has */

bool
pctab__memory_readable (uint64_t addr)
{
  int lies = __atomic_load_n (&probe_lies, __ATOMIC_RELAXED);
  /* At 0 to 7 the probe would pass NULL, which the kernel doesn't read. */
  if (addr > UINTPTR_MAX || addr < KERNEL_MASK_BYTES)
    return false;
  if (!lies)
    {
      lies = probe (-(uintptr_t) 4096) == -EFAULT ? -1 : 1;
      __atomic_store_n (&probe_lies, lies, __ATOMIC_RELAXED);
    }
  if (lies < 0)
    return probe ((uintptr_t) addr & ~(uintptr_t) (KERNEL_MASK_BYTES - 1)) != -EFAULT;
  return compare (addr & ~UINT64_C (3), 0) != -EFAULT;
}
