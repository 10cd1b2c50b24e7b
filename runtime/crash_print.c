/* SPDX-License-Identifier: MIT */
/* Writes without stdio.  A pipe that poll() calls writable takes PIPE_BUF bytes without waiting, which the buffer is
 * below. */
#include "crash.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 5000

/* The signal of a pipe that nobody reads would come before the crash's own; it is blocked here. */
static void
drop_sigpipe (void)
{
  sigset_t set;
  sigemptyset (&set);
  sigaddset (&set, SIGPIPE);
  sigtimedwait (&set, NULL, &(struct timespec){ 0, 0 });
}

static bool
write_some (struct crash_out *o, unsigned *done)
{
  struct pollfd p = { .fd = o->fd, .events = POLLOUT };
  int ready = poll (&p, 1, WAIT_MS);
  if (ready < 0 && errno == EINTR)
    return true;
  /* EINVAL: RLIMIT_NOFILE is 0. */
  if (ready == 0 || (ready < 0 && errno != EINVAL))
    return false;
  ssize_t len = write (o->fd, o->buf + *done, o->len - *done);
  if (len < 0)
    {
      if (errno == EPIPE)
        drop_sigpipe ();
      return errno == EINTR;
    }
  *done += (unsigned) len;
  return true;
}

void
pctab__out_flush (struct crash_out *o)
{
  unsigned done = 0;
  for (int tries = 0; !o->gone && done < o->len; tries++)
    o->gone = tries == 100 || !write_some (o, &done);
  o->len = 0;
}

static void
put (struct crash_out *o, char c)
{
  if (o->len == sizeof o->buf)
    pctab__out_flush (o);
  o->buf[o->len++] = c;
}

void
pctab__out_text (struct crash_out *o, const char *text)
{
  while (*text)
    put (o, *text++);
}

static void
out_number (struct crash_out *o, uint64_t number, unsigned base)
{
  char digits[20];
  unsigned cnt = 0;
  do
    digits[cnt++] = "0123456789abcdef"[number % base];
  while (number /= base);
  while (cnt)
    put (o, digits[--cnt]);
}

void
pctab__out_decimal (struct crash_out *o, uint64_t number)
{
  out_number (o, number, 10);
}

void
pctab__out_hex (struct crash_out *o, uint64_t number)
{
  pctab__out_text (o, "0x");
  out_number (o, number, 16);
}

void
pctab__out_bytes (struct crash_out *o, const unsigned char *bytes, unsigned len)
{
  for (unsigned i = 0; i < len; i++)
    {
      put (o, "0123456789abcdef"[bytes[i] >> 4]);
      put (o, "0123456789abcdef"[bytes[i] & 15]);
    }
}
