#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# A second reader of the module table, written from symtab/FORMAT alone: slow, obvious and strict.  Section numbers below
# are FORMAT's.
#
#   format_reader.pl FILE [PC...]     PCs are hexadecimal; without any they are lines of standard input
#
# Prints for each PC what `pctab-dump --lookup` prints.  The table is checked as a whole first: magic, version, size,
# all three digests, directory, every rule of sections 2 to 6.  What breaks a rule of 7 to 9 ends the program as well.
use strict;
use warnings;
no warnings qw(portable); # 64-bit PCs
use FindBin;
use lib "$FindBin::Bin/lib";
use FormatBytes;
use FormatJson;
use FormatLines;
use FormatPcdata;
use List::Util qw(max);

my ($GAP, $NEAR, $FAR, $LONG, $GOES_ON) = 0 .. 4;
my @PART_NAMES = qw(build_id ranges pages slots functab longs blocks values shapes value_lists offset_lists
                    not_preemptible writes_sp assembly pcdata_tables pcdata_groups pcdata_functions pcdata_blocks
                    pcdata_lists string_index strings string_dictionary record_index records node_index nodes
                    node_dictionary origin_index origins line_codes lines reasons);
my $HOT_PARTS = 19;
my $UNBOUNDED = 63;
my $LIST_PAD = 64;

# Section 2: header, digests, directory.

sub read_table {
  my ($elf) = @_;
  my ($section) = grep { $_->{name} eq '.pctab' } @{$elf->{sections}} or die "no .pctab\n";
  my $bytes = $section->{bytes};
  die "wrong magic\n" if piece($bytes, 0, 8) ne "\177PCTAB\r\n";
  my $version = u32_at($bytes, 8);
  die $version == 0 ? "unfinished\n" : $version == 3 << 24 ? "foreign\n" : "unknown version $version\n"
    if $version != 3;
  my $t = {size => u32_at($bytes, 12), hot_size => u32_at($bytes, 16), machine => u16_at($bytes, 20),
           class => u8_at($bytes, 22), insn => u8_at($bytes, 23), sp_unit => u8_at($bytes, 56),
           shape_bits => u8_at($bytes, 57), slot_shift => u8_at($bytes, 58), parts => {}};
  die "sizes: $t->{hot_size}, $t->{size}, section ", length $bytes, "\n"
    if $t->{size} > length $bytes || $t->{hot_size} > $t->{size} || $t->{hot_size} < 64;
  $bytes = substr $bytes, 0, $t->{size};
  check_digests($elf, $t, $bytes);
  check_header($elf, $t, $bytes);
  { use integer; $t->{text} = $section->{addr} + s64_at($bytes, 24); }
  read_directory($t, $bytes);
  return $t;
}

sub check_digests {
  my ($elf, $t, $bytes) = @_;
  my $ranges = u32_at($bytes, 80);
  die "ranges: at $ranges\n" if $ranges < 72 + 8 * @PART_NAMES || $ranges > $t->{hot_size};
  my $head = xxh64(substr($bytes, 72, $ranges - 72), xxh64(substr($bytes, 0, 64), 0));
  die "head digest\n" if $head != u64_at($bytes, 64);
  die "hot digest\n" if xxh64(substr($bytes, $ranges, $t->{hot_size} - $ranges), 0) != u64_at($bytes, 32);
  die "cold digest\n" if xxh64(substr($bytes, $t->{hot_size}), 0) != u64_at($bytes, 40);
  my @text = grep { $_->{code} && $_->{bytes} ne '' } @{$elf->{sections}};
  my $digest = 0;
  for (sort { $a->{addr} <=> $b->{addr} } @text) { $digest = xxh64($_->{bytes}, $digest); }
  die "text digest\n" if $digest != u64_at($bytes, 48);
}

sub check_header {
  my ($elf, $t, $bytes) = @_;
  die "machine or class\n" if $t->{machine} != $elf->{machine} || $t->{class} != $elf->{class};
  die "insn $t->{insn}\n" if $t->{insn} !~ /^[124]$/;
  die "SP unit $t->{sp_unit}\n" if $t->{sp_unit} == 0 || $t->{sp_unit} & ($t->{sp_unit} - 1);
  die "shape bits $t->{shape_bits}\n" if $t->{shape_bits} > 8;
  die "slot shift $t->{slot_shift}\n" if $t->{slot_shift} < 4 || $t->{slot_shift} > 16;
  die "byte 59\n" if u8_at($bytes, 59) != 0;
  die "parts\n" if u32_at($bytes, 60) != @PART_NAMES;
}

