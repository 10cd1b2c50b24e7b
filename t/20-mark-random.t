#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Random marks against a slow model of the rules that knows each byte of code by itself: every PC's value and startpc,
# or that the link fails, and for a reason that is there.
# usage: 20-mark-random.t [CASES [SEED]]
use strict;
use warnings;
use FindBin;
require "$FindBin::Bin/lib/marks.pl";

my $cases = $ARGV[0] // 8000;
my $seed = $ARGV[1] // 3;
my $size = 240; # bytes of code; every PC is looked at
my %insn = (amd64 => 1, s390x => 2, arm64 => 4);

sub pick { return $_[int rand @_]; }

sub between { return $_[0] + int rand($_[1] - $_[0] + 1); }

# A case is { machine, insn, frames [[off, end, [[off, rule]..]]..], symbols [[off, size]..], marks [[table, off, end,
# value, record, how]..], points [[off, pair, record, how]..] }.
sub make_frames {
  my ($c) = @_;
  for (my $off = $c->{insn} * between(0, 6); @{ $c->{frames} } < 3;) {
    my $end = $off + $c->{insn} * between(1, int(70 / $c->{insn}));
    last if $end > $size;
    my @rows = ([$off, 0]);
    for (1 .. pick(0, 0, 0, 1, 2)) {
      my $at = $off + $c->{insn} * between(0, ($end - $off) / $c->{insn} - 1);
      push @rows, [$at, between(0, 1)] if $at > $rows[-1][0];
    }
    push @{ $c->{frames} }, [$off, $end, \@rows];
    push @{ $c->{symbols} }, [$off, $end - $off] if rand() < 0.7;
    push @{ $c->{symbols} }, [$off + $c->{insn} * between(0, 3), between(1, 20)] if rand() < 0.05;
    push @{ $c->{symbols} }, [$off - $c->{insn}, between(1, 40)] if $off && rand() < 0.05;
    $off = $end + pick(0, 0, $c->{insn} * between(1, 3));
  }
}

sub make_mark {
  my ($c, $record) = @_;
  my $i = $c->{insn};
  my $f = pick(@{ $c->{frames} });
  my $off = $f->[0] + $i * between(0, int(($f->[1] - $f->[0]) / $i) - 1);
  $off = $i * between(0, $size / $i - 1) if rand() < 0.04;
  # Often where another one ends or begins.
  $off = pick(@{ $c->{marks} })->[ pick(1, 2) ] if @{ $c->{marks} } && rand() < 0.4;
  $f = frame_of($c, $off) // $f;
  $off = $f->[0] if $off == $f->[1] && rand() < 0.95;
  my $end = $off + $i * between(1, int(pick(6, 12, 21, 24) / $i) || 1);
  $end = $f->[1] if $end > $f->[1] && rand() < 0.97;
  $end = $off if $end < $off || rand() < 0.005;
  $end++ if rand() < 0.004;
  my $how = pick('single', 'single', 'literal', 'literal', 'own');
  my $value = $how eq 'own' ? -2 : $how eq 'single' ? pick(-2, -3, -3, -3, -5) : pick(-1, -2, -3, -3, -4, -4, -5);
  $value = pick(0, -1, -4, -6) if rand() < 0.003;
  $end = $f->[1], $off = $f->[0] if $value == -5 && rand() < 0.2;
  return [0, $off, $end, $value, $record, $how];
}

# Ranges that touch, with values or without.
sub make_chain {
  my ($c) = @_;
  my $f = pick(@{ $c->{frames} });
  my $at = $f->[0] + $c->{insn} * between(0, 3);
  for my $record (50 .. 49 + between(2, 6)) {
    my $end = $at + $c->{insn} * between(1, 2);
    last if $end > $f->[1];
    my $how = pick('single', 'literal');
    push @{ $c->{marks} }, [0, $at, $end, $how eq 'single' ? -3 : pick(-3, -4), $record, $how];
    $at = $end;
  }
}

