#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several static copies of the library in one process share one list: registered with one, found by all, also when the
# copy that came first is gone, and when two start at once.  Copies of another version keep to themselves.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
need pkg-config
built_library
need perl
cat >copy.c <<'X'
#include <module.h>
#define NAME(a, b) NAME_ (a, b)
#define NAME_(a, b) a##b
int NAME (fun, WHICH) (int v) { return v + WHICH; }
int NAME (look, WHICH) (const void *at) { return look (at); }
uint64_t NAME (generation, WHICH) (const void *at) { return generation_of (at); }
const void *NAME (list, WHICH) (void) { return pctab_modules (); }
enum pctab_error
NAME (register, WHICH) (const void *code, size_t len, const void *table, size_t table_len, uint64_t *generation)
{
  return pctab_module_register ("made", code, len, table, table_len, generation);
}
X
cat >host.c <<'X'
#include <module.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
static unsigned char table[1 << 16], code[1 << 16];
static size_t table_len;
struct copy {
  char path[64];
  void *handle, *fun;
  int (*look) (const void *);
  uint64_t (*generation) (const void *);
  const void *(*list) (void);
  enum pctab_error (*reg) (const void *, size_t, const void *, size_t, uint64_t *);
};
static void *
sym (struct copy *c, const char *name, int which)
{
  char full[64];
  snprintf (full, sizeof full, "%s%d", name, which);
  void *at = dlsym (c->handle, full);
  EXPECT (at);
  return at;
}
static void
open_copy (struct copy *c, int which)
{
  snprintf (c->path, sizeof c->path, "./copy%d.so", which);
  c->handle = dlopen (c->path, RTLD_NOW | RTLD_LOCAL);
  EXPECT (c->handle);
  c->fun = sym (c, "fun", which);
  *(void **) &c->look = sym (c, "look", which);
  *(void **) &c->generation = sym (c, "generation", which);
  *(void **) &c->list = sym (c, "list", which);
  *(void **) &c->reg = sym (c, "register", which);
}
/* All see the same, whoever registered it. */
static void
agree (struct copy *a, struct copy *b)
{
  uint64_t generation;
  EXPECT (a->look (b->fun) == 2 && b->look (a->fun) == 2 && a->list () == b->list ());
  EXPECT (a->generation (a->fun) == b->generation (a->fun) && a->generation (b->fun) == b->generation (b->fun));
  EXPECT (!a->reg (code, sizeof code, table, table_len, &generation));
  EXPECT (a->generation (code) == generation && b->generation (code) == generation);
}
static void
one_after_the_other (void)
{
  struct copy a, b, c;
  open_copy (&a, 1);
  open_copy (&b, 2);
  agree (&a, &b);
  uint64_t was = b.generation (code);
  EXPECT (!dlclose (a.handle));
  EXPECT (b.look (b.fun) == 2 && b.generation (code) == was && !b.look (a.fun));
  /* Nor do its handlers of fork() stay. */
  int status;
  pid_t pid = fork ();
  if (!pid)
    _exit (!(b.look (b.fun) == 2 && b.generation (code) == was));
  EXPECT (waitpid (pid, &status, 0) == pid && !status);
  open_copy (&c, 1);
  EXPECT (c.list () == b.list () && c.generation (code) == was && b.look (c.fun) == 2);
  EXPECT (!dlclose (b.handle) && !c.look (b.fun) && c.generation (code) == was);
}
static pthread_barrier_t barrier;
static struct copy at_once[2];
static void *
starter (void *arg)
{
  int which = (int) (intptr_t) arg;
  pthread_barrier_wait (&barrier);
  open_copy (&at_once[which - 1], which);
  return NULL;
}
static void
both_at_once (void)
{
  pthread_t threads[2];
  pthread_barrier_init (&barrier, NULL, 2);
  for (int i = 0; i < 2; i++)
    EXPECT (!pthread_create (&threads[i], NULL, starter, (void *) (intptr_t) (i + 1)));
  for (int i = 0; i < 2; i++)
    pthread_join (threads[i], NULL);
  agree (&at_once[0], &at_once[1]);
}
static void
in_child (void (*what) (void), int cnt)
{
  for (int i = 0; i < cnt; i++)
    {
      int status;
      fflush (stdout);
      if (!fork ())
        {
          alarm (60);
          what ();
          fflush (stdout);
          _exit (0);
        }
      EXPECT (wait (&status) > 0 && !status);
    }
}
static void
mine_and_theirs (void)
{
#ifdef COPY
  struct copy a;
  uint64_t generation;
  open_copy (&a, 1);
  EXPECT (a.list () == (const void *) pctab_modules () && a.look ((void *) mine_and_theirs) == 2 && look (a.fun) == 2);
  EXPECT (!a.reg (code, sizeof code, table, table_len, &generation) && generation_of (code) == generation);
  EXPECT (!pctab_module_unregister (generation) && !a.generation (code));
#endif
}
static void
apart (void)
{
  struct copy a, other;
  uint64_t generation;
  open_copy (&a, 1);
  open_copy (&other, 9);
  EXPECT (a.list () != other.list () && a.look (other.fun) == 2 && other.look (a.fun) == 2);
  EXPECT (!a.reg (code, sizeof code, table, table_len, &generation) && a.generation (code) == generation);
  EXPECT (!other.look (code));
}
int
main (int argc, char **argv)
{
  FILE *f = fopen (argv[argc - 1], "rb");
  EXPECT (f && (table_len = fread (table, 1, sizeof table, f)) > 100);
  in_child (one_after_the_other, 1);
  in_child (both_at_once, 40);
  in_child (mine_and_theirs, 1);
  in_child (apart, 1);
  printf ("43 processes\n");
  return 0;
}
X
copy () {
  "$CC" -g -O1 -fPIC -shared $include -DWHICH="$1" copy.c -o "copy$1.so" "$flags" $2 -Wl,--exclude-libs,ALL
}
copy 1 "$archive" && copy 2 "$archive"
ok $? 'shared objects with a copy each link'
is "$(readelf -nW copy1.so | grep -c ' pctab ')" 1 'each has the note'
table_bytes copy1.so >table
# The same sources with another version.
mkdir changed && for d in include symtab runtime; do cp -r "$tap_src/$d" changed/; done
sed -i 's/^#define VERSION .*/#define VERSION 99/; s/4byte 1\\n"/4byte 99\\n"/' changed/runtime/module_share.c
is "$(grep -c 99 changed/runtime/module_share.c)" 2 'a version of another time'
(tap_src=$PWD/changed; compile_library "$PWD/other.a" "$CC" -O1 -fPIC)
copy 9 other.a
ok $? 'a shared object with that copy links'
for kind in without with; do
  mine=
  [ $kind = without ] || mine="$archive -DCOPY"
  run "$CC" -g -O1 $include host.c -o host "$flags" -pthread $mine
  is "$status$out" 0 "a program $kind a copy of its own links"
  run timeout 120 ./host table
  is "$status $out" '0 43 processes' "$kind: all copies have one list"
done
done_testing
