/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of a link's inputs, and the objects that it leads to. */
#include "objects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "xxh64.h"

#define BUCKETS 1024

/* A file that a thin archive has as a member. */
struct thin_member {
  dev_t dev;
  ino_t ino;
  struct archive *archive;
  struct thin_member *next;
};

struct inputs {
  const char *list;
  char *text, *pos;
  size_t line;
  /* The file that is open. */
  char *path;
  int fd; /* -1: none */
  struct stat st;
  struct archive *archive; /* if it is one */
  /* Members of an archive that are still to come: refs [walk_at, walk_end). */
  struct archive *walked;
  size_t walk_at, walk_end;
  struct archive_member member;
  char *member_path;
  struct archive *archives[BUCKETS];
  struct thin_member *thin[BUCKETS];
};

/* The whole of a file that may be a pipe. */
static char *
read_text (const char *path, struct diag *d)
{
  size_t len = 0, cap = 65536;
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  char *text = fd >= 0 ? malloc (cap) : NULL;
  for (ssize_t n = 1; text && n;)
    {
      n = read (fd, text + len, cap - len - 1);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          free (text);
          text = NULL;
          break;
        }
      len += (size_t) n;
      char *more = cap - len > 1 ? text : realloc (text, cap *= 2);
      if (!more)
        free (text);
      text = more;
    }
  if (!text)
    pctab__diag_error (d, NULL, "can't read the list of inputs %s: %s", path, strerror (errno));
  else
    text[len] = 0;
  if (fd >= 0)
    close (fd);
  return text;
}

/* TEXT is the list's, which it takes over; NULL is handed on. */
static struct inputs *
open_text (const char *list, char *text, struct diag *d)
{
  struct inputs *in = text ? calloc (1, sizeof *in) : NULL;
  if (in)
    {
      in->list = list;
      in->fd = -1;
      in->pos = in->text = text;
      return in;
    }
  if (!d->failed)
    pctab__diag_memory (d);
  free (text);
  return NULL;
}

struct inputs *
pctab__inputs_open (const char *list, struct diag *d)
{
  return open_text (list, read_text (list, d), d);
}

