# SPDX-License-Identifier: GPL-3.0-or-later
# A reader of per-object records, written from symtab/OBJECT-FORMAT and the ELF specification alone: of objects, whose
# relocations it applies, and of linked files.  It believes what it reads to be well-formed and dies when it isn't.
package Records;
use strict;
use warnings;
no warnings qw(portable); # 64-bit constants
use Exporter qw(import);
our @EXPORT_OK = qw(read_elf read_records record_text place_text);

my ($SHT_SYMTAB, $SHT_RELA, $SHT_REL, $SHT_GROUP, $SHF_ALLOC, $SHF_LINK_ORDER, $ET_REL) = (2, 4, 9, 17, 2, 0x80, 1);
my ($STT_FILE, $STT_FUNC) = (4, 2);
my %KIND = (1 => 'values', 2 => 'mark', 3 => 'point', 4 => 'function', 5 => 'name', 16 => 'frame', 32 => 'lines');
my %SECTION = ('.pcdata' => [1 .. 5], '.pcsp' => [16], '.pcln' => [32]);

# {bits, machine, relocatable, sections => [{name, type, flags, addr, bytes, link, info, index}...],
#  symbols => [{name, value, size, type, section}...]} (section: a number, or undef)
sub read_elf {
  my ($path) = @_;
  open my $in, '<:raw', $path or die "$path: $!\n";
  my $file = do { local $/; <$in> };
  die "$path: not an ELF file\n" if length $file < 52 || substr($file, 0, 4) ne "\177ELF";
  my ($class, $data) = unpack 'x4CC', $file;
  my $e = {path => $path, bits => $class == 2 ? 64 : 32, order => $data == 2 ? '>' : '<'};
  my ($h, $w, $x) = map { "$_$e->{order}" } 'S', 'L', $class == 2 ? 'Q' : 'L';
  (my $type, $e->{machine}) = unpack "x16$h$h", $file;
  $e->{relocatable} = $type == $ET_REL;
  my ($shoff) = unpack $x, substr $file, $class == 2 ? 40 : 32;
  my ($size, $cnt, $names) = unpack "$h$h$h", substr $file, $class == 2 ? 58 : 46;
  my $header = sub {
    my @f = unpack "$w$w$x$x$x$x$w$w$x$x", substr $file, $shoff + $size * $_[0];
    my %s = (index => $_[0]);
    @s{qw(name type flags addr off size link info align entsize)} = @f;
    return \%s;
  };
  my $first = $header->(0);
  $cnt ||= $first->{size};
  $names = $first->{link} if $names == 0xffff;
  my @sections = map { $header->($_) } 0 .. $cnt - 1;
  for (@sections) { $_->{bytes} = $_->{type} == 0 || $_->{type} == 8 ? '' : substr $file, $_->{off}, $_->{size}; }
  my $strings = $sections[$names]{bytes};
  $_->{name} = unpack 'Z*', substr $strings, $_->{name} for @sections;
  $e->{sections} = \@sections;
  $e->{symbols} = [map { $_->{type} == $SHT_SYMTAB ? symbols($e, $_) : () } @sections];
  return $e;
}

sub symbols {
  my ($e, $table) = @_;
  my ($h, $w, $x) = map { "$_$e->{order}" } 'S', 'L', $e->{bits} == 64 ? 'Q' : 'L';
  my ($wide) = map { $_->{bytes} } grep { $_->{type} == 18 && $_->{link} == $table->{index} } @{$e->{sections}};
  my $strings = $e->{sections}[$table->{link}]{bytes};
  my @symbols;
  for my $i (0 .. length($table->{bytes}) / $table->{entsize} - 1) {
    my $bytes = substr $table->{bytes}, $i * $table->{entsize}, $table->{entsize};
    my ($name, $info, $section, $value, $size);
    if ($e->{bits} == 64) { ($name, $info, $section, $value, $size) = unpack "${w}Cx$h$x$x", $bytes; }
    else { ($name, $value, $size, $info, $section) = unpack "$w$x${x}Cx$h", $bytes; }
    $section = unpack $w, substr $wide, 4 * $i, 4 if $section == 0xffff;
    undef $section if $section == 0 || $section >= 0xff00 && $section < 0x10000;
    push @symbols, {name => unpack('Z*', substr $strings, $name), value => $value, size => $size, type => $info & 15,
                    section => $section};
  }
  return @symbols;
}

