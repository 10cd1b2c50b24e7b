/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the file anew: `[what is loaded][table][sections that are not loaded][section headers]`, then one rename.
 * Records of objects are left out.
 *
 * The table lies before everything that is not loaded because dwz, and with it debhelper, refuses a loaded section
 * behind one that isn't.  Loaded parts that follow the table in the file, which is rare, move by whole pages of the
 * largest alignment, so that offset and address stay congruent.  The new file has no name until it is complete, where
 * the file system can do that. */
#include "place_write.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

/* Bytes [from, from + len) of the old file go to `to` of the new one. */
struct move {
  uint64_t from, to, len;
};

struct renewal {
  const struct place *place;
  const struct place_drop *drop;
  const struct elf_file *file;
  uint64_t loaded_end;   /* end of what is loaded in the old file */
  uint64_t later_delta;  /* by which loaded parts behind the table move, modulo 2^64: down too */
  uint64_t *section_off; /* new offsets, by section */
  struct move *moves;
  size_t move_cnt;
  uint64_t shoff; /* of the new file */
  char path[4096];     /* the file itself, symbolic links resolved */
  char temp[4200];
  bool named; /* temp has a name in its directory */
  int fd, old_fd;
};

/* What a signal handler has to remove. */
static char *volatile abandoned;

void
pctab__place_abandon (void)
{
  if (abandoned)
    unlink (abandoned);
}

static uint64_t
table_end (const struct place *p)
{
  return p->off + p->room;
}

static bool
is_loaded (const struct renewal *r, uint32_t idx)
{
  return idx && (r->file->sections[idx].flags & SHF_ALLOC);
}

/* Loaded parts of the old file: where they end, and the largest alignment of those behind the table. */
static bool
survey_loaded (struct renewal *r, size_t len, struct diag *d)
{
  const struct elf_file *f = r->file;
  uint64_t align = 1, end = table_end (r->place);
  bool later = false;
  for (uint32_t i = 0; i < f->segment_cnt; i++)
    {
      const struct elf_segment *s = &f->segments[i];
      if (s->type != PT_LOAD || !s->file_size || i == r->place->segment_idx)
        continue;
      if (s->off > f->len || s->file_size > f->len - s->off)
        return pctab__diag_error (d, NULL, "a segment lies outside the file; the file is truncated or damaged");
      if (s->off < table_end (r->place) && s->off + s->file_size > r->place->off)
        return pctab__diag_error (d, ".pctab", "another segment has the same bytes of the file; link with pctab's "
                                  "script");
      if (s->off < r->place->off)
        continue;
      later = true;
      align = s->align > align ? s->align : align;
      end = s->off + s->file_size > end ? s->off + s->file_size : end;
    }
  r->loaded_end = end;
  if (!later)
    return true;
  if (align & (align - 1) || align > UINT32_MAX)
    return pctab__diag_error (d, NULL, "a segment's alignment is no power of two; the file is damaged");
  r->later_delta = (len - r->place->room + align - 1) & ~(align - 1);
  return true;
}

static int
compare_offsets (const void *a, const void *b)
{
  const struct elf_section *x = *(const struct elf_section *const *) a, *y = *(const struct elf_section *const *) b;
  if (x->off != y->off)
    return x->off < y->off ? -1 : 1;
  return x < y ? -1 : x > y;
}

static void
add_move (struct renewal *r, uint64_t from, uint64_t to, uint64_t len)
{
  if (!len)
    return;
  struct move *last = r->move_cnt ? &r->moves[r->move_cnt - 1] : NULL;
  if (last && from - to == last->from - last->to && from >= last->from + last->len
      && from - last->from - last->len < 64)
    last->len = from + len - last->from;
  else
    r->moves[r->move_cnt++] = (struct move){ from, to, len };
}

