#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later
# C code for a stack of N different functions: frames of 8 bytes to 1 KiB, up to five registers saved, code of all
# lengths between.
#
#     chain.pl N
# chain_0 (depth, x) calls chain_1 (depth - 1, ...) and so on; where depth is 1, chain_end ().
use strict;
use warnings;

my $cnt = shift // 256;
my @bytes = (24, 40, 72, 136, 264, 520, 1032, 8);
print "extern void chain_end (void);\n";
print "long chain_$_ (int depth, long x);\n" for 0 .. $cnt - 1;
for my $i (0 .. $cnt - 1) {
  my $len = $bytes[$i * 7 % 8] + 8 * ($i % 5);
  my @kept = map { "k$_" } 0 .. $i % 6 - 1;
  my $next = $i + 1 < $cnt ? "chain_" . ($i + 1) . " (depth - 1, x + room[(depth + 3) % $len])" : '0';
  print "__attribute__ ((noinline, noclone)) long\nchain_$i (int depth, long x)\n{\n";
  print "  volatile char room[$len];\n  room[depth % $len] = (char) x;\n  long r = 0;\n";
  print "  long $kept[$_] = x * @{[$_ + 3]} + depth;\n" for 0 .. $#kept;
  print "  __asm__ volatile (\"nop\" :: \"r\" (x + @{[$_ * 13 + $i]}));\n" for 1 .. $i % 9;
  print "  if (depth <= 1)\n    chain_end ();\n  else\n    r = $next;\n";
  print "  __asm__ volatile (\"\" : \"+r\" ($_));\n" for @kept;
  print "  return r + ", join (' + ', "room[(depth + 1) % $len]", @kept), ";\n}\n\n";
}
