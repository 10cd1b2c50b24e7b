#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every way of linking gives a program that runs, with a finished table where it has to be.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern int twice (int);
__thread int counter = 3;
char zeros[5000];
static int (*volatile call) (int) = twice;
int unused (int v) { return v + 1; }
int main (int argc, char **argv)
{
  char *copy = malloc (10 + argc);
  strcpy (copy, "sum");
  printf ("%s %d %s\n", copy, call (argc + counter + zeros[argc]), argv[0] ? "ok" : "");
  return 0;
}
X
cat >b.c <<'X'
int twice (int v) { return 2 * v; }
X
cat >c.cc <<'X'
#include <iostream>
#include <vector>
template <class T> struct sum { T v{}; void add (T x) { v += x; } };
int main () { try { throw 8; } catch (int e) { sum<int> s; s.add (e); std::cout << "sum " << s.v << " ok\n"; } return 0; }
X
printf 'void _start (void) { __asm__ volatile ("mov $60,%%eax; xor %%edi,%%edi; syscall"); }\n' >bare.c

# mode NAME ARGUMENTS...: links a.c and b.c so, and runs it.
mode () {
  local name=$1
  shift
  rm -f prog
  run "$CC" -g -O2 "$@" -o prog $flags
  if [ "$status" != 0 ] || [ -n "$out" ]; then
    ok 1 "$name: links in silence"
    diag "$out"
    return
  fi
  [ "$(./prog 2>&1)" = 'sum 8 ok' ] && placed prog
  ok $? "$name: runs, and the table is in its place"
  diag "$facts"
  "$CC" -g -O2 "$@" -o plain
  is "$(readelf -n prog | grep -v 'Build ID')" "$(readelf -n plain | grep -v 'Build ID')" "$name: the same notes"
  if have eu-elflint; then
    eu-elflint --gnu-ld plain 2>&1 | sed 's/[0-9]\+//g' | sort -u >want
    eu-elflint --gnu-ld prog 2>&1 | sed 's/[0-9]\+//g' | sort -u >got
    [ -z "$(comm -13 want got)" ]
    ok $? "$name: eu-elflint finds nothing that it does not find without the table"
    comm -13 want got | sed 's/^/# /'
  fi
}

mode default a.c b.c
mode pie -fPIE -pie a.c b.c
mode no-pie -no-pie a.c b.c
mode static -static a.c b.c
mode static-pie -fPIE -static-pie a.c b.c
mode emit-relocs -Wl,--emit-relocs a.c b.c
mode gc-sections -ffunction-sections -fdata-sections -Wl,--gc-sections a.c b.c
mode build-id -Wl,--build-id=sha1 a.c b.c
mode no-build-id -Wl,--build-id=none a.c b.c
mode fatal-warnings -Wl,--fatal-warnings a.c b.c
mode now -Wl,-z,relro,-z,now a.c b.c
mode norelro -Wl,-z,norelro a.c b.c
mode separate-code -Wl,-z,separate-code a.c b.c
mode noseparate-code -Wl,-z,noseparate-code a.c b.c
mode page-size-64K -Wl,-z,max-page-size=65536 a.c b.c
mode page-size-2M -Wl,-z,max-page-size=2097152 a.c b.c
mode common-page-size -Wl,-z,common-page-size=4096 a.c b.c
mode compressed-debug -gz -Wl,--compress-debug-sections=zlib a.c b.c
mode lto -flto a.c b.c
mode hash-style -Wl,--hash-style=sysv a.c b.c
mode no-debug -g0 a.c b.c
mode stripped -s a.c b.c
mode strip-debug -Wl,-S a.c b.c
mode map -Wl,-Map=prog.map a.c b.c
"$CC" -g -c a.c b.c && ar rc libb.a b.o
mode archive a.o libb.a
mode group a.o -Wl,--start-group libb.a -Wl,--end-group
mode medium -mcmodel=medium -mlarge-data-threshold=100 -no-pie a.c b.c
mode large -mcmodel=large -no-pie a.c b.c
if have g++; then
  CC=g++ mode c++ c.cc
  CC=g++ mode c++-static -static c.cc
else
  skip c++ 'g++ is not installed'
fi
if have clang; then
  CC=clang mode clang a.c b.c
  if clang -flto a.c b.c -o plain 2>/dev/null; then
    CC=clang mode clang-lto -flto a.c b.c
  else
    skip clang-lto 'LLVMgold.so is not installed'
  fi
else
  skip clang 'clang is not installed'
fi

succeeds 'shared: links' "$CC" -g -O2 -shared -fPIC b.c -o libtwice.so $flags
placed libtwice.so
ok $? 'shared: the table is in its place'
succeeds 'shared: a program links with it' "$CC" -g a.c -o prog ./libtwice.so $flags
is "$(./prog)" 'sum 8 ok' 'shared: and runs'

succeeds 'bare: no libc, no .bss, no .data' "$CC" -nostdlib -static bare.c -o prog $flags
placed prog && ./prog
ok $? 'bare: runs, and the table is in its place'

# Properties that hold only while every object has them.
case $("$CC" -dumpmachine) in
x86_64-*) protect=-fcf-protection=full report=-Wl,-z,cet-report=error property='IBT, SHSTK' ;;
aarch64-*) protect=-mbranch-protection=standard report=-Wl,-z,force-bti property='BTI, PAC' ;;
*) protect= ;;
esac
if [ -n "$protect" ] && "$CC" "$protect" -nostdlib -static bare.c -o plain "$report" 2>/dev/null; then
  succeeds "$protect: links" "$CC" "$protect" -nostdlib -static bare.c -o prog $flags "$report" -Wl,--fatal-warnings
  like "$(readelf -n prog)" "$property" "$protect: the program has $property"
  placed prog
  ok $? "$protect: the table is in its place"
else
  skip 'branch protection' 'not on this machine'
fi

# 700 objects
mkdir many
for i in $(seq 700); do echo ".globl f$i; .type f$i,@function; f$i: ret; .size f$i,1; .section .note.GNU-stack,\"\",@progbits"; done \
  | split -l 1 --additional-suffix=.s - many/
(cd many && for f in *.s; do echo "$f"; done | xargs -n 100 sh -c 'for f; do as "$f" -o "${f%.s}.o"; done' as)
succeeds '700 objects: link' "$CC" a.c b.c many/*.o -o prog $flags
placed prog && ./prog >/dev/null
ok $? '700 objects: runs, and the table is in its place'

succeeds 'twice the same link' "$CC" -g a.c b.c -o prog2 $flags
"$CC" -g a.c b.c -o prog3 $flags && cmp prog2 prog3
ok $? 'twice the same link gives the same bytes'
done_testing
