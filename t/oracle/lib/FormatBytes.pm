# SPDX-License-Identifier: GPL-3.0-or-later
# What the second reader (../format_reader.pl) needs before it can open a module table: integers and varints (section 1
# of FORMAT), XXH64, LZ4 blocks, ELF files.  From the public specifications.
package FormatBytes;
use strict;
use warnings;
no warnings qw(portable); # 64-bit constants
use Exporter qw(import);

our @EXPORT = qw(u8_at u16_at u32_at s32_at u64_at s64_at le16_at piece cursor next_u8 next_uvar next_svar next_file
                 unzigzag xxh64 unpack_lz4 read_elf);

# Section 1: integers of either byte order, and those that are the same in both.

my $order = '<';

sub u8_at { return unpack 'C', piece(@_[0, 1], 1); }
sub u16_at { return unpack "S$order", piece(@_[0, 1], 2); }
sub u32_at { return unpack "L$order", piece(@_[0, 1], 4); }
sub s32_at { return unpack "l$order", piece(@_[0, 1], 4); }
sub u64_at { return unpack "Q$order", piece(@_[0, 1], 8); }
sub s64_at { return unpack "q$order", piece(@_[0, 1], 8); }
sub le16_at { return unpack 'v', piece(@_[0, 1], 2); }

# BYTES [AT, AT + LEN), which have to be there.
sub piece {
  my (undef, $at, $len) = @_;
  die sprintf "%d bytes at %d are outside of %d\n", $len, $at, length $_[0] if $at < 0 || $at + $len > length $_[0];
  return substr $_[0], $at, $len;
}

