/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Damage from a fixed seed, for all drivers. */
#ifndef PCTAB_MUTATE_H
#define PCTAB_MUTATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* No iteration may take longer, in seconds of its own time, sanitizers included: the machine may be busy with others. */
#define HANG_SECONDS 20

/* Ends this process if what it does next takes longer; or if it waits without end. */
static inline void
watch_time (void)
{
  const struct itimerval limit = { .it_value = { HANG_SECONDS, 0 } };
  setitimer (ITIMER_PROF, &limit, NULL);
  alarm (60 * HANG_SECONDS);
}

static uint64_t random_state;

/* splitmix64 */
static inline uint64_t
random_next (void)
{
  uint64_t z = random_state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static inline uint64_t
random_below (uint64_t n)
{
  return n ? random_next () % n : 0;
}

/* The file's bytes; NULL, with a message, when it can't be read. */
static inline unsigned char *
read_file (const char *path, size_t *len)
{
  FILE *in = fopen (path, "rb");
  unsigned char *data = NULL;
  long end = in && !fseek (in, 0, SEEK_END) ? ftell (in) : -1;
  if (end >= 0 && (data = malloc ((size_t) end + 1)))
    {
      rewind (in);
      *len = fread (data, 1, (size_t) end, in);
    }
  else
    perror (path);
  if (in)
    fclose (in);
  return data;
}

/* Changes some of the LEN bytes at DATA, which is not empty. */
static inline void
damage_bytes (unsigned char *data, size_t len)
{
  static const unsigned char ends[] = { 0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe };
  unsigned char *at = data + random_below (len);
  size_t left = (size_t) (data + len - at), some = 1 + random_below (16);
  some = some < left ? some : left;
  switch (random_below (7))
    {
    case 0:
      *at = (unsigned char) random_next ();
      return;
    case 1:
      *at ^= (unsigned char) (1u << random_below (8));
      return;
    case 2:
      *at = ends[random_below (sizeof ends)];
      return;
    case 3:
      memset (at, ends[random_below (sizeof ends)], some);
      return;
    case 4:
      memmove (at, data + random_below (len - some + 1), some);
      return;
    case 5:
      *at = (unsigned char) (*at + (random_below (2) ? 1 : -1));
      return;
    default:
      for (size_t i = 0; i < some; i++)
        at[i] = (unsigned char) random_next ();
      return;
    }
}

#endif
