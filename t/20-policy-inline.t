#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The inlined copies of a function that is excluded are unsafe where they stand, as the debug information says: every
# instruction of theirs, and none besides.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/policy.sh
. "$tap_src/t/lib/policy.sh"
need objdump addr2line
cat >a.c <<'X'
extern int volatile sink;
int volatile sink;
static inline __attribute__ ((always_inline)) int inner (int v) { sink = v; return sink * 3; }
static inline __attribute__ ((always_inline)) int copied (int v) { sink = v + 1; return inner (v) + sink; }
int out_of_line (int v) { return copied (v); }
__attribute__ ((noinline)) int caller (int v) { sink = 0; v = copied (v); sink = 1; v += copied (v); sink = 2; return v; }
__attribute__ ((noinline)) int other (int v) { sink = 5; return v; }
int main (int argc, char **argv) { (void) argv; return caller (argc) + other (argc) + inner (argc) + out_of_line (argc); }
X
# in_inlined FILE NAME FUNCTION: instructions of FUNCTION that addr2line has in an inlined NAME.
in_inlined () {
  objdump -d --no-show-raw-insn "$1" | awk -v f="<$3>:" '$2 == f { on = 1; next } /^$/ { on = 0 } on { sub (":", "", $1); print $1 }' |
    while read -r at; do
      # The last name of the chain is the function itself.
      addr2line -fi -e "$1" "$at" | sed -n 'p;n' | sed '$d' | grep -qx "$2" && echo "$at"
    done
}
# in_marks FILE FUNCTION: its instructions that are in marks.
in_marks () {
  objdump -d --no-show-raw-insn "$1" | awk -v f="<$2>:" '$2 == f { on = 1; next } /^$/ { on = 0 } on { sub (":", "", $1); print $1 }' |
    perl -e 'open my $m, "<", "marks"; my @m = map { [map hex, (split)[1, 2]] } <$m>;
             while (my $at = <STDIN>) { chomp $at; my $a = hex $at; print "$at\n" if grep { $a >= $_->[0] && $a < $_->[1] } @m }'
}
cnt=0
for cc in gcc clang; do
  have $cc || { skip "$cc" "$cc is not installed"; continue; }
  for level in -O1 -O2 -O3 -Os; do
    $cc -g $level -c a.c && $cc a.o -o prog $spy_flags
    decide prog inputs=inputs exclude=copied
    is "$out" '' "$cc $level: excluded by name, though there is no other copy"
    for f in caller main out_of_line other; do
      in_inlined prog copied $f >want
      in_marks prog $f >got
      cmp want got
      ok $? "$cc $level: $f has $(wc -l <want) instructions of copied"
      cnt=$((cnt + $(wc -l <want)))
    done
    is "$(reason caller) $(reason main)" '- -' "$cc $level: the functions around them stay preemptible"
    is "$(awk '{ print $4 }' marks | sort -u)" -2 "$cc $level: all marks are unsafe"
  done
done
[ "$cnt" -gt 20 ]
ok $? "$cnt instructions compared"
gcc -g -O2 -c a.c && gcc a.o -o prog $spy_flags
decide prog inputs=inputs
is "$(wc -l <marks)" 0 'without an exclusion: no marks'
decide prog inputs=inputs exclude=copied exclude=caller
in_marks prog caller >got
is "$(wc -l <got) $(reason caller)" '0 EXCLUDED' 'a function that is refused as a whole needs none'
decide prog inputs=inputs preempt=none exclude=copied
is "$(wc -l <marks)" 0 'nor does preempt=none'
decide prog inputs=inputs exclude=copied exclude=inner
in_inlined prog inner main >want
in_marks prog main >got
is "$(sort -u want | comm -23 - <(sort -u got) | wc -l)" 0 'two at once, one in the other'
perl -e 'open my $m, "<", "marks"; my $end = 0; my $bad = 0; while (<$m>) { my (undef, $f, $t) = split; $bad++ if hex $f < $end; $end = hex $t } exit $bad'
ok $? 'marks do not overlap'
strip -g prog -o bare
decide bare inputs=inputs exclude=copied
is "$(wc -l <marks) $out" '0 pctab-link: warning: exclude=copied matches nothing' 'without debug information: not known, and said'
done_testing
