# SPDX-License-Identifier: GPL-3.0-or-later
# Section 8 of FORMAT for the second reader (../format_reader.pl): a function's lines.
package FormatLines;
use strict;
use warnings;
use Exporter qw(import);
use FormatBytes;
use List::Util qw(max sum0);

our @EXPORT = qw(read_line_codes read_rows);

my ($END_SYMBOL, $ESCAPE_OP, $FAR_OP, $NO_LINE_OP, $ADVANCE_ESCAPE) = (15, 14, 12, 13, 65535);

sub read_line_codes {
  my ($t) = @_;
  my ($bytes, $at) = ($t->{parts}{line_codes}, 0);
  for my $name (qw(advances steps lengths)) {
    my @counts = map { u16_at($bytes, $at + 2 * $_) } 0 .. 14;
    my $cnt = sum0(@counts);
    my @symbols = map { u16_at($bytes, $at + 30 + 2 * $_) } 0 .. $cnt - 1;
    $at += 30 + 2 * $cnt;
    $t->{$name} = prefix_code(\@counts, \@symbols);
  }
  die "line codes: bytes behind the last\n" if $at != length $bytes;
}

# RFC 1951, 3.2.2: {bits as text => symbol}.
sub prefix_code {
  my ($counts, $symbols) = @_;
  my ($code, $next, %code) = (0, 0);
  for my $len (1 .. 15) {
    for (1 .. $counts->[$len - 1]) {
      die "line codes: too many of $len bits\n" if $code >= 1 << $len;
      $code{sprintf "%0${len}b", $code++} = $symbols->[$next++];
    }
    $code <<= 1;
  }
  return \%code;
}

# Bits are {text, at}.
sub next_bits {
  my ($bits, $cnt) = @_;
  my $text = piece($bits->{text}, $bits->{at}, $cnt);
  $bits->{at} += $cnt;
  return oct "0b0$text";
}

sub next_symbol {
  my ($bits, $code) = @_;
  for my $len (1 .. 15) {
    my $symbol = $code->{piece($bits->{text}, $bits->{at}, $len)} // next;
    $bits->{at} += $len;
    return $symbol;
  }
  die "lines: no such code\n";
}

sub next_number {
  my ($t, $bits) = @_;
  my $len = next_symbol($bits, $t->{lengths});
  die "lines: a number of $len bits\n" if $len > 32;
  return $len == 0 ? 0 : 1 << $len - 1 | next_bits($bits, $len - 1);
}

# A step: (op, change of line, advance, node's distance, file), or nothing at the end.
sub next_step {
  my ($t, $bits) = @_;
  my $symbol = next_symbol($bits, $t->{steps});
  return if $symbol == $END_SYMBOL;
  my ($op, $change) = ($symbol & 15);
  { use integer; $change = unpack('s', pack 'S', $symbol) >> 4; }
  if ($op == $ESCAPE_OP) {
    $op = next_bits($bits, 4);
    $change = unzigzag(next_number($t, $bits));
  }
  my $advance = next_symbol($bits, $t->{advances});
  $advance = next_number($t, $bits) if $advance == $ADVANCE_ESCAPE;
  my ($distance, $file);
  if ($op == $FAR_OP) {
    $distance = unzigzag(next_number($t, $bits));
    my $stored = next_number($t, $bits);
    $file = $stored - 1 if $stored;
  }
  return ($op, $change, $advance, $distance, $file);
}

# The position lists of a function: its rows, [units from its entry, position]; a position is [node, file, line].
sub read_rows {
  my ($t, $f, $nodes) = @_;
  my @chunks = $f->{chunked} ? read_chunks($f) : {start => 0, position => [0, $f->{file}, $f->{line}], highest => 0,
                                                  bytes => $f->{steps}};
  my @rows;
  for my $i (0 .. $#chunks) {
    my ($chunk, $next) = @chunks[$i, $i + 1];
    push @rows, [$chunk->{start}, $chunk->{position}];
    next if $chunk->{bytes} eq '';
    my ($rows, $end) = read_chunk($t, $chunk, $nodes);
    push @rows, @$rows;
    next if !$next;
    my ($have, $want) = map { join ' ', map { $_ // 'none' } $_->{start}, @{$_->{position}}, $_->{highest} }
                            $end, $next;
    die "lines: a chunk ends with $have, the next starts with $want\n" if $have ne $want;
    die "lines: a chunk ends with op $NO_LINE_OP\n" if $end->{last_op} == $NO_LINE_OP;
  }
  return \@rows;
}

sub read_chunks {
  my ($f) = @_;
  my $c = cursor($f->{steps});
  my @chunks = {start => 0, position => [0, $f->{file}, $f->{line}], highest => 0};
  for (1 .. next_uvar($c)) {
    my $len = next_uvar($c);
    my $start = $chunks[-1]{start} + next_uvar($c);
    my $line = $chunks[-1]{position}[2] + next_svar($c);
    my $file = next_file($c);
    my $node = next_uvar($c);
    $chunks[-1]{len} = $len;
    push @chunks, {start => $start, position => [$node, $file, $line], highest => $node + next_uvar($c)};
  }
  $chunks[-1]{len} = length($f->{steps}) - $c->{at} - sum0(map { $_->{len} } @chunks[0 .. $#chunks - 1]);
  for (@chunks) {
    $_->{bytes} = piece($f->{steps}, $c->{at}, $_->{len});
    $c->{at} += $_->{len};
  }
  return @chunks;
}

# A chunk's rows, and how it ends: {start, position, highest, last_op}.
sub read_chunk {
  my ($t, $chunk, $nodes) = @_;
  my $bits = {text => unpack('B*', $chunk->{bytes}), at => 0};
  my ($at, $highest, $last_op, @list, @rows) = ($chunk->{start}, $chunk->{highest}, 0, $chunk->{position});
  while (my ($op, $change, $advance, $distance, $file) = next_step($t, $bits)) {
    $at += $advance;
    $last_op = $op;
    if ($op == $NO_LINE_OP) {
      push @rows, [$at, [@{$list[0]}[0, 1], 0]];
      next;
    }
    my $position;
    if ($op < 9) {
      my $old = splice @list, $op, 1 or die "lines: no position $op\n";
      $position = [$old->[0], $old->[1], $old->[2] + $change];
    } else {
      my $node = $highest + ($op == $FAR_OP ? $distance : $op - 8);
      die "lines: node $node\n" if $node < 0 || $node >= @$nodes || $op > $FAR_OP;
      $highest = max($highest, $node);
      $file = $nodes->[$node]{file} if $op != $FAR_OP;
      $position = [$node, $file, ($node ? $nodes->[$node]{line} : 0) + $change];
      @list = grep { $_->[0] != $node || ($_->[1] // -1) != ($file // -1) } @list;
    }
    unshift @list, $position;
    $#list = 8 if @list > 9;
    push @rows, [$at, $position];
  }
  die "lines: bytes behind the end\n" if substr($bits->{text}, $bits->{at}) !~ /^0{0,7}\z/;
  return (\@rows, {start => $at, position => $list[0], highest => $highest, last_op => $last_op});
}

1;
