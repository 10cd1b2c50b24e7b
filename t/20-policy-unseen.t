#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Links that hide what code is: without symbols (-s, -x), by link-time optimisation, without a list of inputs; and
# --emit-relocs, which tells it all the same.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
FUNC='__attribute__ ((noinline, noclone, used))'
cat >user.c <<X
#include <errno.h>
#include <unistd.h>
$FUNC static int use_errno (int v) { return errno + v; }
$FUNC static int use_vfork (int v) { int pid = vfork (); if (!pid) _exit (0); return pid + v; }
int uses (int v) { return use_errno (v) + use_vfork (v) + 1; }
X
cat >plain.c <<X
$FUNC static int plain (int v) { return v * 3; }
int main (int argc, char **argv) { (void) argv; return plain (argc); }
X
cat >main.c <<X
extern int uses (int);
$FUNC static int plain (int v) { return v * 3; }
int main (int argc, char **argv) { (void) argv; return plain (argc) + uses (argc); }
X
"$CC" -O1 -c user.c plain.c main.c
# at FILE NAME: a function's address, in "printed"'s form.
at () { nm "$1" | awk -v n="$2" '$3 == n { sub (/^0*/, "", $1); print $1 }'; }
# by_address FILE WITH-SYMBOLS NAME...: the reasons of functions whose names FILE has no more.
by_address () {
  local file=$1 whole=$2 name
  shift 2
  "$printer" policy ${inputs:+inputs=$inputs} $opts "$file" >printed 2>said
  for name; do
    awk -v at="$(at "$whole" "$name")" '$1 == at { print $3; exit }' printed
  done | tr '\n' ' '
}
opts=
# -s
for mode in -pie -no-pie; do
  "$CC" $mode plain.o -o plain $spy_flags && "$CC" $mode -s plain.o -o bare $spy_flags
  inputs=inputs
  is "$(by_address bare plain main plain _start)" '- - CRT ' "$mode -s: a program with nothing to find stays preemptible"
  "$CC" $mode main.o user.o -o whole $spy_flags && "$CC" $mode -s main.o user.o -o bare $spy_flags
  is "$(by_address whole whole main plain use_errno use_vfork uses _start)" '- - TLS VFORK - CRT ' "$mode: all is known"
  is "$(by_address bare whole main plain use_errno use_vfork uses _start)" '- - TLS VFORK - CRT ' "$mode -s: it is found by its bytes"
done
# Code of too few bytes to be told from other, and so nothing else is known either.
cat >tiny.s <<'X'
	.text
	.type tiny, %function
tiny:	.cfi_startproc
	mov t@gottpoff(%rip), %rax
	ret
	.cfi_endproc
	.size tiny, . - tiny
	.section .note.GNU-stack,"",%progbits
X
printf '__thread int t;\n' >t.c
if [ "$(uname -m)" = x86_64 ] && "$CC" -c tiny.s t.c 2>err; then
  "$CC" plain.o tiny.o t.o -o whole $spy_flags && "$CC" -s plain.o tiny.o t.o -o bare $spy_flags
  is "$(by_address whole whole main plain tiny)" '- - TLS ' 'a function of 8 bytes'
  is "$(by_address bare whole tiny)" 'STRIPPED ' '-s: nothing tells it from other code'
  is "$(by_address bare whole main plain)" 'STRIPPED STRIPPED ' '-s: nor these from it'
  printf 'int larger (int *v) { int s = 0; for (int i = 0; i < 77; i++) s += v[i] * i ^ v[2 * i + 1]; return s; }\n' >large.c
  sed 's/larger/second/' large.c >twin.c
  "$CC" -O1 -c large.c twin.c
  "$CC" plain.o large.o tiny.o t.o -o whole $spy_flags && "$CC" -s plain.o large.o tiny.o t.o -o bare $spy_flags
  is "$(by_address bare whole larger main tiny)" '- STRIPPED STRIPPED ' '-s: but a larger one is known to be another'
  "$CC" plain.o large.o twin.o tiny.o t.o -o whole $spy_flags && "$CC" -s plain.o large.o twin.o tiny.o t.o -o bare $spy_flags
  is "$(by_address bare whole larger second tiny)" 'STRIPPED STRIPPED STRIPPED ' '-s: of two that are the same none is'
