#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# The rules of Go's MarkUnsafePoints, one small function each.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

# Marks as "OFF END VALUE HOW" and stretches as "OFF END VALUE", counted from the function f; dropped marks.
sub check {
  my ($what, $marks, $want, $more) = @_;
  my $record = 0;
  my $text = $more // '';
  for (@$marks) {
    my ($off, $end, $value, $how) = split;
    $text .= sprintf "mark 0 %d %d %d %d %s\n", 0x100 + $off, 0x100 + $end, $value, ++$record, $how // 'single';
  }
  my $expected = @$want ? "table 0\n" : '';
  for (@$want) {
    my ($off, $end, $value) = split;
    $expected .= sprintf "%d %d %d\n", 0x100 + $off, 0x100 + $end, $value;
  }
  is_text(in_f($text), $expected . "dropped 0\n", $what);
}

need_printer();
check('an unsafe range', ['8 16 -2'], ['8 16 -2']);
check('unsafe ranges that touch are one stretch', ['8 16 -2', '16 20 -2', '18 22 -2 literal'], ['8 22 -2']);
check('what is unsafe already is left as it is', ['0 64 -2', '8 16 -2'], ['0 64 -2']);
check('a restart range', ['8 16 -3'], ['8 16 -3']);
check('restart ranges that touch differ, so that each has its own start',
  ['8 16 -3', '16 24 -3', '24 25 -3'], ['8 16 -3', '16 24 -4', '24 25 -3']);
check('they take turns also where they do not touch', ['8 16 -3', '17 24 -3', '40 44 -3'],
  ['8 16 -3', '17 24 -4', '40 44 -3']);
check('in whatever order they come', ['40 44 -3', '8 16 -3', '16 24 -3'], ['8 16 -3', '16 24 -4', '40 44 -3']);
check('a range at the end of the function', ['248 256 -3'], ['248 256 -3']);
check('and an unsafe one', ['248 256 -2'], ['248 256 -2']);
check('the whole function', ['0 256 -2'], ['0 256 -2']);
check('unsafe wins over restartable where both hold', ['8 16 -3', '8 16 -2'], ['8 16 -2']);
check('also over its start alone: then nothing is left to resume at', ['8 16 -3', '4 10 -2'], ['4 16 -2']);
check('over its end: its head can still be restarted', ['8 16 -3', '12 20 -2'], ['8 12 -3', '12 20 -2']);
check('in its middle: what is behind is unsafe too', ['8 24 -3', '12 14 -2'], ['8 12 -3', '12 24 -2']);
check('twice in it', ['8 24 -3', '12 14 -2', '20 22 -2'], ['8 12 -3', '12 24 -2']);
check('across two that touch', ['8 16 -3', '16 24 -3', '12 18 -2'], ['8 12 -3', '12 24 -2']);
check('a range that is gone takes no turn', ['8 16 -3', '20 24 -3', '30 34 -3', '20 22 -2'],
  ['8 16 -3', '20 24 -2', '30 34 -4']);
check('unsafe code beside a range takes nothing', ['8 16 -3', '4 8 -2', '16 20 -2'], ['4 8 -2', '8 16 -3', '16 20 -2']);
check('the value before a range comes back behind it', ['0 64 -5', '8 16 -3', '20 24 -2'],
  ['0 8 -5', '8 16 -3', '16 20 -5', '20 24 -2', '24 64 -5']);
check('restart at entry is one stretch, however it was written', ['0 8 -5', '8 16 -5 literal', '4 12 -5'], ['0 16 -5']);
check('restart at entry under unsafe code', ['0 16 -5', '0 16 -2'], ['0 16 -2']);
check('a stretch of -1 says nothing beside a mark', ['0 64 -1 literal', '8 16 -3'], ['8 16 -3']);
check('literal values are kept', ['8 16 -4 literal', '20 24 -4 literal', '24 28 -3 literal'],
  ['8 16 -4', '20 24 -4', '24 28 -3']);
check('those that touch with one value are one range', ['8 16 -4 literal', '16 20 -4 literal'], ['8 20 -4']);
check('those of another value that agree about a byte too', ['8 16 -5 literal', '12 20 -5 literal'], ['8 20 -5']);
check('a mark beside a literal takes the other value', ['8 16 -3 literal', '16 20 -3'], ['8 16 -3', '16 20 -4']);
check('also in front of it', ['8 16 -3', '16 20 -3 literal'], ['8 16 -4', '16 20 -3']);
check('and between two', ['8 12 -3 literal', '12 16 -3', '16 20 -3 literal'], ['8 12 -3', '12 16 -4', '16 20 -3']);
check('the first decides where both cannot be kept', ['8 12 -3 literal', '12 16 -3', '16 20 -4 literal'],
  ['8 12 -3', '12 16 -4', '16 20 -3']);