# A cursor is {bytes, at}.
sub cursor { return {bytes => $_[0], at => $_[1] // 0}; }

sub next_u8 {
  my ($c) = @_;
  return u8_at($c->{bytes}, $c->{at}++);
}

sub next_uvar {
  my ($c) = @_;
  my ($value, $shift, $byte) = (0, 0);
  do {
    $byte = next_u8($c);
    $value |= ($byte & 127) << $shift;
    $shift += 7;
    die "a uvar of more than 5 bytes\n" if $byte > 127 && $shift > 28;
  } while $byte > 127;
  die "a uvar of more than 32 bits\n" if $value > 0xffffffff;
  die "a uvar with a byte too many\n" if $byte == 0 && $shift > 7;
  return $value;
}

sub unzigzag { return $_[0] & 1 ? -(($_[0] + 1) >> 1) : $_[0] >> 1; }
sub next_svar { return unzigzag(next_uvar($_[0])); }

# File numbers are stored plus 1; undef is none.
sub next_file {
  my $stored = next_uvar($_[0]);
  return $stored ? $stored - 1 : undef;
}

# XXH64 of BYTES with SEED.

my ($P1, $P2, $P3, $P4, $P5) = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
                                0x27D4EB2F165667C5);

sub mul { use integer; return $_[0] * $_[1]; }
sub add { use integer; return $_[0] + $_[1]; }
sub rotate { return ($_[0] << $_[1]) | ($_[0] >> (64 - $_[1])); }
sub round64 { return mul(rotate(add($_[0], mul($_[1], $P2)), $_[2] // 31), $P1); }

sub xxh64 {
  my (undef, $seed) = @_;
  my ($at, $len, $acc) = (0, length $_[0]);
  if ($len >= 32) {
    my @lane = (add($seed, add($P1, $P2)), add($seed, $P2), $seed, add($seed, mul($P1, -1)));
    for (; $at + 32 <= $len; $at += 32) {
      my @word = unpack 'Q<4', substr $_[0], $at, 32;
      $lane[$_] = round64($lane[$_], $word[$_]) for 0 .. 3;
    }
    $acc = add(add(rotate($lane[0], 1), rotate($lane[1], 7)), add(rotate($lane[2], 12), rotate($lane[3], 18)));
    $acc = add(mul($acc ^ round64(0, $_), $P1), $P4) for @lane;
  } else {
    $acc = add($seed, $P5);
  }
  $acc = add($acc, $len);
  for (; $at + 8 <= $len; $at += 8) {
    $acc = add(mul(rotate($acc ^ round64(0, unpack 'Q<', substr $_[0], $at, 8), 27), $P1), $P4);
  }
  for (; $at + 4 <= $len; $at += 4) {
    $acc = add(mul(rotate($acc ^ mul(unpack('V', substr $_[0], $at, 4), $P1), 23), $P2), $P3);
  }
  for (; $at < $len; $at++) { $acc = mul(rotate($acc ^ mul(ord substr($_[0], $at, 1), $P5), 11), $P1); }
  $acc = mul($acc ^ ($acc >> 33), $P2);
  $acc = mul($acc ^ ($acc >> 29), $P3);
  return $acc ^ ($acc >> 32);
}

# An LZ4 block, packed with a dictionary.
sub unpack_lz4 {
  my ($in, $want, $dictionary) = @_;
  my $c = cursor($in);
  my $out = $dictionary;
  $want += length $dictionary;
  while (1) {
    my $token = next_u8($c);
    my $len = lz4_length($c, $token >> 4);
    $out .= piece($in, $c->{at}, $len);
    $c->{at} += $len;
    last if $c->{at} == length $in;
    my $back = le16_at($in, $c->{at});
    $c->{at} += 2;
    die "LZ4: a match from before the start\n" if $back == 0 || $back > length $out;
    my $rest = lz4_length($c, $token & 15) + 4;
    die "LZ4: more than $want bytes\n" if length($out) + $rest > $want;
    while ($rest > 0) {
      my $part = substr $out, -$back, $rest;
      $out .= $part;
      $rest -= length $part;
    }
  }
  die 'LZ4: ', length $out, " bytes instead of $want\n" if length $out != $want;
  return substr $out, length $dictionary;
}

sub lz4_length {
  my ($c, $len) = @_;
  return $len if $len < 15;
  my $byte;
  do { $len += $byte = next_u8($c); } while $byte == 255;
  return $len;
}

# The ELF file: {machine, class, sections => [{name, addr, bytes, code}...]}; code: allocated and executable.

my ($SHT_NOBITS, $SHF_ALLOC, $SHF_EXECINSTR, $SHN_XINDEX) = (8, 2, 4, 0xffff);

sub read_elf {
  my ($path) = @_;
  open my $in, '<:raw', $path or die "$path: $!\n";
  my $bytes = do { local $/; <$in> };
  die "not an ELF file\n" if length $bytes < 52 || substr($bytes, 0, 4) ne "\177ELF";
  $order = u8_at($bytes, 5) == 2 ? '>' : '<';
  my $elf = {machine => u16_at($bytes, 18), class => u8_at($bytes, 4) == 2 ? 64 : 32};
  my ($off_at, $size_at) = $elf->{class} == 64 ? (40, 58) : (32, 46);
  my $table = $elf->{class} == 64 ? u64_at($bytes, $off_at) : u32_at($bytes, $off_at);
  my ($size, $cnt, $names) = map { u16_at($bytes, $size_at + 2 * $_) } 0 .. 2;
  die "no section headers\n" if !$table;
  my $first = section_header($elf, $bytes, $table);
  $cnt ||= $first->{size};
  $names = $first->{link} if $names == $SHN_XINDEX;
  my @sections = map { section_header($elf, $bytes, $table + $_ * $size) } 0 .. $cnt - 1;
  for (@sections) {
    $_->{code} = ($_->{flags} & $SHF_ALLOC) && ($_->{flags} & $SHF_EXECINSTR);
    $_->{bytes} = $_->{type} == $SHT_NOBITS || $_->{type} == 0 ? '' : piece($bytes, $_->{off}, $_->{size});
  }
  for (@sections) { ($_->{name}) = unpack 'Z*', substr $sections[$names]{bytes}, $_->{name_off}; }
  $elf->{sections} = \@sections;
  return $elf;
}

sub section_header {
  my ($elf, undef, $at) = @_;
  my $s = {name_off => u32_at($_[1], $at), type => u32_at($_[1], $at + 4)};
  if ($elf->{class} == 64) {
    @$s{qw(flags addr off size)} = map { u64_at($_[1], $at + 8 + 8 * $_) } 0 .. 3;
    $s->{link} = u32_at($_[1], $at + 40);
  } else {
    @$s{qw(flags addr off size link)} = map { u32_at($_[1], $at + 8 + 4 * $_) } 0 .. 4;
  }
  return $s;
}

1;