else
  skip 'a function of 8 bytes' "it is amd64's"
fi
# Parts of a function are one, also where no symbol says so.
cat >parts.c <<'X'
#include <errno.h>
extern void other (int) __attribute__ ((cold));
#define RARE(x) __builtin_expect (x, 0)
__attribute__ ((noinline)) int in_cold (int v) { if (RARE (v > 5)) { other (errno); other (v); } return v + 1; }
__attribute__ ((noinline)) int in_hot (int v) { int e = errno; if (RARE (v > 5)) { other (e); other (v); } return v + e; }
__attribute__ ((noinline)) int in_none (int v) { if (RARE (v > 5)) { other (3); other (v); } return v; }
int main (int argc, char **argv) { (void) argv; return in_cold (argc) + in_hot (argc) + in_none (argc); }
X
echo 'void other (int v) { (void) v; }' >other.c
gcc -O2 -c parts.c other.c && gcc parts.o other.o -o whole $spy_flags && gcc -s parts.o other.o -o bare $spy_flags
if [ -n "$(at whole in_cold.cold)" ]; then
  is "$(by_address bare whole in_cold in_cold.cold in_hot in_hot.cold in_none in_none.cold main)" 'TLS TLS TLS TLS - - - ' '-s: both parts of a function'
else
  skip '-s: both parts of a function' 'this compiler makes none'
fi
"$CC" -pie -s plain.o -o bare $spy_flags && "$CC" plain.o -o whole $spy_flags
opts=exclude=plain
is "$(by_address bare whole main plain)" 'STRIPPED STRIPPED ' '-s with exclude=: nobody knows what it is'
opts=exclude-object=plain.o
is "$(by_address bare whole main plain)" 'STRIPPED STRIPPED ' '-s with exclude-object='
opts=
"$CC" -O1 -fPIC -c user.c && "$CC" -shared user.o -o whole $spy_flags && "$CC" -shared -s user.o -o bare $spy_flags
is "$(by_address bare whole uses)" '- ' '-shared -s: the exported function of a section finds all of it'
is "$(by_address bare whole use_errno use_vfork uses)" 'TLS VFORK - ' '-shared -s: so local functions too are told'
"$CC" -O1 -c user.c
# An allocator in the program.
printf '#include <stddef.h>\n%s static int inner (int v) { return v + 1; }\nvoid *malloc (size_t n) { return (void *) (n + (size_t) inner (3)); }\n' "$FUNC" >alloc.c
"$CC" -O1 -fno-builtin -c alloc.c && "$CC" plain.o alloc.o -o whole $spy_flags && "$CC" -s plain.o alloc.o -o bare $spy_flags
is "$(by_address whole whole main inner)" '- MALLOC ' 'an allocator beside it'
is "$(by_address bare whole main inner)" '- MALLOC ' '-s: it is found by its exported name'

# -x: local functions have no symbols.
"$CC" -O1 -ffunction-sections -c user.c main.c -fno-toplevel-reorder
"$CC" main.o user.o -o whole $spy_flags && "$CC" -Wl,-x main.o user.o -o bare $spy_flags
is "$(by_address bare whole use_errno main uses)" 'STRIPPED - - ' '-x with -ffunction-sections: local code is not told, the rest is'
"$CC" -O1 -c user.c main.c
"$CC" main.o user.o -o whole $spy_flags && "$CC" -Wl,-x main.o user.o -o bare $spy_flags
is "$(by_address bare whole use_errno use_vfork main plain uses)" 'TLS VFORK - - - ' '-x otherwise: global functions find them'

