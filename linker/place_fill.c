/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filling the room in place.  The order makes a kill harmless at any moment: the table's body; its length in the
 * section header, then in the program header, so that the section never leaves its segment; at last version and size in
 * the table's own header, eight bytes in one write.  Until those are there every reader calls it unfinished.
 *
 * Where records go from the file, what lies behind them is not moved, which would take as long as a new file: they
 * become a hole.  New section headers, and symbol tables that change, are written behind the end of the file, and one
 * write of the ELF header makes them the file's.  From there on the records are lost to another pctab-link, so before
 * it the table's header is made such that every later one refuses the file. */
#include "place_write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdlib.h>
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

/* The header table and changed sections go behind the end of the file. */
static bool
append_sections (int fd, const struct place *p, const struct place_drop *drop, size_t len, uint64_t *shoff)
{
  const struct elf_file *f = p->file;
  uint64_t *offs = malloc (f->section_cnt * sizeof *offs), at = f->len;
  bool good = offs;
  for (uint32_t i = 0; good && i < f->section_cnt; i++)
    {
      const struct drop_contents *c = &drop->contents[i];
      offs[i] = f->sections[i].off;
      if (!c->data)
        continue;
      at = (at + 7) & ~UINT64_C (7);
      offs[i] = at;
      good = pctab__write_at (fd, c->data, c->len, at);
      at += c->len;
    }
  *shoff = (at + 7) & ~UINT64_C (7);
  size_t headers_len = 0;
  unsigned char *headers = good ? pctab__drop_headers (drop, offs, &headers_len) : NULL;
  if (headers)
    store_word (pctab__drop_header (drop, headers, p->section_idx) + ELF_OFFSET (f, Shdr, sh_size), len, f->is64,
                f->big);
  good = headers && pctab__write_at (fd, headers, headers_len, *shoff);
  free (headers);
  free (offs);
  return good;
}

/* Nobody may finish the file from here on but us; then the new headers hold. */
static bool
switch_sections (int fd, const struct place *p, const struct place_drop *drop, uint64_t shoff)
{
  unsigned char ehdr[sizeof (Elf64_Ehdr)];
  size_t len = pctab__drop_ehdr (drop, p->file->phoff, shoff, ehdr);
  return pctab__write_at (fd, "\0\0\0\0\0\0\0\0", 8, p->off + PCTAB_H_VERSION) && pctab__write_at (fd, ehdr, len, 0);
}

static void
punch (int fd, uint64_t off, uint64_t len)
{
  if (len)
    (void) !fallocate (fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) off, (off_t) len);
}

static void
punch_dropped (int fd, const struct place *p, const struct place_drop *drop)
{
  const struct elf_file *f = p->file;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (!drop->map[i] || drop->contents[i].data)
      punch (fd, f->sections[i].off, f->sections[i].size);
  punch (fd, f->shoff, f->section_cnt * (uint64_t) ELF_SIZE (f, Shdr));
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

/* The section's size: in its header, or in all headers anew. */
static bool
write_sections (int fd, const struct place *p, const struct place_drop *drop, size_t len)
{
  uint64_t shoff;
  if (!drop->dropped_cnt)
    return write_section_size (fd, p, len);
  return append_sections (fd, p, drop, len, &shoff) && switch_sections (fd, p, drop, shoff);
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

/* The room left over becomes a hole, where the file system has holes. */
static void
punch_rest (int fd, const struct place *p, size_t len)
{
  uint64_t from = (p->off + len + PAGE - 1) & ~(uint64_t) (PAGE - 1);
  uint64_t to = (p->off + p->room) & ~(uint64_t) (PAGE - 1);
  if (from < to)
    punch (fd, from, to - from);
}

bool
pctab__place_fill (const struct place *p, const struct place_drop *drop, const unsigned char *image, size_t len,
                   struct diag *d)
{
  int fd = open (p->file->path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return pctab__diag_error (d, NULL, "can't open for writing: %s", strerror (errno));
  /* A finished table that is replaced is unfinished first. */
  bool good = pctab__write_at (fd, "\0\0\0\0", 4, p->off + PCTAB_H_VERSION)
              && pctab__write_at (fd, image + HEAD_END, len - HEAD_END, p->off + HEAD_END)
              && write_sections (fd, p, drop, len) && write_segment_size (fd, p, len);
  if (good)
    punch_rest (fd, p, len);
  if (good && drop->dropped_cnt)
    punch_dropped (fd, p, drop);
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
