/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What pctab-link wants of the verifier: the rules that are quick at every link, all of them by the command if asked.
 */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const struct finding *
first_error (const struct report *r)
{
  for (size_t i = 0; i < r->cnt; i++)
    if (pctab__check_get (r->at[i].check)->severity == SEVERITY_ERROR)
      return &r->at[i];
  return NULL;
}

static void
describe (const struct finding *f, char text[VERIFY_TEXT_MAX])
{
  const struct check *c = pctab__check_get (f->check);
  char pc[32] = "";
  if (f->where.pc != WHERE_NONE)
    snprintf (pc, sizeof pc, " at %#" PRIx64, f->where.pc);
  snprintf (text, VERIFY_TEXT_MAX, "%s%s: %s: %s [%s; pctab-verify --explain=%s says more]",
            f->where.func   ? f->where.func
            : f->where.part ? f->where.part
                            : "table",
            pc, c->meaning, f->text, c->id, c->id);
}

bool
pctab__verify_at_link (const unsigned char *image, size_t len, uint64_t addr, char text[VERIFY_TEXT_MAX])
{
  struct report r;
  struct decoded d;
  pctab__report_init (&r);
  bool memory = pctab__verify_image (&d, image, len, addr, VERIFY_HOT, &r), good = memory && !first_error (&r);
  /* Names are in the cold part, which is read only to name who is at fault. */
  if (memory && !good)
    {
      pctab__decoded_free (&d);
      pctab__report_free (&r);
      memory = pctab__verify_image (&d, image, len, addr, VERIFY_ALL, &r);
      pctab__report_name (&r, pctab__decoded_name, &d);
    }
  if (!memory)
    snprintf (text, VERIFY_TEXT_MAX, "memory is out");
  else if (!good)
    describe (first_error (&r), text);
  pctab__decoded_free (&d);
  pctab__report_free (&r);
  return good;
}

/* Where the command is: beside this program, as installed or in a build directory, else wherever PATH says. */
static const char *
find_command (char *path, size_t size)
{
  static const char *const beside[] = { "pctab-verify", "../verify/pctab-verify" };
  ssize_t len = readlink ("/proc/self/exe", path, size - 1);
  char *slash = len > 0 ? (path[len] = 0, strrchr (path, '/')) : NULL;
  for (size_t i = 0; slash && i < sizeof beside / sizeof *beside; i++)
    if ((size_t) (slash + 1 - path) + strlen (beside[i]) < size)
      {
        strcpy (slash + 1, beside[i]);
        if (!access (path, X_OK))
          return path;
      }
  return "pctab-verify";
}

static int
spawn_command (char *const argv[], int out, pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  int err = posix_spawn_file_actions_init (&actions);
  if (err)
    return err;
  err = posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
  if (!err)
    err = posix_spawn_file_actions_adddup2 (&actions, out, STDERR_FILENO);
  if (!err)
    err = posix_spawnp (pid, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  return err;
}

/* Reads FD to its end; what has no room in TEXT is dropped. */
static void
read_text (int fd, char *text, size_t size)
{
  size_t used = 0;
  char more[512];
  for (;;)
    {
      ssize_t got = read (fd, more, sizeof more);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        break;
      size_t take = (size_t) got < size - 1 - used ? (size_t) got : size - 1 - used;
      memcpy (text + used, more, take);
      used += take;
    }
  while (used && text[used - 1] == '\n')
    used--;
  text[used] = 0;
}

bool
pctab__verify_by_command (const char *path, char text[VERIFY_TEXT_MAX])
{
  char command[4096], quiet[] = "-q", one[] = "-j1", end[] = "--";
  int fds[2], status = 0;
  pid_t pid;
  char *argv[] = { NULL, quiet, one, end, (char *) path, NULL };
  argv[0] = (char *) find_command (command, sizeof command);
  if (pipe2 (fds, O_CLOEXEC))
    {
      snprintf (text, VERIFY_TEXT_MAX, "can't run pctab-verify: %s", strerror (errno));
      return false;
    }
  int err = spawn_command (argv, fds[1], &pid);
  close (fds[1]);
  if (err)
    snprintf (text, VERIFY_TEXT_MAX, "can't run %s: %s", argv[0], strerror (err));
  else
    read_text (fds[0], text, VERIFY_TEXT_MAX);
  close (fds[0]);
  while (!err && waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (err || (WIFEXITED (status) && !WEXITSTATUS (status)))
    return !err;
  if (!*text)
    snprintf (text, VERIFY_TEXT_MAX, "pctab-verify ended with status %#x", (unsigned) status);
  return false;
}