# Every record of ELF: {kind, section (index of its section), at (offset in it), address => {section, offset}, ...};
# in a linked file the address's section is undef.  Fields are OBJECT-FORMAT's, by names.
sub read_records {
  my ($e) = @_;
  return map { section_records($e, $_) } grep { $SECTION{$_->{name}} } @{$e->{sections}};
}

sub section_records {
  my ($e, $s) = @_;
  my $where = "$e->{path}: $s->{name} (section $s->{index})";
  die "$where: is allocated\n" if $s->{flags} & $SHF_ALLOC;
  my %address = $e->{relocatable} ? relocate($e, $s) : ();
  my ($word, @records) = ($e->{bits} / 8);
  my $at = 0;
  while ($at < length $s->{bytes}) {
    my ($version, $kind, $own_word, $zero, $size) = unpack "CCCCL$e->{order}", substr $s->{bytes}, $at, 8;
    die sprintf "%s: %#x: no record's head\n", $where, $at
      if !defined $size || $version != 1 || $zero != 0 || $size < 8 + $word || $at + $size > length $s->{bytes};
    die sprintf "%s: %#x: word is %d\n", $where, $at, $own_word if $own_word != $word;
    die sprintf "%s: %#x: kind %d\n", $where, $at, $kind if !grep { $_ == $kind } @{$SECTION{$s->{name}}};
    my $address = $address{$at + 8} // {offset => unpack(($word == 8 ? 'Q' : 'L') . $e->{order}, substr $s->{bytes}, $at + 8, $word)};
    my $r = {kind => $KIND{$kind}, section => $s->{index}, at => $at, size => $size, address => $address};
    my $c = {bytes => substr($s->{bytes}, $at + 8 + $word, $size - 8 - $word), order => $e->{order}};
    no strict 'refs';
    &{"read_$KIND{$kind}"}($r, $c);
    die sprintf "%s: %#x: %d bytes too many\n", $where, $at, length $c->{bytes} if length $c->{bytes};
    push @records, $r;
    $at += $size;
  }
  return @records;
}

# Applies the relocations of S; what is an address comes back by its offset.
sub relocate {
  my ($e, $s) = @_;
  my %address;
  my ($w, $x) = map { "$_$e->{order}" } 'L', $e->{bits} == 64 ? 'Q' : 'L';
  for my $r (grep { ($_->{type} == $SHT_RELA || $_->{type} == $SHT_REL) && $_->{info} == $s->{index} } @{$e->{sections}}) {
    for (my $at = 0; $at < length $r->{bytes}; $at += $r->{entsize}) {
      my ($off, $info, $addend) = unpack "$x$x" . ($r->{type} == $SHT_RELA ? lc($x) : ''), substr $r->{bytes}, $at, $r->{entsize};
      my ($type, $number) = $e->{bits} == 64 ? ($info & 0xffffffff, $info >> 32) : ($info & 255, $info >> 8);
      my $symbol = $e->{symbols}[$number];
      $addend //= unpack $x, substr $s->{bytes}, $off, $e->{bits} / 8;
      my $value = $symbol->{value} + $addend;
      if ($e->{machine} == 243 && ($type == 35 || $type == 39)) { # R_RISCV_ADD32, SUB32
        my $old = unpack $w, substr $s->{bytes}, $off, 4;
        substr $s->{bytes}, $off, 4, pack $w, ($old + ($type == 35 ? $value : -$value)) & 0xffffffff;
      } else {
        $address{$off} = {section => $symbol->{section}, offset => $value};
      }
    }
  }
  return %address;
}