sub make_points {
  my ($c) = @_;
  my $i = $c->{insn};
  my $f = pick(@{ $c->{frames} });
  my @at = map { $f->[0] + $i * between(0, int(($f->[1] - $f->[0]) / $i)) } 1 .. 4;
  @at = sort { $a <=> $b } @at;
  my @numbers = pick([7, 7, 7, 7], [1, 1, 2, 2], [1, 2, 2, 1], [1, 2, 2, 1], [1, 2, 2, 1]);
  @numbers = [1, 2, 1, 2] if rand() < 0.04;
  my @ends = @{ $numbers[0] }[ 1, 2 ];
  my @how = $ends[0] == $ends[1] && $numbers[0][0] != 7 ? qw(begin begin end end) : qw(begin end begin end);
  @how = qw(begin begin end end) if $numbers[0][0] == 1 && $numbers[0][2] == 1;
  splice @how, int rand(4), 1 if rand() < 0.1;
  push @{ $c->{points} }, map { [$at[$_], $numbers[0][$_], 100 + $_, $how[$_]] } 0 .. $#how;
}

sub make_case {
  my $machine = pick(sort keys %insn);
  my $c = { machine => $machine, insn => $insn{$machine}, frames => [], symbols => [], marks => [], points => [] };
  make_frames($c);
  make_chain($c) if rand() < 0.15;
  push @{ $c->{marks} }, make_mark($c, $_) for 1 .. between(0, 7);
  make_points($c) if rand() < 0.15;
  return $c;
}

sub text_of {
  my ($c) = @_;
  my $s = "machine $c->{machine}\n";
  for my $f (@{ $c->{frames} }) {
    $s .= "frame $f->[0] $f->[1]\n" . join '', map { "row @$_\n" } @{ $f->[2] };
  }
  $s .= join '', map { "symbol @$_ f$_->[0]\n" } @{ $c->{symbols} };
  $s .= join '', map { "mark @$_\n" } @{ $c->{marks} };
  return $s . join '', map { "point @$_\n" } @{ $c->{points} };
}

# The model.  %$e is filled with the kinds of errors that there are; $w has an array of bytes for each thing that can be
# true of one.
sub frame_of {
  my ($c, $pc) = @_;
  for (@{ $c->{frames} }) { return $_ if $_->[0] <= $pc && $pc < $_->[1]; }
  return undef;
}

sub is_split {
  my ($c, $f, $at) = @_;
  return ($at - $f->[0]) % $c->{insn} && $at != $f->[1];
}

sub place_own {
  my ($c, $w, $off, $end) = @_;
  for my $pc ($off .. $end - 1) {
    my $f = frame_of($c, $pc) or next;
    my $first = $pc - ($pc - $f->[0]) % $c->{insn};
    for ($first .. $first + $c->{insn} - 1) { $w->{unsafe}[$_] = 1 if $_ < $f->[1]; }
  }
}

# Where ranges begin: a number for each, and its given value.
sub place_range {
  my ($w, $e, $off, $end, $value) = @_;
  push @{ $w->{ranges} }, [$off, $end, $value];
  $e->{long} = 1 if $end - $off > 20;
  for ($off .. $end - 1) {
    $e->{overlap} = 1 if $w->{range}[$_];
    $w->{range}[$_] = @{ $w->{ranges} };
  }
}

