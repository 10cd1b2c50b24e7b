# SPDX-License-Identifier: GPL-3.0-or-later
package TableEdit;
# Takes a module table apart into header and parts and puts it together again, sizes, directory and digests made right, for
# tests that break one thing in it.  Parts are found by FORMAT's names of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/oracle/lib", "$FindBin::Bin/../oracle/lib";
use FormatBytes ();

my @NAMES = qw(build_id ranges pages slots functab longs blocks values shapes value_lists offset_lists not_preemptible
  writes_sp assembly pcdata_tables pcdata_groups pcdata_functions pcdata_blocks pcdata_lists string_index strings
  string_dictionary record_index records node_index nodes node_dictionary origin_index origins line_codes lines reasons);
my %NUMBER = map { $NAMES[$_] => $_ } 0 .. $#NAMES;
my $HOT = 19;
my $HEADER = 72;

sub slurp { my ($path) = @_; open my $f, '<:raw', $path or die "$path: $!\n"; local $/; return scalar <$f>; }
sub spew { my ($path, $bytes) = @_; open my $f, '>:raw', $path or die "$path: $!\n"; print $f $bytes; close $f or die; }

# A table's bytes to an object.
sub new {
  my ($class, $bytes) = @_;
  my $self = bless {order => substr($bytes, 8, 1) eq "\0" ? '>' : '<', header => substr($bytes, 0, $HEADER)}, $class;
  for my $i (0 .. $#NAMES) {
    my ($off, $len) = unpack "L$self->{order}2", substr $bytes, $HEADER + 8 * $i, 8;
    push @{$self->{parts}}, substr $bytes, $off, $len;
  }
  return $self;
}

# The part NAME, to read and to write.
sub part : lvalue { my ($self, $name) = @_; $self->{parts}[$NUMBER{$name} // die "no part $name\n"] }

# A number in a part or the header at OFF, of TYPE (as pack's: C, S, L, Q); with VALUE it is set.
sub num {
  my ($self, $part, $type, $off, $value) = @_;
  my $template = $type eq 'C' ? 'C' : "$type$self->{order}";
  my $ref = $part eq 'header' ? \$self->{header} : \$self->{parts}[$NUMBER{$part}];
  my $len = length pack $template, 0;
  die "$part has no byte $off\n" if $off + $len > length $$ref;
  substr $$ref, $off, $len, pack $template, $value if defined $value;
  return unpack $template, substr $$ref, $off, $len;
}

# The table's bytes.  LATE, if given, changes them (a reference) before the digests are made right; LAST afterwards.
sub bytes {
  my ($self, $late, $last) = @_;
  my ($at, $hot, $dir, $body) = ($HEADER + 8 * @NAMES, undef, '', '');
  for my $i (0 .. $#NAMES) {
    $body .= "\0" x (-$at % 8);
    $at += -$at % 8;
    $hot = $at if $i == $HOT;
    $dir .= pack "L$self->{order}2", $at, length $self->{parts}[$i];
    $body .= $self->{parts}[$i];
    $at += length $self->{parts}[$i];
  }
  my $bytes = $self->{header} . $dir . $body;
  substr $bytes, 12, 8, pack "L$self->{order}2", $at, $hot;
  $late->(\$bytes) if $late;
  $self->fix(\$bytes);
  $last->(\$bytes) if $last;
  return $bytes;
}

sub fix {
  my ($self, $ref) = @_;
  my $o = $self->{order};
  my ($hot, $ranges) = (unpack("L$o", substr $$ref, 16, 4), unpack("L$o", substr $$ref, $HEADER + 8, 4));
  return if $ranges > $hot || $hot > length $$ref;
  substr $$ref, 32, 8, pack "Q$o", FormatBytes::xxh64(substr($$ref, $ranges, $hot - $ranges), 0);
  substr $$ref, 40, 8, pack "Q$o", FormatBytes::xxh64(substr($$ref, $hot), 0);
  substr $$ref, 64, 8, pack "Q$o",
    FormatBytes::xxh64(substr($$ref, $HEADER, $ranges - $HEADER), FormatBytes::xxh64(substr($$ref, 0, 64), 0));
}

# The blocks of a store, unpacked: [key, bytes] each; and the other way, stored as they are.
sub blocks {
  my ($self, $index, $data) = @_;
  my @words = unpack "L$self->{order}*", $self->part($index);
  my $dictionary = $data eq 'records' ? '' : $self->part($data =~ s/s$/_dictionary/r);
  my @blocks;
  for (my $i = 0; $i < @words; $i += 3) {
    my $end = $i + 3 < @words ? $words[$i + 4] : length $self->part($data);
    my $packed = substr $self->part($data), $words[$i + 1], $end - $words[$i + 1];
    push @blocks, [$words[$i], length $packed == $words[$i + 2] ? $packed : FormatBytes::unpack_lz4($packed, $words[$i + 2], $dictionary)];
  }
  return @blocks;
}

sub set_blocks {
  my ($self, $index, $data, @blocks) = @_;
  $self->part($index) = $self->part($data) = '';
  for (@blocks) {
    $self->part($index) .= pack "L$self->{order}3", $_->[0], length $self->part($data), length $_->[1];
    $self->part($data) .= $_->[1];
  }
}

1;
