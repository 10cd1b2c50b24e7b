#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `ld -r` is left alone; a placeholder that entered one is no second one later; what really is two is refused.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
#include <stdio.h>
int f (void) { puts ("runs"); return 0; }
X
echo 'int f (void); int main (void) { return f (); }' >b.c
"$CC" -g -c a.c b.c
"$pctab_link" --placeholder=place.o --like=a.o
"$pctab_link" --placeholder=place2.o --like=a.o --reserve=5000

ld -r a.o b.o -o want.o
succeeds 'ld -r with script and plugin' ld -r a.o b.o -o got.o -T "$pctab_ld" -plugin "$pctab_so"
cmp want.o got.o
ok $? 'gives the same bytes'
succeeds 'cc -r with the flags' "$CC" -r a.o b.o -o got2.o $flags
"$CC" -r a.o b.o -o want2.o && cmp want2.o got2.o
ok $? 'gives the same bytes'
succeeds 'and is linked later' "$CC" got.o -o prog $flags
placed prog && [ "$(./prog)" = runs ]
ok $? 'with a table'

succeeds 'a placeholder enters ld -r' ld -r a.o place.o -o inner.o -T "$pctab_ld" -plugin "$pctab_so"
succeeds 'and is linked later' "$CC" inner.o b.o -o prog $flags
placed prog && [ "$(./prog)" = runs ]
ok $? 'with one table'
succeeds 'a placeholder in each of two ld -r' ld -r b.o place2.o -o inner2.o
succeeds 'are linked later' "$CC" inner.o inner2.o -o prog $flags
placed prog && [ "$(./prog)" = runs ]
ok $? 'with one table'
succeeds 'a placeholder by hand beside the plugin' "$CC" a.o b.o place2.o -o prog $flags
placed prog && [ "$(./prog)" = runs ]
ok $? 'with one table'
if have ld.lld; then
  succeeds 'a placeholder enters ld.lld -r' ld.lld -r a.o place.o -o inner.o -T "$pctab_lld_ld"
  succeeds 'and is linked later' "$CC" inner.o b.o -o prog $flags
  placed prog && [ "$(./prog)" = runs ]
  ok $? 'with one table'
fi

# Two that are no COMDAT: hand-made ones.
for n in 1 2; do
  cat >hand$n.s <<X
  .section .pctab,"a",%progbits
  .ascii "\177PCTAB\r\n"
  .long 0, 16
  .section .note.GNU-stack,"",%progbits
X
  as hand$n.s -o hand$n.o
done
fails 'two placeholders' 'two placeholders were linked' "$CC" a.o b.o hand1.o -o prog $flags
[ ! -e prog ]
ok $? 'leave no output'
fails 'two placeholders, by hand' 'two placeholders were linked' \
  sh -c "$CC a.o b.o hand1.o hand2.o place.o -o prog -Wl,-T,$pctab_ld && exec $pctab_link prog"
printf '.section .pctab,"a",%%progbits\n.fill 64\n.section .note.GNU-stack,"",%%progbits\n' | as -o noise.o -
fails 'something else in .pctab' '.pctab: has .* bytes where its header says|does not begin with a table' "$CC" a.o b.o noise.o -o prog $flags
printf '.section .pctab,"aw",%%progbits\n.fill 64\n.section .note.GNU-stack,"",%%progbits\n' | as -o writable.o -
fails 'a writable .pctab' '.pctab: ' "$CC" a.o b.o writable.o -o prog $flags
done_testing
