/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers.  A worker is asked for a file after the other over a socket; results wait until it is their turn, so that
 * the output is the same for any number of workers. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

#define WINDOW 512 /* files that may be ahead of the one whose turn it is */
#define JOBS_MAX 256

struct slot {
  char *path;
  struct result result;
  bool done;
};

struct worker {
  pid_t pid; /* 0: not started */
  int fd;
  struct slot *slot; /* NULL: idle */
};

struct pool {
  struct settings *s;
  struct worker workers[JOBS_MAX];
  unsigned worker_cnt;
  struct slot slots[WINDOW]; /* a ring */
  uint64_t first, next;      /* turn, and the next file */
};

/* A worker's answer begins with this; then `used` of the overrides, the text, the failure. */
struct answer {
  struct result result;
  uint32_t failure_len;
};

static bool
send_all (int fd, const void *buf, size_t len)
{
  for (const char *p = buf; len;)
    {
      ssize_t got = send (fd, p, len, MSG_NOSIGNAL);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return false;
      p += got;
      len -= (size_t) got;
    }
  return true;
}

static bool
receive_all (int fd, void *buf, size_t len)
{
  for (char *p = buf; len;)
    {
      ssize_t got = recv (fd, p, len, 0);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return false;
      p += got;
      len -= (size_t) got;
    }
  return true;
}

struct request {
  uint32_t path_len;
  uint32_t named;
};

/* Damaged DWARF can keep libdw busy for ever.  The signal ends this worker; its own time counts, so that a busy machine
 * makes no difference. */
static void
limit_time (const struct settings *s)
{
  double whole = (double) (time_t) s->time_limit;
  struct itimerval limit = { .it_value = { (time_t) whole, (suseconds_t) ((s->time_limit - whole) * 1e6) } };
  setitimer (ITIMER_PROF, &limit, NULL);
}

static bool
answer_request (int fd, struct settings *s, const struct request *request)
{
  char *path = malloc ((size_t) request->path_len + 1);
  struct answer a = { 0 };
  bool good = path && receive_all (fd, path, request->path_len);
  if (good)
    {
      path[request->path_len] = 0;
      limit_time (s);
    }
  good = good && pctab__work_file (s, path, request->named, &a.result);
  a.failure_len = a.result.failure ? (uint32_t) strlen (a.result.failure) : 0;
  good = good && send_all (fd, &a, sizeof a);
  for (size_t i = 0; good && i < s->overrides.cnt; i++)
    good = send_all (fd, &s->overrides.at[i].used, sizeof (bool));
  good = good && send_all (fd, a.result.text, a.result.text_len) && send_all (fd, a.result.failure, a.failure_len);
  pctab__result_free (&a.result);
  free (path);
  return good;
}

static void __attribute__ ((noreturn))
work (int fd, struct settings *s)
{
  struct request request;
  signal (SIGINT, SIG_DFL);
  signal (SIGPROF, SIG_DFL);
  pctab__work_keep_memory ();
  while (receive_all (fd, &request, sizeof request))
    if (!answer_request (fd, s, &request))
      _exit (3);
  _exit (0);
}

static bool
start_worker (struct pool *p, struct worker *w)
{
  int fds[2];
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
    return false;
  fflush (NULL);
  pid_t pid = fork ();
  if (!pid)
    {
      for (unsigned i = 0; i < p->worker_cnt; i++)
        if (p->workers[i].pid)
          close (p->workers[i].fd);
      close (fds[0]);
      work (fds[1], p->s);
    }
  close (fds[1]);
  if (pid < 0)
    {
      close (fds[0]);
      return false;
    }
  w->pid = pid;
  w->fd = fds[0];
  return true;
}

