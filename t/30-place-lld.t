#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ld.lld has no plugins: placeholder and script by hand, pctab-link afterwards.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need ld.lld
cat >a.c <<'X'
#include <stdio.h>
extern char _end[], end[], _edata[], _etext[], etext[];
char zeros[5000];
__thread int t;
int main (void)
{
  puts (_end == end && _etext == etext && zeros + sizeof zeros <= end && (char *) main < etext && _edata <= zeros
        && (unsigned long) (end - _edata) < 100000 ? "runs" : "wrong");
  return t;
}
X
"$CC" -g -c a.c
succeeds 'pctab-link --placeholder' "$pctab_link" --placeholder=place.o --like=a.o
# mode NAME ARGUMENTS...
mode () {
  local name=$1
  shift
  run "$CC" -g a.c place.o -o prog -fuse-ld=lld -Wl,-T,"$pctab_lld_ld" "$@"
  if [ $status != 0 ]; then
    ok 1 "$name: links"
    diag "$out"
    return
  fi
  placed prog unfinished
  ok $? "$name: links, unfinished"
  succeeds "$name: pctab-link" "$pctab_link" prog
  is "$out" '' "$name: pctab-link says nothing"
  placed prog && [ "$(./prog)" = runs ]
  ok $? "$name: runs, with _end, end, _edata, etext in their places; the table is in its place"
  diag "$facts"
}
mode pie
mode no-pie -no-pie
mode static -static
mode static-pie -static-pie
mode gc-sections -Wl,--gc-sections
mode emit-relocs -Wl,--emit-relocs
mode norelro -Wl,-z,norelro
mode page-size-64K -Wl,-z,max-page-size=65536
mode fatal-warnings -Wl,--fatal-warnings
mode icf -ffunction-sections -Wl,--icf=all
"$CC" a.o place.o -o prog -fuse-ld=lld -Wl,-T,"$pctab_lld_ld",--no-rosegment
fails '--no-rosegment makes the table executable' 'its segment is executable, not read-only; link without -N and --no-rosegment' "$pctab_link" prog
if have clang; then
  CC=clang mode clang
  CC=clang mode clang-lto -flto
fi
echo 'int f (void) { return 1; }' >b.c
"$CC" -shared -fPIC -g b.c place.o -o libb.so -fuse-ld=lld -Wl,-T,"$pctab_lld_ld" && "$pctab_link" libb.so && placed libb.so
ok $? 'shared: the table is in its place'
cat >bss.s <<'X'
  .section .later,"aw",%nobits
  .skip 100
  .section .note.GNU-stack,"",%progbits
X
as bss.s -o bss.o
# A table of more than a few pages.
awk 'BEGIN { for (i = 0; i < 4000; i++) printf ".type function_%d,%%function\nfunction_%d: .fill %d,1,0\n.size function_%d,%d\n", i, i, 4 + i % 5 * 4, i, 4 + i % 5 * 4
             print ".section .note.GNU-stack,\"\",%progbits" }' >many.s
as many.s -o many.o
"$CC" a.o many.o bss.o place.o -o prog -fuse-ld=lld -Wl,-T,"$pctab_lld_ld"
cp prog before
fails 'a zero-filled section that lld puts behind it' '.pctab: .later at 0x[0-9a-f]* is in the way of the table' "$pctab_link" prog
cmp prog before
ok $? 'leaves the file as it was'
sed 's/^  .pctab/  .later (NOLOAD) : { *(.later) }\n&/' "$pctab_lld_ld" >own.ld
"$CC" a.o many.o bss.o place.o -o prog -fuse-ld=lld -Wl,-T,own.ld && "$pctab_link" prog && placed prog
ok $? 'named in a script of its own it is not in the way'
done_testing