sub read_directory {
  my ($t, $bytes) = @_;
  my $end = 72 + 8 * @PART_NAMES;
  for my $i (0 .. $#PART_NAMES) {
    my ($off, $len) = (u32_at($bytes, 72 + 8 * $i), u32_at($bytes, 76 + 8 * $i));
    $end = max($end, $t->{hot_size}) if $i >= $HOT_PARTS;
    die "$PART_NAMES[$i]: at $off, which is not behind $end\n" if $off % 8 || $off < $end;
    die "$PART_NAMES[$i]: bytes before it\n" if substr($bytes, $end, $off - $end) =~ /[^\0]/;
    $t->{parts}{$PART_NAMES[$i]} = piece($bytes, $off, $len);
    $end = $off + $len;
    die "$PART_NAMES[$i]: behind the hot size\n" if $i < $HOT_PARTS && $end > $t->{hot_size};
  }
}

# A part of records of LEN bytes.
sub records_of {
  my ($t, $part, $len) = @_;
  my $bytes = $t->{parts}{$part};
  die "$part: not of $len bytes each\n" if length($bytes) % $len;
  return map { substr $bytes, $_ * $len, $len } 0 .. length($bytes) / $len - 1;
}

# Sections 3 to 5: the hot part.

sub read_hot {
  my ($t) = @_;
  $t->{ranges} = [map { {off => u32_at($_, 0), end => u32_at($_, 4), page => u32_at($_, 8), entry => u32_at($_, 12),
                         values => u32_at($_, 16), offsets => u32_at($_, 20)} } records_of($t, 'ranges', 24)];
  $t->{pages} = [map { u32_at($_, 0) } records_of($t, 'pages', 4)];
  $t->{slots} = [map { u16_at($_, 0) } records_of($t, 'slots', 2)];
  $t->{functab} = [map { entry_of(u64_at($_, 0)) } records_of($t, 'functab', 8)];
  $t->{values} = [map { value_of($t, s32_at($_, 0)) } records_of($t, 'values', 4)];
  $t->{shapes} = [map { shape_of($_) } records_of($t, 'shapes', 20)];
  $t->{blocks} = [map { {off => u32_at($_, 0), values => u32_at($_, 4), offsets => u32_at($_, 8)} }
                  records_of($t, 'blocks', 12)];
  $t->{longs} = [map { {off => u32_at($_, 0), block => u32_at($_, 4), cnt => u32_at($_, 8), max => u16_at($_, 12),
                        flags => u16_at($_, 14)} } records_of($t, 'longs', 16)];
}

sub entry_of {
  my ($bits) = @_;
  return {start => $bits & 0xffff, pad => $bits >> 16 & 15, kind => $bits >> 20 & 7, values => $bits >> 23 & 0x1ffff,
          offsets => $bits >> 40, long => $bits >> 32, rest => $bits >> 23};
}

sub value_of {
  my ($t, $value) = @_;
  my $offset;
  { use integer; $offset = ($value >> $t->{shape_bits}) * $t->{sp_unit}; }
  return {offset => $offset, shape => $value & (1 << $t->{shape_bits}) - 1};
}

sub shape_of {
  my ($bytes) = @_;
  my %s;
  @s{qw(cfa cfa_reg ra ra_reg fp fp_reg index scale)} = unpack 'C8', $bytes;
  @s{qw(add ra_off fp_off)} = map { s32_at($bytes, 8 + 4 * $_) } 0 .. 2;
  return \%s;
}

# The row values and row offsets (in units, the first 0) of the lists at VALUES_AT and OFFSETS_AT.
sub read_lists {
  my ($t, $values_at, $offsets_at, $counted) = @_;
  my ($values, $offsets) = @{$t->{parts}}{qw(value_lists offset_lists)};
  die "a list at an odd offset\n" if $values_at % 2 || $offsets_at % 2;
  my ($head, $flags) = (u8_at($values, $values_at), u8_at($values, $values_at + 1));
  my $cnt = $head & 63;
  my $wide = $head >> 6 & 1;
  die "value list at $values_at: $cnt rows\n" if $head > 127 || $cnt < 1 || $cnt > 33;
  my $end = $values_at + 2 + $cnt * (1 + $wide);
  die "value list at $values_at: no $LIST_PAD bytes behind it\n" if $end + $LIST_PAD > length $values;
  die "offset list at $offsets_at: no $LIST_PAD bytes behind it\n" if $offsets_at + $LIST_PAD > length $offsets;
  my @values = map { $wide ? le16_at($values, $values_at + 2 + 2 * $_) : u8_at($values, $values_at + 2 + $_) }
                   0 .. $cnt - 1;
  my @offsets = $counted ? far_offsets($offsets, $offsets_at, $cnt - 1)
                         : map { u8_at($offsets, $offsets_at + $_) } 0 .. $cnt - 2;
  return {values => \@values, offsets => [0, @offsets], flags => $flags, wide => $wide};
}

