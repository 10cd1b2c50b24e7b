# SPDX-License-Identifier: GPL-3.0-or-later
# A second, slow reader of ELF files for the tests of placing: shares nothing with the C code.
#   placed.pl FILE             proves that .pctab is where it has to be; prints "finished|unfinished KEY=VALUE..."
#   placed.pl --contents FILE  its bytes
#   placed.pl --symbols FILE   "NAME TYPE SECTION+OFFSET" for .symtab
use strict;
use warnings;

my $mode = @ARGV > 1 ? shift : '';
my $path = shift;
open my $in, '<:raw', $path or die "$path: $!\n";
my $data = do { local $/; <$in> };
die "$path: not an ELF file\n" unless substr($data, 0, 4) eq "\x7fELF";
my $is64 = ord(substr $data, 4, 1) == 2;
my $big = ord(substr $data, 5, 1) == 2;

sub num {
  my ($off, $len) = @_;
  die "$path: offset $off is outside the file\n" if $off + $len > length $data;
  my $v = 0;
  my @bytes = unpack 'C*', substr $data, $off, $len;
  @bytes = reverse @bytes unless $big;
  $v = $v * 256 + $_ for @bytes;
  return $v;
}

my $word = $is64 ? 8 : 4;
my ($type, $machine) = (num(16, 2), num(18, 2));
my ($phoff, $shoff) = $is64 ? (num(32, 8), num(40, 8)) : (num(28, 4), num(32, 4));
my $tail = $is64 ? 48 : 36;
my $flags = num($tail, 4);
my ($phnum, $shnum, $shstrndx) = (num($tail + 8, 2), num($tail + 12, 2), num($tail + 14, 2));
my ($phsize, $shsize) = $is64 ? (56, 64) : (32, 40);
die "$path: program headers lie outside the file\n" if $phoff + $phnum * $phsize > length $data;
die "$path: section headers lie outside the file\n" if $shoff + $shnum * $shsize > length $data;

my @sections;
for my $i (0 .. $shnum - 1) {
  my $at = $shoff + $i * $shsize;
  my @w = map { num($at + 8 + $_ * $word, $word) } 0 .. 3;
  push @sections, { idx => $i, name_off => num($at, 4), type => num($at + 4, 4), flags => $w[0], addr => $w[1],
    off => $w[2], size => $w[3], link => num($at + 8 + 4 * $word, 4), align => num($at + 16 + 4 * $word, $word) };
}
my $names = $sections[$shstrndx];
for (@sections) {
  my $rest = substr $data, $names->{off} + $_->{name_off}, 256;
  ($_->{name}) = split /\0/, $rest, 2;
  $_->{name} //= '';
}
my @segments;
for my $i (0 .. $phnum - 1) {
  my $at = $phoff + $i * $phsize;
  push @segments, $is64
    ? { type => num($at, 4), flags => num($at + 4, 4), off => num($at + 8, 8), addr => num($at + 16, 8),
        filesz => num($at + 32, 8), memsz => num($at + 40, 8), align => num($at + 48, 8) }
    : { type => num($at, 4), flags => num($at + 24, 4), off => num($at + 4, 4), addr => num($at + 8, 4),
        filesz => num($at + 16, 4), memsz => num($at + 20, 4), align => num($at + 28, 4) };
}

if ($mode eq '--symbols') {
  my ($first) = sort { $a <=> $b } map { $_->{addr} } grep { $_->{flags} & 2 } @sections;
  for my $s (grep { $_->{type} == 2 } @sections) {
    my $ent = $is64 ? 24 : 16;
    for my $i (1 .. $s->{size} / $ent - 1) {
      my $at = $s->{off} + $i * $ent;
      my ($info, $shndx, $value) = $is64 ? (num($at + 4, 1), num($at + 6, 2), num($at + 8, 8))
                                         : (num($at + 12, 1), num($at + 14, 2), num($at + 4, 4));
      my ($name) = split /\0/, substr($data, $sections[$s->{link}]{off} + num($at, 4), 512), 2;
      my $where = $shndx == 0 ? 'undefined' : $shndx >= 0xff00 ? sprintf('%#x:%d', $shndx, $value)
        # Before every section of its own: the ELF header's symbols.
        : $value < $first ? sprintf('%#x', $value)
        : sprintf('%s%+d', $sections[$shndx]{name}, $value - $sections[$shndx]{addr});
      printf "%s %d %s\n", $name // '', $info, $where;
    }
  }
  exit 0;
}

