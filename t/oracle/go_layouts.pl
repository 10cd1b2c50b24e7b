#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Rewrites the table of a program by Go 1.18 or 1.19 (64 bit, little endian) as Go 1.16 and as Go 1.20 would have laid it
# out: header, functab and function records change, names, files and streams don't.  For layouts whose Go is not at hand.
#
#   go_layouts.pl PROGRAM OUT.16 OUT.20       the section's bytes
use strict;
use warnings;

my ($program, %out);
($program, @out{16, 20}) = @ARGV;

sub read_section {
  my ($line) = grep { /\] \.gopclntab\s/ } `readelf -SW '$program'`;
  my ($off, $size) = ($line // '') =~ /PROGBITS\s+\S+ (\S+) (\S+)/ or die "go_layouts.pl: $program has no .gopclntab\n";
  open my $in, '<:raw', $program or die "$program: $!\n";
  seek $in, hex $off, 0;
  read($in, my $bytes, hex $size) == hex $size or die "$program: $!\n";
  return $bytes;
}

my $old = read_section();
my ($magic, $pad, $quantum, $word, $funcs, $files, $text, @parts) = unpack 'VvCCQ<8', $old;
die "go_layouts.pl: not the layout of Go 1.18\n" if $magic != 0xfffffff0 || $word != 8;
my @ends = (@parts[1 .. 4], length $old);
my @shared = map { substr $old, $parts[$_], $ends[$_] - $parts[$_] } 0 .. 3;
my $data = substr $old, $parts[4];
my @functab = unpack 'V' . (2 * $funcs + 1), $data;

for my $version (16, 20) {
  my ($wide, $entry) = $version == 16 ? ('Q<', 16) : ('V', 8);
  my $base = $version == 16 ? $text : 0;
  my ($functab, $records) = ('', '');
  my $start = $entry * $funcs + $entry / 2;
  $start += -$start & 7;
  for my $i (0 .. $funcs - 1) {
    my ($pc, $at) = @functab[2 * $i, 2 * $i + 1];
    # Entry, seven words up to the count of tables, the unit's files; then kind, flags and count of funcdata.
    my @fields = unpack 'V9C4', substr $data, $at, 40;
    $functab .= pack "$wide$wide", $base + $pc, $start + length $records;
    $records .= pack $wide, $base + $fields[0];
    $records .= pack 'V8', @fields[1 .. 8];
    $records .= pack 'V', 1000 + $i if $version == 20; # its first line
    $records .= pack('C4', @fields[9 .. 12]) . substr $data, $at + 40, 4 * $fields[7];
    $records .= "\0" x (-length($records) & 7);
  }
  $functab .= pack $wide, $base + $functab[2 * $funcs];
  $functab .= "\0" x ($start - length $functab);
  my @new = (@shared, $functab . $records);
  my $off = 8 + 8 * ($version == 16 ? 7 : 8);
  my $header = pack 'VvCCQ<Q<', $version == 16 ? 0xfffffffa : 0xfffffff1, 0, $quantum, $word, $funcs, $files;
  $header .= pack 'Q<', $text if $version == 20;
  for my $part (@new) {
    $header .= pack 'Q<', $off;
    $off += length $part;
  }
  open my $out, '>:raw', $out{$version} or die "$out{$version}: $!\n";
  print $out $header, @new;
  close $out or die "$out{$version}: $!\n";
}
