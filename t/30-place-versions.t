#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU ld of other releases, as t/corpus/ld.sh fetches them: 2.35 and a newer one than the host's.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
lds=${PCTAB_CORPUS:-$tap_build/t/corpus}/ld
{ [ -x "$lds/bullseye/ld" ] && [ -x "$lds/trixie/ld" ]; } || run timeout 300 sh "$tap_src/t/corpus/ld.sh" "$lds"
set -- "$lds"/*/ld
[ -x "$1" ] || skip_all "no other GNU ld can be had: $(printf '%s\n' "$out" | tail -n 1)"
cat >a.c <<'X'
extern char _end[], end[], _edata[], edata[], __bss_start[], _etext[], etext[];
char *all[] = { _end, end, _edata, edata, __bss_start, _etext, etext };
char zeros[5000];
int f (void) { return zeros[7] + (all[0] != all[1]); }
X
cat >main.c <<'X'
#include <stdio.h>
int f (void);
int main (void) { printf ("runs %d\n", f ()); return 0; }
X
echo 'int f (void); void _start (void) { for (;;) f (); }' >bare.c
echo 'static char hidden_zeros[100]; char *g (void) { return hidden_zeros; }' >lib.c
"$CC" -g -fPIC -c a.c bare.c lib.c main.c

for ld; do
  dir=$(dirname "$ld")
  name=$("$ld" --version | sed -n '1s/.* //p')
  # same WHAT ARGUMENTS...
  same () {
    local what="$name: $1"
    shift
    "$CC" -B "$dir" "$@" -o plain 2>err && "$CC" -B "$dir" "$@" -o prog $flags >out 2>&1 && [ ! -s out ] && placed prog
    ok $? "$what: links in silence, the table is in its place"
    symbols_of plain | grep -Ev '^__pctab_|^ ' | sort >want
    symbols_of prog | grep -Ev '^__pctab_|^ ' | sort >got
    cmp -s want got
    ok $? "$what: $(wc -l <want) symbols are where they were"
  }
  same 'bare program' -nostdlib -no-pie bare.o a.o
  same 'bare PIE' -nostdlib -pie bare.o a.o
  same 'shared object' -nostdlib -shared a.o
  same 'shared object that names no symbol of the linker' -nostdlib -shared lib.o
  same 'static program' -static main.o a.o
  is "$(./prog)" 'runs 0' "$name: static program: runs"
  same 'static, --gc-sections --emit-relocs' -static -Wl,--gc-sections,--emit-relocs main.o a.o
  same 'LTO' -flto -static main.c a.c
  "$ld" -r main.o a.o -o want.o && "$ld" -r main.o a.o -o got.o -T "$pctab_ld" -plugin "$pctab_so" && cmp want.o got.o
  ok $? "$name: -r gives the same bytes"
  fails "$name: without the plugin" 'pctab: no placeholder in the link' "$CC" -B "$dir" -nostdlib bare.o a.o -o prog -Wl,-T,"$pctab_ld"
  fails "$name: an unknown option" "unknown option 'statz'" "$CC" -B "$dir" -nostdlib bare.o a.o -o prog $flags,-plugin-opt=statz
  fails "$name: a finisher that fails" 'failed without a message' "$CC" -B "$dir" -nostdlib bare.o a.o -o prog $flags,-plugin-opt=link=/bin/false
  [ ! -e prog ]
  ok $? "$name: a finisher that fails: no output"
done
done_testing
