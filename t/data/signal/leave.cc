/* SPDX-License-Identifier: GPL-3.0-or-later */
// Ways to leave a handler that unwind its caller: a C++ exception, pthread_exit(), cancellation.
#include <csignal>
#include <cstdio>
#include <cstring>
#include <pthread.h>
#include <unistd.h>
#ifdef OURS
#include <pctab/crash.h>
#endif

static int destroyed;
static char *volatile null;

struct object
{
  ~object () { destroyed++; }
};

static void
throw_it (int)
{
  throw 42;
}

static void
exit_it (int)
{
  pthread_exit ((void *) 43);
}

static void *
in_thread (void *)
{
  object o;
  *null = 1;
  return nullptr;
}

int
main ()
{
#ifdef OURS
  if (pctab_crash_handler_install (nullptr))
    return 9;
#endif
  struct sigaction a;
  memset (&a, 0, sizeof a);
  a.sa_handler = throw_it;
  a.sa_flags = SA_NODEFER;
  sigaction (SIGSEGV, &a, nullptr);
  for (int i = 0; i < 3; i++)
    try
      {
        object o;
        *null = 1;
      }
    catch (int v)
      {
        printf ("caught %d, %d destroyed\n", v, destroyed);
      }
  a.sa_handler = exit_it;
  sigaction (SIGSEGV, &a, nullptr);
  pthread_t t;
  void *result;
  pthread_create (&t, nullptr, in_thread, nullptr);
  pthread_join (t, &result);
  printf ("thread: %ld, %d destroyed\n", (long) result, destroyed);
  return 0;
}
