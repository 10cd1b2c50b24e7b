# SPDX-License-Identifier: GPL-3.0-or-later
# Changes single fields of an ELF file in place, to break one rule at a time.
#   elf_edit.pl FILE COMMAND [COMMAND...]
#   header FIELD=VALUE[,...]        type machine phoff shoff phnum shnum shstrndx
#   section NAME FIELD=VALUE[,...]  name (a byte offset) type flags addr off size link info align entsize
#   segment WHICH FIELD=VALUE[,...] type flags off addr paddr filesz memsz align; WHICH: a number, or the name of a section,
#                                   whose PT_LOAD it is
#   bytes NAME+OFFSET HEX           of a section's contents
#   flip NAME+OFFSET                a byte of them, whatever it is
#   string NAME OLD NEW             the first OLD, a string ended by 0 and as long as NEW, in a section
#   at OFFSET HEX                   of the file
#   table OFFSET HEX                of the table; its digests are made right again
#   text                            the table's digest of the code is made right again
# A VALUE is a number, +N or -N: that much more or less, or @NAME: that of section NAME, to which +N may be added.
use strict;
use warnings;
no warnings qw(portable); # 64-bit numbers
use FindBin;
use lib "$FindBin::Bin/../oracle/lib";
use FormatBytes qw(xxh64);

my $path = shift // die "usage: elf_edit.pl FILE COMMAND...\n";
open my $in, '<:raw', $path or die "$path: $!\n";
my $data = do { local $/; <$in> };
close $in;
my $is64 = ord(substr $data, 4, 1) == 2;
my $order = ord(substr $data, 5, 1) == 2 ? '>' : '<';
my %code = (2 => "S$order", 4 => "L$order", 8 => "Q$order");
my $w = $is64 ? 8 : 4;

sub get { my ($at, $len) = @_; return unpack $code{$len}, substr $data, $at, $len; }
sub put { my ($at, $len, $v) = @_; substr $data, $at, $len, pack $code{$len}, $v; }

# Fields of a header as name => [offset, length], from a list of both.
sub fields {
  my ($at, %f) = (0);
  while (my ($name, $len) = splice @_, 0, 2) { $f{$name} = [$at, $len]; $at += $len; }
  return \%f;
}
my $header = fields(ident0 => 8, ident1 => 8, type => 2, machine => 2, version => 4, entry => $w, phoff => $w, shoff => $w,
                    flags => 4, ehsize => 2, phentsize => 2, phnum => 2, shentsize => 2, shnum => 2, shstrndx => 2);
my $section = fields(name => 4, type => 4, flags => $w, addr => $w, off => $w, size => $w, link => 4, info => 4, align => $w,
                     entsize => $w);
my $segment = $is64
  ? fields(type => 4, flags => 4, off => 8, addr => 8, paddr => 8, filesz => 8, memsz => 8, align => 8)
  : fields(type => 4, off => 4, addr => 4, paddr => 4, filesz => 4, memsz => 4, flags => 4, align => 4);

sub field { my ($f, $base, $name) = @_; return get($base + $f->{$name}[0], $f->{$name}[1]); }

sub set {
  my ($f, $base, $changes) = @_;
  for (split /,/, $changes) {
    my ($name, $other, $sign, $n) = /^(\w+)=(?:@([.\w]+))?([-+]?)(0x[0-9a-f]+|\d+|)$/ or die "elf_edit.pl: what is $_?\n";
    my $place = $f->{$name} // die "elf_edit.pl: no field $name\n";
    $n = number($n || 0);
    my $old = defined $other ? field($section, find_section($other), $name) : get($base + $place->[0], $place->[1]);
    $sign = '+' if defined $other && $sign eq '';
    put($base + $place->[0], $place->[1], $sign eq '+' ? $old + $n : $sign eq '-' ? $old - $n : $n);
  }
}

sub section_at { return field($header, 0, 'shoff') + $_[0] * ($is64 ? 64 : 40); }
sub segment_at { return field($header, 0, 'phoff') + $_[0] * ($is64 ? 56 : 32); }

