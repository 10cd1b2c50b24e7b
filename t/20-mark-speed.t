#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Ten times as many marks take some ten times as long, in the order of the code and in no order.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

need_printer();
for my $order ('', 'random') {
  my @ms = (1e9, 1e9);
  # Of several runs the quickest: the machine may have stopped in one.
  for my $try (1 .. 3) {
    for my $i (0, 1) {
      my $cnt = (100000, 1000000)[$i];
      my $out = `'@{[printer()]}' time $cnt $order 2>&1`;
      note($out);
      $ms[$i] = $1 if $out =~ /^$cnt marks $cnt stretches ([\d.]+) ms$/ && $1 < $ms[$i];
    }
  }
  # Caches make it some more; a quadratic step would make it a hundred times.
  ok($ms[1] < 50 * ($ms[0] + 0.5), '1000000 marks ' . ($order || 'in order'));
}
done();