struct inputs *
pctab__inputs_of_archive (const char *path, struct diag *d)
{
  return open_text (path, strdup (path), d);
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

void
pctab__inputs_close (struct inputs *in)
{
  for (unsigned i = 0; i < BUCKETS; i++)
    {
      for (struct archive *a = in->archives[i], *next; a; a = next)
        {
          next = a->next;
          pctab__archive_free (a);
        }
      for (struct thin_member *t = in->thin[i], *next; t; t = next)
        {
          next = t->next;
          free (t);
        }
    }
  close_fd (&in->fd);
  free (in->path);
  free (in->member_path);
  free (in->text);
  free (in);
}

/* 1: the archive at PATH, open as FD, read once; 0: it is none; -1: with a message. */
static int
find_archive (struct inputs *in, const char *path, int fd, uint64_t len, struct archive **found, struct diag *d)
{
  struct archive **bucket = &in->archives[pctab__xxh64 (path, strlen (path), 0) % BUCKETS];
  for (struct archive *a = *bucket; a; a = a->next)
    if (!strcmp (a->path, path))
      {
        *found = a;
        return 1;
      }
  struct archive *a = calloc (1, sizeof *a);
  int kind = a && (a->path = strdup (path)) ? pctab__archive_read (a, fd, len, d) : -1;
  if (kind <= 0)
    {
      if (!a || !a->path)
        pctab__diag_memory (d);
      if (a)
        pctab__archive_free (a);
      return kind;
    }
  a->next = *bucket;
  *bucket = *found = a;
  return 1;
}

static bool
open_input (struct inputs *in, const char *path, struct diag *d)
{
  if (in->fd >= 0 && !strcmp (in->path, path))
    return true;
  close_fd (&in->fd);
  free (in->path);
  in->path = strdup (path);
  in->archive = NULL;
  if (!in->path)
    return pctab__diag_memory (d);
  in->fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (in->fd < 0 || fstat (in->fd, &in->st))
    {
      int err = errno;
      close_fd (&in->fd);
      return pctab__diag_error (d, NULL, "%s, line %zu: can't open the input %s: %s", in->list, in->line, path,
                                strerror (err));
    }
  return find_archive (in, path, in->fd, (uint64_t) in->st.st_size, &in->archive, d) >= 0;
}

/* The path of a thin archive's member: relative to the archive's folder. */
static bool
join_path (struct inputs *in, const char *archive, const char *name, struct diag *d)
{
  const char *slash = strrchr (archive, '/');
  int dir_len = *name == '/' || !slash ? 0 : (int) (slash - archive + 1);
  free (in->member_path);
  if (asprintf (&in->member_path, "%.*s%s", dir_len, archive, name) >= 0)
    return true;
  in->member_path = NULL;
  return pctab__diag_memory (d);
}

static unsigned
bucket_of (const struct stat *st)
{
  return (unsigned) ((uint64_t) st->st_ino * UINT64_C (0x9e3779b97f4a7c15) >> 54);
}

static struct archive *
find_thin (const struct inputs *in, const struct stat *st)
{
  for (const struct thin_member *t = in->thin[bucket_of (st)]; t; t = t->next)
    if (t->ino == st->st_ino && t->dev == st->st_dev)
      return t->archive;
  return NULL;
}

/* Notes the files that are members of thin archive A. */
static bool
note_thin (struct inputs *in, struct archive *a, struct diag *d)
{
  struct archive_member m;
  uint64_t at = a->first;
  int more;
  while ((more = pctab__archive_next (a, in->fd, &at, &m, d)) > 0)
    {
      struct stat st;
      if (!join_path (in, a->path, m.name, d))
        return false;
      if (stat (in->member_path, &st) || find_thin (in, &st))
        continue;
      struct thin_member *t = malloc (sizeof *t);
      if (!t)
        return pctab__diag_memory (d);
      *t = (struct thin_member){ st.st_dev, st.st_ino, a, in->thin[bucket_of (&st)] };
      in->thin[bucket_of (&st)] = t;
    }
  return !more;
}

static int
kind_to_result (enum object_kind kind)
{
  return kind == OBJECT_GOOD ? 1 : kind == OBJECT_OTHER ? 0 : -1;
}

static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

/* The object of a list made by hand, which no plugin has seen. */
static int
take_object (struct object *o, int fd, uint64_t off, uint64_t len, struct diag *d)
{
  struct like like = { .known = true };
  struct input_sizes sizes = { 0 };
  const char *joined = NULL;
  int result = kind_to_result (pctab__object_read (o, fd, off, len, d));
  if (result == 1 && pctab__input_read (fd, (off_t) off, len, &sizes, &like, &joined) && joined)
    {
      pctab__diag_error (d, joined, "%s%s%s%s: " INPUT_JOINED, o->path, o->archive ? "(" : "",
                         o->archive ? o->name : "", o->archive ? ")" : "");
      return -1;
    }
  return result;
}

/* A file that is no archive. */
static int
take_file (struct inputs *in, const char *path, struct archive *a, struct object *o, struct diag *d)
{
  if (!open_input (in, path, d))
    return -1;
  o->path = in->path;
  o->name = last_part (in->path);
  o->archive = a ? a : find_thin (in, &in->st);
  return take_object (o, in->fd, 0, (uint64_t) in->st.st_size, d);
}

static int
take_part (struct inputs *in, uint64_t off, uint64_t len, struct object *o, struct diag *d)
{
  if (off > (uint64_t) in->st.st_size || len > (uint64_t) in->st.st_size - off)
    return pctab__diag_error (d, NULL, "%s: is shorter than when the linker read it", in->path) - 1;
  o->path = in->path;
  o->archive = in->archive;
  o->name = in->archive && pctab__archive_member_at (in->archive, in->fd, off, &in->member) ? in->member.name
                                                                                           : last_part (in->path);
  if (!in->archive)
    o->archive = find_thin (in, &in->st);
  return kind_to_result (pctab__object_read (o, in->fd, off, len, d));
}

/* PATH<TAB>OFFSET<TAB>SIZE: true, and PATH ended. */
static bool
split_columns (char *line, uint64_t *off, uint64_t *len)
{
  char *end, *second = strrchr (line, '\t');
  if (!second || second == line)
    return false;
  *second = 0;
  char *first = strrchr (line, '\t');
  bool good = first && first[1] >= '0' && first[1] <= '9' && second[1] >= '0' && second[1] <= '9';
  if (good)
    {
      *off = strtoull (first + 1, &end, 10);
      good = !*end;
      *len = strtoull (second + 1, &end, 10);
      good = good && !*end;
    }
  if (good)
    *first = 0;
  else
    *second = '\t';
  return good;
}

/* Members of the archive that is open are next: all, or those called NAME. */
static bool
walk_archive (struct inputs *in, const char *name, struct diag *d)
{
  struct archive *a = in->archive;
  if (!pctab__archive_list (a, in->fd, d))
    return false;
  in->walked = a;
  in->walk_at = 0;
  in->walk_end = a->ref_cnt;
  if (!name)
    return true;
  for (size_t lo = 0, hi = a->ref_cnt; lo < hi;)
    {
      size_t mid = lo + (hi - lo) / 2;
      if (strcmp (a->refs[mid].name, name) < 0)
        lo = mid + 1;
      else
        hi = mid;
      in->walk_at = lo;
    }
  in->walk_end = in->walk_at;
  while (in->walk_end < a->ref_cnt && !strcmp (a->refs[in->walk_end].name, name))
    in->walk_end++;
  return true;
}

static int
take_member (struct inputs *in, struct object *o, struct diag *d)
{
  struct archive *a = in->walked;
  if (in->walk_at == in->walk_end)
    {
      in->walked = NULL;
      return 0;
    }
  const struct archive_ref *r = &a->refs[in->walk_at++];
  if (a->thin)
    return join_path (in, a->path, r->name, d) ? take_file (in, in->member_path, a, o, d) : -1;
  o->path = a->path;
  o->archive = a;
  o->name = r->name;
  return take_object (o, in->fd, r->off, r->len, d);
}

/* ARCHIVE(MEMBER): true, and both ended. */
static bool
split_member (char *line, char **member)
{
  size_t len = strlen (line);
  char *open = len && line[len - 1] == ')' ? strrchr (line, '(') : NULL;
  struct stat st;
  if (!open || open == line || !stat (line, &st))
    return false;
  line[len - 1] = *open = 0;
  *member = open + 1;
  return true;
}

/* Results as pctab__inputs_next()'s, but 0: nothing in this line. */
static int
take_line (struct inputs *in, char *line, struct object *o, struct diag *d)
{
  uint64_t off, len;
  char *member = NULL;
  if (split_columns (line, &off, &len))
    {
      if (!open_input (in, line, d))
        return -1;
      if (in->archive && in->archive->thin)
        return note_thin (in, in->archive, d) - 1;
      return take_part (in, off, len, o, d);
    }
  split_member (line, &member);
  if (!open_input (in, line, d))
    return -1;
  if (!in->archive)
    return member ? 0 : take_file (in, line, NULL, o, d);
  return walk_archive (in, member, d) ? 0 : -1;
}

int
pctab__inputs_next (struct inputs *in, struct object *o, struct diag *d)
{
  for (;;)
    {
      int found = 0;
      if (in->walked)
        found = take_member (in, o, d);
      else if (*in->pos)
        {
          char *line = in->pos;
          size_t len = strcspn (line, "\n");
          in->pos += len + (line[len] == '\n');
          in->line++;
          line[len] = 0;
          if (len)
            found = take_line (in, line, o, d);
        }
      else
        return 0;
      if (found)
        return found;
    }
}