sub find_section {
  my ($want) = @_;
  my $names = field($section, section_at(field($header, 0, 'shstrndx')), 'off');
  for my $i (1 .. field($header, 0, 'shnum') - 1) {
    my $at = $names + field($section, section_at($i), 'name');
    return section_at($i) if substr($data, $at, length($want) + 1) eq "$want\0";
  }
  die "$path: no section $want\n";
}

sub find_segment {
  my ($which) = @_;
  return segment_at($which) if $which =~ /^\d+$/;
  my $addr = field($section, find_section($which), 'addr');
  for my $i (0 .. field($header, 0, 'phnum') - 1) {
    my $at = segment_at($i);
    my $from = field($segment, $at, 'addr');
    return $at if field($segment, $at, 'type') == 1 && $addr >= $from && $addr < $from + field($segment, $at, 'memsz');
  }
  die "$path: no segment with $which\n";
}

# FORMAT, 2.
sub seal {
  my $at = field($section, find_section('.pctab'), 'off');
  my ($size, $hot, $ranges) = map { get($at + $_, 4) } 12, 16, 72 + 8;
  put($at + 32, 8, xxh64(substr($data, $at + $ranges, $hot - $ranges), 0));
  put($at + 40, 8, xxh64(substr($data, $at + $hot, $size - $hot), 0));
  put($at + 64, 8, xxh64(substr($data, $at + 72, $ranges - 72), xxh64(substr($data, $at, 64), 0)));
}

sub redigest_text {
  my @texts;
  for my $i (1 .. field($header, 0, 'shnum') - 1) {
    my %s = map { $_ => field($section, section_at($i), $_) } qw(flags addr off size);
    push @texts, \%s if ($s{flags} & 6) == 6 && $s{size};
  }
  my $digest = 0;
  $digest = xxh64(substr($data, $_->{off}, $_->{size}), $digest) for sort { $a->{addr} <=> $b->{addr} } @texts;
  put(field($section, find_section('.pctab'), 'off') + 48, 8, $digest);
  seal();
}

sub number { return $_[0] =~ /^0x/ ? oct $_[0] : $_[0]; }

while (defined(my $what = shift)) {
  if ($what eq 'header') { set($header, 0, shift); }
  elsif ($what eq 'section') { my $at = find_section(shift); set($section, $at, shift); }
  elsif ($what eq 'segment') { my $at = find_segment(shift); set($segment, $at, shift); }
  elsif ($what eq 'bytes') {
    my ($name, $off) = shift =~ /^(.*)\+(\w+)$/ or die "elf_edit.pl: bytes NAME+OFFSET\n";
    my $hex = shift;
    substr $data, field($section, find_section($name), 'off') + number($off), length($hex) / 2, pack 'H*', $hex;
  }
  elsif ($what eq 'flip') { # what is there may be anything
    my ($name, $off) = shift =~ /^(.*)\+(\w+)$/ or die "elf_edit.pl: flip NAME+OFFSET\n";
    substr($data, field($section, find_section($name), 'off') + number($off), 1) ^= "\xff";
  }
  elsif ($what eq 'string') {
    my ($at, $old, $new) = (find_section(shift), shift, shift);
    my $off = index $data, "$old\0", field($section, $at, 'off');
    die "elf_edit.pl: no $old\n" if $off < 0 || $off >= field($section, $at, 'off') + field($section, $at, 'size');
    substr $data, $off, length $old, $new;
  }
  elsif ($what eq 'at') { my ($off, $hex) = (number(shift), shift); substr $data, $off, length($hex) / 2, pack 'H*', $hex; }
  elsif ($what eq 'table') {
    my ($off, $hex) = (number(shift), shift);
    substr $data, field($section, find_section('.pctab'), 'off') + $off, length($hex) / 2, pack 'H*', $hex;
    seal();
  }
  elsif ($what eq 'text') { redigest_text(); }
  else { die "elf_edit.pl: what is $what?\n"; }
}
open my $out, '+<:raw', $path or die "$path: $!\n";
print $out $data;
close $out or die "$path: $!\n";
