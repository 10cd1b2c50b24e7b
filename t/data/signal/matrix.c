/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every way to install a handler x every way a signal comes, each in a process of its own, and what the program sees of
 * it.  With -DOURS the signals have an owner; what it sees must be the same.  The owner reports on descriptor 3.
 * Argument: "before" or "after": the program's handler is installed before or after ours. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#ifdef OURS
#include "signal_own.h"
#endif
#ifdef LIBRARY
#include <pctab/crash.h>
#endif

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

typedef void (*handler) (int);
handler bsd_signal (int, handler);
handler sysv_signal (int, handler);
handler __sysv_signal (int, handler);

static void
say (const char *format, ...)
{
  char line[300];
  va_list ap;
  va_start (ap, format);
  int len = vsnprintf (line, sizeof line, format, ap);
  va_end (ap);
  if (write (1, line, (size_t) len) != len)
    _exit (99);
}

static unsigned long long
bits (const sigset_t *set)
{
  unsigned long long b = 0;
  memcpy (&b, set, 8);
#ifdef QEMU
  b &= ~0x100ull; /* it leaves SIGKILL in masks */
#endif
  return b;
}

static sigjmp_buf jump;
static char *page;
static char altstack[65536];
static int pipe_fds[2];
static int depth, nested;
static const char *answer; /* what a handler does at a fault */

static void
enter (const char *name, int signo)
{
  sigset_t mask;
  sigprocmask (SIG_BLOCK, NULL, &mask);
  char here;
  bool alt = &here >= altstack && &here < altstack + sizeof altstack;
  say ("  %d: %s %d mask %llx alt %d errno %d\n", depth, name, signo, bits (&mask), alt, errno);
}

static void
act (int signo)
{
  depth++;
  if (!strcmp (answer, "mend"))
    mprotect (page, 4096, PROT_READ | PROT_WRITE);
  else if (!strcmp (answer, "jump"))
    siglongjmp (jump, signo);
  else if (!strcmp (answer, "jump without mask"))
    longjmp (jump, signo);
  else if (!strcmp (answer, "nest") && depth == 1 && nested++ < 2)
    {
      raise (SIGUSR1);
      raise (signo);
    }
  else if (!strcmp (answer, "default"))
    signal (signo, SIG_DFL);
  else if (!strcmp (answer, "again"))
    {
      struct sigaction a;
      sigaction (signo, NULL, &a);
      say ("  old %d\n", signal (signo, SIG_IGN) != SIG_DFL);
      sigaction (signo, &a, NULL);
    }
  else if (!strcmp (answer, "write") && write (pipe_fds[1], "x", 1) != 1)
    _exit (98);
  errno = 42;
  depth--;
}

static void
one (int signo)
{
  enter ("one", signo);
  act (signo);
}

static void
three (int signo, siginfo_t *info, void *context)
{
  ucontext_t *u = context;
  enter ("three", signo);
  int code = info->si_code;
  say ("  code %d signo %d mask %llx%s%s\n", code, info->si_signo, bits (&u->uc_sigmask),
       code <= 0 && info->si_pid == getpid () ? " from here" : "", code > 0 && info->si_addr == page ? " at page" : "");
  act (signo);
}

static void
user (int signo)
{
  enter ("user", signo);
}

static void
show_old (const char *what, const struct sigaction *a)
{
  say ("  %s: %s flags %x mask %llx\n", what,
       a->sa_handler == SIG_DFL   ? "default"
       : a->sa_handler == SIG_IGN ? "ignore"
       : a->sa_handler == one     ? "one"
       : a->sa_sigaction == three ? "three"
                                  : "other",
       (unsigned) a->sa_flags, bits (&a->sa_mask));
}

static void
by_sigaction (int signo, void (*h) (int), int flags, bool masked)
{
  struct sigaction a = { .sa_handler = h, .sa_flags = flags }, old = { 0 };
  if (masked)
    {
      sigaddset (&a.sa_mask, SIGUSR1);
      sigaddset (&a.sa_mask, SIGUSR2);
      sigaddset (&a.sa_mask, SIGKILL);
    }
  int status = sigaction (signo, &a, &old);
  say ("  sigaction %d\n", status);
  show_old ("old", &old);
}

