/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling the room in place.  The order makes a kill harmless at any moment: the table's body; its length in the
 * section header, then in the program header, so that the section never leaves its segment; at last version and size in
 * the table's own header, eight bytes in one write.  Until those are there every reader calls it unfinished. */
#include "place_write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "store.h"

#define PAGE 4096u
#define HEAD_END (PCTAB_H_SIZE + 4) /* magic, version, size: what a placeholder has, too */

bool
pctab__write_at (int fd, const void *data, size_t len, uint64_t off)
{
  const unsigned char *p = data;
  while (len)
    {
      ssize_t n = pwrite (fd, p, len, (off_t) off);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return false;
      p += n;
      off += (size_t) n;
      len -= (size_t) n;
    }
  return true;
}

bool
pctab__place_links (const struct place *p, bool *linked, struct diag *d)
{
  struct stat st;
  if (stat (p->file->path, &st))
    return pctab__diag_error (d, NULL, "can't stat: %s", strerror (errno));
  *linked = st.st_nlink > 1;
  return true;
}

/* Two words side by side in the program header. */
static bool
write_segment_size (int fd, const struct place *p, size_t len)
{
  const struct elf_file *f = p->file;
  unsigned char words[16];
  size_t word = f->is64 ? 8 : 4;
  store_word (words, len, f->is64, f->big);
  store_word (words + word, len, f->is64, f->big);
  return pctab__write_at (fd, words, 2 * word,
                          f->phoff + p->segment_idx * ELF_SIZE (f, Phdr) + ELF_OFFSET (f, Phdr, p_filesz));
}

static bool
write_section_size (int fd, const struct place *p, size_t len)
{
  const struct elf_file *f = p->file;
  unsigned char word[8];
  store_word (word, len, f->is64, f->big);
  return pctab__write_at (fd, word, f->is64 ? 8 : 4,
                          f->shoff + p->section_idx * ELF_SIZE (f, Shdr) + ELF_OFFSET (f, Shdr, sh_size));
}

/* The room left over becomes a hole, where the file system has holes. */
static void
punch_rest (int fd, const struct place *p, size_t len)
{
  uint64_t from = (p->off + len + PAGE - 1) & ~(uint64_t) (PAGE - 1);
  uint64_t to = (p->off + p->room) & ~(uint64_t) (PAGE - 1);
  if (from < to)
    (void) !fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) from, (off_t) (to - from));
}

bool
pctab__place_fill (const struct place *p, const unsigned char *image, size_t len, struct diag *d)
{
  int fd = open (p->file->path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return pctab__diag_error (d, NULL, "can't open for writing: %s", strerror (errno));
  /* A finished table that is replaced is unfinished first. */
  bool good = pctab__write_at (fd, "\0\0\0\0", 4, p->off + PCTAB_H_VERSION)
              && pctab__write_at (fd, image + HEAD_END, len - HEAD_END, p->off + HEAD_END)
              && write_section_size (fd, p, len) && write_segment_size (fd, p, len);
  if (good)
    punch_rest (fd, p, len);
  good = good
         && pctab__write_at (fd, image + PCTAB_H_VERSION, HEAD_END - PCTAB_H_VERSION, p->off + PCTAB_H_VERSION);
  int err = errno;
  if (close (fd) && good)
    {
      good = false;
      err = errno;
    }
  return good || pctab__diag_error (d, ".pctab", "can't write the table: %s", strerror (err));
}
