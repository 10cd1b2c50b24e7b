/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files to verify.  Symbolic links are followed where they are arguments, never in a directory. */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "work.h"

struct walk_files {
  char **paths;
  FTS *tree; /* of a directory that is being walked */
};

struct walk_files *
pctab__walk_open (char **paths)
{
  struct walk_files *w = calloc (1, sizeof *w);
  if (w)
    w->paths = paths;
  return w;
}

void
pctab__walk_close (struct walk_files *w)
{
  if (w->tree)
    fts_close (w->tree);
  free (w);
}

static int
compare (const FTSENT **a, const FTSENT **b)
{
  return strcmp ((*a)->fts_name, (*b)->fts_name);
}

/* The next file of the directory; false: there are no more. */
static bool
next_in_tree (struct walk_files *w, struct walk_file *file)
{
  const FTSENT *e;
  while ((e = fts_read (w->tree)))
    switch (e->fts_info)
      {
      case FTS_F:
        *file = (struct walk_file) { e->fts_path, false, NULL };
        return true;
      case FTS_DNR:
      case FTS_ERR:
      case FTS_NS:
        *file = (struct walk_file) { e->fts_path, false, strerror (e->fts_errno) };
        return true;
      default: /* directories, links, FIFOs, sockets, devices */
        break;
      }
  fts_close (w->tree);
  w->tree = NULL;
  return false;
}

bool
pctab__walk_next (struct walk_files *w, struct walk_file *file)
{
  while (!w->tree || !next_in_tree (w, file))
    {
      struct stat st;
      char *path = *w->paths, *one[2] = { path, NULL };
      if (!path)
        return false;
      w->paths++;
      if (stat (path, &st) || !S_ISDIR (st.st_mode))
        {
          *file = (struct walk_file) { path, true, NULL };
          return true;
        }
      w->tree = fts_open (one, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare);
      if (!w->tree)
        {
          *file = (struct walk_file) { path, true, strerror (errno) };
          return true;
        }
    }
  return true;
}
