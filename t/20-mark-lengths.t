#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# A restart range has 1 to 20 bytes, counted from its own start, in all forms in which it can be written; where
# instructions have multiples of 2 or 4 bytes the other lengths are no ranges at all, but at a function's end.
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

my %insn = (amd64 => 1, 386 => 1, arm64 => 4, ppc64le => 4, arm => 2, riscv64 => 2, s390x => 2, mips => 2);

# Each form: from a length to marks of [off, end) around 0x110, and the stretches if it is accepted.
sub single { return ("mark 0 0x110 @{[0x110 + $_[0]]} -3 1 single", [0, $_[0], -3]); }

sub literal { return ("mark 0 0x110 @{[0x110 + $_[0]]} -4 1 literal", [0, $_[0], -4]); }

# Of two records with one value: one range.
sub joined {
  my ($len) = @_;
  return ("mark 0 0x118 @{[0x110 + $len]} -3 2 literal\nmark 0 0x110 0x118 -3 1 literal", [0, $len, -3]);
}

# Of three, out of order.
sub joined_three {
  my ($len) = @_;
  return ("mark 0 0x118 0x120 -4 2 literal\nmark 0 0x110 0x118 -4 1 literal\n"
    . "mark 0 0x120 @{[0x110 + $len]} -4 3 literal", [0, $len, -4]);
}

# Two that touch, of which the second has the length.
sub second {
  my ($len) = @_;
  return ("mark 0 0x100 0x110 -3 1 single\nmark 0 0x110 @{[0x110 + $len]} -3 2 single", [-16, 0, -3], [0, $len, -4]);
}

# The same as literals that differ, which stay apart.
sub second_literal {
  my ($len) = @_;
  return ("mark 0 0x100 0x110 -4 1 literal\nmark 0 0x110 @{[0x110 + $len]} -3 2 literal", [-16, 0, -4], [0, $len, -3]);
}

# A literal touched by a mark.
sub mixed {
  my ($len) = @_;
  return ("mark 0 0x100 0x110 -3 1 literal\nmark 0 0x110 @{[0x110 + $len]} -3 2 single", [-16, 0, -3], [0, $len, -4]);
}

# Its end is unsafe: it counts as it was written.
sub covered {
  my ($len) = @_;
  return ("mark 0 0x110 @{[0x110 + $len]} -3 1 single\nmark 0 0x114 0x140 -2 2 single", [0, 4, -3], [4, 48, -2]);
}

# The same with code that pctab finds to be unsafe.
sub covered_whole {
  my ($len) = @_;
  return ("mark 0 0x110 @{[0x110 + $len]} -3 1 single\nmark 0 0x100 0x180 -2 0 own", [-16, 112, -2]);
}

my %forms = (
  single => \&single,
  literal => \&literal,
  'two joined' => \&joined,
  'three joined' => \&joined_three,
  'second of two' => \&second,
  'second of two literals' => \&second_literal,
  'beside a literal' => \&mixed,
  'partly unsafe' => \&covered,
  'wholly unsafe' => \&covered_whole,
);

sub input {
  my ($machine, $end, $marks) = @_;
  return "machine $machine\nframe 0x100 $end\nsymbol 0x100 @{[$end - 0x100]} f\n$marks\n";
}

sub accepted {
  return "table 0\n" . join('', map { join(' ', 0x110 + $_->[0], 0x110 + $_->[1], $_->[2]) . "\n" } @_) . "dropped 0\n";
}

sub is_right {
  my ($form, $machine, $len, $out, @stretches) = @_;
  my $long = $form =~ /joined/ ? qr/longer than 20 bytes \(records that give one value/ : qr/longer than 20 bytes;/;
  my $split = ($len % $insn{$machine}) && ($len <= 20 || $form =~ /joined/);
  return $out eq accepted(@stretches) if !$split && $len <= 20;
  return $out =~ /within an instruction/ if $split;
  return $out =~ /\(\Q$len\E bytes\): a restart range is $long/;
}

need_printer();
my $cnt = 0;
for my $form (sort keys %forms) {
  my (@inputs, @what, @bad);
  for my $machine (sort keys %insn) {
    for my $len (17 .. 24, 28, 60) {
      my ($marks, @stretches) = $forms{$form}->($len);
      push @inputs, input($machine, 0x200, $marks);
      push @what, [$machine, $len, @stretches];
    }
  }
  my @outs = run_marks(@inputs);
  for my $i (0 .. $#what) {
    my ($machine, $len, @stretches) = @{ $what[$i] };
    push @bad, "$machine, $len: $outs[$i]" if !is_right($form, $machine, $len, $outs[$i] // '', @stretches);
  }
  ok(!@bad, "$form: 10 lengths, 17 to 60, on 8 architectures") || note(@bad);
  $cnt += @what;
}

# At the function's end, which need not be a multiple of the instruction.
for my $machine ('amd64', 'arm64') {
  for my $len (19 .. 22) {
    my $out = run_mark(input($machine, 0x110 + $len, "mark 0 0x110 @{[0x110 + $len]} -3 1 single"));
    if ($len <= 20) { is_text($out, accepted([0, $len, -3]), "$machine: $len bytes at the end are accepted"); }
    else { like($out, qr/f\+0x10 \($len bytes\): a restart range is longer than 20/, "$machine: $len bytes are not"); }
    $cnt++;
  }
}

# Restart at entry has no bound.
for my $len (20, 21, 22, 200) {
  my $out = in_f("mark 0 0x110 @{[0x110 + $len]} -5 1 single");
  is_text($out, accepted([0, $len, -5]), "restart at entry over $len bytes");
  $cnt++;
}
note("$cnt cases");
done();
