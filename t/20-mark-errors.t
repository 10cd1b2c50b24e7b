#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Every error in marks, alone, with its message: object, function, offset in it, length, what is wrong, what to do.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

my $cnt = 0;

# In function f, 256 bytes; WHERE is what the message begins with.
sub fails {
  my ($what, $text, $where, $says) = @_;
  my $out = in_f("objects\n$text");
  $cnt++;
  like($out, qr/^error prog: \.pcdata: \Q$where\E: .*$says.*; .+\n\z/, $what);
}

need_printer();
fails('overlapping restart ranges', "mark 0 0x110 0x118 -3 1 single\nmark 0 0x114 0x120 -3 2 single\n",
  'o2.o: f+0x14 (12 bytes)', 'a restart range overlaps another one, of 8 bytes from 0x400110 on');
fails('nested ones', "mark 0 0x110 0x120 -3 1 single\nmark 0 0x114 0x118 -3 2 single\n", 'o2.o: f+0x14 (4 bytes)',
  'is nested with another one, of 16 bytes');
fails('the same one twice', "mark 0 0x110 0x120 -3 1 single\nmark 0 0x110 0x120 -3 2 single\n",
  'o2.o: f+0x10 (16 bytes)',
  'is nested with another one, of 16 bytes');
fails('a mark over a literal', "mark 0 0x110 0x120 -3 1 literal\nmark 0 0x114 0x124 -3 2 single\n",
  'o2.o: f+0x14 (16 bytes)',
  'overlaps another one');
fails('overlapping ones under unsafe code',
  "mark 0 0x100 0x200 -2 3 single\nmark 0 0x110 0x118 -3 1 single\nmark 0 0x114 0x120 -3 2 single\n",
  'o2.o: f+0x14 (12 bytes)', 'overlaps another one');
fails('one that leaves its frame', "mark 0 0x1f8 0x204 -3 1 single\n", 'o1.o: f+0xf8 (12 bytes)',
  'a restart range leaves its function, whose frame ends at 0x400200');
fails('one that begins in front of a frame', "mark 0 0xf8 0x104 -3 1 single\n",
  'o1.o: function at 0x4000f8+0x0 (12 bytes)',
  'a restart range leaves its function, whose frame begins at 0x400100');
fails('one that leaves its symbol', "symbol 0x140 0x10 g\nmark 0 0x148 0x154 -3 1 single\n", 'o1.o: g+0x8 (12 bytes)',
  'a restart range leaves its function: a function symbol begins or ends at 0x400150');
fails('one that runs into a symbol', "symbol 0x140 0x10 g\nmark 0 0x13c 0x144 -3 1 single\n", 'o1.o: f+0x3c (8 bytes)',
  'a function symbol begins or ends at 0x400140');
fails('one around a symbol', "symbol 0x140 4 g\nmark 0 0x13c 0x148 -3 1 single\n", 'o1.o: f+0x3c (12 bytes)',
  'a function symbol begins or ends at 0x400140');
fails('a restart at entry of a function that is not its frame\'s first',
  "symbol 0x140 0x10 g\nmark 0 0x144 0x148 -5 1 single\n",
  'o1.o: g+0x4 (4 bytes)', 'a function symbol begins or ends at 0x400140');
fails('a restart at entry of a frame within its function', "symbol 0x80 0x280 h\nframe 0x80 0x90\nframe 0x200 0x300\n"
  . "mark 0 0x80 0x88 -5 1 single\nmark 0 0x200 0x204 -5 1 single\n",
  'o1.o: h+0x180 (4 bytes)', 'a restart at entry in a frame that begins at 0x400200, within its function');
fails('an unsafe range that leaves its frame', "mark 0 0x1f0 0x210 -2 1 single\n", 'o1.o: f+0xf0 (32 bytes)',
  'an unsafe range leaves its function');
fails('values that leave their frame', "mark 0 0x1f0 0x210 -1 1 literal\n", 'o1.o: f+0xf0 (32 bytes)',
  'a stretch of values leaves its function');
fails('values of another table that do', "mark 3 0x1f0 0x210 7 1 literal\n", 'o1.o: f+0xf0 (32 bytes)',
  'a stretch of values leaves its function');
fails('one without an instruction', "mark 0 0x110 0x110 -3 1 single\n", 'o1.o: f+0x10 (0 bytes)',
  'a restart range without an instruction');
fails('at the end of its function', "mark 0 0x200 0x200 -3 1 single\n", 'o1.o: f+0x100 (0 bytes)',
  'a restart range without an instruction');
fails('a literal one', "mark 0 0x110 0x110 -4 1 literal\n", 'o1.o: f+0x10 (0 bytes)',
  'a restart range without an instruction');
fails('a restart at entry', "mark 0 0x110 0x110 -5 1 single\n", 'o1.o: f+0x10 (0 bytes)',
  'a restart range without an instruction');
fails('less than an instruction', "machine arm64\nmark 0 0x110 0x112 -3 1 single\n", 'o1.o: f+0x10 (2 bytes)',
  'within an instruction, which have multiples of 4 bytes');
