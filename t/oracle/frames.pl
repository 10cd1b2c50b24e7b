#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Compares what the CFI importer made of a file with readelf (lib/Frames.pm): every FDE's range, every row's address, CFA,
# return address and frame pointer.
#
#   frames.pl [-v] MODEL_PRINT FILE...
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Frames qw(arch_of lines_of expected_frames frame_texts);

my $verbose = @ARGV && $ARGV[0] eq '-v' ? shift : 0;
my $model_print = shift or die "usage: frames.pl [-v] MODEL_PRINT FILE...\n";
die "frames.pl: which files?\n" unless @ARGV;

sub our_frames {
  my ($file) = @_;
  my (%out, $rows);
  my $lines = lines_of($model_print, 'frames', $file);
  die "frames.pl: $model_print failed on $file\n" if $?;
  for (@$lines) {
    if (/^(frame \S+ \S+)/) { $rows = $out{$1} = []; }
    else { push @$rows, $_; }
  }
  return \%out;
}

my $failed = 0;
for my $file (@ARGV) {
  my $arch = arch_of($file);
  my %count = map { ($_ => 0) } qw(fdes skipped readelf_rows readelf_wrong overlaps partly covered unlisted);
  my $want = frame_texts(expected_frames($file, $arch, \%count), $arch, \%count);
  my $have = our_frames($file);
  my ($rows, $differences, $unknown) = (0, 0, 0);
  for my $frame (sort keys %{{%$want, %$have}}) {
    my ($w, $h) = map { join "\n", @{$_->{$frame} || ['no such frame']} } $want, $have;
    $rows += @{$have->{$frame} || []};
    $unknown += grep { /^\S+ \?/ } @{$have->{$frame} || []};
    next if $w eq $h;
    $differences++;
    print "$file: $frame\n  expected:\n", $w =~ s/^/    /mgr, "\n  ours:\n", $h =~ s/^/    /mgr, "\n"
      if $verbose || $differences <= 5;
  }
  my $other = join '; ', map { "$_ x $count{other}{$_}" } sort keys %{$count{other} || {}};
  printf "%s: %d FDEs (%d without code here, %d in .eh_frame already, %d overlapping), %d frames, %d rows compared"
    . " with %d rows of readelf, %d unknown: %d differences; readelf against itself: %d\n", $file,
    @count{qw(fdes skipped covered)}, $count{overlaps} + $count{partly},
    scalar keys %$have, $rows, $count{readelf_rows}, $unknown, $differences,
    $count{readelf_wrong};
  print "$file: expressions not expressible: $other\n" if $other;
  $failed ||= $differences || $count{overlaps} || $count{partly} || (!$rows && $count{fdes} > $count{skipped});
}
exit($failed ? 1 : 0);