sub far_offsets {
  my ($bytes, $at, $cnt) = @_;
  my $near = u8_at($bytes, $at);
  die "offset list at $at: $near near ones of $cnt\n" if $near > 16 || $near > $cnt || $cnt - $near > 16;
  my @near = map { u8_at($bytes, $at + 1 + $_) } 0 .. $near - 1;
  my $far_at = $at + 1 + $near;
  if ($near < $cnt && $far_at % 2) {
    die "offset list at $at: no 0 to make it even\n" if u8_at($bytes, $far_at++) != 0;
  }
  return @near, map { le16_at($bytes, $far_at + 2 * $_) } 0 .. $cnt - $near - 1;
}

sub check_lists {
  my ($t, $lists, $what) = @_;
  my ($values, $offsets) = @$lists{qw(values offsets)};
  for (@$values) {
    die "$what: value $_\n" if $_ >= @{$t->{values}};
    die "$what: shape\n" if $t->{values}[$_]{shape} >= @{$t->{shapes}};
  }
  for (1 .. $#$values) {
    die "$what: equal neighbours\n" if $values->[$_] == $values->[$_ - 1];
    die "$what: offsets don't rise\n" if $offsets->[$_] <= $offsets->[$_ - 1];
  }
  my $row = $lists->{flags} & 63;
  die "$what: row $row of the largest SP delta\n" if $row >= @$values && $row != $UNBOUNDED;
}

# Gives every entry its text offset (at), its end and its range, and checks what section 3 and 4 promise of order.
sub walk_functab {
  my ($t) = @_;
  my ($page, $number, $end) = (0, 0, 0);
  die "ranges: none, or the first is not at 0\n" if !@{$t->{ranges}} || $t->{ranges}[0]{off} != 0;
  for my $r (@{$t->{ranges}}) {
    my $page_cnt = ($r->{end} - $r->{off} + 65535) >> 16;
    die "ranges: order\n" if $r->{off} % 65536 || $r->{off} < $end || $r->{end} <= $r->{off};
    die "ranges: page or entry\n" if $r->{page} != $page || $r->{entry} != $number;
    die "ranges: odd lists\n" if $r->{values} % 2 || $r->{offsets} % 2;
    $number = walk_range($t, $r, $page_cnt);
    $page += $page_cnt;
    $end = $r->{end};
  }
  die "pages: too many\n" if $page != @{$t->{pages}};
  die "functab: too many\n" if $number != @{$t->{functab}};
  die "slots: count\n" if @{$t->{slots}} != $page * (65536 >> $t->{slot_shift});
}

# The number behind the range's last entry.
sub walk_range {
  my ($t, $r, $page_cnt) = @_;
  my $number = $r->{entry};
  for my $i (0 .. $page_cnt - 1) {
    my $base = $r->{off} + ($i << 16);
    die "pages: $i\n" if $t->{pages}[$r->{page} + $i] != $number;
    my $first = $number;
    while (1) {
      my $e = $t->{functab}[$number] or die "functab: ends within a range\n";
      die "functab: entry $number, start $e->{start}\n" if ($e->{start} == 0) != ($number == $first);
      @$e{qw(at range)} = ($base + $e->{start}, $r);
      my $next = $t->{functab}[++$number] or die "functab: no gap at the end\n";
      last if $next->{start} <= $e->{start};
      last if $i == $page_cnt - 1 && $base + $next->{start} == $r->{end};
    }
  }
  my $gap = $t->{functab}[$number++];
  die "functab: last of a range\n" if $gap->{kind} != $GAP || $gap->{start} != $r->{end} % 65536;
  @$gap{qw(at range end)} = ($r->{end}, $r, $r->{end});
  for ($r->{entry} .. $number - 2) {
    my ($e, $next) = @{$t->{functab}}[$_, $_ + 1];
    $e->{end} = $next->{at} - $e->{pad};
    die "functab: entry $_ ends at $e->{end}\n" if $e->{end} <= $e->{at};
  }
  check_slots($t, $r, $page_cnt, $number - 2);
  return $number;
}

