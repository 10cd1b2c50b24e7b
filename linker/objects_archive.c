/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Archives: a header of 60 characters before each member, "/" and "/SYM64/" for the table of symbols, "//" for long
 * names, "/123" for a name in it; of a thin archive the members are files of their own.  BSD's "#1/20" has the name
 * before the data. */
#include "objects.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC_LEN 8
#define HEADER_LEN 60
#define NAMES_MAX (UINT64_C (1) << 30)

struct header {
  char name[17];
  uint64_t size;
};

static bool
read_header (int fd, uint64_t len, uint64_t at, struct header *h)
{
  char text[HEADER_LEN + 1];
  if (at > len || len - at < HEADER_LEN || !pctab__pread_all (fd, text, HEADER_LEN, at)
      || memcmp (text + 58, "`\n", 2))
    return false;
  memcpy (h->name, text, 16);
  h->name[16] = 0;
  text[58] = 0;
  char *end;
  h->size = strtoull (text + 48, &end, 10);
  return end != text + 48;
}

static bool
is_table (const char *name)
{
  return !strncmp (name, "/ ", 2) || !strncmp (name, "// ", 3) || !strncmp (name, "/SYM64/", 7);
}

static bool
read_names (struct archive *a, int fd, uint64_t off, uint64_t size)
{
  if (size > NAMES_MAX || size > a->len - off)
    return false;
  free (a->names);
  a->names = malloc (size + 1);
  a->names_len = a->names && pctab__pread_all (fd, a->names, size, off) ? size : 0;
  return a->names_len == size;
}

static bool
read_tables (struct archive *a, int fd)
{
  uint64_t at = MAGIC_LEN;
  struct header h;
  while (read_header (fd, a->len, at, &h) && is_table (h.name))
    {
      uint64_t off = at + HEADER_LEN;
      if (h.size > a->len - off)
        return false;
      if (h.name[1] == '/')
        {
          if (!read_names (a, fd, off, h.size))
            return false;
        }
      else
        {
          a->index_off = off;
          a->index_len = h.size;
          a->index_word = h.name[1] == 'S' ? 8 : 4;
        }
      at = off + h.size + (h.size & 1);
    }
  a->first = at;
  return true;
}

int
pctab__archive_read (struct archive *a, int fd, uint64_t len, struct diag *d)
{
  char magic[MAGIC_LEN];
  if (len < MAGIC_LEN || !pctab__pread_all (fd, magic, MAGIC_LEN, 0))
    return 0;
  a->thin = !memcmp (magic, "!<thin>\n", MAGIC_LEN);
  a->len = len;
  if (!a->thin && memcmp (magic, "!<arch>\n", MAGIC_LEN))
    return 0;
  if (read_tables (a, fd))
    return 1;
  pctab__diag_error (d, NULL, "%s: a table of this archive lies outside it; the file is truncated or damaged", a->path);
  return -1;
}

/* GNU's names end by '/', long ones in the table by "/\n". */
static void
take_name (const struct archive *a, const struct header *h, char *name, size_t size)
{
  const char *from = h->name;
  size_t len = strcspn (from, "/");
  if (from[0] == '/' && from[1] >= '0' && from[1] <= '9')
    {
      uint64_t off = strtoull (from + 1, NULL, 10);
      from = off < a->names_len ? a->names + off : "";
      const char *end = *from ? memchr (from, '\n', a->names_len - off) : NULL;
      len = end ? (size_t) (end - from) : 0;
      len -= len && from[len - 1] == '/';
    }
  else
    while (len && from[len - 1] == ' ')
      len--;
  snprintf (name, size, "%.*s", (int) (len < size ? len : size - 1), from);
}

