/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Preloaded into pctab-link: kills the process at its Nth call that changes a file, N from $KILL_AT: every moment in
 * turn, where a delay would hit the long ones only.  With $KILL_HALF a call for more than 64 bytes is done by half
 * first; the kernel does not stop between the bytes of one page. */
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

/* Whether this is the call; a write that is cut goes on with half of LEN. */
static int
due (size_t *len)
{
  const char *at = getenv ("KILL_AT");
  if (!at || ++calls != atoi (at))
    return 0;
  if (!len || *len <= 64 || !getenv ("KILL_HALF"))
    raise (SIGKILL);
  *len /= 2;
  return 1;
}

ssize_t
pwrite (int fd, const void *data, size_t len, off_t off)
{
  int last = due (&len);
  ssize_t n = syscall (SYS_pwrite64, fd, data, len, off);
  if (last)
    raise (SIGKILL);
  return n;
}

ssize_t
pwrite64 (int fd, const void *data, size_t len, off_t off)
{
  return pwrite (fd, data, len, off);
}

ssize_t
copy_file_range (int from, off_t *from_off, int to, off_t *to_off, size_t len, unsigned flags)
{
  int last = due (&len);
  ssize_t n = syscall (SYS_copy_file_range, from, from_off, to, to_off, len, flags);
  if (last)
    raise (SIGKILL);
  return n;
}

int
fallocate (int fd, int mode, off_t off, off_t len)
{
  due (NULL);
  return syscall (SYS_fallocate, fd, mode, off, len);
}

int
fallocate64 (int fd, int mode, off_t off, off_t len)
{
  return fallocate (fd, mode, off, len);
}

int
linkat (int from_dir, const char *from, int to_dir, const char *to, int flags)
{
  due (NULL);
  return syscall (SYS_linkat, from_dir, from, to_dir, to, flags);
}

int
rename (const char *from, const char *to)
{
  due (NULL);
  return syscall (SYS_renameat2, -100, from, -100, to, 0);
}

int
fchmod (int fd, mode_t mode)
{
  due (NULL);
  return syscall (SYS_fchmod, fd, mode);
}