fails('points within instructions', "machine arm64\npoint 0x112 1 1 begin\npoint 0x118 1 2 end\n",
  'o1.o: f+0x12 (6 bytes)',
  'within an instruction');
fails('one of 21 bytes', "mark 0 0x110 0x125 -3 1 single\n", 'o1.o: f+0x10 (21 bytes)', 'longer than 20 bytes');
fails('another frame in it', "row 0x114 1\nmark 0 0x110 0x118 -3 1 single\n", 'o1.o: f+0x10 (8 bytes)',
  'the frame changes at 0x400114');
fails('another frame than at entry', "row 0x104 1\nmark 0 0x110 0x118 -5 1 single\n", 'o1.o: f+0x10 (8 bytes)',
  'the frame changes at 0x400110');
fails('another frame in a restart at entry', "row 0x104 1\nmark 0 0x100 0x118 -5 1 single\n", 'o1.o: f+0x0 (24 bytes)',
  'the frame changes at 0x400104');
fails('a point that nothing ends', "point 0x110 7 1 begin\n", 'o1.o: f+0x10 (0 bytes)',
  'unsafe code that begins here \(pair 7\) does not end in this function');
fails('a point that nothing begins', "point 0x110 7 1 end\n", 'o1.o: f+0x10 (0 bytes)',
  'unsafe code that ends here \(pair 7\) does not begin in this function');
fails('the same at the end of a function', "point 0x200 7 1 end\n", 'o1.o: f+0x100 (0 bytes)',
  'unsafe code that ends here \(pair 7\) does not begin');
fails('a pair over two functions', "frame 0x200 0x300\npoint 0x110 7 1 begin\npoint 0x210 7 2 end\n",
  'o1.o: f+0x10 (0 bytes)',
  'does not end in this function');
fails('pairs that cross', "point 0x110 7 1 begin\npoint 0x114 8 2 begin\npoint 0x118 7 3 end\npoint 0x11c 8 4 end\n",
  'o2.o: f+0x14 (4 bytes)', 'unsafe code that begins here \(pair 8\) crosses another \(pair 7\)');
fails('an empty pair', "point 0x110 7 1 begin\npoint 0x110 7 2 end\n", 'o1.o: f+0x10 (0 bytes)',
  'unsafe code \(pair 7\) without an instruction');
fails('values of a table that contradict', "mark 4 0x110 0x120 7 1 literal\nmark 4 0x118 0x128 8 2 literal\n",
  'o2.o: f+0x18 (16 bytes)', 'value 8 of table 4 contradicts 7, which another record gives 16 bytes from 0x400110 on');
fails('-1 against another value', "mark 4 0x110 0x120 7 1 literal\nmark 4 0x118 0x11c -1 2 literal\n",
  'o2.o: f+0x18 (4 bytes)',
  'value -1 of table 4 contradicts 7');
fails('literals of table 0 that contradict', "mark 0 0x110 0x118 -3 1 literal\nmark 0 0x114 0x11c -4 2 literal\n",
  'o2.o: f+0x14 (8 bytes)', 'value -4 of table 0 contradicts -3');
fails('unsafe against safe', "mark 0 0x110 0x118 -2 1 literal\nmark 0 0x110 0x118 -1 2 literal\n",
  'o2.o: f+0x10 (8 bytes)',
  'value -1 of table 0 contradicts -2');
fails("value $_ in table 0", "mark 0 0x110 0x118 $_ 1 literal\n", 'o1.o: f+0x10 (8 bytes)',
  "a stretch of table 0, UnsafePoint, has the value $_") for 0, 1, -6, 2147483647, -2147483648;
fails("value $_ in a mark", "mark 0 0x110 0x118 $_ 1 single\n", 'o1.o: f+0x10 (8 bytes)', "a mark has the value $_")
  for 0, -1, -4, -6;
like(in_f("name 2 state\nname 3 x\nname 2 phase\n"),
  qr/^error prog: \.pcdata: pcdata table 2 has two names, state and phase; .*\n\z/, 'two names for one table');
$cnt++;

# Without what says where it is.
like(run_mark("frame 0x100 0x200\nmark 0 0x110 0x125 -3 1 single\n"),
  qr/^error prog: \.pcdata: function at 0x400100\+0x10 \(21 bytes\): /, 'no symbol: the address of its frame');
like(run_mark("frame 0x100 0x200\nsymbol 0x100 0 f\nmark 0 0x110 0x125 -3 1 single\n"),
  qr/^error prog: \.pcdata: f\+0x10 \(21 bytes\): /, 'a symbol without a size');
like(run_mark("frame 0x100 0x200\nsymbol 0x100 0x100 " . 'n' x 250 . "\nmark 0 0x110 0x125 -3 1 single\n"),
  qr/^error prog: \.pcdata: n{200}\+0x10 \(21 bytes\): .*unsafe\n\z/, 'a long name is cut');
note("$cnt errors");
done();