/* What a worker that ended has to say for itself. */
static void
bury_worker (struct pool *p, struct worker *w)
{
  char text[128];
  int status = 0;
  close (w->fd);
  while (waitpid (w->pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED (status) && WTERMSIG (status) == SIGPROF)
    snprintf (text, sizeof text, "it takes more than %g seconds of CPU time; --time-limit=SECONDS gives it more",
              p->s->time_limit);
  else if (WIFSIGNALED (status))
    snprintf (text, sizeof text, "the verifier was ended by signal %d, %s, while it read it", WTERMSIG (status),
              strsignal (WTERMSIG (status)));
  else
    snprintf (text, sizeof text, "the verifier ended with status %d while it read it: memory may be out",
              WEXITSTATUS (status));
  w->pid = 0;
  if (w->slot)
    w->slot->done = pctab__work_failure (p->s, w->slot->path, text, &w->slot->result);
  w->slot = NULL;
}

static bool
receive_answer (struct pool *p, struct worker *w)
{
  struct answer a;
  struct result *r = &w->slot->result;
  if (!receive_all (w->fd, &a, sizeof a))
    return false;
  *r = a.result;
  r->text = malloc ((size_t) r->text_len + 1);
  r->failure = a.failure_len ? calloc (1, (size_t) a.failure_len + 1) : NULL;
  bool good = r->text && (r->failure || !a.failure_len);
  for (size_t i = 0; good && i < p->s->overrides.cnt; i++)
    {
      bool used;
      good = receive_all (w->fd, &used, sizeof used);
      p->s->overrides.at[i].used |= good && used;
    }
  good = good && receive_all (w->fd, r->text, r->text_len) && receive_all (w->fd, r->failure, a.failure_len);
  if (!good)
    pctab__result_free (r);
  else
    w->slot->done = true;
  return good;
}

static bool
give_file (struct pool *p, struct worker *w, const struct walk_file *file, struct slot *slot)
{
  struct request request = { (uint32_t) strlen (file->path), file->named };
  if (!w->pid && !start_worker (p, w))
    return false;
  w->slot = slot;
  if (!send_all (w->fd, &request, sizeof request) || !send_all (w->fd, file->path, request.path_len))
    bury_worker (p, w);
  return true;
}

/* An idle worker, or NULL. */
static struct worker *
find_idle (struct pool *p)
{
  for (unsigned i = 0; i < p->worker_cnt; i++)
    if (!p->workers[i].slot)
      return &p->workers[i];
  return NULL;
}

/* Hands out files as long as there are idle workers and room; *MORE is cleared at the last one. */
static bool
hand_out (struct pool *p, struct walk_files *files, bool *more)
{
  struct worker *w;
  while (*more && p->next - p->first < WINDOW && (w = find_idle (p)))
    {
      struct walk_file file;
      if (!(*more = pctab__walk_next (files, &file)))
        return true;
      struct slot *slot = &p->slots[p->next++ % WINDOW];
      *slot = (struct slot) { .path = strdup (file.path) };
      if (!slot->path)
        return false;
      if (file.failure ? !(slot->done = pctab__work_failure (p->s, file.path, file.failure, &slot->result))
                       : !give_file (p, w, &file, slot))
        return false;
    }
  return true;
}

static void
wait_for_answers (struct pool *p)
{
  struct pollfd fds[JOBS_MAX];
  struct worker *of[JOBS_MAX];
  nfds_t cnt = 0;
  for (unsigned i = 0; i < p->worker_cnt; i++)
    if (p->workers[i].slot)
      {
        of[cnt] = &p->workers[i];
        fds[cnt++] = (struct pollfd) { p->workers[i].fd, POLLIN, 0 };
      }
  if (!cnt || poll (fds, cnt, -1) < 0)
    return;
  for (nfds_t i = 0; i < cnt; i++)
    if (fds[i].revents && !receive_answer (p, of[i]))
      bury_worker (p, of[i]);
    else if (fds[i].revents)
      of[i]->slot = NULL;
}

static bool
run (struct pool *p, struct walk_files *files, void (*take) (void *arg, const char *path, const struct result *result),
     void *arg)
{
  bool more = true;
  while (more || p->first < p->next)
    {
      if (!hand_out (p, files, &more))
        return false;
      struct slot *slot = &p->slots[p->first % WINDOW];
      if (p->first < p->next && !slot->done)
        wait_for_answers (p);
      for (; p->first < p->next && (slot = &p->slots[p->first % WINDOW])->done; p->first++)
        {
          take (arg, slot->path, &slot->result);
          pctab__result_free (&slot->result);
          free (slot->path);
          slot->path = NULL;
        }
    }
  return true;
}

bool
pctab__pool_run (struct settings *s, struct walk_files *files,
                 void (*take) (void *arg, const char *path, const struct result *result), void *arg)
{
  struct pool *p = calloc (1, sizeof *p);
  if (!p)
    return false;
  p->s = s;
  p->worker_cnt = s->jobs < 1 ? 1 : s->jobs > JOBS_MAX ? JOBS_MAX : s->jobs;
  bool good = run (p, files, take, arg);
  for (unsigned i = 0; i < p->worker_cnt; i++)
    if (p->workers[i].pid)
      {
        close (p->workers[i].fd);
        waitpid (p->workers[i].pid, NULL, 0);
      }
  for (; p->first < p->next; p->first++)
    {
      pctab__result_free (&p->slots[p->first % WINDOW].result);
      free (p->slots[p->first % WINDOW].path);
    }
  free (p);
  return good;
}