#define THREE ((void (*) (int)) (void (*) (void)) three)

static const char *const hows[]
  = { "none", "dfl", "ign", "signal", "bsd_signal", "sysv_signal", "sigset", "sigignore", "interrupt", "plain", "info",
      "once", "nodefer", "onstack", "masked", "info onstack masked", "info once nodefer", "restart", "once masked",
      "ign once", "dfl nodefer", "hold", "siginterrupt after", "unknown flag" };

static void
install (const char *how, int signo)
{
  const char *old = "";
  handler h = NULL;
  if (!strcmp (how, "dfl"))
    h = signal (signo, SIG_DFL);
  else if (!strcmp (how, "ign"))
    h = signal (signo, SIG_IGN);
  else if (!strcmp (how, "signal"))
    h = signal (signo, one);
  else if (!strcmp (how, "bsd_signal"))
    h = bsd_signal (signo, one);
  else if (!strcmp (how, "sysv_signal"))
    h = sysv_signal (signo, one), h = __sysv_signal (signo, one);
  else if (!strcmp (how, "interrupt"))
    siginterrupt (signo, 1), h = signal (signo, one);
  else if (!strcmp (how, "siginterrupt after"))
    h = signal (signo, one), siginterrupt (signo, 1), siginterrupt (signo, 0);
  else if (!strcmp (how, "sigset"))
    h = sigset (signo, one);
  else if (!strcmp (how, "sigignore"))
    sigignore (signo);
  else if (!strcmp (how, "hold"))
    {
      h = sigset (signo, SIG_HOLD);
      handler second = sigset (signo, SIG_HOLD);
      say ("  held %d %d\n", h == SIG_DFL, second == SIG_HOLD);
      sigset (signo, one);
      h = sigset (signo, one);
    }
  else if (!strcmp (how, "ign once"))
    by_sigaction (signo, SIG_IGN, (int) SA_RESETHAND | SA_RESTART, true);
  else if (!strcmp (how, "dfl nodefer"))
    by_sigaction (signo, SIG_DFL, SA_NODEFER | SA_SIGINFO, true);
  else if (!strcmp (how, "unknown flag"))
    by_sigaction (signo, THREE, SA_SIGINFO | 0x400 | 0x40000, true);
  else if (strcmp (how, "none"))
    {
      bool info = strstr (how, "info");
      by_sigaction (signo, info ? THREE : one,
                    (info ? SA_SIGINFO : 0) | (strstr (how, "once") ? (int) SA_RESETHAND : 0)
                      | (strstr (how, "nodefer") ? SA_NODEFER : 0) | (strstr (how, "onstack") ? SA_ONSTACK : 0)
                      | (strstr (how, "restart") ? SA_RESTART : 0),
                    strstr (how, "masked"));
    }
  if (h != NULL)
    old = h == SIG_IGN ? "ignore" : h == one ? "one" : h == SIG_ERR ? "error" : "other";
  struct sigaction now;
  sigaction (signo, NULL, &now);
  say ("  %s returned %s\n", how, old);
  show_old ("now", &now);
}

static const char *const ways[]
  = { "raise", "kill", "fault mend", "fault jump", "jump without mask", "nest", "suspend", "default", "again", "read",
      "thread", "vfork", "fork", "exec list", "errors" };

/* Where the reader is in read(): asleep. */
static void
wait_asleep (pid_t tid)
{
  char path[64], text[400];
  snprintf (path, sizeof path, "/proc/self/task/%d/stat", (int) tid);
  for (int i = 0; i < 5000; i++)
    {
      int fd = open (path, O_RDONLY);
      ssize_t len = read (fd, text, sizeof text - 1);
      close (fd);
      text[len > 0 ? len : 0] = 0;
      char *p = strrchr (text, ')');
      if (p && p[2] == 'S')
        return;
      nanosleep (&(struct timespec){ 0, 1000000 }, NULL);
    }
  _exit (97);
}

static pthread_t main_thread;
static pid_t main_tid;
static int the_signal;
static volatile int about_to_read;

static void *
interrupter (void *arg)
{
  (void) arg;
  sigset_t all;
  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, NULL);
  while (!about_to_read)
    sched_yield ();
  wait_asleep (main_tid);
  pthread_kill (main_thread, the_signal);
  /* Ends the read() where nobody's handler did.  A signal that is not ignored has woken the reader by now. */
