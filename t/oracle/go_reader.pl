#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# The reader of Go's tables (tool/go_pclntab.c, by tool/go_print) beside Go's own tools: each function's address and name in
# `go tool nm`, file and line of each instruction in `go tool objdump`.
#
#   go_reader.pl --print=GO_PRINT FILE...
use strict;
use warnings;
use File::Temp qw(tempdir);

my ($print) = map { /^--print=(.*)/ ? $1 : () } @ARGV;
my @files = grep { !/^--/ } @ARGV;
my $dir = tempdir(CLEANUP => 1);
my $failed = 0;

sub lines_of {
  my ($command) = @_;
  open my $in, '-|', $command or die "$command: $!\n";
  chomp(my @lines = <$in>);
  close $in or die "go_reader.pl: failed: $command\n";
  return @lines;
}

# Differences between nm's code symbols and the functions; nm has marks of the text's bounds besides.
sub compare_names {
  my ($file) = @_;
  my (%theirs, %ours);
  for (lines_of("go tool nm '$file'")) {
    my ($addr, $type, $name) = /^\s*([0-9a-f]+) (\S) (.*)/ or next;
    next if lc $type ne 't' || $name =~ /^runtime\.e?text$/;
    # The table's names are without the calling convention and type arguments, and have middle dots still.
    $name =~ s/\.abi(?:0|internal)$//;
    $name =~ s/\[.*\]/[...]/;
    $theirs{"$addr $name"} = 1;
  }
  for (lines_of("'$print' funcs '$file'")) {
    my ($entry, $end, $next, $name) = split ' ', $_, 4;
    $name =~ s{\xc2\xb7}{.}g;
    # Go's linker ends the table with a function of no bytes in some versions.
    $ours{"$entry $name"} = 1 if hex $end > hex $entry;
  }
  my @differ = ((map { "not in nm: $_" } grep { !$theirs{$_} } sort keys %ours),
    map { "in nm alone: $_" } grep { !$ours{$_} } sort keys %theirs);
  print map { "# $_\n" } @differ[0 .. ($#differ < 5 ? $#differ : 5)];
  return (scalar keys %ours, scalar @differ);
}

sub compare_lines {
  my ($file) = @_;
  my (@pcs, @theirs);
  for (lines_of("go tool objdump '$file'")) {
    my ($place, $pc) = /^\s+(\S.*?:-?\d+)\s+0x([0-9a-f]+)\t/ or next;
    push @pcs, $pc;
    push @theirs, $place;
  }
  open my $out, '>', "$dir/pcs" or die "$dir/pcs: $!\n";
  print $out map { "$_\n" } @pcs;
  close $out;
  my @ours = map { s|^.*/||r } lines_of("'$print' lines '$file' <'$dir/pcs'");
  my $differ = @ours == @theirs ? 0 : 1;
  for my $i (0 .. $#pcs) {
    next if ($ours[$i] // '') eq $theirs[$i];
    print "# 0x$pcs[$i]: ours ", $ours[$i] // 'none', ", objdump's $theirs[$i]\n" if $differ++ < 6;
  }
  return (scalar @pcs, $differ);
}

for my $file (@files) {
  my ($names, $names_differ) = compare_names($file);
  my ($lines, $lines_differ) = compare_lines($file);
  $failed ||= $names_differ || $lines_differ || !$names || !$lines;
  print "# ", $file =~ s|^.*/||r, ": $names functions beside nm's, $names_differ differ;"
    . " $lines instructions' files and lines beside objdump's, $lines_differ differ\n";
}
exit($failed ? 1 : 0);