sub place_mark {
  my ($c, $w, $e, $m) = @_;
  my ($table, $off, $end, $value, $record, $how) = @$m;
  return place_own($c, $w, $off, $end) if $how eq 'own' && $value == -2;
  my $f = frame_of($c, $off);
  if (!$f) {
    my $restart = $value <= -3;
    $e->{leaves} = 1 if grep { frame_of($c, $_) } $off .. $end - 1;
    $e->{empty} = 1 if $off == $end && $restart;
    $e->{long} = 1 if $end - $off > 20 && $restart && $value != -5;
    $e->{value} = 1 if $value > -1 || $value < -5 || ($how eq 'single' && ($value == -1 || $value == -4));
    $w->{dropped}++;
    return;
  }
  return $e->{leaves} = 1 if $end > $f->[1];
  return $e->{value} = 1 if $value > -1 || $value < -5 || ($how eq 'single' && ($value == -1 || $value == -4));
  if ($off == $end) {
    $e->{empty} = 1 if $value <= -3;
    return;
  }
  my $too_long = ($value == -3 || $value == -4) && $end - $off > 20;
  return $e->{split} = 1 if !$too_long && (is_split($c, $f, $off) || is_split($c, $f, $end));
  if ($how ne 'single') {
    for ($off .. $end - 1) {
      $e->{contradicts} = 1 if defined $w->{literal}[$_] && $w->{literal}[$_] != $value;
      $e->{overlap} = 1 if ($value == -3 || $value == -4) && $w->{restart}[$_]++;
      $w->{literal}[$_] = $value;
    }
  } elsif ($value == -3) {
    place_range($w, $e, $off, $end, 0);
  } else {
    $w->{$value == -2 ? 'unsafe' : 'entry'}[$_] = 1 for $off .. $end - 1;
  }
}

