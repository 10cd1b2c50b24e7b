#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Tables beside UnsafePoint: their values as records say them, their names, their order; many of them.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

need_printer();
is_text(in_f("mark 1 0x110 0x120 7 1 literal\nmark 1 0x130 0x140 0 1 literal\n"),
  "table 1\n272 288 7\n304 320 0\ndropped 0\n", 'values as they were given');
is_text(in_f("mark 1 0x120 0x130 7 2 literal\nmark 1 0x110 0x120 7 1 literal\nmark 1 0x118 0x138 7 3 literal\n"),
  "table 1\n272 312 7\ndropped 0\n", 'those that touch or agree are one stretch');
is_text(in_f("mark 1 0x110 0x120 7 1 literal\nmark 1 0x120 0x130 -1 1 literal\nmark 1 0x130 0x140 8 1 literal\n"),
  "table 1\n272 288 7\n304 320 8\ndropped 0\n", '-1 is no stretch');
is_text(in_f("mark 5 0x100 0x200 -2147483648 1 literal\nmark 2 0x110 0x110 7 1 literal\n"
    . "mark 4294967295 0x108 0x109 2147483647 1 literal\nmark 0 0x104 0x108 -2 1 single\n"),
  "table 0\n260 264 -2\ntable 5\n256 512 -2147483648\ntable 4294967295\n264 265 2147483647\ndropped 0\n",
  'tables by rising number; one without stretches is left out');
is_text(in_f("name 7 seven\nname 5 five\nname 7 seven\nmark 5 0x110 0x118 1 1 literal\n"
    . "mark 6 0x110 0x118 1 1 literal\n"),
  "table 5 five\n272 280 1\ntable 6\n272 280 1\ntable 7 seven\ndropped 0\n",
  'names are merged; a name alone makes a table');
is_text(in_f("name 0 UnsafePoint\n"), "table 0 UnsafePoint\ndropped 0\n", 'table 0 may have one');
is_text(run_mark("frame 0x100 0x200\nframe 0x200 0x300\nmark 2 0x1f0 0x200 4 1 literal\n"
    . "mark 2 0x200 0x210 4 2 literal\n"),
  "table 2\n496 512 4\n512 528 4\ndropped 0\n", 'a stretch is of one function');
is_text(in_f("mark 2 0x110 0x200 -3 1 literal\n"), "table 2\n272 512 -3\ndropped 0\n",
  'the bounds of restart ranges are those of table 0 alone');
is_text(in_f("mark 2 0x110 0x120 -2 0 own\n"), "table 2\n272 288 -2\ndropped 0\n", 'pctab\'s own values');

# As many tables as functions: a walk over all functions for each table would not end.
my $many = 100000;
my $text = '';
for my $i (0 .. $many - 1) {
  my $off = 16 * $i;
  $text .= sprintf "frame %d %d\nmark %d %d %d %d 1 literal\n", $off, $off + 16, $many - $i, $off + 4, $off + 8, $i;
}
my $start = time;
my $out = run_mark($text);
my $tables = () = $out =~ /^table/mg;
ok($tables == $many && $out =~ /^table 1\n@{[16 * ($many - 1) + 4]} / && time - $start < 60,
  "$many functions and tables");
done();
