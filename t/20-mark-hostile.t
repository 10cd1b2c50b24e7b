#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Marks with offsets, lengths and values from the ends of their ranges: tables, or an error with a message, always.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

my $cases = $ARGV[0] // 5000;
srand($ARGV[1] // 5);

sub pick { return $_[int rand @_]; }

my @offs = (0, 1, 3, 4, 255, 256, 272, 65535, 65536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff);

sub off { return pick(@offs, int rand 300); }

sub value { return pick(-2147483648, -6, -5, -5, -4, -3, -3, -2, -2, -1, 0, 2147483647); }

sub make_case {
  my $s = 'machine ' . pick('amd64', 'arm64', 's390x', 'mips') . "\n";
  my @ends = sort { $a <=> $b } map { off() } 1 .. 6;
  for (0, 2, 4) {
    next if $ends[$_] == $ends[ $_ + 1 ];
    $s .= "frame $ends[$_] $ends[$_ + 1]\n";
    $s .= 'row ' . ($ends[$_] + 1) . " 1\n" if rand() < 0.3 && $ends[$_] + 1 < $ends[ $_ + 1 ];
  }
  $s .= 'symbol ' . off() . ' ' . off() . " f\n" for 0 .. rand 4;
  for (0 .. rand 5) {
    my ($off, $end) = rand() < 0.8 ? sort { $a <=> $b } off(), off() : (off(), off());
    my $table = pick(0, 0, 0, 0, 1, 4294967295);
    $s .= "mark $table $off $end " . value() . ' ' . off() . ' ' . pick('single', 'literal', 'own') . "\n";
  }
  $s .= 'point ' . off() . ' ' . pick(1, 2, 0xffffffff) . ' 9 ' . pick('begin', 'end') . "\n" for 1 .. rand 4;
  my $code = join '', map { pick('u', 'r', '.', 9, 2) } 1 .. 40;
  $s .= 'code ' . int(rand 256) . " $code\nhooks " . pick('u', 'r', 'url') . "\n" if rand() < 0.3;
  return $s . (rand() < 0.5 ? "objects\n" : '');
}

need_printer();
my @cases = map { make_case() } 1 .. $cases;
my @outs = run_marks(@cases);
my $failed = grep { /^error prog: .*; .+\n\z/ } @outs;
my $good = grep { /^(table \d+\n(\d+ \d+ -?\d+\n)+)*dropped \d+\n\z/ } @outs;
ok(@outs == $cases && $failed && $good && $failed + $good == $cases,
  "$cases cases: $good have tables, $failed a message")
  || note(grep { !/^error prog: .*; .+\n\z|dropped \d+\n\z/ } @outs);
done();
