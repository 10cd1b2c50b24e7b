#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# More threads than there are slots for: 1,100 at a time in a read section, 3,000 one after the other, and some that end
# inside a section, by pthread_exit(): all are answered, and memory is freed all the same.
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
#include <module.h>
#include <pthread.h>
#include <unistd.h>
#define MANY 1100
#define ONE_BY_ONE 3000
static unsigned char table[1 << 16], code[1 << 16];
static size_t table_len;
static pthread_t threads[MANY];
static int inside, go, good;
int main (int argc, char **argv);
static void *
stay (void *arg)
{
  const struct pctab_module *m;
  (void) arg;
  pctab_read_begin ();
  m = pctab_find_module (pctab_modules (), (uintptr_t) code);
  __atomic_fetch_add (&inside, 1, __ATOMIC_SEQ_CST);
  while (!__atomic_load_n (&go, __ATOMIC_ACQUIRE))
    usleep (20000);
  /* It was unregistered long ago. */
  if (m && !pctab_table_check_cold (&m->table))
    __atomic_fetch_add (&good, 1, __ATOMIC_SEQ_CST);
  pctab_read_end ();
  return NULL;
}
static void *
once (void *arg)
{
  EXPECT (look ((void *) main) == 2);
  if (arg)
    {
      pctab_read_begin ();
      pthread_exit (NULL);
    }
  return NULL;
}
static void
take_and_give (int cnt)
{
  uint64_t generation;
  for (int i = 0; i < cnt; i++)
    {
      EXPECT (!pctab_module_register ("made", code, sizeof code, table, table_len, &generation));
      EXPECT (!pctab_module_unregister (generation));
    }
}
static unsigned
pages (void)
{
  unsigned cnt = 0;
  FILE *f = fopen ("/proc/self/statm", "r");
  EXPECT (f && fscanf (f, "%u", &cnt) == 1);
  fclose (f);
  return cnt;
}
int
main (int argc, char **argv)
{
  pthread_attr_t attr;
  uint64_t generation;
  FILE *f = fopen (argv[argc - 1], "rb");
  EXPECT (f && (table_len = fread (table, 1, sizeof table, f)) > 100);
  pthread_attr_init (&attr);
  pthread_attr_setstacksize (&attr, 64 << 10);
  EXPECT (!pctab_module_register ("made", code, sizeof code, table, table_len, &generation));
  int cnt = 0;
  while (cnt < MANY && !pthread_create (&threads[cnt], &attr, stay, NULL))
    cnt++;
  while (__atomic_load_n (&inside, __ATOMIC_SEQ_CST) < cnt)
    usleep (1000);
  EXPECT (!pctab_module_unregister (generation));
  take_and_give (20);
  __atomic_store_n (&go, 1, __ATOMIC_RELEASE);
  for (int i = 0; i < cnt; i++)
    EXPECT (!pthread_join (threads[i], NULL));
  EXPECT (good == cnt);
  for (int i = 0; i < ONE_BY_ONE; i++)
    {
      pthread_t t;
      EXPECT (!pthread_create (&t, &attr, once, i % 100 ? NULL : &cnt) && !pthread_join (t, NULL));
    }
  take_and_give (10);
  unsigned before = pages ();
  take_and_give (500);
  EXPECT (pages () < before + 100);
  printf ("%d at a time, %d one by one\n", cnt, ONE_BY_ONE);
  return 0;
}
X
"$CC" -g -O1 -fPIC -shared lib.c -o lib.so "$flags" && table_bytes lib.so >table
"$CC" -g -O1 $include prog.c -o prog "$flags" $library -pthread
ok $? 'the program links'
run timeout 100 ./prog table
like "$status $out" '^0 [0-9]+ at a time, 3000 one by one' "$out"
done_testing
