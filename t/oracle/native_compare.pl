#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Two programs of the same code, one with a table imported from call frame and debug information, one with a table from
# records: pctab-dump has the same answer for each byte of .text.
#
#   native_compare.pl --dump=PCTAB_DUMP [--innermost] IMPORTED NATIVE
#
# --innermost: of file and line only the innermost call's, and no pcdata: for code with inlined calls, of which the records
# say nothing.
use strict;
use warnings;
use File::Temp qw(tempdir);

my ($dump) = map { /^--dump=(.*)/ ? $1 : () } @ARGV;
my $innermost = grep { $_ eq '--innermost' } @ARGV;
my @files = grep { !/^--/ } @ARGV;
my $dir = tempdir(CLEANUP => 1);

# Address and size of .text.
sub text_of {
  my ($file) = @_;
  my ($line) = grep { /\] \.text\s/ } `readelf -SW '$file'`;
  my ($addr, $size) = ($line // '') =~ /PROGBITS\s+(\S+) \S+ (\S+)/ or die "native_compare.pl: $file has no .text\n";
  return (hex $addr, hex $size);
}

my $STRING = qr/"(?:[^"\\]|\\.)*"/;

# What is compared of a line: the innermost call without its function's name.
sub reduce {
  my ($line) = @_;
  return $line unless $innermost;
  $line =~ s/"frames":\[\{"func":(?:null|$STRING),("file":(?:null|$STRING),"line":\d+)\}[^\]]*\]/$1/;
  $line =~ s/,"pcdata":.*//;
  return $line;
}

my ($addr, $size) = text_of($files[0]);
my ($addr2, $size2) = text_of($files[1]);
if ($addr != $addr2 || $size != $size2) {
  print "# .text is not the same: $addr, $size and $addr2, $size2\n";
  exit 1;
}
open my $pcs, '>', "$dir/pcs" or die "$dir/pcs: $!\n";
printf $pcs "%x\n", $_ for $addr .. $addr + $size - 1;
close $pcs;
my @in = map { open my $in, '-|', "'$dump' --lookup '$_' <'$dir/pcs'" or die "$dump: $!\n"; $in } @files;
my ($lined, $framed, $differ) = (0, 0, 0);
for my $pc ($addr .. $addr + $size - 1) {
  my ($imported, $native) = map { readline($_) // die "native_compare.pl: $dump stopped\n" } @in;
  $lined++ if $imported =~ /"line":[1-9]/;
  $framed++ if $imported =~ /"cfa":\{/;
  next if $imported eq $native;
  ($imported, $native) = map { reduce($_) } $imported, $native;
  print "# imported: $imported", "# native:   $native" if $imported ne $native && $differ++ < 4;
}
for my $in (@in) { close $in or die "native_compare.pl: $dump failed\n"; }
print "# $size PCs, $lined with lines, $framed with frames; $differ differ\n";
exit($differ || !$lined || !$framed ? 1 : 0);