check('numbers go on from the last', ['8 12 -3 literal', '16 20 -3', '24 28 -3'], ['8 12 -3', '16 20 -4', '24 28 -3']);
check('a cut takes a literal range whole', ['8 16 -4 literal', '16 20 -4 literal', '10 12 -2'],
  ['8 10 -4', '10 20 -2']);
check('pctab\'s own marks are unsafe also beside literals', ['8 16 -1 literal', '16 24 -4 literal', '12 18 -2 own'],
  ['12 24 -2']);
check('points', [], ['8 16 -2'], "point 0x108 7 1 begin\npoint 0x110 7 2 end\n");
check('points in points, with one number', [], ['8 32 -2'],
  "point 0x108 7 1 begin\npoint 0x110 7 2 begin\npoint 0x118 7 3 end\npoint 0x120 7 4 end\n");
check('points that touch', [], ['8 32 -2'],
  "point 0x108 7 1 begin\npoint 0x110 7 2 end\npoint 0x110 7 3 begin\npoint 0x120 7 4 end\n");
check('points with a copy of theirs elsewhere', [], ['8 16 -2', '64 72 -2'],
  "point 0x140 7 3 begin\npoint 0x148 7 4 end\npoint 0x108 7 1 begin\npoint 0x110 7 2 end\n");
check('points up to the end of the function', [], ['8 256 -2'], "point 0x108 7 1 begin\npoint 0x200 7 2 end\n");
check('points cut a restart range', ['4 12 -3'], ['4 8 -3', '8 16 -2'], "point 0x108 7 1 begin\npoint 0x110 7 2 end\n");

my $two = "frame 0x100 0x200\nframe 0x200 0x300\n";
is_text(run_mark($two . "mark 0 0x1f0 0x200 -3 1 single\nmark 0 0x200 0x210 -3 2 single\n"),
  "table 0\n496 512 -3\n512 528 -3\ndropped 0\n", 'each function begins with -3');
is_text(run_mark($two . "mark 0 0x1f0 0x200 -4 1 literal\nmark 0 0x200 0x210 -4 2 literal\n"),
  "table 0\n496 512 -4\n512 528 -4\ndropped 0\n", 'literals of two functions do not join');
is_text(run_mark($two . "point 0x200 1 2 begin\npoint 0x210 1 3 end\npoint 0x1f0 1 0 begin\n"
    . "point 0x200 1 1 end\n"), "table 0\n496 512 -2\n512 528 -2\ndropped 0\n",
  'a point at the end of a function is of it, whichever record comes first');
is_text(run_mark("frame 0x100 0x200\nframe 0x280 0x300\nmark 0 0x80 0x90 -2 1 single\nmark 0 0x200 0x214 -3 2 single\n"
    . "mark 0 0x210 0x224 -3 2 literal\nmark 1 0x200 0x210 5 2 literal\nmark 0 0x300 0x310 -5 3 single\n"
    . "point 0x210 1 5 begin\npoint 0x220 1 5 end\n"), "dropped 7\n",
  'marks in code without a frame are dropped, and counted');
for my $wrong (["0x200 0x215 -3", 'is longer than 20 bytes'], ["0x210 0x210 -3", 'without an instruction'], ["0x210 0x212 -6", 'has the value -6']) {
  my ($mark, $what) = @$wrong;
  my $out = run_mark("frame 0x100 0x200\nframe 0x280 0x300\nmark 0 $mark 1 single\n");
  ok($out =~ /^error .*\Q$what\E/, "but a wrong one, $mark, is an error there too") or note($out);
}
is_text(run_mark("frame 0x100 0x200\nframe 0x280 0x300\nframe 0x300 0x340\nmark 0 0x80 0x310 -2 0 own\n"),
  "table 0\n256 512 -2\n640 768 -2\n768 784 -2\ndropped 0\n", 'pctab\'s own marks may go over several functions');
is_text(run_mark("machine arm64\nframe 0x100 0x200\nmark 0 0x111 0x11f -2 0 own\n"), "table 0\n272 288 -2\ndropped 0\n",
  'and take whole instructions');
is_text(run_mark("stubs 0x200 0x280\nframe 0x100 0x180\nframe 0x200 0x280\nmark 0 0x210 0x220 -2 1 single\n"
    . "mark 0 0x100 0x280 -2 0 own\n"), "table 0\n256 384 -2\ndropped 1\n", 'a PLT has no frames');
is_text(run_mark("frame 0x100 0x200\n"), "dropped 0\n", 'without marks there are no tables');
is_text(run_mark("mark 0 0 16 -2 1 single\n"), "dropped 1\n", 'without frames neither');
done();
