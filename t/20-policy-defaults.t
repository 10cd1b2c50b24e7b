#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What is not preemptible by default, one thing after the other: .init and .fini, IFUNC resolvers, start-up files, libc and
# libgcc, objects and archives that define malloc or operator new, pctab's own, callers of vfork and clone.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
FUNC='__attribute__ ((noinline, noclone))'

# A static program: the C library is in it.
cat >main.c <<X
#include <stdio.h>
#include <stdlib.h>
static int compare (const void *a, const void *b) { return *(const int *) a - *(const int *) b; }
$FUNC int helper (int *v) { qsort (v, 3, sizeof *v, compare); return v[0]; }
$FUNC unsigned __int128 divide (unsigned __int128 a, unsigned __int128 b) { return a / b; }
int main (int argc, char **argv)
{
  int v[3] = { argc, 2, 1 };
  char *p = malloc ((size_t) argc);
  printf ("%d %s %p %d\n", helper (v), argv[0], (void *) p, (int) divide (v[0] + 1, v[1] + 1));
  free (p);
  return 0;
}
X
"$CC" -O2 -c main.c
if "$CC" -static main.o -o static $spy_flags 2>err; then
  decide static inputs=inputs
  reasons_are 'a static program: its own functions' main=- helper=- compare=- divide=-
  reasons_are 'and those of libc and libgcc' qsort=LIBC malloc=LIBC free=LIBC printf=LIBC _IO_printf=LIBC __udivti3=LIBC _start=CRT
  is "$(preemptible)" 4 "of its $(wc -l <reasons) functions 4 are preemptible"
  like "$(grep IFUNC reasons | head -n 3)" 'IFUNC' "$(grep -c IFUNC reasons) IFUNC resolvers of libc"
  is "$(grep -cE ' (TLS|VFORK|STRIPPED|MALLOC)$' reasons)" 0 'and every other one is known to be of libc or libgcc'
else
  skip 'a static program' "no static libc: $(head -n 1 err)"
fi

# .init, .fini, entry point, IFUNC.
cat >init.c <<X
$FUNC int resolved (void) { return 3; }
static void *resolve (void) { return resolved; }
int chosen (void) __attribute__ ((ifunc ("resolve")));
__attribute__ ((section (".init"), used)) static void in_init (void) { __asm__ volatile ("nop"); }
__attribute__ ((section (".fini"), used)) static void in_fini (void) { __asm__ volatile ("nop"); }
int main (void) { return chosen () - 3; }
X
"$CC" -O1 -c init.c
for mode in -pie -no-pie -shared -static; do
  "$CC" -fPIC -O1 -c init.c
  if ! "$CC" $mode init.o -o init $spy_flags 2>err; then
    skip "$mode: .init, .fini, IFUNC" "it does not link: $(head -n 1 err)"
    continue
  fi
  decide init inputs=inputs
  reasons_are "$mode: .init, .fini, IFUNC resolvers" in_init=INIT in_fini=INIT resolve=IFUNC main=- resolved=-
  decide init
  is "$(reason resolve) $(reason in_init) $(reason in_fini)" 'IFUNC INIT INIT' "$mode: also without a list of inputs"
  cp init bare && strip bare
  "$printer" policy bare >stripped
  at=$(nm init | awk '$3 == "resolve" { sub (/^0*/, "", $1); print $1 }')
  is "$(awk -v at="$at" '$1 == at { print $3 }' stripped)" IFUNC "$mode: stripped, by its relocation"
done
"$CC" -O1 -c init.c && "$CC" init.o -o init $spy_flags
decide init inputs=inputs
is "$(reason _start)" CRT 'the entry point'
echo 'int my_start (void) { return 0; }' >start.c
"$CC" -O1 -fPIC -c start.c && "$CC" -nostdlib -no-pie -e my_start start.o -o start $spy_flags
decide start inputs=inputs
is "$(reason my_start)" CRT 'an entry point of another name'
mkdir -p lib && cp start.o lib/crt1.o && "$CC" -O1 -c init.c && "$CC" init.o lib/crt1.o -o init $spy_flags
decide init inputs=inputs
is "$(reason my_start)" CRT 'all of a start-up file'