sub place_literals {
  my ($c, $w, $e) = @_;
  for my $f (@{ $c->{frames} }) {
    for (my $pc = $f->[0]; $pc < $f->[1];) {
      my ($first, $value) = ($pc, $w->{literal}[$pc] // -1);
      $pc++ while $pc < $f->[1] && ($w->{literal}[$pc] // -1) == $value;
      for ($first .. $pc - 1) {
        $w->{unsafe}[$_] = 1 if $value == -2;
        $w->{entry}[$_] = 1 if $value == -5;
      }
      place_range($w, $e, $first, $pc, $value) if $value == -3 || $value == -4;
    }
  }
}

sub place_points {
  my ($c, $w, $e) = @_;
  my %taken;
  for my $f (@{ $c->{frames} }) {
    my @open;
    for my $at ($f->[0] .. $f->[1]) {
      for my $k (0 .. $#{ $c->{points} }) {
        my $p = $c->{points}[$k];
        next if $p->[0] != $at || $taken{$k} || ($at == $f->[1] && ($p->[3] eq 'begin' || !@open));
        $taken{$k} = 1;
        push(@open, $p), next if $p->[3] eq 'begin';
        my $begin = pop @open;
        $e->{point} = 1 if !$begin || $begin->[1] != $p->[1] || $begin->[0] == $at;
        next if !$begin;
        $w->{unsafe}[$_] = 1 for $begin->[0] .. $at - 1;
      }
    }
    $e->{point} = 1 if @open;
  }
  for my $k (grep { !$taken{$_} } 0 .. $#{ $c->{points} }) {
    my $p = $c->{points}[$k];
    if ($p->[3] eq 'end' && grep { $_->[1] == $p->[0] } @{ $c->{frames} }) { $e->{point} = 1; }
    else { $w->{dropped}++; }
  }
}

# Which symbols a byte is in, as text, and the frame's rule there.
sub know_code {
  my ($c, $w) = @_;
  for my $pc (0 .. $size - 1) {
    $w->{symbols}[$pc] = join ' ', grep {
      my $s = $c->{symbols}[$_];
      $s->[0] <= $pc && $pc < $s->[0] + $s->[1];
    } 0 .. $#{ $c->{symbols} };
  }
  for my $f (@{ $c->{frames} }) {
    for my $row (@{ $f->[2] }) { $w->{rule}[$_] = $row->[1] for $row->[0] .. $f->[1] - 1; }
  }
}

sub check_ranges {
  my ($c, $w, $e) = @_;
  for my $r (@{ $w->{ranges} }) {
    for my $pc ($r->[0] .. $r->[1] - 1) {
      $e->{symbol} = 1 if $w->{symbols}[$pc] ne $w->{symbols}[ $r->[0] ];
      $e->{rule} = 1 if $w->{rule}[$pc] != $w->{rule}[ $r->[0] ];
    }
  }
  for my $pc (grep { $w->{entry}[$_] } 0 .. $size - 1) {
    my $entry = frame_of($c, $pc)->[0];
    my @at = grep { $_->[0] <= $entry && $entry < $_->[0] + $_->[1] } @{ $c->{symbols} };
    $e->{inside} = 1 if @at && !grep { $_->[0] == $entry } @at;
    for ($entry .. $pc) { $e->{symbol} = 1 if $w->{symbols}[$_] ne $w->{symbols}[$entry]; }
  }
}

# A value for each byte: unsafe, else its range, up to the first unsafe byte in it; else at entry; else safe.
sub layer {
  my ($c, $w, $e) = @_;
  my @heads;
  for my $r (sort { $a->[0] <=> $b->[0] } @{ $w->{ranges} }) {
    my $cut = 0;
    $w->{cut}++ if grep { $w->{unsafe}[$_] } $r->[0] .. $r->[1] - 1;
    for my $pc ($r->[0] .. $r->[1] - 1) {
      $cut ||= $w->{unsafe}[$pc];
      $w->{value}[$pc] = $cut ? -2 : 'restart';
      push @heads, { frame => frame_of($c, $pc), start => $pc, value => $r->[2] } if !$cut && $pc == $r->[0];
      $heads[-1]{end} = $pc + 1 if !$cut;
    }
  }
  for my $pc (0 .. $size - 1) {
    my $f = frame_of($c, $pc) or next;
    $w->{value}[$pc] = -2 if $w->{unsafe}[$pc];
    $w->{value}[$pc] //= -5 if $w->{entry}[$pc];
    $w->{value}[$pc] //= -1;
    $e->{rule} = 1 if $w->{value}[$pc] eq -5 && $w->{rule}[$pc] != $w->{rule}[ $f->[0] ];
  }
  return @heads;
}

# Go's alternation, function by function; of ranges that touch the first with a given value decides.
sub number {
  my ($w, @heads) = @_;
  my ($frame, $last) = (0, -4);
  $w->{changed} = 0;
  while (@heads) {
    my @chain = shift @heads;
    push @chain, shift @heads while @heads && $heads[0]{frame} == $chain[0]{frame}
      && $heads[0]{start} == $chain[-1]{end};
    $last = -4 if $chain[0]{frame} != $frame;
    $frame = $chain[0]{frame};
    my $first = $last == -3 ? -4 : -3;
    my ($given) = grep { $chain[$_]{value} } 0 .. $#chain;
    $first = $given % 2 ? -7 - $chain[$given]{value} : $chain[$given]{value} if defined $given;
    for my $k (0 .. $#chain) {
      $last = $k % 2 ? -7 - $first : $first;
      $w->{changed}++ if $chain[$k]{value} && $chain[$k]{value} != $last;
      for ($chain[$k]{start} .. $chain[$k]{end} - 1) {
        $w->{value}[$_] = $last;
        $w->{start}[$_] = $chain[$k]{start};
      }
    }
  }
}

# The model's answer: error kinds; values and startpcs by PC, where there is a frame; what led to them.
sub model {
  my ($c) = @_;
  my ($e, $w) = ({}, { dropped => 0, cut => 0, ranges => [] });
  know_code($c, $w);
  place_mark($c, $w, $e, $_) for @{ $c->{marks} };
  place_literals($c, $w, $e);
  place_points($c, $w, $e);
  check_ranges($c, $w, $e);
  number($w, layer($c, $w, $e));
  my @answer;
  for my $pc (0 .. $size - 1) {
    my $f = frame_of($c, $pc) or next;
    my $v = $w->{value}[$pc];
    $w->{start}[$pc] //= $pc > $f->[0] && $w->{value}[ $pc - 1 ] == $v ? $w->{start}[ $pc - 1 ] : $pc;
    push @answer, "$pc: $v from $w->{start}[$pc]";
  }
  return ($e, join("\n", @answer) . "\ndropped $w->{dropped}\n", $w);
}

# What mark_print says, in the same form, and promises of model.h that are broken.
sub answer_of {
  my ($c, $out) = @_;
  my (@value, @start, @wrong);
  my ($dropped) = $out =~ /^dropped (\d+)$/m;
  my ($last_end, $last_value) = (0, 0);
  for ($out =~ /^(\d+ \d+ -?\d+)$/mg) {
    my ($off, $end, $value) = split;
    my $f = frame_of($c, $off);
    push @wrong, "$_: not in one frame" if !$f || $end > $f->[1];
    push @wrong, "$_: out of order, empty or -1" if $off < $last_end || $end <= $off || $value == -1;
    push @wrong, "$_: not joined" if $f && $off == $last_end && $off != $f->[0] && $value == $last_value;
    ($last_end, $last_value) = ($end, $value);
    for ($off .. $end - 1) { ($value[$_], $start[$_]) = ($value, $off); }
  }
  my @answer;
  for my $f (@{ $c->{frames} }) {
    for my $pc ($f->[0] .. $f->[1] - 1) {
      $start[$pc] //= $pc > $f->[0] && !defined $value[ $pc - 1 ] ? $start[ $pc - 1 ] : $pc;
      push @answer, "$pc: " . ($value[$pc] // -1) . " from $start[$pc]";
    }
  }
  return (join("\n", @answer) . "\ndropped $dropped\n", @wrong);
}

my %words = (
  long => qr/longer than 20 bytes/,
  overlap => qr/overlaps|nested/,
  leaves => qr/leaves its function, whose frame/,
  symbol => qr/leaves its function: a function symbol/,
  inside => qr/begins at 0x[0-9a-f]+, within its function/,
  empty => qr/without an instruction; put/,
  value => qr/has the value/,
  contradicts => qr/contradicts/,
  split => qr/within an instruction/,
  rule => qr/the frame changes at/,
  point => qr/\(pair \d+\)/,
);

sub kind_of {
  my ($message) = @_;
  return join ' ', grep { $message =~ $words{$_} } sort keys %words;
}

sub check_case {
  my ($c, $out, $counts) = @_;
  my ($errors, $want, $w) = model($c);
  my $kinds = join ' ', sort keys %$errors;
  if ($out =~ /^error (.*)/) {
    my $kind = kind_of($1);
    $counts->{$kind}++;
    $counts->{"only $kind"}++ if $kinds eq $kind;
    return $errors->{$kind} ? '' : "the model finds <$kinds>; found: $1";
  }
  my ($have, @wrong) = answer_of($c, $out);
  return "the model finds <$kinds>; found none" if $kinds;
  $counts->{good}++;
  $counts->{pcs} += () = $want =~ /from/g;
  $counts->{$_} += () = $want =~ /-$_ from/g for 2 .. 5;
  $counts->{changed} += $w->{changed};
  $counts->{cut} += $w->{cut};
  return join "\n", @wrong if @wrong;
  return $have eq $want ? '' : "expected:\n$want" . "found:\n$have";
}

need_printer();
srand $seed;
my @cases = map { make_case() } 1 .. $cases;
my @outs = run_marks(map { text_of($_) } @cases);
my %counts = (good => 0, pcs => 0, cut => 0, changed => 0);
my @failed;
for my $i (0 .. $#cases) {
  my $wrong = check_case($cases[$i], $outs[$i] // 'error no answer', \%counts);
  push @failed, $i;
  pop @failed if !$wrong;
  note('case ' . $i . ":\n" . text_of($cases[$i]) . $wrong) if $wrong && @failed < 3;
}
ok(!@failed, "$cases cases from seed $seed: $counts{good} good ones with $counts{pcs} PCs, of which "
  . join(', ', map { ($counts{$_} // 0) . " have -$_" } 2 .. 5) . '; ' . ($cases - $counts{good})
  . ' failed as they should');
for my $kind (sort keys %words) {
  my ($all, $alone) = ($counts{$kind} // 0, $counts{"only $kind"} // 0);
  ok($alone, "$kind: $all cases, $alone with nothing else wrong");
}
ok($counts{cut}, "$counts{cut} restart ranges with unsafe code in them");
ok($counts{changed}, "$counts{changed} given values that could not be kept between ranges that touch");
done();
