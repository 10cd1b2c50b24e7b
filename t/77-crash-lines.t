#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a crash report says of each frame of the program itself is what addr2line says of its PC: functions, files, lines,
# inlined calls.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/module.sh
. "$tap_src/t/lib/module.sh"
# shellcheck source=SCRIPTDIR/lib/crash.sh
. "$tap_src/t/lib/crash.sh"
need pkg-config addr2line perl
built_library
"$CC" -O1 "$crash_src/status.c" -o status || exit 99

cat >compare.pl <<'X'
# compare.pl PROGRAM REPORT: frames with lines, against addr2line; the count is the last line.
use strict;
use warnings;
my ($program, $report) = @ARGV;
open my $in, '<', $report or die;
my (%said, @order, $after_signal);
while (<$in>) {
  /^#(\d+) 0x([0-9a-f]+) (.*)$/ or next;
  my ($number, $pc, $rest) = ($1, $2, $3);
  my $exact = $number == 0 || $after_signal && $after_signal == $number;
  $after_signal = $number + 1 if $rest =~ /^return from a signal handler/;
  next unless $rest =~ /^(\S+?)(?:\+0x[0-9a-f]+| \(inlined\)) in (.*):(\d+)$/;
  my $key = sprintf '0x%x', hex($pc) - !$exact;
  push @order, $key unless grep { $_ eq "$key" } @order;
  my ($func, $file, $line) = ($1, $2, $3);
  $func =~ s/\.(cold|part|constprop|isra)\b.*//;
  push @{ $said{"$number $key"} }, "$func $file:$line";
}
my %want;
for my $key (@order) {
  my @lines = split /\n/, `addr2line -fie $program $key`;
  while (my ($func, $at) = splice @lines, 0, 2) {
    $func =~ s/\.(cold|part|constprop|isra)\b.*//;
    $at =~ s/ \(discriminator \d+\)//;
    push @{ $want{$key} }, "$func $at";
  }
}
my ($frames, $wrong) = (0, 0);
for (sort keys %said) {
  my ($number, $key) = split / /;
  my ($got, $want) = (join(', ', @{ $said{$_} }), join(', ', @{ $want{$key} }));
  $frames++;
  next if $got eq $want;
  $wrong++;
  print "$key: $got, addr2line: $want\n";
}
print "$frames frames, $wrong wrong\n";
exit($wrong || !$frames);
X

# compare NAME PROGRAM ARG...
for level in -O0 -O1 -O2 -O3 '-O2 -gdwarf-4'; do
  # shellcheck disable=SC2086
  succeeds "$level: compiles" "$CC" $level -g -no-pie -pthread $include "$crash_src/crash.c" -o prog $library $flags
  for arg in segv bus fpe abort deep handler thread heap; do
    crash 20 ./prog "$arg"
    run perl compare.pl prog err
    is "$status" 0 "$level: $arg: $(printf '%s\n' "$out" | tail -n 1)"
    [ "$status" = 0 ] || diag "$(printf '%s\n' "$out" | head -n 5)"
  done
done
done_testing