# Objects that allocate: all of it; their neighbours are not touched.
cat >use.c <<X
#include <stddef.h>
extern int neighbour (int);
extern void *allocate (size_t);
$FUNC int plain (int v) { return v + 1; }
int main (int argc, char **argv) { (void) argv; return neighbour (argc) + plain (argc) + !allocate (3); }
X
cat >neighbour.c <<X
int neighbour (int v) { return v * 7; }
X
"$CC" -O1 -c use.c neighbour.c
# allocator NAME CODE
allocator () {
  printf '#include <stddef.h>\nstatic %s void *inner (size_t n) { static char b[100]; return b + n; }\nvoid *allocate (size_t n) { return inner (n); }\n%s\n' "$FUNC" "$2" >alloc.c
  "$CC" -O1 -fno-ipa-ra -fno-builtin -c alloc.c
  "$CC" use.o neighbour.o alloc.o -o prog $spy_flags
  decide prog inputs=inputs
  reasons_are "an object that defines $1" allocate=MALLOC inner=MALLOC main=- plain=- neighbour=-
  rm -f liballoc.a libthin.a
  ar rc liballoc.a alloc.o neighbour.o
  "$CC" use.o -L. -lalloc -o prog $spy_flags
  decide prog inputs=inputs
  reasons_are "an archive with such an object: all of it" allocate=MALLOC inner=MALLOC neighbour=MALLOC main=- plain=-
  ar rcT libthin.a alloc.o neighbour.o
  "$CC" use.o libthin.a -o prog $spy_flags
  decide prog inputs=inputs
  reasons_are "a thin archive with such an object: all of it" allocate=MALLOC inner=MALLOC neighbour=MALLOC main=- plain=-
}
allocator malloc 'void *malloc (size_t n) { return inner (n); }'
allocator free 'void free (void *p) { (void) p; }'
allocator 'a weak malloc' '__attribute__ ((weak)) void *malloc (size_t n) { return inner (n); }'
allocator 'operator new' 'void *_Znwm (size_t n) { return inner (n); }'
allocator 'operator new[] (nothrow)' 'void *_ZnamRKSt9nothrow_t (size_t n) { return inner (n); }'
printf 'static %s int malloc_ (int n) { return n; }\nstatic %s void free (void *p) { __asm__ volatile ("" : : "r" (p)); }\nint neighbour (int v) { free (&v); return malloc_ (v); }\nvoid *allocate (unsigned long n) { return (void *) n; }\n' "$FUNC" "$FUNC" >static.c
"$CC" -O1 -fno-builtin -c static.c && "$CC" use.o static.o -o prog $spy_flags
decide prog inputs=inputs
reasons_are 'a static function called free is none' neighbour=- free=- allocate=-
# An archive's index names it, though that member is not linked.
printf '#include <stddef.h>\nvoid *allocate (size_t n) { static char b[9]; return b + n; }\n' >other.c
printf '#include <stddef.h>\nvoid *calloc (size_t n, size_t m) { return (void *) (n * m); }\nvoid *malloc (size_t n) { return (void *) n; }\n' >unused.c
"$CC" -O1 -fno-builtin -c other.c unused.c && rm -f liball.a && ar rc liball.a other.o unused.o
"$CC" use.o neighbour.o -L. -lall -o prog $spy_flags
decide prog inputs=inputs
reasons_are 'a member that is not linked counts for its archive' allocate=MALLOC neighbour=- main=-
# --whole-archive asks for no table of symbols.
for how in rcS rcTS; do
  rm -f libno.a && ar $how libno.a other.o neighbour.o unused.o
  "$CC" use.o -Wl,--whole-archive libno.a -Wl,--no-whole-archive -o prog $spy_flags
  decide prog inputs=inputs
  reasons_are "an archive without a table of symbols ($how)" allocate=MALLOC neighbour=MALLOC main=-
  rm -f libno.a && ar $how libno.a other.o neighbour.o
  "$CC" use.o -Wl,--whole-archive libno.a -Wl,--no-whole-archive unused.o -o prog $spy_flags
  decide prog inputs=inputs
  reasons_are "one that defines none ($how)" allocate=- neighbour=- main=- calloc=MALLOC
