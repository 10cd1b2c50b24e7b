#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# pcs.pl COUNT FILE: that many PCs, hex, one a line, at random in FILE's function symbols; the same ones each time.
use strict;
use warnings;

my ($count, $file) = @ARGV;
die "usage: pcs.pl COUNT FILE\n" unless defined $file;
my @functions;
open my $nm, '-|', 'nm', '-S', '--defined-only', $file or die "nm: $!\n";
while (<$nm>) {
    push @functions, [hex $1, hex $2] if /^([0-9a-f]+) ([0-9a-f]+) [tTwW] / && hex $2;
}
close $nm or die "nm $file failed\n";
die "$file: no function symbols; use a file that is not stripped\n" unless @functions;
@functions = sort { $a->[0] <=> $b->[0] } @functions;

# A generator of our own: perl's differs between versions.
my $state = 42;
sub pick {
    my ($below) = @_;
    $state = ($state * 1103515245 + 12345) & 0x7fffffff;
    return int($state / 0x80000000 * $below);
}
for (1 .. $count) {
    my ($start, $size) = @{$functions[pick(scalar @functions)]};
    printf "0x%x\n", $start + pick($size);
}