sub check_slots {
  my ($t, $r, $page_cnt, $last) = @_;
  my $per_page = 65536 >> $t->{slot_shift};
  for my $i (0 .. $page_cnt - 1) {
    my $page = $r->{page} + $i;
    my $first = my $entry = $t->{pages}[$page];
    my $behind = $i < $page_cnt - 1 ? $t->{pages}[$page + 1] : $last + 1;
    for my $slot (0 .. $per_page - 1) {
      my $slot_end = $slot + 1 << $t->{slot_shift};
      $entry++ while $entry + 1 < $behind && $t->{functab}[$entry + 1]{start} < $slot_end;
      my $have = $t->{slots}[$page * $per_page + $slot];
      die "slots: page $page, slot $slot: $have, not ", $entry - $first, "\n" if $have != $entry - $first;
    }
  }
}

# What an entry's function is: {start, end, rows => [[text offset, value]...], max, flags}; undef in a gap.
sub hot_function {
  my ($t, $number) = @_;
  my $e = $t->{functab}[$number];
  return undef if $e->{kind} == $GAP;
  my $first = $number;
  $first-- if $e->{kind} == $GOES_ON;
  $e = $t->{functab}[$first];
  if ($e->{kind} == $LONG) {
    $first-- while $first > 0 && same_long($t->{functab}[$first - 1], $e);
    return long_function($t, $first);
  }
  my ($at, $next) = ($e->{at}, $t->{functab}[$first + 1]);
  my $lists = read_lists($t, $e->{range}{values} + 2 * $e->{values}, $e->{range}{offsets} + 2 * $e->{offsets},
                         $e->{kind} == $FAR);
  die "functab: entry $first is not near\n"
    if $e->{kind} == $NEAR && ($lists->{wide} || @{$lists->{values}} > 17);
  my $row = $lists->{flags} & 63;
  my $end = $next->{kind} == $GOES_ON ? $next->{end} : $e->{end};
  return {number => $first, start => $at, end => $end, flags => $lists->{flags},
          max => $row == $UNBOUNDED ? undef : $lists->{values}[$row], lists => [[$at, $lists]]};
}

sub same_long { return $_[0]{kind} == $LONG && $_[1]{kind} == $LONG && $_[0]{long} == $_[1]{long}; }

sub long_function {
  my ($t, $first) = @_;
  my $last = $first;
  $last++ while same_long($t->{functab}[$last + 1], $t->{functab}[$first]);
  my $long = $t->{longs}[$t->{functab}[$first]{long}] or die "functab: entry $first: no such long\n";
  my @blocks = @{$t->{blocks}}[$long->{block} .. $long->{block} + $long->{cnt} - 1];
  return {number => $first, start => $long->{off}, end => $t->{functab}[$last]{end}, flags => $long->{flags},
          max => ($long->{flags} & 63) == $UNBOUNDED ? undef : $long->{max},
          lists => [map { [$long->{off} + $_->{off}, read_lists($t, $_->{values}, $_->{offsets}, 1)] } @blocks]};
}

sub check_stores {
  my ($t) = @_;
  for my $s (@{$t->{shapes}}) {
    my $used = join '', map { $_->[0] ? 1 : 0 } [$s->{cfa} >= 3], [$s->{cfa} == 5], [$s->{cfa} >= 4],
                        [$s->{ra} =~ /^[24]$/], [$s->{ra} =~ /^[14]$/], [$s->{fp} =~ /^[23]$/], [$s->{fp} =~ /^[12]$/];
    my @fields = ([cfa_reg => 0], [index => 1], [scale => 1], [add => 2], [ra_reg => 3], [ra_off => 4], [fp_reg => 5],
                  [fp_off => 6]);
    die "shapes: kinds $s->{cfa}, $s->{ra}, $s->{fp}\n" if $s->{cfa} > 5 || $s->{ra} > 4 || $s->{fp} > 4;
    for (@fields) { die "shapes: $_->[0] is not 0\n" if $s->{$_->[0]} && !substr $used, $_->[1], 1; }
  }
  for (@{$t->{values}}) { die "values: CFA offset $_->{offset}\n" if abs $_->{offset} > 8388607; }
  for my $part (qw(value_lists offset_lists)) {
    die "$part: no $LIST_PAD bytes of 0 at its end\n" if substr($t->{parts}{$part}, -$LIST_PAD) ne "\0" x $LIST_PAD;
  }
}