done

# pctab's own.
printf '%s int inner (void) { return 3; }\nint pctab_something (void) { return inner (); }\n' "$FUNC" >ours.c
printf 'extern int pctab_something (void);\n%s int mine (void) { return 4; }\nint main (void) { return pctab_something () + mine (); }\n' "$FUNC" >user.c
"$CC" -O1 -fno-ipa-ra -c ours.c user.c && "$CC" ours.o user.o -o prog $spy_flags
decide prog inputs=inputs
reasons_are "pctab's own objects" pctab_something=PCTAB inner=PCTAB mine=- main=-
decide prog
is "$(reason pctab_something) $(reason mine)" 'PCTAB -' 'its functions are known without a list of inputs'
printf 'int apart (void) { return 3; }\n' >apart.c
printf 'extern int apart (void);\nint main (void) { return apart (); }\n' >user.c
"$CC" -O1 -c apart.c user.c && rm -f libpctab_x.a && ar rc libpctab_x.a apart.o && "$CC" user.o libpctab_x.a -o prog $spy_flags
decide prog inputs=inputs
is "$(reason apart) $(reason main)" 'PCTAB -' 'libpctab*.a'

# vfork and clone.
cat >fork.c <<X
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>
static int child (void *arg) { (void) arg; return 0; }
$FUNC int use_vfork (void) { int pid = vfork (); if (!pid) _exit (0); return pid; }
$FUNC int use_clone (char *stack) { return clone (child, stack, SIGCHLD, 0); }
$FUNC int use_fork (void) { return fork (); }
$FUNC int calls_one (void) { return use_vfork () + 1; }
int main (void) { static char s[4096]; return calls_one () + use_clone (s + 4096) + use_fork (); }
X
sed -i 's/#include <sched.h>/#include <sched.h>\n#include <signal.h>/' fork.c
"$CC" -O1 -fno-optimize-sibling-calls -c fork.c && "$CC" fork.o -o prog $spy_flags
decide prog inputs=inputs
reasons_are 'callers of vfork and clone' use_vfork=VFORK use_clone=VFORK use_fork=- calls_one=- child=- main=-
decide prog inputs=inputs tls=allow
is "$(reason use_vfork)" VFORK 'with tls=allow too'

# Assembly: what has no call frame information is not in the table; what has, is as any other function.
cat >asm.S <<'X'
	.text
	.globl bare, framed
	.type bare, %function
bare:	nop
	ret
	.size bare, . - bare
	.type framed, %function
framed:	.cfi_startproc
	nop
	ret
	.cfi_endproc
	.size framed, . - framed
	.section .note.GNU-stack,"",%progbits
X
printf 'extern void bare (void), framed (void);\nint main (void) { bare (); framed (); return 0; }\n' >user.c
if "$CC" -O1 -c asm.S user.c 2>err && "$CC" asm.o user.o -o prog $spy_flags; then
  decide prog inputs=inputs
  is "$(reason bare) $(reason framed)" 'none -' 'assembly without and with call frame information'
else
  skip 'assembly' 'it is of another machine'
fi

# COMDAT code that several objects have, in one that is refused.
if have g++; then
  cat >c1.cc <<'X'
template <class T> __attribute__ ((noinline)) T shared (T v) { return v + 1; }
extern "C" void *malloc (unsigned long n) { return (void *) (n + shared (1)); }
X
  cat >c2.cc <<'X'
template <class T> __attribute__ ((noinline)) T shared (T v) { return v + 1; }
template <class T> __attribute__ ((noinline)) T alone (T v) { return v * 3; }
extern "C" int kept (int v) { return shared (v) + alone (v); }
int main (int argc, char **) { return kept (argc); }
X
  g++ -O1 -c c1.cc c2.cc && g++ c2.o c1.o -o prog $spy_flags
  decide prog inputs=inputs
  reasons_are 'COMDAT code: that of an allocator too' malloc=MALLOC _Z6sharedIiET_S0_=MALLOC _Z5aloneIiET_S0_=- kept=- main=-
fi
done_testing