my @tables = grep { $_->{name} eq '.pctab' } @sections;
die "$path: no .pctab\n" unless @tables;
die "$path: ", scalar @tables, " sections .pctab\n" if @tables > 1;
my $table = $tables[0];
if ($mode eq '--contents') {
  binmode STDOUT;
  print substr $data, $table->{off}, $table->{size};
  exit 0;
}

my @wrong;
push @wrong, "type $type is neither ET_EXEC nor ET_DYN" unless $type == 2 || $type == 3;
push @wrong, sprintf 'section flags %#x are not A', $table->{flags} unless $table->{flags} == 2;
my @loads = grep { $_->{type} == 1 } @segments;
my @mine = grep { $table->{addr} >= $_->{addr} && $table->{addr} < $_->{addr} + ($_->{memsz} || 1) } @loads;
push @wrong, scalar(@mine) . ' segments hold it' unless @mine == 1;
my $seg = $mine[0] // { addr => 0, off => 0, filesz => 0, memsz => 0, flags => 0, align => 1 };
push @wrong, sprintf 'segment flags %#x are not R', $seg->{flags} unless $seg->{flags} == 4;
my ($version, $size) = (num($table->{off} + 8, 4), num($table->{off} + 12, 4));
push @wrong, 'segment and section lie at two places' if $seg->{addr} != $table->{addr} || $seg->{off} != $table->{off};
# While a table is being filled in, the lengths may differ: it is unfinished then.
push @wrong, 'segment and section differ in length'
  if $version && ($seg->{filesz} != $table->{size} || $seg->{memsz} != $table->{size});
push @wrong, "alignment $seg->{align} is below a page" if $seg->{align} < 4096;
push @wrong, 'offset and address are not congruent' if ($seg->{off} - $seg->{addr}) % $seg->{align};
push @wrong, 'outside the file' if $table->{off} + $table->{size} > length $data;

# Nothing else in the table's pages, in memory; every later section that is not loaded lies behind it in the file.
my ($lo, $hi) = ($table->{addr} - $table->{addr} % $seg->{align}, $table->{addr} + $table->{size});
$hi += -$hi % $seg->{align};
for my $s (@sections) {
  next if $s == $table || !$s->{size};
  my $loaded = $s->{flags} & 2;
  my $tbss = $s->{type} == 8 && $s->{flags} & 0x400;
  push @wrong, "$s->{name} lies in its pages" if $loaded && !$tbss && $s->{addr} < $hi && $lo < $s->{addr} + $s->{size};
  next if $s->{type} == 8;
  push @wrong, "$s->{name} is outside the file" if $s->{off} + $s->{size} > length $data;
  push @wrong, "$s->{name} overlaps it in the file"
    if $s->{off} < $table->{off} + $table->{size} && $table->{off} < $s->{off} + $s->{size};
  push @wrong, "$s->{name} is not loaded and lies before it in the file" if !$loaded && $s->{off} < $table->{off};
  push @wrong, "$s->{name} is not aligned in the file" if !$loaded && $s->{align} > 1 && $s->{off} % $s->{align};
}
for my $p (@loads) {
  next if $p == $seg || !$p->{memsz};
  my ($from, $to) = ($p->{addr} - $p->{addr} % $p->{align}, $p->{addr} + $p->{memsz});
  $to += -$to % $p->{align};
  push @wrong, sprintf 'the segment at %#x lies in its pages', $p->{addr} if $from < $hi && $lo < $to;
  push @wrong, sprintf 'the segment at %#x is not congruent', $p->{addr} if ($p->{off} - $p->{addr}) % $p->{align};
}
# Bytes of every loaded section lie where their segment says.
for my $s (grep { $_->{flags} & 2 && $_->{type} != 8 && $_->{size} } @sections) {
  my ($p) = grep { $s->{addr} >= $_->{addr} && $s->{addr} + $s->{size} <= $_->{addr} + $_->{filesz} } @loads;
  push @wrong, "$s->{name} is in no segment" unless $p;
  push @wrong, "$s->{name} is elsewhere in the file than its segment says"
    if $p && $s->{off} - $p->{off} != $s->{addr} - $p->{addr};
}
my $head = substr $data, $table->{off}, 8;
push @wrong, 'no magic' unless $head eq "\x7fPCTAB\r\n";
push @wrong, "header says $size bytes, section $table->{size}" if $version && $size != $table->{size};
die map { "$path: .pctab: $_\n" } @wrong if @wrong;
printf "%s size=%d addr=%#x off=%#x align=%#x class=%d order=%s machine=%d flags=%#x file=%d\n",
  $version ? 'finished' : 'unfinished', $size, $table->{addr}, $table->{off}, $seg->{align}, $is64 ? 64 : 32,
  $big ? 'big' : 'little', $machine, $flags, length $data;