# Every function, once; every list, and that each kind of entry is where it may be.
sub check_functions {
  my ($t) = @_;
  my ($functab, $long_cnt, $block_cnt) = ($t->{functab}, 0, 0);
  for my $number (0 .. $#$functab) {
    my $e = $functab->[$number];
    my $what = "functab: entry $number";
    my $before = $number ? $functab->[$number - 1] : {kind => $GAP};
    die "$what: kind $e->{kind}\n" if $e->{kind} > $GOES_ON;
    die "$what: a gap with more\n" if $e->{kind} == $GAP && ($e->{rest} || $e->{pad});
    die "$what: bits 23-31\n" if $e->{kind} == $LONG && $e->{rest} & 511;
    $t->{owner}[$number] = $e->{kind} == $GAP || $e->{kind} == $GOES_ON ? undef
                           : same_long($before, $e) ? $t->{owner}[$number - 1] : $number;
    if ($e->{kind} == $GOES_ON) {
      die "$what: goes on with nothing\n" if $e->{rest} || $e->{start} || $before->{kind} !~ /^[12]$/ || $before->{pad};
    }
    next if $e->{kind} == $GAP || $e->{kind} == $GOES_ON;
    if ($e->{kind} == $LONG && same_long($before, $e)) {
      die "$what: goes on elsewhere\n" if $e->{start} || $before->{pad};
      next;
    }
    my $f = hot_function($t, $number);
    die "$what: starts at $e->{at}, its long at $f->{start}\n" if $f->{start} != $e->{at};
    check_lists($t, $_->[1], $what) for @{$f->{lists}};
    if ($e->{kind} != $LONG) {
      die "$what: of ", $f->{end} - $f->{start}, " bytes\n" if $f->{end} - $f->{start} >= 65520;
    } else {
      check_long($t, $e->{long}, $f, $what, $long_cnt++, $block_cnt);
      $block_cnt += @{$f->{lists}};
    }
  }
  die "longs: $long_cnt are used, and $block_cnt blocks\n"
    if $long_cnt != @{$t->{longs}} || $block_cnt != @{$t->{blocks}};
}

