/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A few threads that take a phase's tasks in order of their numbers.
 *
 * Errors have to be the same however the threads ran: the message of the lowest failed task is kept, and a task is left
 * out only when a lower one has failed. */
#include "dwarf.h"

#include <stdatomic.h>
#include <stdlib.h>

struct pool {
  pthread_mutex_t lock;
  pthread_cond_t start, done;
  pthread_t *threads;
  unsigned thread_cnt; /* beside the caller */
  unsigned running;
  unsigned phase;
  bool quit;
  dwarf_task *task;
  size_t task_cnt;
  atomic_size_t next, failed; /* failed: the lowest failed task */
  struct diag *diag;
};


static void
fail (struct pool *p, struct dwarf_worker *w, size_t idx)
{
  pthread_mutex_lock (&p->lock);
  if (idx < p->failed)
    {
      p->failed = idx;
      *p->diag = w->diag;
    }
  pthread_mutex_unlock (&p->lock);
  w->diag.failed = false;
}

static void
take_tasks (struct pool *p, struct dwarf_worker *w)
{
  for (;;)
    {
      size_t idx = atomic_fetch_add_explicit (&p->next, 1, memory_order_relaxed);
      if (idx >= p->task_cnt)
        return;
      if (idx < p->failed && !p->task (w, idx))
        fail (p, w, idx);
    }
}

static void *
thread_main (void *start)
{
  struct dwarf_worker *w = start;
  struct pool *p = w->dw->pool;
  unsigned seen = 0;
  pthread_mutex_lock (&p->lock);
  for (;;)
    {
      while (p->phase == seen && !p->quit)
        pthread_cond_wait (&p->start, &p->lock);
      if (p->quit)
        break;
      seen = p->phase;
      pthread_mutex_unlock (&p->lock);
      take_tasks (p, w);
      pthread_mutex_lock (&p->lock);
      if (!--p->running)
        pthread_cond_signal (&p->done);
    }
  pthread_mutex_unlock (&p->lock);
  return NULL;
}

/* With fewer threads than asked for where the system gives no more. */
bool
pctab__pool_open (struct dwarf *dw, unsigned threads)
{
  threads = threads < 1 ? 1 : threads > 64 ? 64 : threads;
  dw->pool = calloc (1, sizeof *dw->pool);
  dw->workers = calloc (threads, sizeof *dw->workers);
  if (dw->pool)
    dw->pool->threads = calloc (threads, sizeof *dw->pool->threads);
  if (!dw->workers || !dw->pool || !dw->pool->threads)
    return pctab__diag_memory (dw->d);
  struct pool *p = dw->pool;
  pthread_mutex_init (&p->lock, NULL);
  pthread_cond_init (&p->start, NULL);
  pthread_cond_init (&p->done, NULL);
  for (unsigned i = 0; i < threads; i++)
    dw->workers[i] = (struct dwarf_worker){ .dw = dw, .idx = i, .diag = { .file = dw->d->file } };
  dw->worker_cnt = threads;
  while (p->thread_cnt + 1 < threads
         && !pthread_create (&p->threads[p->thread_cnt], NULL, thread_main, &dw->workers[p->thread_cnt + 1]))
    p->thread_cnt++;
  return true;
}

/* Runs task (worker, 0) to task (worker, task_cnt - 1), all done on return. */
bool
pctab__pool_run (struct dwarf *dw, dwarf_task *task, size_t task_cnt)
{
  struct pool *p = dw->pool;
  struct diag first = { .failed = false };
  p->task = task;
  p->task_cnt = task_cnt;
  p->next = 0;
  p->failed = SIZE_MAX;
  p->diag = &first;
  bool shared = p->thread_cnt && task_cnt > 1;
  if (shared)
    {
      pthread_mutex_lock (&p->lock);
      p->running = p->thread_cnt;
      p->phase++;
      pthread_cond_broadcast (&p->start);
      pthread_mutex_unlock (&p->lock);
    }
  take_tasks (p, &dw->workers[0]);
  if (shared)
    {
      pthread_mutex_lock (&p->lock);
      while (p->running)
        pthread_cond_wait (&p->done, &p->lock);
      pthread_mutex_unlock (&p->lock);
    }
  if (p->failed == SIZE_MAX)
    return true;
  if (!dw->d->failed)
    *dw->d = first;
  return false;
}

static void
worker_free (struct dwarf_worker *w)
{
  free (w->lines.at);
  free (w->sequences.at);
  free (w->nodes.at);
  free (w->ranges.at);
  free (w->origins.at);
  free (w->used.at);
  free (w->ends.at);
  free (w->stack.at);
  free (w->raw.at);
  free (w->abbrevs.at);
  free (w->codes.at);
  free (w->ops.at);
  free (w->mark);
  free (w->origin_hash);
}

void
pctab__pool_close (struct dwarf *dw)
{
  struct pool *p = dw->pool;
  if (p && p->threads)
    {
      pthread_mutex_lock (&p->lock);
      p->quit = true;
      pthread_cond_broadcast (&p->start);
      pthread_mutex_unlock (&p->lock);
      for (unsigned i = 0; i < p->thread_cnt; i++)
        pthread_join (p->threads[i], NULL);
      free (p->threads);
    }
  free (p);
  for (unsigned i = 0; i < dw->worker_cnt; i++)
    worker_free (&dw->workers[i]);
  free (dw->workers);
}

#define FILES_MAX (1u << 20)

bool
pctab__worker_mark (struct dwarf_worker *w, uint32_t file)
{
  if (file >= FILES_MAX)
    return true;
  if (file >= w->mark_cnt)
    {
      size_t cnt = w->mark_cnt ? w->mark_cnt * 2 : 1024;
      while (cnt <= file)
        cnt *= 2;
      uint32_t *more = realloc (w->mark, cnt * sizeof *more);
      if (!more)
        return pctab__diag_memory (&w->diag);
      memset (more + w->mark_cnt, 0, (cnt - w->mark_cnt) * sizeof *more);
      w->mark = more;
      w->mark_cnt = cnt;
    }
  if (w->mark[file] == w->mark_gen)
    return true;
  w->mark[file] = w->mark_gen;
  if (!model_reserve (&w->used, 1))
    return pctab__diag_memory (&w->diag);
  w->used.at[w->used.cnt++] = file;
  return true;
}
