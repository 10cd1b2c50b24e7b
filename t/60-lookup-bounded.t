#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A lookup's work is bounded: in a function of 100,000 steps every answer is right, and finding one takes not more than a
# small factor of the instructions that it takes in a function of ten steps; so for pcdata.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl
read_table=$tap_build/t/tool/table_read
[ -x "$read_table" ] || skip_all "$read_table is not built"

# Functions by steps: each step is some bytes of code and then another CFA offset; "want" has them as they are written.
cat >make.pl <<'X'
use strict; use warnings;
my $state = 12345;
sub draw { $state = ($state * 1103515245 + 12345) % 2147483648; return int ($state / 65536) % $_[0] }
open my $asm, '>', 'steps.s' or die; open my $want, '>', 'want' or die;
print $asm " .text\n";
for my $f (['small', 10], ['medium', 1000], ['long', 100_000]) {
  my ($name, $steps) = @$f;
  print $asm " .balign 16\n .globl $name\n .type $name, %function\n$name:\n .cfi_startproc\n";
  my ($at, $offset) = (0, 8);
  print $want "$name 0 8\n";
  for (1 .. $steps - 1) {
    my $len = 1 + draw (9);
    $len = 300 if draw (1000) == 0;
    my $next = 8 + 8 * draw (500);
    $next += 8 if $next == $offset;
    print $asm " .skip $len, 0x90\n .cfi_def_cfa_offset $next\n";
    ($at, $offset) = ($at + $len, $next);
    print $want "$name $at $offset\n";
  }
  print $asm " .skip 5, 0x90\n .cfi_endproc\n .size $name, .-$name\n";
}
print $asm " .section .note.GNU-stack,\"\",%progbits\n";
X
perl make.pl
echo 'int main (void) { return 0; }' >main.c
case $("$CC" -dumpmachine) in
  x86_64-*) ;;
  *) skip_all 'the functions are written for x86-64' ;;
esac
"$CC" main.c steps.s -o prog $flags && placed prog
ok $? 'functions of 10, 1,000 and 100,000 steps'
nm prog | sed -n 's/^\([0-9a-f]*\) T \(small\|medium\|long\)$/\2 \1/p' >entries
cat >ask.pl <<'X'
use strict; use warnings;
my %entry; open my $in, '<', 'entries' or die; while (<$in>) { $entry{$1} = hex $2 if /^(\w+) (\w+)/ }
open $in, '<', 'want' or die; open my $pcs, '>', 'pcs' or die; open my $out, '>', 'expected' or die;
my @rows = map { [split] } <$in>;
for my $i (0 .. $#rows) {
  my ($name, $at, $offset) = @{$rows[$i]};
  my $e = $entry{$name};
  my $end = $i < $#rows && $rows[$i + 1][0] eq $name ? $rows[$i + 1][1] : $at + 5;
  for my $pc ($at, $end - 1) {
    printf $pcs "%x\n", $e + $pc;
    printf $out "%x %x %d\n", $e, $e + $at, $offset;
  }
}
X
perl ask.pl
"$read_table" rows prog <pcs >got
cmp got expected
ok $? "first and last PC of each step: entry, start, offset ($(wc -l <pcs) PCs)"
cut -d' ' -f2 entries >/dev/null
"$pctab_dump" --lookup prog <pcs >lines
ok $? "pctab-dump answers them as well"
is "$(sed 's/.*"offset":\(-\{0,1\}[0-9]*\).*/\1/' lines | cmp - <(cut -d' ' -f3 expected) && echo same)" same 'with the same offsets'

if ! have valgrind; then
  skip 'instructions a lookup' 'valgrind is not installed'
elif nm "$read_table" | grep -q __asan_init; then
  skip 'instructions a lookup' 'the build has sanitizers in it'
else
  # cost NAME: instructions for a lookup, PCs spread over the function.
  cost () {
    local from to n=2000
    from=$(sed -n "s/^$1 //p" entries)
    to=$(nm -S prog | sed -n "s/^\([0-9a-f]*\) \([0-9a-f]*\) T $1$/\2/p")
    valgrind --tool=callgrind --toggle-collect=count_lookups --callgrind-out-file=/dev/null "$read_table" count prog "$from" \
      "$(printf '%x' $((0x$from + 0x$to)))" $n 2>&1 >/dev/null | sed -n "s/.*Collected : *\([0-9]*\).*/\1/p" |
      { read -r all && echo $((all / n)); }
  }
  small=$(cost small) medium=$(cost medium) long=$(cost long)
  diag "instructions a lookup: $small in 10 steps, $medium in 1,000, $long in 100,000"
  [ "${small:-0}" -gt 10 ] && [ "$long" -le $((4 * small)) ] && [ "$medium" -le $((4 * small)) ]
  ok $? 'at most 4 times those in the small one'

  # pcdata: the same, of functions with so many restart ranges.
  cost_pcdata () {
    valgrind --tool=callgrind --toggle-collect=count_lookups --callgrind-out-file=/dev/null \
      "$tap_build/t/tool/pcdata_check" count "$1" 2000 2>&1 >/dev/null |
      sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' | { read -r all && echo $((all / 2000)); }
  }
  if [ -x "$tap_build/t/tool/pcdata_check" ]; then
    small=$(cost_pcdata 10) medium=$(cost_pcdata 1000) long=$(cost_pcdata 100000)
    diag "instructions for findfunc and pcdatavalue: $small with 10 ranges, $medium with 1,000, $long with 100,000"
    [ "${small:-0}" -gt 10 ] && [ "$long" -le $((4 * small)) ] && [ "$medium" -le $((4 * small)) ]
    ok $? 'pcdata: at most 4 times those in the small one'
  else
    skip 'pcdata' 't/tool/pcdata_check is not built'
  fi
fi
done_testing
