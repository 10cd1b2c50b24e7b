#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The library comes by dlopen(), into a program that never called it, and the first thing that is asked of it is a
# lookup in a handler, in a fresh thread, of a file that came later: it is found, and neither malloc() nor a lock, nor
# stdio, nor the dynamic linker's list is touched; errno stays.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
cat >lib.c <<'X'
int fun (int v) { return v + 1; }
X
cat >prog.c <<'X'
#define _GNU_SOURCE
#include <module.h>
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>
static volatile int in_handler;
static void
forbidden (const char *what)
{
  if (in_handler)
    {
      ssize_t put = write (1, what, strlen (what));
      (void) put;
      _exit (7);
    }
}
extern void *__libc_malloc (size_t);
extern void *__libc_calloc (size_t, size_t);
extern void *__libc_realloc (void *, size_t);
extern void __libc_free (void *);
void *malloc (size_t len) { forbidden ("malloc\n"); return __libc_malloc (len); }
void *calloc (size_t cnt, size_t len) { forbidden ("calloc\n"); return __libc_calloc (cnt, len); }
void *realloc (void *at, size_t len) { forbidden ("realloc\n"); return __libc_realloc (at, len); }
void free (void *at) { forbidden ("free\n"); __libc_free (at); }
#define FORBID(name, type, arguments, call)                              \
  int name arguments                                                     \
  {                                                                      \
    static int (*real) arguments;                                        \
    forbidden (#name "\n");                                              \
    if (!real)                                                           \
      *(void **) &real = dlsym (RTLD_NEXT, #name);                       \
    return real call;                                                    \
  }
FORBID (pthread_mutex_lock, int, (pthread_mutex_t *m), (m))
FORBID (pthread_mutex_trylock, int, (pthread_mutex_t *m), (m))
FORBID (pthread_rwlock_rdlock, int, (pthread_rwlock_t *m), (m))
FORBID (pthread_rwlock_wrlock, int, (pthread_rwlock_t *m), (m))
FORBID (pthread_spin_lock, int, (pthread_spinlock_t *m), (m))
FORBID (pthread_once, int, (pthread_once_t *o, void (*f) (void)), (o, f))
FORBID (dl_iterate_phdr, int, (int (*f) (struct dl_phdr_info *, size_t, void *), void *a), (f, a))

static void (*begin) (void), (*end) (void);
static const struct pctab_modules *(*modules) (void);
static const struct pctab_module *(*find) (const struct pctab_modules *, uint64_t);
static struct pctab_func (*findfunc) (const struct pctab_table *, uint64_t);
static enum pctab_error (*check_cold) (const struct pctab_table *);
static uint64_t pc, unknown;
static int found = -1, twice = -1;

static int
ask (void)
{
  begin ();
  const struct pctab_module *m = find (modules (), pc);
  int got = m && findfunc (&m->table, pc).bits && !check_cold (&m->table) && !find (modules (), unknown);
  end ();
  return got;
}
static char *low;
static void
handler (int sig)
{
  char here;
  (void) sig;
  low = &here;
  in_handler = 1;
  errno = 4711;
  found = ask ();
  twice = ask ();
  if (errno != 4711)
    found = 99;
  in_handler = 0;
}
static unsigned char *stack_at;
#define STACK (64 << 10)
static void *
thread (void *arg)
{
  stack_t ss = { .ss_sp = stack_at, .ss_size = STACK };
  (void) arg;
  EXPECT (!sigaltstack (&ss, NULL));
  raise (SIGUSR1);
  return NULL;
}
#define SYM(variable, name) EXPECT (*(void **) &variable = dlsym (h, name))
int
main (int argc, char **argv)
{
  pthread_t t;
  EXPECT (argc == 3);
  void *h = dlopen (argv[1], RTLD_NOW), *lib = dlopen (argv[2], RTLD_NOW);
  EXPECT (h && lib && (pc = (uintptr_t) dlsym (lib, "fun")));
  unknown = (uintptr_t) malloc (1);
  SYM (begin, "pctab_read_begin");
  SYM (end, "pctab_read_end");
  SYM (modules, "pctab_modules");
  SYM (find, "pctab_find_module");
  SYM (findfunc, "pctab_findfunc");
  SYM (check_cold, "pctab_table_check_cold");
  stack_at = mmap (NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset (stack_at, 0xa5, STACK);
  struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
  sigaction (SIGUSR1, &sa, NULL);
  /* Touched once, so that raise() and its like have nothing left to bind. */
  raise (0);
  EXPECT (!pthread_create (&t, NULL, thread, NULL) && !pthread_join (t, NULL));
  size_t used = 0;
  while (stack_at[used] == 0xa5)
    used++;
  used = (size_t) (low - (char *) stack_at) - used;
  printf ("%d %d\n", found, twice);
  fprintf (stderr, "%zu\n", used);
  return 0;
}
X
"$CC" -O1 -fPIC -shared lib.c -o lib.so "$flags"
"$CC" -g -O1 -rdynamic $include prog.c -o prog -pthread 2>compile.log
ok $? 'a program without the library links'
is "$(cat compile.log)" '' 'in silence'
so=$library_dir/libpctab.so
timeout 60 ./prog "$so" ./lib.so >got 2>stack
is "$? $(cat got)" '0 1 1' 'found in the handler, twice, with nothing forbidden called'
[ "$(cat stack)" -gt 500 ] && [ "$(cat stack)" -lt 4096 ]
ok $? "the stack used by a first lookup: under 4096 bytes ($(cat stack))"
LD_BIND_NOW='' timeout 60 ./prog "$so" ./lib.so 2>/dev/null >got
is "$? $(cat got)" '0 1 1' 'the same without LD_BIND_NOW'

# The test can fail: the same program with a call that isn't allowed.
sed 's/found = ask ();/found = ask (); free (malloc (1));/' prog.c >bad.c
"$CC" -g -O1 -fno-builtin -rdynamic $include bad.c -o bad -pthread
timeout 60 ./bad "$so" ./lib.so >got 2>/dev/null
is "$? $(cat got)" '7 malloc' 'malloc() in a handler would be seen'
done_testing
