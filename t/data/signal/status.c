/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a program, its output to files "out" and "err", and prints how it ended: "exit N" or "signal N", "core" if it
 * left one.  First argument: seconds that it may take. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pid;

static void
too_long (int signo)
{
  (void) signo;
  kill (pid, SIGKILL);
}

int
main (int argc, char **argv)
{
  if (argc < 3)
    return 2;
  struct rlimit limit;
  getrlimit (RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_CORE, &limit);
  pid = fork ();
  if (!pid)
    {
      dup2 (open ("out", O_WRONLY | O_CREAT | O_TRUNC, 0666), 1);
      dup2 (open ("err", O_WRONLY | O_CREAT | O_TRUNC, 0666), 2);
      execv (argv[2], argv + 2);
      _exit (127);
    }
  signal (SIGALRM, too_long);
  alarm ((unsigned) atoi (argv[1]));
  int status;
  if (waitpid (pid, &status, 0) != pid)
    return 2;
  if (WIFEXITED (status))
    printf ("exit %d\n", WEXITSTATUS (status));
  else
    printf ("signal %d%s\n", WTERMSIG (status), WCOREDUMP (status) ? " core" : "");
  return 0;
}
