/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Crashes where a report has nowhere to go, or hard times: argument. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <pctab/crash.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static char *volatile null;

static bool
unmap_table (const struct pctab_module_info *info, void *arg)
{
  (void) arg;
  uintptr_t at = info->module ? (uintptr_t) info->module->table.image & ~(uintptr_t) 4095 : 0;
  if (at && info->module->origin == PCTAB_ORIGIN_LINKED)
    munmap ((void *) at, info->module->table.len);
  return true;
}

static bool
smash_table (const struct pctab_module_info *info, void *arg)
{
  (void) arg;
  if (!info->module)
    return true;
  uintptr_t at = (uintptr_t) info->module->table.image, from = at & ~(uintptr_t) 4095;
  mprotect ((void *) from, at + info->module->table.len - from, PROT_READ | PROT_WRITE);
  unsigned seed = 1;
  for (uint32_t i = 256; i < info->module->table.len; i++)
    if ((seed = seed * 1103515245u + 12345u) >> 16 & 1)
      ((unsigned char *) at)[i] ^= (unsigned char) (seed >> 24);
  return true;
}

/* How much of an alternate stack a report takes, the kernel's frame with it. */
static int
stack_use (void)
{
  size_t len = 256 << 10, unused = 0;
  unsigned char *stack = mmap (NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset (stack, 0xa5, len);
  pid_t pid = fork ();
  if (!pid)
    {
      stack_t s = { .ss_sp = stack, .ss_size = len };
      struct pctab_crash_options options = { .fd = -1 };
      if (sigaltstack (&s, NULL) || pctab_crash_handler_install (&options))
        _exit (3);
      *null = 1;
    }
  int status;
  waitpid (pid, &status, 0);
  while (unused < len && stack[unused] == 0xa5)
    unused++;
  printf ("%zu\n", len - unused);
  return WIFSIGNALED (status) && WTERMSIG (status) == SIGSEGV ? 0 : 5;
}

int
main (int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  struct pctab_crash_options options = { .fd = -1 };
  int fds[2];
  if (!strcmp (what, "full pipe") || !strcmp (what, "no reader"))
    {
      if (pipe (fds))
        return 2;
      options.fd = fds[1];
      fcntl (fds[1], F_SETFL, O_NONBLOCK);
      while (write (fds[1], "full", 4) == 4)
        ;
      fcntl (fds[1], F_SETFL, 0);
      if (what[0] == 'n')
        close (fds[0]);
    }
  if (!strcmp (what, "little memory"))
    {
      struct rlimit limit = { 64 << 20, 64 << 20 };
      setrlimit (RLIMIT_AS, &limit);
    }
  if (!strcmp (what, "stack use"))
    return stack_use ();
  if (!strcmp (what, "own altstack"))
    {
      static char stack[131072];
      stack_t s = { .ss_sp = stack, .ss_size = sizeof stack };
      sigaltstack (&s, NULL);
      if (pctab_crash_handler_install (&options))
        return 3;
      stack_t now;
      sigaltstack (NULL, &now);
      return now.ss_sp == stack ? 0 : 4;
    }
  if (pctab_crash_handler_install (&options))
    return 3;
  if (!strcmp (what, "twice"))
    return pctab_crash_handler_install (&options) == 0;
  if (!strcmp (what, "closed"))
    close (2);
  if (!strcmp (what, "table unmapped"))
    pctab_module_each (unmap_table, NULL);
  if (!strcmp (what, "table smashed"))
    pctab_module_each (smash_table, NULL);
  if (!strcmp (what, "no descriptors"))
    {
      struct rlimit none = { 0, 0 };
      setrlimit (RLIMIT_NOFILE, &none);
    }
  *null = 1;
  return 0;
}