# No list of inputs.
inputs=
"$CC" plain.o -o plain && "$CC" main.o user.o -o whole
is "$(by_address plain plain main plain _start)" '- - CRT ' 'no inputs, nothing to find'
is "$(by_address whole whole main plain use_errno _start)" 'UNSEEN UNSEEN UNSEEN CRT ' 'no inputs, vfork imported: no unknown code is preemptible'
printf '#include <errno.h>\nint uses (int v) { return errno + v; }\n' >errno.c
"$CC" -O1 -c errno.c && "$CC" main.o errno.o -o whole
is "$(by_address whole whole main plain uses _start)" 'UNSEEN UNSEEN UNSEEN CRT ' 'no inputs, errno imported: the same'
opts=tls=allow
is "$(by_address whole whole main plain uses _start)" '- - - CRT ' 'tls=allow lifts it'
opts=
printf '__thread int t;\nint uses (int v) { return t + v; }\n' >own.c
"$CC" -O1 -c own.c && "$CC" main.o own.o -o whole
is "$(by_address whole whole main uses)" 'UNSEEN UNSEEN ' 'no inputs, own thread-local data'
"$CC" plain.o alloc.o -o whole
is "$(by_address whole whole main inner)" 'UNSEEN UNSEEN ' 'no inputs, an allocator'

# --emit-relocs: exact, without inputs.
for cc in "$CC" 'clang -fuse-ld=lld' aarch64-linux-gnu-gcc s390x-linux-gnu-gcc riscv64-linux-gnu-gcc powerpc64le-linux-gnu-gcc; do
  have ${cc%% *} && { [ "${cc#*lld}" = "$cc" ] || have ld.lld; } || { skip "--emit-relocs, $cc" "it is not installed"; continue; }
  for mode in '-pie -fPIE' '-no-pie -fno-pie'; do
    sed 's/uses/uses2/' own.c >own2.c
    # shellcheck disable=SC2086
    ${cc%% *} ${mode#* } -w -O1 -g -fasynchronous-unwind-tables -c main.c user.c own2.c && $cc ${mode% *} -Wl,-q main.o user.o own2.o -o whole 2>err || { diag "$(cat err)"; }
    is "$(by_address whole whole main plain use_errno use_vfork uses uses2)" '- - TLS VFORK - TLS ' "--emit-relocs: exact, $cc ${mode% *}"
  done
done

# Link-time optimisation.
inputs=inputs
for cc in gcc clang; do
  have $cc || { skip "-flto, $cc" "$cc is not installed"; continue; }
  $cc -w -O1 -g -flto -c main.c user.c plain.c && $cc -w -O1 -c errno.c
  $cc -O1 -flto plain.o -o whole $spy_flags 2>err || { skip "-flto, $cc" "it does not link: $(head -n 1 err)"; continue; }
  is "$(by_address whole whole main plain)" '- - ' "-flto, $cc: nothing to find"
  $cc -O1 -flto main.o user.o -o whole $spy_flags
  is "$(by_address whole whole main plain use_errno use_vfork)" 'UNSEEN UNSEEN UNSEEN UNSEEN ' "-flto, $cc: unknown code of a program that calls vfork"
  $cc -O1 -flto main.o errno.o -o whole $spy_flags
  is "$(by_address whole whole main plain uses)" 'UNSEEN UNSEEN TLS ' "-flto, $cc: unknown code, and an object that uses errno"
  opts=tls=allow
  is "$(by_address whole whole main plain uses)" '- - - ' "-flto, $cc: tls=allow"
  opts=
  printf 'int uses (int v) { return v + 5; }\n' >calm.c
  $cc -O1 -c calm.c && $cc -O1 -flto main.o calm.o -o whole $spy_flags
  is "$(by_address whole whole main plain uses)" '- - - ' "-flto, $cc: with an object, nothing to find"
  $cc -O1 -flto -Wl,-q main.o user.o -o whole $spy_flags
  is "$(by_address whole whole main plain use_errno use_vfork)" '- - TLS VFORK ' "-flto --emit-relocs, $cc: exact"
done
done_testing