#ifdef QEMU
  nanosleep (&(struct timespec){ 0, 30000000 }, NULL);
#endif
  wait_asleep (main_tid);
  if (write (pipe_fds[1], "y", 1) != 1)
    _exit (96);
  return NULL;
}

static void
read_interrupted (int signo)
{
  pthread_t t;
  char c = '-';
  answer = "write";
  main_thread = pthread_self ();
  main_tid = (pid_t) syscall (SYS_gettid);
  the_signal = signo;
  pthread_create (&t, NULL, interrupter, NULL);
  about_to_read = 1;
  errno = 0;
  ssize_t got = read (pipe_fds[0], &c, 1);
  say ("  read %d %c errno %d\n", (int) got, got > 0 ? c : '-', got < 0 ? errno : 0);
  if (got < 0)
    got = read (pipe_fds[0], &c, 1);
  pthread_join (t, NULL);
}

static void *
raiser (void *arg)
{
  raise (*(int *) arg);
  return NULL;
}

static void
report_child (pid_t pid)
{
  int status;
  waitpid (pid, &status, 0);
  say ("  child %x\n", status & ~0x80);
}

static void
deliver (const char *way, int signo)
{
  sigset_t set, was;
  answer = "";
  errno = 7;
  if (!strcmp (way, "raise"))
    raise (signo), say ("  between\n"), raise (signo);
  else if (!strcmp (way, "kill"))
    kill (getpid (), signo), say ("  between\n"), kill (getpid (), signo);
  else if (!strcmp (way, "fault mend"))
    answer = "mend", *(volatile char *) page = 1, say ("  mended\n");
  else if (!strcmp (way, "fault jump") || !strcmp (way, "jump without mask"))
    {
      answer = way[0] == 'f' ? "jump" : way;
      for (volatile int i = 0; i < 2; i++)
        if (sigsetjmp (jump, way[0] == 'f'))
          {
            sigprocmask (SIG_BLOCK, NULL, &was);
            say ("  jumped mask %llx\n", bits (&was));
          }
        else if (signo == SIGSEGV)
          *(volatile char *) page = 1;
        else
          raise (signo);
    }
  else if (!strcmp (way, "nest") || !strcmp (way, "default") || !strcmp (way, "again"))
    answer = way, raise (signo), say ("  between\n"), raise (signo);
  else if (!strcmp (way, "suspend"))
    {
      sigfillset (&set);
      sigprocmask (SIG_BLOCK, &set, &was);
      raise (signo);
      raise (SIGALRM);
      sigdelset (&set, signo);
      sigdelset (&set, SIGALRM);
      sigsuspend (&set);
      say ("  suspended\n");
      sigprocmask (SIG_SETMASK, &was, NULL);
    }
  else if (!strcmp (way, "read"))
    read_interrupted (signo);
  else if (!strcmp (way, "thread"))
    {
      pthread_t t;
      pthread_create (&t, NULL, raiser, &signo);
      pthread_join (t, NULL);
    }
  else if (!strcmp (way, "vfork"))
    {
      /* The child's actions are its own; the parent's stay. */
      pid_t pid = vfork ();
      if (!pid)
        {
          struct sigaction a = { .sa_handler = SIG_DFL }, old;
          sigaction (signo, NULL, &old);
          sigaction (signo, &a, &old);
          show_old ("child's old", &old);
          sigaction (signo, NULL, &old);
          show_old ("child's now", &old);
          _exit (3);
        }
      report_child (pid);
      struct sigaction now;
      sigaction (signo, NULL, &now);
      show_old ("now", &now);
      raise (signo);
    }
  else if (!strcmp (way, "fork"))
    {
      pid_t pid = fork ();
      if (!pid)
        {
          raise (signo);
          struct sigaction now;
          sigaction (signo, NULL, &now);
          show_old ("child's now", &now);
          signal (signo, one);
          raise (signo);
          _exit (3);
        }
      report_child (pid);
      raise (signo);
    }
  else if (!strcmp (way, "exec list"))
    {
      /* Ignored and blocked signals are handed on; system() and posix_spawn() live with what is installed. */
      int status = system ("grep -E '^Sig(Ign|Cgt|Blk)' /proc/self/status");
      say ("  system %d\n", status);
      struct sigaction now;
      sigaction (signo, NULL, &now);
      show_old ("now", &now);
    }
  else if (!strcmp (way, "errors"))
    {
      struct sigaction a = { .sa_handler = one };
      static const int bad[] = { 0, -1, 65, 200, 32, SIGKILL, SIGSTOP };
      for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        {
          errno = 0;
          int status = sigaction (bad[i], &a, NULL), error = errno;
          handler h = signal (bad[i], one);
          say ("  %d: %d %d, %d %d\n", bad[i], status, error, h == SIG_ERR, errno);
        }
      say ("  %d %d\n", signal (signo, SIG_ERR) == SIG_ERR, errno);
    }
  say ("  end errno %d\n", errno);
}