sub take {
  my ($c, $what, $len) = @_;
  die "a record is cut off\n" if length $c->{bytes} < $len;
  return unpack $what, substr $c->{bytes}, 0, $len, '';
}

sub u32 { return take($_[0], "L$_[0]{order}", 4); }
sub s32 { return take($_[0], "l$_[0]{order}", 4); }

sub read_values {
  my ($r, $c) = @_;
  $r->{table} = u32($c);
  push @{$r->{stretches}}, {bytes => u32($c), value => s32($c)} while length $c->{bytes};
  return;
}

sub read_mark { my ($r, $c) = @_; @$r{qw(bytes value)} = (u32($c), s32($c)); return; }
sub read_point { my ($r, $c) = @_; @$r{qw(which number)} = (u32($c), u32($c)); return; }
sub read_function { my ($r, $c) = @_; @$r{qw(bytes flags)} = (u32($c), u32($c)); return; }

sub read_name {
  my ($r, $c) = @_;
  $r->{table} = u32($c);
  die "a name without its 0, or with something behind\n" if index($c->{bytes}, "\0") != length($c->{bytes}) - 1;
  $r->{name} = take($c, 'Z*', length $c->{bytes});
  return;
}

sub read_frame {
  my ($r, $c) = @_;
  @$r{qw(bytes flags)} = (u32($c), u32($c));
  while (length $c->{bytes}) {
    my %row = (advance => u32($c));
    @row{qw(cfa cfa_reg ra ra_reg fp fp_reg idx scale)} = take($c, 'C8', 8);
    @row{qw(cfa_off add ra_off fp_off)} = map { s32($c) } 1 .. 4;
    push @{$r->{rows}}, \%row;
  }
  return;
}

sub read_lines {
  my ($r, $c) = @_;
  ($r->{bytes}, my $strings_len, my $calls) = (u32($c), u32($c), u32($c));
  my $strings = take($c, "a$strings_len", $strings_len);
  die "the strings don't end with a 0\n" if length $strings && substr($strings, -1) ne "\0";
  my @strings = ('', split /\0/, $strings, -1);
  my $string = sub { my $i = u32($c); return $i < $#strings || $i == 0 ? $strings[$i] : die "no string $i\n"; };
  for (1 .. $calls) {
    my %call = (parent => u32($c), name => $string->(), file => $string->(), line => u32($c));
    @call{qw(call_file call_line)} = ($string->(), u32($c));
    push @{$r->{calls}}, \%call;
  }
  push @{$r->{steps}}, {advance => u32($c), call => u32($c), file => $string->(), line => u32($c)} while length $c->{bytes};
  return;
}

# SECTION+0xN in an object, 0xN in a linked file.
sub place_text {
  my ($e, $address) = @_;
  my $hex = sprintf '0x%x', $address->{offset};
  return $hex if !$e->{relocatable};
  return defined $address->{section} ? "$e->{sections}[$address->{section}]{name}+$hex" : "?+$hex";
}

# One line.
sub record_text {
  my ($e, $r) = @_;
  my @text = ($r->{kind}, place_text($e, $r->{address}));
  push @text, map { defined $r->{$_} ? "$_=$r->{$_}" : () } qw(table bytes value flags which number name);
  push @text, map { "[$_->{bytes}: $_->{value}]" } @{$r->{stretches}};
  push @text, map { my $v = $_; "[+$v->{advance}: " . join(' ', map { "$_=$v->{$_}" } grep { $v->{$_} }
    qw(cfa cfa_reg cfa_off add idx scale ra ra_reg ra_off fp fp_reg fp_off)) . ']' } @{$r->{rows}};
  push @text, map { "{$_->{name} $_->{file}:$_->{line} in $_->{parent} at $_->{call_file}:$_->{call_line}}" } @{$r->{calls}};
  push @text, map { "[+$_->{advance}: call=$_->{call} $_->{file}:$_->{line}]" } @{$r->{steps}};
  return join ' ', @text;
}

1;
