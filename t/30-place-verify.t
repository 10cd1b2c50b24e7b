#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# verify=full gives the finished file to pctab-verify and takes its word: a finding fails the link, and leaves no table.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
echo '#include <stdio.h>
int main (void) { puts ("runs"); return 0; }' >a.c
"$CC" -g -O1 -c a.c
# A pctab-link with another pctab-verify beside it, which notes its arguments.
mkdir other
cp "$pctab_link" other/pctab-link
# verifier STATUS TEXT
verifier () {
  printf '#!/bin/sh\necho "$@" >>"%s/seen"\necho "%s"\nexit %s\n' "$PWD" "$2" "$1" >other/pctab-verify
  chmod +x other/pctab-verify
}
other=-plugin-opt=link=$PWD/other/pctab-link

run "$CC" a.o -o good $flags,-plugin-opt=verify=full
[ "$status" = 0 ] && [ -z "$out" ] && placed good finished && [ "$(./good)" = runs ]
ok $? 'a good program links, in silence'

verifier 1 'a finding of its own'
rm -f seen
run "$CC" a.o -o quick $flags,$other
[ "$status" = 0 ] && placed quick finished && [ ! -e seen ]
ok $? 'without verify=full it is not run'
rm -f prog
run "$CC" a.o -o prog $flags,$other,-plugin-opt=verify=full
[ "$status" != 0 ] && [ ! -e prog ] && grep -q 'prog' seen
ok $? 'a finding fails the link and leaves no output'
like "$out" 'a finding of its own' 'its words are the message'

cp good by-hand
run ./other/pctab-link --force --verify=full by-hand
[ "$status" != 0 ] && placed by-hand unfinished && [ "$(./by-hand)" = runs ]
ok $? 'by hand: the program runs, its table is unfinished'
run "$pctab_link" --verify=full by-hand
[ "$status" = 0 ] && placed by-hand finished
ok $? 'and can be finished again'

verifier 2 'can not'
rm -f prog
run "$CC" a.o -o prog $flags,$other,-plugin-opt=verify=full
[ "$status" != 0 ] && [ ! -e prog ]
ok $? 'a verifier that could not do its work is no success'
rm other/pctab-verify
run env PATH=/nowhere ./other/pctab-link --force --verify=full good
[ "$status" != 0 ] && placed good unfinished
ok $? 'nor is one that is missing'
like "$out" "can't run pctab-verify" 'which is said'
run "$pctab_link" --verify=all good
[ "$status" != 0 ] && placed good unfinished
ok $? 'another value is an error'

# What every link does: the table's bytes read back, as the finisher has them.
"$pctab_link" --force good
need objcopy perl
objcopy -O binary --only-section=.pctab --set-section-flags .pctab=alloc,load good table
at=$(readelf -SW good | sed -n 's/.* \.pctab *PROGBITS *\([0-9a-f]*\) .*/\1/p')
run "$tap_build/t/tool/verify_link" table "$at"
is "$status$out" 0 'a good table is taken'
bad=0
cnt=0
hot=$(perl -e 'open F, "<:raw", "table"; read F, $h, 20; print unpack "V", substr $h, 16')
for n in $(seq 0 7 $((hot - 1))); do
  perl -e 'open F, "<:raw", "table"; local $/; $_ = <F>; substr($_, $ARGV[0], 1) ^= chr(1 << $ARGV[0] % 8); print' "$n" >flipped
  run "$tap_build/t/tool/verify_link" flipped "$at"
  cnt=$((cnt + 1))
  [ "$status" = 1 ] && [ -n "$out" ] || { bad=$((bad + 1)); diag "byte $n: $out"; }
done
[ $bad = 0 ] && [ $cnt -gt 50 ]
ok $? "each of $cnt tables with a flipped bit in the hot part is refused, and why is said"
done_testing