/* New offsets of the sections that are not loaded: in their old order, each by its alignment. */
static bool
lay_out_rest (struct renewal *r, const struct elf_section **order, uint32_t cnt, uint64_t at, struct diag *d)
{
  const struct elf_file *f = r->file;
  uint64_t old_end = r->loaded_end;
  for (uint32_t i = 0; i < cnt; i++)
    {
      const struct elf_section *s = order[i];
      const struct drop_contents *c = &r->drop->contents[s - f->sections];
      uint64_t align = s->align ? s->align : 1;
      if (align & (align - 1) || align > 1u << 20)
        return pctab__diag_error (d, s->name, "its alignment %#" PRIx64 " is no power of two, or too large", align);
      bool stays = r->drop->map[s - f->sections];
      if (stays)
        at = (at + align - 1) & ~(align - 1);
      r->section_off[s - f->sections] = at;
      if (s->type == SHT_NOBITS)
        continue;
      if (s->off > f->len || s->size > f->len - s->off)
        return pctab__diag_error (d, s->name, "lies outside the file; the file is truncated or damaged");
      if (s->size && s->off < r->loaded_end)
        return pctab__diag_error (d, s->name, "lies before loaded parts of the file; link it again, with nothing run "
                                  "over it");
      old_end = s->off + s->size > old_end ? s->off + s->size : old_end;
      if (!stays)
        continue;
      if (!c->data)
        add_move (r, s->off, at, s->size);
      at += c->data ? c->len : s->size;
    }
  uint64_t headers_len = (uint64_t) f->section_cnt * ELF_SIZE (f, Shdr);
  if (f->shoff + headers_len > old_end)
    old_end = f->shoff + headers_len;
  if (f->len > old_end + 16)
    return pctab__diag_error (d, NULL, "carries %" PRIu64 " bytes behind its last section; finish it before they are "
                              "appended", f->len - old_end);
  r->shoff = (at + 7) & ~UINT64_C (7);
  return true;
}

static bool
lay_out (struct renewal *r, size_t len, struct diag *d)
{
  const struct elf_file *f = r->file;
  const struct elf_section **order = calloc (f->section_cnt, sizeof *order);
  r->section_off = calloc (f->section_cnt, sizeof *r->section_off);
  r->moves = calloc (f->section_cnt + 2, sizeof *r->moves);
  if (!order || !r->section_off || !r->moves)
    {
      free (order);
      return pctab__diag_memory (d);
    }
  uint32_t cnt = 0;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    if (is_loaded (r, i))
      r->section_off[i] = f->sections[i].off + (f->sections[i].off >= table_end (r->place) ? r->later_delta : 0);
    else if (f->sections[i].type != SHT_NULL)
      order[cnt++] = &f->sections[i];
  qsort (order, cnt, sizeof *order, compare_offsets);
  uint64_t end = table_end (r->place);
  add_move (r, 0, 0, r->place->off);
  add_move (r, end, end + r->later_delta, r->loaded_end - end);
  uint64_t at = r->loaded_end > end ? r->loaded_end + r->later_delta : r->place->off + len;
  bool good = lay_out_rest (r, order, cnt, at, d);
  free (order);
  return good;
}

static bool
copy_range (const struct renewal *r, const struct move *m)
{
  uint64_t done = 0;
  while (done < m->len)
    {
      off_t from = (off_t) (m->from + done), to = (off_t) (m->to + done);
      ssize_t n = copy_file_range (r->old_fd, &from, r->fd, &to, m->len - done, 0);
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        /* Not on this file system or kernel: the old file is mapped anyway.  A full disk fails again there. */
        return pctab__write_at (r->fd, r->file->data + m->from + done, m->len - done, m->to + done);
      done += (uint64_t) n;
    }
  return true;
}

static bool
write_section_headers (const struct renewal *r, size_t len)
{
  const struct elf_file *f = r->file;
  size_t headers_len;
  unsigned char *headers = pctab__drop_headers (r->drop, r->section_off, &headers_len);
  if (!headers)
    return false;
  store_word (pctab__drop_header (r->drop, headers, r->place->section_idx) + ELF_OFFSET (f, Shdr, sh_size), len,
              f->is64, f->big);
  bool good = pctab__write_at (r->fd, headers, headers_len, r->shoff);
  for (uint32_t i = 1; good && i < f->section_cnt; i++)
    if (r->drop->contents[i].data)
      good = pctab__write_at (r->fd, r->drop->contents[i].data, r->drop->contents[i].len, r->section_off[i]);
  free (headers);
  return good;
}

/* Where byte OFF of the old file is in the new one.  Segments that are not loaded may name sections that are not either
 * (RISC-V's attributes). */
static uint64_t
new_offset (const struct renewal *r, uint64_t off)
{
  const struct elf_file *f = r->file;
  if (off < table_end (r->place))
    return off;
  if (off < r->loaded_end)
    return off + r->later_delta;
  for (uint32_t i = 1; i < f->section_cnt; i++)
    {
      const struct elf_section *s = &f->sections[i];
      if (!is_loaded (r, i) && s->type != SHT_NOBITS && off >= s->off && off - s->off < s->size)
        return r->section_off[i] + (off - s->off);
    }
  return off;
}

