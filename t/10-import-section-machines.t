#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Records of every machine, word and byte order that pctab knows, in files made here without their assemblers; addresses
# of Thumb and microMIPS code carry a bit that is none of the address.
use strict;
use warnings;
use File::Temp qw(tempdir);

my $build = $ENV{abs_top_builddir} // '.';
my $printer = "$build/t/tool/model_print";
my $dir = tempdir(CLEANUP => 1);
my $tests = 0;

sub is_text {
  my ($have, $want, $what) = @_;
  $tests++;
  print $have eq $want ? "ok $tests - $what\n" : "not ok $tests - $what\n";
  print map { "# $_\n" } "expected:", split(/\n/, $want), "found:", split(/\n/, $have) if $have ne $want;
}

# NAME, e_machine, 64 bit, byte orders, SP, FP, what is added to an address.
my @machines = (
  ['amd64', 62, 1, [0], 7, 6, 0], ['386', 3, 0, [0], 4, 5, 0], ['arm64', 183, 1, [0, 1], 31, 29, 0],
  ['arm', 40, 0, [0, 1], 13, 11, 1], ['riscv64', 243, 1, [0], 2, 8, 0], ['s390x', 22, 1, [1], 15, 11, 0],
  ['ppc64le', 21, 1, [0, 1], 1, 31, 0], ['mips', 8, 0, [0, 1], 29, 30, 1],
);

sub elf_file {
  my ($path, $machine, $is64, $big, @records) = @_;
  my $e = $big ? '>' : '<';
  my ($half, $word, $long) = ("S$e", "L$e", $is64 ? "Q$e" : "L$e");
  my ($head, $entry) = $is64 ? (64, 64) : (52, 40);
  my $names = "\0.text\0" . join('', map { "$_->[0]\0" } @records) . ".shstrtab\0";
  my @sections = (['.text', 6, 0x401000, "\0" x 256], map({ [$_->[0], 0x80, 0, $_->[1]] } @records),
    ['.shstrtab', 0, 0, $names]);
  my ($body, $table) = ('', "\0" x $entry);
  for (@sections) {
    my ($n, $flags, $addr, $bytes) = @$_;
    $table .= pack "$word$word$long$long$long$long$word$word$long$long", index($names, $n), $n eq '.shstrtab' ? 3 : 1, $flags,
      $addr, $head + length $body, length $bytes, 0, 0, 1, 0;
    $body .= $bytes;
  }
  my $header = pack 'a4CCCCx8', "\x7fELF", $is64 ? 2 : 1, $big ? 2 : 1, 1, 0;
  $header .= pack "$half$half$word$long$long$long$word$half$half$half$half$half$half", 2, $machine, 1, 0, 0,
    $head + length $body, 0, $head, $is64 ? 56 : 32, 0, $entry, 1 + @sections, scalar @sections;
  open my $out, '>:raw', $path or die "$path: $!\n";
  print $out $header, $body, $table;
  close $out;
}

my ($files, $lines) = (0, 0);
for (@machines) {
  my ($name, $machine, $is64, $orders, $sp, $fp, $bit) = @$_;
  for my $big (@$orders) {
    my $e = $big ? '>' : '<';
    my $record = sub {
      my ($kind, $addr, $body) = @_;
      my $head = $is64 ? 16 : 12;
      return pack("CCCCL${e}", 1, $kind, $is64 ? 8 : 4, 0, $head + length $body)
        . pack($is64 ? "Q$e" : "L$e", $addr + $bit) . $body;
    };
    my $row = sub { my ($advance, @f) = @_; return pack "L${e}C8l${e}4", $advance, @f };
    my $frame = $record->(16, 0x401010, pack("L${e}L${e}", 32, 0) . $row->(0, 3, $sp, 1, 0, 0, 0, 0, 0, 16, 0, -8, 0)
      . $row->(8, 3, $fp, 1, 0, 1, 0, 0, 0, 24, 0, -8, -16) . $row->(8, 3, 3, 2, 14, 4, 0, 0, 0, -32, 0, 0, 0));
    my $text = "a.c\0f\0";
    my $line = $record->(32, 0x401010, pack("L${e}3", 32, length $text, 1) . $text . pack("L${e}6", 0, 2, 1, 4, 1, 9)
      . pack("L${e}8", 0, 0, 1, 7, 8, 1, 1, 4));
    my $mark = $record->(2, 0x401014, pack "L${e}l${e}", 4, -3) . $record->(1, 0x401018, pack "L${e}2l${e}", 300, 8, -77)
      . $record->(3, 0x401010, pack "L${e}2", 1, 5) . $record->(3, 0x401100, pack "L${e}2", 2, 5)
      . $record->(4, 0x401010, pack "L${e}2", 32, 9) . $record->(5, 0x401010, pack("L$e", 300) . "t\0")
      . $record->(2, 0 - $bit, pack "L${e}l${e}", 4, -2);
    my $file = "$dir/$name-$big";
    elf_file($file, $machine, $is64, $big, ['.pcdata', $mark], ['.pcsp', $frame], ['.pcln', $line]);
    my $order = $big ? 'big' : 'little';
    is_text(scalar `'$printer' frames '$file' 2>&1`, <<"W", "$name, $order-endian: a frame and its flags");
frame 401010 401030 asm nopreempt=3 marked
401010 sp+16 c-8 s
401018 fp+24 c-8 c-16
401020 r3-32 r14 ?
W
    is_text(scalar `'$printer' marks '$file' 2>&1`, <<"W", "$name, $order-endian: marks");
mark 401014 401018 -3 table 0 single
mark 401018 401020 -77 table 300
point 401010 begin 5
point 401100 end 5
table 300 t
W
    is_text(scalar `'$printer' lines '$file' 2>&1`, <<"W", "$name, $order-endian: lines");
sequence 401010 401030
line 401010 a.c:7
line 401018 a.c:4
range 401010 401030 
range 401018 401030 f in  at a.c:9
W
    $files++;
    $lines += 14;
  }
}
print "# $files files, $lines lines compared\n1..$tests\n";
