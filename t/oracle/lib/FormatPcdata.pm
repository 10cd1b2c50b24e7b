# SPDX-License-Identifier: GPL-3.0-or-later
# Section 6 of FORMAT for the second reader (../format_reader.pl): flags and pcdata tables; and the reasons of section 7.
# T->{owner} has for each functab entry the number of its function's first one; undef for gaps and what goes on.
package FormatPcdata;
use strict;
use warnings;
no warnings qw(portable); # 64-bit constants
use Exporter qw(import);
use FormatBytes;

our @EXPORT = qw(read_pcdata read_reasons flags_at value_at);

my $LIST_PAD = 64;
my ($NEAR_MAX, $FAR_MAX) = (16, 16);
my $BLOCKS = 1 << 31;

sub records_of {
  my ($t, $part, $len) = @_;
  my $bytes = $t->{parts}{$part};
  die "$part: not of $len bytes each\n" if length($bytes) % $len;
  return map { substr $bytes, $_ * $len, $len } 0 .. length($bytes) / $len - 1;
}

# The entries whose bits are set in WORDS, as {number => 1}.
sub set_entries {
  my ($t, $what, @words) = @_;
  my %set;
  for my $n (0 .. 64 * @words - 1) {
    next if !($words[$n >> 6] >> ($n & 63) & 1);
    die "$what: a bit of entry $n, which is no function's\n" if !defined $t->{owner}[$n];
    $set{$n} = 1;
  }
  for my $n (grep { defined $t->{owner}[$_] } 0 .. $#{$t->{owner}}) {
    die "$what: entry $n is not as its function's first\n" if !$set{$n} != !$set{$t->{owner}[$n]};
  }
  return \%set;
}

sub read_plane {
  my ($t, $part) = @_;
  my @words = map { u64_at($_, 0) } records_of($t, $part, 8);
  return {} if !@words;
  die "$part: ", scalar @words, " words\n" if @words != int((@{$t->{functab}} + 63) / 64);
  my $set = set_entries($t, $part, @words);
  die "$part: no bit is set\n" if !%$set;
  return $set;
}

sub read_pcdata {
  my ($t) = @_;
  $t->{$_} = read_plane($t, $_) for qw(not_preemptible writes_sp assembly);
  my $lists = $t->{parts}{pcdata_lists};
  die "pcdata_lists: no $LIST_PAD bytes of 0 at its end, or nothing before them\n"
    if $lists ne '' && (length $lists <= $LIST_PAD || substr($lists, -$LIST_PAD) ne "\0" x $LIST_PAD);
  $t->{pcdata} = [map { {number => u32_at($_, 0), first => u32_at($_, 4)} } records_of($t, 'pcdata_tables', 8)];
  my @groups = records_of($t, 'pcdata_groups', 16);
  my @functions = map { u32_at($_, 0) } records_of($t, 'pcdata_functions', 4);
  my @elements = records_of($t, 'pcdata_blocks', 8);
  my $group_cnt = int((@{$t->{functab}} + 63) / 64);
  die "pcdata_groups: ", scalar @groups, "\n" if @groups != $group_cnt * @{$t->{pcdata}};
  my $state = {function => 0, functions => \@functions, block => 0, elements => \@elements};
  for my $i (0 .. $#{$t->{pcdata}}) {
    my $table = $t->{pcdata}[$i];
    die "pcdata_tables: numbers don't rise\n" if $i && $table->{number} <= $t->{pcdata}[$i - 1]{number};
    die "pcdata_tables: $i: first function $table->{first}\n" if $table->{first} != $state->{function};
    read_functions($t, $table, $state, @groups[$i * $group_cnt .. ($i + 1) * $group_cnt - 1]);
  }
  die "pcdata_functions: too many\n" if $state->{function} != @functions;
  die "pcdata_blocks: too many\n" if $state->{block} != @elements;
}

# The rows of all functions in TABLE: rows => {first entry => [[bytes from the function's entry, value]...]}.
sub read_functions {
  my ($t, $table, $state, @groups) = @_;
  my ($before, @words) = (0);
  for (@groups) {
    my $bits = u64_at($_, 0);
    die "pcdata_groups: ", u32_at($_, 8), " bits before, not $before\n" if u32_at($_, 8) != $before;
    die "pcdata_groups: bytes without meaning\n" if u32_at($_, 12) != 0;
    push @words, $bits;
    $before += grep { $bits >> $_ & 1 } 0 .. 63;
  }
  my $set = set_entries($t, 'pcdata_groups', @words);
  for my $n (sort { $a <=> $b } keys %$set) {
    my $function = $state->{functions}[$state->{function}] // die "pcdata_functions: too few\n";
    if ($t->{owner}[$n] != $n) {
      die "pcdata_functions: entry $n is not as the one before\n"
        if $function != $state->{functions}[$state->{function} - 1];
    } else {
      $table->{rows}{$n} = read_rows_of($t, $state, $function);
    }
    $state->{function}++;
  }
}

