# SPDX-License-Identifier: GPL-3.0-or-later
# Where the labels of data/object/marked.h say that marks have to be.
package Wanted;
use strict;
use warnings;
use Exporter qw(import);
our @EXPORT_OK = qw(wanted instructions);

# {u => [[begin, end]...], r => ..., p => ...} of a linked file read by Records, by rising address.  The ranges of one
# kind don't overlap, so that each begin's end is the next.
sub wanted {
  my ($e) = @_;
  my %at;
  for (@{$e->{symbols}}) {
    push @{$at{$1}{$2}}, $_->{value} if defined $_->{section} && $_->{name} =~ /^wanted_([urp])([be])/;
  }
  my %ranges;
  for my $kind (qw(u r p)) {
    my ($begin, $end) = map { [sort { $a <=> $b } @{$at{$kind}{$_} // []}] } qw(b e);
    die scalar @$begin, " begins and ", scalar @$end, " ends\n" if @$begin != @$end;
    $ranges{$kind} = [map { [$begin->[$_], $end->[$_]] } 0 .. $#$begin];
  }
  return \%ranges;
}

# The addresses at which objdump's instructions begin.
sub instructions {
  my ($objdump, $path) = @_;
  open my $in, '-|', $objdump, '-dz', '--no-show-raw-insn', $path or die "$objdump: $!\n";
  my %at;
  while (my $line = <$in>) { $at{hex $1} = 1 if $line =~ /^\s+([0-9a-f]+):\t/; }
  close $in;
  return \%at;
}

1;