static bool
take_member (const struct archive *a, int fd, const struct header *h, struct archive_member *m)
{
  m->off = m->header + HEADER_LEN;
  m->len = h->size;
  if (!a->thin && m->len > a->len - m->off)
    return false;
  if (strncmp (h->name, "#1/", 3))
    {
      take_name (a, h, m->name, sizeof m->name);
      return true;
    }
  uint64_t len = strtoull (h->name + 3, NULL, 10), kept = len < sizeof m->name ? len : sizeof m->name - 1;
  if (len > m->len || !pctab__pread_all (fd, m->name, kept, m->off))
    return false;
  m->name[kept] = 0;
  m->off += len;
  m->len -= len;
  return true;
}

int
pctab__archive_next (const struct archive *a, int fd, uint64_t *at, struct archive_member *m, struct diag *d)
{
  struct header h;
  m->header = *at;
  if (*at >= a->len)
    return 0;
  if (!read_header (fd, a->len, *at, &h) || !take_member (a, fd, &h, m))
    {
      pctab__diag_error (d, NULL, "%s: no member at %llu, where one should be; the archive is truncated or damaged",
                         a->path, (unsigned long long) *at);
      return -1;
    }
  uint64_t end = a->thin && !is_table (h.name) ? m->header + HEADER_LEN : m->header + HEADER_LEN + h.size;
  *at = end + (end & 1);
  return 1;
}

bool
pctab__archive_member_at (const struct archive *a, int fd, uint64_t off, struct archive_member *m)
{
  struct header h;
  m->header = off - HEADER_LEN;
  return off >= MAGIC_LEN + HEADER_LEN && read_header (fd, a->len, m->header, &h) && take_member (a, fd, &h, m)
         && m->off == off;
}

static int
by_name (const void *va, const void *vb)
{
  const struct archive_ref *a = va, *b = vb;
  int order = strcmp (a->name, b->name);
  return order ? order : a->off < b->off ? -1 : a->off > b->off;
}

bool
pctab__archive_list (struct archive *a, int fd, struct diag *d)
{
  struct archive_member m;
  uint64_t at = a->first;
  int more = a->refs != NULL;
  if (more)
    return true;
  while ((more = pctab__archive_next (a, fd, &at, &m, d)) > 0)
    {
      if (!pctab__reserve ((void **) &a->refs, &a->ref_cap, a->ref_cnt + 1, sizeof *a->refs))
        return pctab__diag_memory (d);
      struct archive_ref *r = &a->refs[a->ref_cnt];
      *r = (struct archive_ref){ strdup (m.name), m.off, m.len };
      if (!r->name)
        return pctab__diag_memory (d);
      a->ref_cnt++;
    }
  if (a->ref_cnt)
    qsort (a->refs, a->ref_cnt, sizeof *a->refs, by_name);
  return !more;
}

/* A count, as many offsets, the names; words are big-endian whatever the machine. */
static char *
read_symbols (const struct archive *a, int fd, size_t *len)
{
  unsigned char word[8];
  if (a->index_len < a->index_word || a->index_len > NAMES_MAX
      || !pctab__pread_all (fd, word, a->index_word, a->index_off))
    return NULL;
  uint64_t cnt = load_bytes (word, a->index_word, true), left = a->index_len - a->index_word;
  if (cnt > left / a->index_word)
    return NULL;
  left -= cnt * a->index_word;
  char *names = malloc (left + 1);
  if (!names || !pctab__pread_all (fd, names, left, a->index_off + (1 + cnt) * a->index_word))
    {
      free (names);
      return NULL;
    }
  names[left] = 0;
  *len = left;
  return names;
}

char *
pctab__archive_symbols (const struct archive *a, size_t *len)
{
  int fd = a->index_len ? open (a->path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0)
    return NULL;
  char *names = read_symbols (a, fd, len);
  close (fd);
  return names;
}

void
pctab__archive_free (struct archive *a)
{
  for (size_t i = 0; i < a->ref_cnt; i++)
    free (a->refs[i].name);
  free (a->refs);
  free (a->path);
  free (a->names);
  free (a);
}
