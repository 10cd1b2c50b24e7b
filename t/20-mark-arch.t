#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# What an architecture's predicates find, by predicates over made-up code: `u' is unsafe, `r' can be restarted, a digit
# is a length.  One that is missing marks nothing.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

# Function f, 64 bytes at 0x100, of instructions as long as the machine's shortest; stretches are counted from it.
sub check {
  my ($what, $hooks, $code, $want, $more, $machine) = @_;
  my $out = run_mark('machine ' . ($machine // 'amd64') . "\nframe 0x100 0x140\nsymbol 0x100 0x40 f\ncode 0x100 $code\n"
    . ($hooks ? "hooks $hooks\n" : '') . ($more // ''));
  $out =~ s/^(\d+) (\d+) (.*)$/join ' ', $1 - 0x100, $2 - 0x100, $3/mge;
  $out =~ s/^(table 0|dropped 0)\n//mg;
  is_text($out, join('', map { "$_\n" } @$want), $what);
}

need_printer();
check('no predicate: nothing', '', 'u.r.u', []);
check('lengths alone: nothing', 'l', 'u.r.u', []);
check('unsafe points', 'u', 'u.r.uu', ['0 1 -2', '4 6 -2']);
check('restartable ones', 'r', 'u.r.rr.r', ['2 3 -3', '4 5 -4', '5 6 -3', '7 8 -4']);
check('both', 'ur', 'uurru.r', ['0 2 -2', '2 3 -3', '3 4 -4', '4 5 -2', '6 7 -3']);
check('up to the end of the function', 'ur', '.' x 62 . 'ru', ['62 63 -3', '63 64 -2']);
check('by instruction on arm64', 'ur', 'ur.r', ['0 4 -2', '4 8 -3', '12 16 -4'], '', 'arm64');
check('by the shortest on riscv64', 'ur', 'ur.r', ['0 2 -2', '2 4 -3', '6 8 -4'], '', 'riscv64');
check('of several lengths', 'url', '3uu4.uu5rrrr.u', ['0 3 -2', '7 12 -3', '13 14 -2']);
check('without lengths their insides are asked too', 'u', '4.uu', ['2 4 -2']);
check('with them they are not', 'ul', '4.uu', []);
check('20 bytes', 'url', '9r.......' . '9r.......' . '2r', ['0 9 -3', '9 18 -4', '18 20 -3']);
check('too long to be restarted: unsafe', 'rl', '6r', ['0 24 -2'], '', 'arm64');
check('5 words are not', 'rl', '5r', ['0 20 -3'], '', 'arm64');
check('one longer than the function is cut', 'url', '.' x 60 . '9u', ['60 64 -2']);
check('a frame that changes inside: unsafe', 'rl', '.4r..4r', ['1 5 -2', '5 9 -3'], "row 0x103 1\n");
check('a function that begins inside: unsafe', 'rl', '.4r..4r', ['1 5 -2', '5 9 -3'],
  "symbol 0x103 8 g\n" =~ s/8/0x3d/r);
check('what the objects make unsafe is left', 'ur', 'rrruuurrr', ['0 1 -3', '1 6 -2', '6 7 -4', '7 8 -3', '8 9 -4'],
  "mark 0 0x101 0x104 -2 1 single\n");
check('nor is a sequence looked for that begins there', 'rl', '.4r..', ['0 3 -2'], "mark 0 0x100 0x103 -2 1 single\n");
check('their restart ranges too', 'r', 'rrrrrr', ['0 1 -3', '1 4 -4', '4 5 -3', '5 6 -4'],
  "mark 0 0x101 0x104 -3 1 single\n");
check('but unsafe code in them', 'ur', 'rr.u.r', ['0 1 -3', '1 3 -4', '3 5 -2', '5 6 -3'],
  "mark 0 0x101 0x105 -3 1 single\n");
check('and one that runs into them', 'rl', '4r....', ['0 2 -2', '2 5 -3'], "mark 0 0x102 0x105 -3 1 single\n");
check('their literals keep their values', 'r', 'rr.rr', ['0 1 -3', '1 2 -4', '2 3 -3', '3 4 -4', '4 5 -3'],
  "mark 0 0x102 0x103 -3 1 literal\n");
check('above restart at entry', 'ur', 'u.r.', ['0 1 -2', '1 2 -5', '2 3 -3', '3 4 -5'],
  "mark 0 0x100 0x104 -5 1 single\n");
check('points are unsafe already', 'r', 'rrrr', ['0 1 -3', '1 3 -2', '3 4 -4'],
  "point 0x101 1 1 begin\npoint 0x103 1 2 end\n");
is_text(run_mark("frame 0x100 0x110\nframe 0x120 0x130\nframe 0x130 0x131\ncode 0x10f uruuuu\ncode 0x12f rr\n"
    . "hooks ur\n"),
  "table 0\n271 272 -2\n303 304 -3\n304 305 -3\ndropped 0\n", 'in frames alone, each from -3 on');
is_text(run_mark("frame 0xfff0 0x10010\ncode 0xfffe uu\nhooks u\n"), "table 0\n65534 65536 -2\ndropped 0\n",
  'a frame behind the end of the section: up to there');
is_text(run_mark("frame 0x20000 0x20010\nhooks u\n"), "dropped 0\n", 'a frame without code');
done();