static bool
write_program_headers (const struct renewal *r, size_t len)
{
  const struct elf_file *f = r->file;
  size_t entsize = ELF_SIZE (f, Phdr);
  unsigned char *headers = malloc (f->segment_cnt * entsize);
  if (!headers)
    return false;
  memcpy (headers, f->data + f->phoff, f->segment_cnt * entsize);
  for (uint32_t i = 0; i < f->segment_cnt; i++)
    {
      unsigned char *p = headers + i * entsize;
      if (i != r->place->segment_idx)
        {
          store_word (p + ELF_OFFSET (f, Phdr, p_offset), new_offset (r, f->segments[i].off), f->is64, f->big);
          continue;
        }
      store_word (p + ELF_OFFSET (f, Phdr, p_filesz), len, f->is64, f->big);
      store_word (p + ELF_OFFSET (f, Phdr, p_memsz), len, f->is64, f->big);
    }
  uint64_t at = new_offset (r, f->phoff);
  bool good = pctab__write_at (r->fd, headers, f->segment_cnt * entsize, at);
  free (headers);
  unsigned char ehdr[sizeof (Elf64_Ehdr)];
  size_t ehdr_len = pctab__drop_ehdr (r->drop, at, r->shoff, ehdr);
  return good && pctab__write_at (r->fd, ehdr, ehdr_len, 0);
}

/* A nameless file in the same directory, else one beside the output whose name tells what it is. */
static bool
open_new (struct renewal *r, struct diag *d)
{
  char *resolved = realpath (r->file->path, NULL);
  if (!resolved || strlen (resolved) >= sizeof r->path)
    {
      free (resolved);
      return pctab__diag_error (d, NULL, "can't resolve its path: %s", strerror (errno));
    }
  strcpy (r->path, resolved);
  free (resolved);
  snprintf (r->temp, sizeof r->temp, "%s.pctab-%ld", r->path, (long) getpid ());
  unlink (r->temp); /* of a process of the same number that was killed */
  r->old_fd = open (r->path, O_RDONLY | O_CLOEXEC);
  char *slash = strrchr (r->path, '/');
  *slash = 0;
  r->fd = open (slash == r->path ? "/" : r->path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  *slash = '/';
  if (r->old_fd >= 0 && r->fd < 0)
    {
      r->fd = open (r->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      r->named = r->fd >= 0;
      abandoned = r->named ? r->temp : NULL;
    }
  if (r->old_fd < 0 || r->fd < 0)
    return pctab__diag_error (d, NULL, "can't write a new file beside it: %s", strerror (errno));
  return true;
}

static bool
write_new (struct renewal *r, const unsigned char *image, size_t len)
{
  for (size_t i = 0; i < r->move_cnt; i++)
    if (!copy_range (r, &r->moves[i]))
      return false;
  return pctab__write_at (r->fd, image, len, r->place->off) && write_program_headers (r, len)
         && write_section_headers (r, len);
}

/* The old file's owner where that may be set, and its mode. */
static bool
take_identity (const struct renewal *r)
{
  struct stat st;
  if (fstat (r->old_fd, &st))
    return false;
  (void) !fchown (r->fd, st.st_uid, st.st_gid);
  return !fchmod (r->fd, st.st_mode & 07777);
}

static bool
name_new (struct renewal *r)
{
  if (r->named)
    return true;
  char proc[64];
  snprintf (proc, sizeof proc, "/proc/self/fd/%d", r->fd);
  abandoned = r->temp;
  r->named = !linkat (AT_FDCWD, proc, AT_FDCWD, r->temp, AT_SYMLINK_FOLLOW);
  return r->named;
}

static bool
write_and_rename (struct renewal *r, const unsigned char *image, size_t len, struct diag *d)
{
  if (!write_new (r, image, len) || !take_identity (r))
    return pctab__diag_error (d, NULL, "can't write a new file beside it: %s", strerror (errno));
  if (!name_new (r) || rename (r->temp, r->path))
    return pctab__diag_error (d, NULL, "can't replace it by %s: %s", r->temp, strerror (errno));
  abandoned = NULL;
  r->named = false;
  return true;
}

bool
pctab__place_renew (const struct place *place, const struct place_drop *drop, const unsigned char *image, size_t len,
                    struct diag *d)
{
  struct renewal *r = calloc (1, sizeof *r);
  if (!r)
    return pctab__diag_memory (d);
  r->place = place;
  r->drop = drop;
  r->file = place->file;
  r->fd = r->old_fd = -1;
  bool good = survey_loaded (r, len, d) && lay_out (r, len, d) && open_new (r, d)
              && write_and_rename (r, image, len, d);
  if (r->named)
    unlink (r->temp);
  abandoned = NULL;
  if (r->fd >= 0)
    close (r->fd);
  if (r->old_fd >= 0)
    close (r->old_fd);
  free (r->section_off);
  free (r->moves);
  free (r);
  return good;
}