sub check_long {
  my ($t, $number, $f, $what, $want_number, $want_block) = @_;
  my $long = $t->{longs}[$number];
  my @offs = map { $_->{off} } @{$t->{blocks}}[$long->{block} .. $long->{block} + $long->{cnt} - 1];
  die "$what: long $number, its blocks from $long->{block}\n"
    if $number != $want_number || $long->{block} != $want_block;
  die "$what: first block at $offs[0]\n" if $offs[0] != 0;
  for (1 .. $#offs) { die "$what: blocks don't rise\n" if $offs[$_] <= $offs[$_ - 1]; }
  die "$what: value of the largest SP delta\n" if $long->{max} >= @{$t->{values}};
  die "$what: flags\n" if $long->{flags} > 255 || ($long->{flags} & 63) !~ /^(?:0|63)$/;
  for (@{$f->{lists}}) { die "$what: flags in a block\n" if $_->[1]{flags} != 0; }
}

# The functab entry of text offset X, by section 3's lookup.
sub entry_at {
  my ($t, $x) = @_;
  my ($r) = grep { $x >= $_->{off} && $x < $_->{end} } @{$t->{ranges}} or return undef;
  my $i = $x - $r->{off};
  my $number = $t->{pages}[$r->{page} + ($i >> 16)] + $t->{slots}[($r->{page} << 16) + $i >> $t->{slot_shift}];
  $number-- while $t->{functab}[$number]{start} > $i % 65536;
  my $e = $t->{functab}[$number];
  die "lookup: $x is not in entry $number\n" if $x < $e->{at};
  return $x < $e->{end} ? $number : undef;
}

# The function and the value there: (function, value); nothing in gaps and pads.
sub hot_lookup {
  my ($t, $x) = @_;
  my $number = entry_at($t, $x) // return;
  my $f = $t->{hot_cache}{$number} //= hot_function($t, $number) // return;
  my ($block) = reverse grep { $_->[0] <= $x } @{$f->{lists}};
  my ($at, $lists) = @$block;
  my $row = grep { $at + $_ * $t->{insn} <= $x } @{$lists->{offsets}};
  return ($f, $t->{values}[$lists->{values}[$row - 1]]);
}

# Section 7: stores, strings, records.

sub read_store {
  my ($t, $index, $part, $dictionary) = @_;
  my @blocks = map { {key => u32_at($_, 0), off => u32_at($_, 4), len => u32_at($_, 8)} } records_of($t, $index, 12);
  for (0 .. $#blocks) {
    my $end = $_ < $#blocks ? $blocks[$_ + 1]{off} : length $t->{parts}{$part};
    my $packed = piece($t->{parts}{$part}, $blocks[$_]{off}, $end - $blocks[$_]{off});
    $blocks[$_]{bytes} = length $packed == $blocks[$_]{len} ? $packed : unpack_lz4($packed, $blocks[$_]{len}, $dictionary);
    die "$index: keys don't rise\n" if $_ && $blocks[$_]{key} <= $blocks[$_ - 1]{key};
  }
  return \@blocks;
}

sub read_strings {
  my ($t) = @_;
  my @strings;
  for (@{read_store($t, 'string_index', 'strings', $t->{parts}{string_dictionary})}) {
    die "strings: a block's key is $_->{key}, not ", scalar @strings, "\n" if $_->{key} != @strings;
    die "strings: a block without an end\n" if $_->{bytes} !~ /\0\z/;
    push @strings, split /\0/, substr($_->{bytes}, 0, -1), -1;
  }
  my ($names, $origins, $files) = map { u32_at($t->{parts}{origin_index}, 4 * $_) } 0 .. 2;
  my $tables = @{$t->{pcdata}};
  die 'strings: ', scalar @strings, ", not $names + $origins + $files + $tables\n"
    if @strings != $names + $origins + $files + $tables;
  @$t{qw(strings name_cnt origin_cnt file_cnt)} = (\@strings, $names, $origins, $files);
}

sub file_name {
  my ($t, $file) = @_;
  return undef if !defined $file;
  die "file $file of $t->{file_cnt}\n" if $file >= $t->{file_cnt};
  return $t->{strings}[$t->{name_cnt} + $t->{origin_cnt} + $file];
}

# All functions: {start, end, name, file, line, has_lines, lines, chunked, nodes}.
sub read_records {
  my ($t) = @_;
  my @functions;
  my $nodes = read_store($t, 'node_index', 'nodes', $t->{parts}{node_dictionary});
  for (0 .. $#$nodes) {
    die "nodes: block $_\n"
      if $nodes->[$_]{key} != 1024 * $_ || $nodes->[$_]{len} > 1024 || $_ < $#$nodes && $nodes->[$_]{len} != 1024;
  }
  $t->{nodes} = join '', map { $_->{bytes} } @$nodes;
  for my $block (@{read_store($t, 'record_index', 'records', '')}) {
    push @functions, @{read_record_block($t, $block)};
  }
  for (1 .. $#functions) { die "records: overlap\n" if $functions[$_]{start} < $functions[$_ - 1]{end}; }
  $t->{functions} = \@functions;
}

sub read_record_block {
  my ($t, $block) = @_;
  my $c = cursor($block->{bytes});
  my $state = {name => next_uvar($c), lines => next_uvar($c), nodes => next_uvar($c), entry => next_uvar($c),
               file => undef, line => 0,
               end => $block->{key}};
  my $entry_at = next_uvar($c);
  my $entry = $t->{functab}[$state->{entry}];
  die "records: cursor $state->{entry} at $entry_at\n" if $entry && $entry->{at} != $entry_at;
  my @functions;
  while ($c->{at} < length $block->{bytes}) { push @functions, read_record($t, $c, $state); }
  die "records: a block's key is $block->{key}, its function at $functions[0]{start}\n"
    if !@functions || $functions[0]{start} != $block->{key};
  return \@functions;
}

sub read_record {
  my ($t, $c, $state) = @_;
  my $flags = next_u8($c);
  die "records: flags $flags\n" if $flags > 63;
  my $f = {};
  if ($flags & 1) { hot_bounds($t, $state, $f); }
  else {
    $f->{start} = $state->{end} + next_uvar($c);
    $f->{end} = $f->{start} + next_uvar($c);
  }
  $state->{end} = $f->{end};
  $state->{entry}++ while $t->{functab}[$state->{entry}] && $t->{functab}[$state->{entry}]{at} < $f->{end};
  if ($flags & 2) {
    die "records: more names than there are\n" if $state->{name} >= $t->{name_cnt};
    $f->{name} = $t->{strings}[$state->{name}++];
  }
  if ($flags & 4) {
    $state->{file} = next_file($c) if !($flags & 8);
    $state->{line} += next_svar($c);
    my $len = next_uvar($c);
    @$f{qw(file line has_lines chunked)} = ($state->{file}, $state->{line}, 1, $flags & 32);
    $f->{steps} = piece($t->{parts}{lines}, $state->{lines}, $len);
    $state->{lines} += $len;
  }
  if ($flags & 16) {
    $f->{node_cnt} = next_uvar($c);
    my $len = next_uvar($c);
    $f->{node_bytes} = piece($t->{nodes}, $state->{nodes}, $len);
    $state->{nodes} += $len;
  }
  return $f;
}

# The next function of the functab.
sub hot_bounds {
  my ($t, $state, $f) = @_;
  my $number = $state->{entry};
  $number++ while $t->{functab}[$number] && $t->{functab}[$number]{kind} =~ /^(?:$GAP|$GOES_ON)$/;
  my $hot = $t->{functab}[$number] && hot_function($t, $number) or die "records: more hot functions than there are\n";
  die "records: a hot function that is not whole\n" if $hot->{number} != $number;
  @$f{qw(start end)} = @$hot{qw(start end)};
}

# Section 8: nodes and origins.

sub read_origins {
  my ($t) = @_;
  my $c = cursor($t->{parts}{origins});
  for my $i (0 .. $t->{origin_cnt} - 1) {
    if ($i % 16 == 0) {
      my $at = u32_at($t->{parts}{origin_index}, 12 + 4 * ($i / 16));
      die "origins: $i begins at $c->{at}, not $at\n" if $at != $c->{at};
    }
    my $file = next_file($c);
    push @{$t->{origins}}, {name => $t->{strings}[$t->{name_cnt} + $i], file => $file, line => next_uvar($c)};
  }
  die "origins: bytes behind the last\n" if $c->{at} != length $t->{parts}{origins};
}

# Nodes of function F: {parent, name, file, line (declared), call_file, call_line}.
sub read_nodes {
  my ($t, $f) = @_;
  my @nodes = ({name => $f->{name}, file => $f->{file}, line => $f->{line} // 0, depth => 0});
  $nodes[0]{last} = [$f->{file}, $f->{line} // 0];
  my $c = cursor($f->{node_bytes} // '');
  for my $i (1 .. $f->{node_cnt} // 0) {
    my $bits = next_uvar($c);
    my $up = $bits >> 1 & 7;
    $up += next_uvar($c) if $up == 7;
    my $parent = $i - 1;
    for (1 .. $up) { $parent = $nodes[$parent]{parent} // die "nodes: $i: up $up\n"; }
    my $origin = $t->{origins}[$bits >> 4] or die "nodes: $i: no such origin\n";
    my $last = $nodes[$parent]{last};
    $last->[0] = next_file($c) if $bits & 1;
    $last->[1] += next_svar($c);
    push @nodes, {parent => $parent, %$origin, call_file => $last->[0], call_line => $last->[1],
                  last => [$origin->{file}, $origin->{line}], depth => $nodes[$parent]{depth} + 1};
    die "nodes: deeper than 64\n" if $nodes[-1]{depth} > 64;
  }
  die "nodes: bytes behind the last\n" if $c->{at} != length $c->{bytes};
  return \@nodes;
}

# Section 9: answers; lines themselves are in lib/FormatLines.pm.

# Innermost first: [name, file, line].
sub frames_at {
  my ($t, $f, $x) = @_;
  return [$f->{name}, undef, undef] if !$f->{has_lines};
  $f->{nodes} //= read_nodes($t, $f);
  $f->{rows} //= read_rows($t, $f, $f->{nodes});
  my ($row) = reverse grep { $f->{start} + $_->[0] * $t->{insn} <= $x } @{$f->{rows}};
  my ($number, $file, $line) = @{$row->[1]};
  my @frames;
  while (1) {
    my $node = $f->{nodes}[$number];
    push @frames, [$node->{name}, file_name($t, $file), $line];
    ($file, $line, $number) = @$node{qw(call_file call_line parent)};
    return @frames if !defined $number;
  }
}

# Bisection: there are many functions and many PCs.
sub function_at {
  my ($t, $x) = @_;
  my ($low, $high) = (0, scalar @{$t->{functions}});
  while ($low < $high) {
    my $middle = $low + $high >> 1;
    if ($t->{functions}[$middle]{end} <= $x) { $low = $middle + 1; } else { $high = $middle; }
  }
  my $f = $t->{functions}[$low];
  return $f && $f->{start} <= $x ? $f : undef;
}

# The SP delta is the CFA offset where the CFA is counted from SP.
sub sp_delta {
  my ($t, $value) = @_;
  return undef if !$value || $t->{shapes}[$value->{shape}]{cfa} != 1 || $value->{offset} < 0;
  return $value->{offset};
}

# Why a function is not preemptible, in the dump's words.
sub reason_text {
  my ($t, $reason) = @_;
  if (!$t->{reason_texts}) {
    open my $in, '<', "$FindBin::Bin/../../symtab/nopreempt.def" or die "nopreempt.def: $!\n";
    while (<$in>) { $t->{reason_texts}{$1} = $2 if /^REASON \((\d+), \w+, "(.*)"\)/; }
  }
  return $t->{reason_texts}{$reason};
}

# The functions' flags and reason, and the values of all tables at text offset X.
sub pcdata_json {
  my ($t, $f, $x) = @_;
  return '"flags":[],"reason":null,"pcdata":{"unsafe_point":null}' if !$f;
  my ($no, $writes_sp, $assembly) = flags_at($t, $f);
  my $flags = join ',', $f->{flags} & 64 ? '"signal"' : (), $f->{flags} & 128 ? '"top"' : (), $no ? '"nopreempt"' : (),
                        $writes_sp ? '"spwrite"' : (), $assembly ? '"asm"' : ();
  my $number = $t->{reason}{$f->{number}};
  my $reason = $no ? sprintf '{"number":%d,"text":%s}', $number, quoted(reason_text($t, $number)) : 'null';
  my %names = (-1 => 'safe', -2 => 'unsafe', -3 => 'restart 1', -4 => 'restart 2', -5 => 'restart at entry');
  my ($value, $start) = value_at($t, 0, $f, $x);
  my $text = "\"flags\":[$flags],\"reason\":$reason,\"pcdata\":{\"unsafe_point\":"
    . value_json($t, $value, $names{$value}, $start);
  my @tables;
  for my $i (grep { $t->{pcdata}[$_]{number} != 0 } 0 .. $#{$t->{pcdata}}) {
    my $table = $t->{pcdata}[$i]{number};
    my $given = $t->{strings}[$t->{name_cnt} + $t->{origin_cnt} + $t->{file_cnt} + $i];
    my $name = $given ne '' ? $given : $table == 1 ? 'StackMapIndex' : undef;
    push @tables, "{\"table\":$table," . substr value_json($t, (value_at($t, $table, $f, $x))[0], $name,
                                                         (value_at($t, $table, $f, $x))[1]), 1;
  }
  return $text . (@tables ? ',"tables":[' . join(',', @tables) . ']' : '') . '}';
}

sub value_json {
  my ($t, $value, $name, $start) = @_;
  return "{\"value\":$value," . (defined $name ? '"name":' . quoted($name) . ',' : '')
    . '"start":' . hex_or_null($start + $t->{text}) . '}';
}

sub answer {
  my ($t, $pc) = @_;
  my $x = do { use integer; $pc - $t->{text} };
  my ($hot, $value) = $x < 0 ? () : hot_lookup($t, $x);
  my $f = $x < 0 ? undef : function_at($t, $x);
  my $s = $value ? $t->{shapes}[$value->{shape}] : {cfa => 0, ra => 0, fp => 0};
  my @frames = $f ? frames_at($t, $f, $x) : ();
  my $start = $f ? $f->{start} : $hot ? $hot->{start} : undef;
  my $entry = hex_or_null(defined $start ? $start + $t->{text} : undef);
  my $max = $hot && defined $hot->{max} ? sp_delta($t, $t->{values}[$hot->{max}]) : undef;
  return sprintf '{"pc":"0x%x","func":%s,"entry":%s,"frames":[%s],"cfa":%s,"ra":%s,"fp":%s,"spdelta":%s,'
    . '"maxspdelta":%s,%s}', $pc, quoted($f ? $f->{name} : undef), $entry,
    join(',', map { sprintf '{"func":%s,"file":%s,"line":%s}', quoted($_->[0]), quoted($_->[1]),
                            known_line(@$_[1, 2]) } @frames),
    cfa_json($t, $s, $value ? $value->{offset} : 0), ra_json($t, $s), fp_json($t, $s),
    number_or_null(sp_delta($t, $value)), number_or_null($max),
    pcdata_json($t, $hot, $x);
}

sub main {
  my ($file, @pcs) = @_;
  die "usage: format_reader.pl FILE [PC...]\n" if !defined $file;
  @pcs = map { /^\s*(\S+)/ ? $1 : () } <STDIN> if !@pcs;
  my $t = read_table(read_elf($file));
  read_hot($t);
  walk_functab($t);
  check_functions($t);
  check_stores($t);
  read_pcdata($t);
  read_reasons($t);
  read_strings($t);
  read_records($t);
  read_origins($t);
  read_line_codes($t);
  for (@pcs) {
    /^(?:0x)?([0-9a-f]{1,16})$/i or die "'$_' is no PC\n";
    my $pc = hex $1;
    print answer($t, $pc), "\n";
  }
}

eval { main(@ARGV); 1 } or do {
  print STDERR "format_reader.pl: $@";
  exit 1;
};
