#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Which functions use thread-local data: objdump's relocations in the code of FILE, linked with --emit-relocs, against
# the decisions of PRINTED (model_print policy, on the same link without it: addresses are the same).
#   tls.pl FILE PRINTED
# Prints the counts; exits 1 at a difference.  A function that a compiler split is one: what f.cold does, f does.
use strict;
use warnings;

my ($file, $printed) = @ARGV;
my %functions = map { $_ => 1 } qw(__tls_get_addr __errno_location pthread_getspecific tss_get);
my (%tls, %name, %uses, %frames, @starts);

open my $in, '-|', 'readelf', '-sW', $file or die "readelf: $!\n";
while (<$in>) {
  my @f = split;
  $tls{$f[7]} = 1 if @f >= 8 && $f[3] eq 'TLS';
}
open $in, '<', $printed or die "$printed: $!\n";
while (<$in>) {
  my ($start, $end, $reason, $name) = split;
  next if $start eq 'mark';
  $frames{hex $start} = $reason;
  push @{$name{hex $start}}, $name;
}
@starts = sort { $a <=> $b } keys %frames;

# The frame that an address is in.
sub frame_of {
  my ($at) = @_;
  my ($lo, $hi) = (0, scalar @starts);
  while ($lo < $hi) {
    my $mid = int (($lo + $hi) / 2);
    if ($starts[$mid] <= $at) { $lo = $mid + 1 } else { $hi = $mid }
  }
  return $lo ? $starts[$lo - 1] : -1;
}
my $relocs = 0;
open $in, '-|', 'objdump', '-drw', '--no-show-raw-insn', $file or die "objdump: $!\n";
while (<$in>) {
  while (/\s([0-9a-f]+): R_\S+\s+(\S+)/g) {
    my ($at, $symbol) = (hex $1, $2);
    $relocs++;
    $symbol =~ s/[-+]0x[0-9a-f]+$//;
    $symbol =~ s/@.*//;
    $uses{frame_of ($at)} = 1 if $tls{$symbol} || $functions{$symbol} || $symbol =~ /^(_ZTW|\.tbss$|\.tdata$)/;
  }
}

# Parts go with their function, by name: all that have it.
my %by_name;
for my $at (@starts) {
  for (@{$name{$at}}) {
    (my $stem = $_) =~ s/\.cold.*//;
    push @{$by_name{$stem}}, $at if @{$name{$at}};
  }
}
my %split;
for my $at (@starts) {
  for (@{$name{$at}}) {
    next unless /^(.+)\.cold/;
    $split{$_}{$at} = $split{$at}{$_} = 1 for @{$by_name{$1}};
  }
}

my ($used, $parts, $missing, $extra, $other) = (0, 0, 0, 0, 0);
for my $at (@starts) {
  my $flagged = $frames{$at} eq 'TLS';
  if ($uses{$at}) {
    $used++;
    next if $flagged;
    if ($frames{$at} ne '-') { $other++; next }
    $missing++;
    printf "not refused: %x %s\n", $at, "@{$name{$at}}";
  }
  elsif ($flagged) {
    if (grep { $uses{$_} } keys %{$split{$at} || {}}) { $parts++; next }
    $extra++;
    printf "refused: %x %s\n", $at, "@{$name{$at}}";
  }
}
printf "%d relocations of code, %d functions of %d use thread-local data (%d of them refused for another reason), "
  . "%d other parts of such; %d not refused, %d refused without\n",
  $relocs, $used, scalar @starts, $other, $parts, $missing, $extra;
exit ($missing || $extra || !$relocs ? 1 : 0);