#ifdef OURS
/* What an owner sees, and that it runs with everything blocked; "GO ON", so that all happens as without it. */
static enum pctab__signal_answer
owner (const struct pctab__signal *s, void *arg)
{
  sigset_t mask;
  char line[80];
  sigprocmask (SIG_BLOCK, NULL, &mask);
  int len = snprintf (line, sizeof line, "%s %d%s%s\n", (char *) arg, s->signo,
                      s->program == PCTAB__SIGNAL_DEFAULT   ? " default"
                      : s->program == PCTAB__SIGNAL_IGNORED ? " ignored"
                                                            : " returned",
                      (bits (&mask) | 0x180040100) == (0xffffffffffffffff) ? "" : " UNBLOCKED");
  if (write (3, line, (size_t) len) != len)
    _exit (95);
  errno = 77;
  return PCTAB__SIGNAL_GO_ON;
}

static void
own (int signo)
{
  static struct pctab__signal_owner second = { 30, PCTAB__SIGNAL_AT_DEFAULT, owner, "second", NULL },
                                    first = { 10, PCTAB__SIGNAL_AT_DEFAULT | PCTAB__SIGNAL_AT_RETURNED, owner, "first",
                                              NULL };
  if (pctab__signal_own (signo, &second) || pctab__signal_own (signo, &first))
    _exit (94);
}
#elif defined LIBRARY
/* The crash handler owns SIGSEGV and SIGFPE; the others go past it. */
static void
own (int signo)
{
  struct pctab_crash_options options = { .fd = 3, .no_import = true };
  (void) signo;
  if (pctab_crash_handler_install (&options))
    _exit (94);
}
#else
#define own(signo) ((void) (signo))
#endif

#ifndef FEW
#define FEW 1
#endif

static void
run_case (bool before, const char *how, const char *way, int signo)
{
  stack_t stack = { .ss_sp = altstack, .ss_size = sizeof altstack };
  sigaltstack (&stack, NULL);
  signal (SIGUSR1, user);
  signal (SIGALRM, user);
  if (pipe2 (pipe_fds, O_CLOEXEC))
    _exit (93);
  page = mmap (NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!before)
    own (signo);
  install (how, signo);
  if (before)
    own (signo);
  deliver (way, signo);
  _exit (0);
}

int
main (int argc, char **argv)
{
  bool before = argc > 1 && !strcmp (argv[1], "before");
  static const int signals[] = { SIGSEGV, SIGFPE, SIGTERM, SIGURG };
  unsigned cnt = 0;
  struct rlimit none = { 0, 0 };
  setrlimit (RLIMIT_CORE, &none);
  for (unsigned s = 0; s < 4; s++)
    for (unsigned h = 0; h < sizeof hows / sizeof *hows; h++)
      for (unsigned w = h % FEW; w < sizeof ways / sizeof *ways; w += FEW)
        {
          if (!strncmp (ways[w], "fault", 5) && signals[s] != SIGSEGV)
            continue;
          say ("case %s %s %d\n", hows[h], ways[w], signals[s]);
          cnt++;
          pid_t pid = fork ();
          if (!pid)
            {
              alarm (20);
              run_case (before, hows[h], ways[w], signals[s]);
            }
          int status;
          waitpid (pid, &status, 0);
          say (" status %x\n", status);
        }
  say ("%u cases\n", cnt);
  return 0;
}