sub read_rows_of {
  my ($t, $state, $function) = @_;
  my (@rows, @lens);
  if ($function & $BLOCKS) {
    my ($head, @blocks) = ($function & ~$BLOCKS);
    die "pcdata_blocks: head $head, not $state->{block}\n" if $head != $state->{block};
    my $element = $state->{elements}[$head] // die "pcdata_blocks: too few\n";
    my $cnt = u32_at($element, 0);
    die "pcdata_blocks: $cnt blocks\n" if $cnt < 2 || $head + $cnt >= @{$state->{elements}};
    die "pcdata_blocks: bytes without meaning\n" if u32_at($element, 4) != 0;
    for (1 .. $cnt) {
      my $block = $state->{elements}[$head + $_];
      push @blocks, [u32_at($block, 0), read_list($t, u32_at($block, 4))];
    }
    die "pcdata_blocks: the first is at $blocks[0][0]\n" if $blocks[0][0] != 0;
    for (1 .. $#blocks) { die "pcdata_blocks: don't rise\n" if $blocks[$_][0] <= $blocks[$_ - 1][0]; }
    for my $block (@blocks) { push @rows, map { [$block->[0] + $_->[0], $_->[1]] } @{$block->[1]}; }
    @lens = map { scalar @{$_->[1]} } @blocks;
    $state->{block} += 1 + $cnt;
  } else {
    @rows = @{read_list($t, $function)};
    @lens = (scalar @rows);
  }
  check_rows($t, \@rows, @lens);
  return \@rows;
}

# Neighbours differ; LENS, the rows of each list, are what fits.
sub check_rows {
  my ($t, $rows, @lens) = @_;
  for (1 .. $#$rows) {
    die "pcdata: rows don't rise\n" if $rows->[$_][0] <= $rows->[$_ - 1][0];
    die "pcdata: equal neighbours\n" if $rows->[$_][1] == $rows->[$_ - 1][1];
  }
  die "pcdata: a function with -1 alone\n" if @$rows == 1 && $rows->[0][1] == -1;
  my $from = 0;
  for my $len (@lens) {
    my ($near, $all) = rows_that_fit($t, $rows, $from);
    die "pcdata: a list of $len rows, where $all fit\n" if $len != $all;
    $from += $len;
  }
}

# Of the rows from FROM on, how many behind the first are near it, and how many fit into one list.
sub rows_that_fit {
  my ($t, $rows, $from) = @_;
  my @units = map { ($_->[0] - $rows->[$from][0]) / $t->{insn} } @$rows[$from + 1 .. $#$rows];
  my ($near, $far) = (0, 0);
  $near++ while $near < $NEAR_MAX && $near < @units && $units[$near] < 256;
  $far++ while $far < $FAR_MAX && $near + $far < @units && $units[$near + $far] < 65536;
  return ($near, 1 + $near + $far);
}

# A list: [[bytes from its first row, value]...].
sub read_list {
  my ($t, $at) = @_;
  my $bytes = $t->{parts}{pcdata_lists};
  die "a pcdata list at an odd offset\n" if $at % 2;
  my $head = u8_at($bytes, $at);
  my ($cnt, $width) = ($head & 63, 1 << ($head >> 6));
  die "pcdata list at $at: $cnt rows of $width bytes\n" if $cnt < 1 || $cnt > 33 || $width > 4;
  my $near = u8_at($bytes, $at + 1);
  my $far = $cnt - 1 - $near;
  die "pcdata list at $at: $near near offsets of ", $cnt - 1, "\n" if $near > $NEAR_MAX || $far < 0 || $far > $FAR_MAX;
  my @offsets = (0, map { u8_at($bytes, $at + 2 + $_) } 0 .. $near - 1);
  my $pos = $at + 2 + $near;
  if ($far && (1 + $near) % 2) {
    die "pcdata list at $at: no 0 to make it even\n" if u8_at($bytes, $pos++) != 0;
  }
  push @offsets, map { le16_at($bytes, $pos + 2 * $_) } 0 .. $far - 1;
  $pos += 2 * $far;
  my @values = unpack $width == 1 ? 'c*' : $width == 2 ? 's<*' : 'l<*', piece($bytes, $pos, $cnt * $width);
  die "pcdata list at $at: in the bytes of 0\n" if $pos + $cnt * $width > length($bytes) - $LIST_PAD;
  my $needed = grep({ $_ < -32768 || $_ > 32767 } @values) ? 4 : grep({ $_ < -128 || $_ > 127 } @values) ? 2 : 1;
  die "pcdata list at $at: $width bytes a value, $needed do\n" if $width != $needed;
  my $rows = [map { [$offsets[$_] * $t->{insn}, $values[$_]] } 0 .. $#values];
  my ($fit) = rows_that_fit($t, $rows, 0);
  die "pcdata list at $at: $near near offsets, not $fit\n" if $near != $fit;
  return $rows;
}

# Section 7: why each entry is not preemptible.
sub read_reasons {
  my ($t) = @_;
  my $c = cursor($t->{parts}{reasons});
  my ($left, $reason) = (0, 0);
  for my $n (sort { $a <=> $b } keys %{$t->{not_preemptible}}) {
    if (!$left) {
      my $before = $reason;
      $left = next_uvar($c);
      $reason = next_u8($c);
      die "reasons: a run of nothing\n" if !$left;
      die "reasons: two runs of $reason\n" if $reason == $before;
    }
    $left--;
    $t->{reason}{$n} = $reason;
  }
  die "reasons: more than there are functions\n" if $left || $c->{at} != length $t->{parts}{reasons};
}

# What holds of function F: [not preemptible, writes SP, assembly].
sub flags_at {
  my ($t, $f) = @_;
  return map { $t->{$_}{$f->{number}} } qw(not_preemptible writes_sp assembly);
}

# (value, text offset where it begins) at text offset X in function F, by table number.
sub value_at {
  my ($t, $number, $f, $x) = @_;
  my ($table) = grep { $_->{number} == $number } @{$t->{pcdata}};
  my $rows = $table && $table->{rows}{$f->{number}} or return (-1, $f->{start});
  my ($low, $high) = (0, scalar @$rows); # bisection: there may be 100,000
  while ($high - $low > 1) {
    my $middle = $low + $high >> 1;
    if ($f->{start} + $rows->[$middle][0] <= $x) { $low = $middle; } else { $high = $middle; }
  }
  return ($rows->[$low][1], $f->{start} + $rows->[$low][0]);
}

1;
