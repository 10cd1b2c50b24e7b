#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# A million marks, and records made to cost as much as they can: the time follows the file's size.
use strict;
use warnings;
use File::Temp qw(tempdir);
use Time::HiRes qw(time);

my $build = $ENV{abs_top_builddir} // '.';
my $printer = "$build/t/tool/model_print";
my $dir = tempdir(CLEANUP => 1);
my $tests = 0;
my $text_len = 1 << 26;

# A little-endian amd64 file of these sections behind 64 MiB of code, which is a hole.
sub write_file {
  my ($path, @sections) = @_;
  my $names = "\0.text\0" . join('', map { "$_->[0]\0" } @sections) . ".shstrtab\0";
  @sections = (@sections, ['.shstrtab', $names]);
  my $at = 64 + $text_len;
  my $table = ("\0" x 64) . pack 'LLQQQQLLQQ', 1, 1, 6, 0x401000, 64, $text_len, 0, 0, 1, 0;
  for (@sections) {
    my ($n, $bytes) = @$_;
    $table .= pack 'LLQQQQLLQQ', index($names, "\0$n\0") + 1, $n eq '.shstrtab' ? 3 : 1, 0, 0, $at, length $bytes, 0, 0, 1, 0;
    $at += length $bytes;
  }
  my $header = pack('a4CCCCx8', "\x7fELF", 2, 1, 1, 0)
    . pack 'SSLQQQLSSSSSS', 2, 62, 1, 0, 0, $at, 0, 64, 56, 0, 64, 2 + @sections, 1 + @sections;
  open my $out, '>:raw', $path or die "$path: $!\n";
  print $out $header;
  seek $out, 64 + $text_len, 0;
  print $out $_->[1] for @sections;
  print $out $table;
  close $out;
}

sub record { return pack('CCCCLQ', 1, $_[0], 8, 0, 16 + length $_[2], 0x401000 + $_[1]) . $_[2]; }

sub frames {
  my ($cnt, $len) = @_;
  return join '', map { record(16, $_ * $len, pack 'LLLC8l4', $len, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 8, 0, -8, 0) } 0 .. $cnt - 1;
}

# model_print WHAT on the sections: 20 seconds at most, where a quiet machine takes one.
sub within {
  my ($name, $what, $pattern, @sections) = @_;
  my $path = "$dir/case";
  write_file($path, @sections);
  my $start = time;
  my $out = `timeout 20 '$printer' $what '$path' 2>&1 | tail -n 3`;
  my $good = $out =~ $pattern;
  $tests++;
  printf "%s %d - %s (%.2f s)\n", $good ? 'ok' : 'not ok', $tests, $name, time - $start;
  print map { "# $_\n" } split /\n/, $out if !$good;
}

my $mark = pack 'Ll', 2, -2;
within('a million marks', 'marks', qr/^mark 283e55a 283e55c -2 table 0 single$/m,
  ['.pcdata', join '', map { record(2, $_ * 38, $mark) } 0 .. 999_999]);
within('a million marks, backwards, in 100,000 frames', 'marks', qr/^mark 401000 401002 -2 table 0 single$/m,
  ['.pcsp', frames(100_000, 380)], ['.pcdata', join '', map { record(2, (999_999 - $_) * 38, $mark) } 0 .. 999_999]);
my $flags = pack 'LL', 100_000 * 380, 2;
within('200,000 times flags for 100,000 functions', 'frames', qr/^frame .* top marked\n/m,
  ['.pcsp', frames(100_000, 380)], ['.pcdata', record(4, 0, $flags) x 200_000]);
within('300,000 names of tables, backwards', 'marks', qr/^table 299999 t$/m,
  ['.pcdata', join '', map { record(5, 0, pack('L', 299_999 - $_) . "t\0") } 0 .. 299_999]);
within('300,000 names of one table', 'marks', qr/^table 7 t$/m, ['.pcdata', record(5, 0, pack('L', 7) . "t\0") x 300_000]);
within('100,000 records of lines, backwards', 'lines', qr/^range 4f5236 4f5240 $/m, ['.pcln',
  join '', map { record(32, (99_999 - $_) * 10, pack('LLL', 10, 4, 0) . "a.c\0" . pack('L8', 0, 0, 1, 1, 4, 0, 1, 2)) } 0 .. 99_999]);
my $calls = join '', map { pack 'L6', $_, 1, 1, 1, 1, $_ } 0 .. 199_999;
within('20 times a call 200,000 deep', 'time', qr/^time section/m, ['.pcln',
  record(32, 0, pack('LLL', 300_000, 4, 200_000) . "a.c\0" . $calls
    . join '', map { pack 'LLLL', $_ ? 1 : 0, $_, 1, $_ } 0 .. 199_999)]);
my $wide = join '', map { pack 'L6', 0, 1, 1, 1, 1, $_ } 0 .. 199_999;
within('a function of 200,000 calls', 'lines', qr/^range 431d3f 44a3e0 a\.c in  at a\.c:199998$/m, ['.pcln',
  record(32, 0, pack('LLL', 300_000, 4, 200_000) . "a.c\0" . $wide
    . join '', map { pack 'LLLL', $_ ? 1 : 0, $_, 1, $_ } 0 .. 199_999)]);
within('100,000 times the same frame', 'frames', qr/^401000 sp/m,
  ['.pcsp', record(16, 0, pack 'LLLC8l4', 8, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 8, 0, -8, 0) x 100_000]);
within('a record of 500,000 rows', 'frames', qr/^47b11f sp\+8 c-8 s$/m, ['.pcsp',
  record(16, 0, pack('LL', 500_000, 0) . join '', map { pack 'LC8l4', $_ ? 1 : 0, 1, 0, 1, 0, 0, 0, 0, 0, 8 * ($_ % 2 ? 1 : 2), 0, -8, 0 } 0 .. 499_999)]);
print "1..$tests\n";
