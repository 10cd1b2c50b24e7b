/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opens a file, finds its table and reads it. */
#include "target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_MAX (1u << 30) /* bytes of one pread */

bool
pctab__target_fail (struct target *t, const char *format, ...)
{
  va_list args;
  if (t->state == TARGET_FAILED)
    return false;
  t->state = TARGET_FAILED;
  va_start (args, format);
  vsnprintf (t->failure, sizeof t->failure, format, args);
  va_end (args);
  return false;
}

bool
pctab__target_read (struct target *t, uint64_t off, uint64_t len, void *buf)
{
  for (char *p = buf; len;)
    {
      ssize_t got = pread (t->fd, p, len < READ_MAX ? len : READ_MAX, (off_t) off);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return pctab__target_fail (t, "can't read: %s", strerror (errno));
      if (!got)
        return false;
      p += got;
      off += (uint64_t) got;
      len -= (uint64_t) got;
    }
  return true;
}

/* Only a regular file is opened: a FIFO would wait, a device might do something. */
static bool
open_file (struct target *t)
{
  /* What is gone from a directory since it was listed needs no verifying. */
  if (stat (t->path, &t->stat))
    return errno == ENOENT && !t->named ? false : pctab__target_fail (t, "can't open: %s", strerror (errno));
  if (!S_ISREG (t->stat.st_mode))
    return pctab__target_fail (t, "not a regular file");
  t->fd = open (t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (t->fd < 0)
    return pctab__target_fail (t, "can't open: %s", strerror (errno));
  if (fstat (t->fd, &t->stat) || !S_ISREG (t->stat.st_mode))
    return pctab__target_fail (t, "not a regular file");
  t->len = (uint64_t) t->stat.st_size;
  return true;
}

/* A separate debug file has the headers of the program, not the bytes: no loaded section has any but for notes. */
static bool
is_debug_file (const struct target *t)
{
  for (uint32_t i = 1; i < t->section_cnt; i++)
    if ((t->sections[i].flags & SHF_ALLOC) && t->sections[i].type != SHT_NOBITS && t->sections[i].type != SHT_NOTE)
      return false;
  return true;
}

/* The section .pctab; in a file without section headers, the segment that begins as a table does. */
static bool
find_table (struct target *t)
{
  for (uint32_t i = 1; i < t->section_cnt; i++)
    if (!strcmp (t->sections[i].name, ".pctab"))
      {
        const struct target_section *s = t->table_section = &t->sections[i];
        if (is_debug_file (t))
          {
            t->state = TARGET_NOT_ELF;
            return false;
          }
        t->table_off = s->off;
        t->table_room = s->type == SHT_NOBITS ? 0 : s->size;
        t->table_addr = s->addr;
        return true;
      }
  for (uint32_t i = 0; !t->section_cnt && i < t->segment_cnt; i++)
    {
      const struct target_segment *s = &t->segments[i];
      char magic[6];
      if (s->type != PT_LOAD || s->file_len < 16 || !pctab__target_read (t, s->off, sizeof magic, magic)
          || memcmp (magic, "\177PCTAB", sizeof magic))
        continue;
      t->table_off = s->off;
      t->table_room = s->file_len;
      t->table_addr = s->addr;
      return true;
    }
  return false;
}

/* As many bytes as the table says it has, if they are there; else enough for the reader to say what is wrong. */
static bool
read_table (struct target *t)
{
  unsigned char head[16] = { 0 };
  uint64_t room = t->table_off > t->len ? 0 : t->len - t->table_off;
  if (room > t->table_room)
    room = t->table_room;
  uint64_t len = room < sizeof head ? room : sizeof head;
  if (!pctab__target_read (t, t->table_off, len, head))
    return pctab__target_fail (t, "it was cut off while it was read");
  uint64_t size = 0;
  for (unsigned i = 0; i < 4; i++)
    size = size << 8 | head[12 + (t->big ? i : 3 - i)];
  if (size >= len && size <= room && size <= INT32_MAX)
    len = size;
  t->bytes = malloc (len + 1);
  if (!t->bytes)
    return pctab__target_fail (t, "memory is out: its table has %llu bytes", (unsigned long long) len);
  t->bytes_len = len;
  return pctab__target_read (t, t->table_off, len, t->bytes)
         || pctab__target_fail (t, "it was cut off while it was read");
}

/* A file that is a table by itself, as objcopy -O binary --only-section=.pctab writes it.  Its address is not known. */
static bool
is_bare (struct target *t)
{
  unsigned char head[12];
  if (t->len < sizeof head || !pctab__target_read (t, 0, sizeof head, head) || memcmp (head, "\177PCTAB", 6))
    return false;
  t->bare = true;
  t->big = !head[8];
  t->table_room = t->len;
  return true;
}

void
pctab__target_open (struct target *t)
{
  t->fd = -1;
  t->state = TARGET_NOT_ELF;
  t->coverage_bytes = t->coverage_funcs = -1;
  if (open_file (t) && (is_bare (t) || (pctab__target_headers (t) && find_table (t))) && read_table (t))
    t->state = TARGET_TABLE;
}

bool
pctab__target_unchanged (struct target *t)
{
  struct stat now;
  if (t->fd < 0 || fstat (t->fd, &now))
    return t->fd < 0;
  if (now.st_size != t->stat.st_size || now.st_mtim.tv_sec != t->stat.st_mtim.tv_sec
      || now.st_mtim.tv_nsec != t->stat.st_mtim.tv_nsec)
    return pctab__target_fail (t, "it changed while it was read; verify it again");
  return true;
}

void
pctab__target_close (struct target *t)
{
  if (t->fd >= 0)
    close (t->fd);
  pctab__decoded_free (&t->table);
  free (t->bytes);
  free (t->sections);
  free (t->segments);
  free (t->names);
}
