#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later OBJECT-FORMAT's examples, one for each kind of record: taken from the
# document, assembled by GNU as and clang for every architecture, and read back by a reader of its own
# (oracle/lib/Records.pm).
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
my $src;
BEGIN { $src = $ENV{abs_top_srcdir} // dirname(__FILE__) . '/..'; }
use lib "$src/t/lib", "$src/t/oracle/lib";
use Records qw(read_elf read_records record_text);
use Toolchains qw(toolchains nop_len quiet);

# The code, then the examples with the sentence before each.
my (@blocks, $sentence);
open my $in, '<', "$src/symtab/OBJECT-FORMAT" or die "OBJECT-FORMAT: $!\n";
while (<$in>) {
  if (/^(The examples below|Example)/) { $sentence = $_; push @blocks, ''; next; }
  next if !@blocks || !defined $sentence;
  if (/^  ( *)\S/) { $blocks[-1] .= $_; next; }
  undef $sentence if length $blocks[-1] && /\S/;
}
my ($code, @examples) = @blocks;
is(scalar @examples, 7, 'the document has seven examples');

# What each says, with N for the bytes of a nop.
my @want = (
  sub { "values .text+0x0 table=2 [@{[$_[0]]}: 5] [@{[2 * $_[0]]}: -1] [@{[$_[0]]}: 6]" },
  sub { sprintf 'mark .text+0x%x bytes=%d value=-3', $_[0], 2 * $_[0] },
  sub { (sprintf('point .text+0x%x which=1 number=7', $_[0]), sprintf 'point .text+0x%x which=2 number=7', 4 * $_[0]) },
  sub { sprintf 'function .text+0x0 bytes=%d flags=9', 5 * $_[0] },
  sub { 'name .text+0x0 table=2 name=depth of the loop' },
  sub { sprintf 'frame .text+0x0 bytes=%d flags=0 [+0: cfa=1 cfa_off=8 ra=1 ra_off=-8]'
          . ' [+%d: cfa=1 cfa_off=16 ra=1 ra_off=-8 fp=1 fp_off=-16] [+%d: cfa=1 cfa_off=8 ra=1 ra_off=-8]',
          5 * $_[0], 3 * $_[0], $_[0] },
  sub { sprintf 'lines .text+0x0 bytes=%d {twice twice.h:4 in 0 at work.c:9} [+0: call=0 work.c:8]'
          . ' [+%d: call=1 twice.h:5] [+%d: call=0 work.c:10]', 5 * $_[0], $_[0], 2 * $_[0] },
);

my $dir = tempdir(CLEANUP => 1);
my ($cnt, @missing) = (0);
for my $tools (toolchains(\@missing)) {
  my $nop = nop_len($tools, $dir);
  my @all;
  for my $i (0 .. $#examples, 'all') {
    my $text = $code . ($i eq 'all' ? join('', @examples) : $examples[$i]);
    $text =~ s{^( +)\S.*/\* 32 bit: (.*?) \*/}{$1$2}mg if $tools->{bits} == 32;
    $text =~ s/BFD_RELOC_NONE/R_MIPS_NONE/g if $tools->{arch} eq 'mips' && $tools->{assembler} eq 'clang';
    my $what = "$tools->{arch}, $tools->{assembler}: example " . ($i eq 'all' ? 'all of them' : $i + 1);
    open my $out, '>', "$dir/a.s" or die; print $out $text; close $out;
    my $said;
    if (quiet(\$said, @{$tools->{cc}}, '-c', "$dir/a.s", '-o', "$dir/a.o") || length $said) {
      fail("$what: assembles in silence");
      diag $said;
      next;
    }
    my $e = read_elf("$dir/a.o");
    my @got = map { record_text($e, $_) } read_records($e);
    my @expected = $i eq 'all' ? map { $_->($nop) } @want : $want[$i]->($nop);
    is(join("\n", sort @got), join("\n", sort @expected), $what);
    $cnt += @got;
  }
}

# The worked bytes, linked at the address that the document names.
my ($bytes) = do { local (@ARGV, $/) = "$src/symtab/OBJECT-FORMAT"; <> } =~ /^Where a nop is one byte.*\n((?:  [0-9a-f ]+\n)+)/m;
my ($amd64) = grep { $_->{arch} eq 'amd64' && $_->{assembler} eq 'gas' } toolchains([]);
SKIP: {
  skip 'no assembler for amd64', 1 if !$amd64;
  open my $out, '>', "$dir/a.s" or die; print $out $code, $examples[1]; close $out;
  my $said;
  quiet(\$said, @{$amd64->{cc}}, '-nostdlib', '-static', '-Wl,-e0,-Ttext=0x401000', "$dir/a.s", '-o', "$dir/a") and diag $said;
  my ($s) = grep { $_->{name} eq '.pcdata' } @{read_elf("$dir/a")->{sections}};
  $bytes =~ tr/0-9a-f//cd;
  is(unpack('H*', $s ? $s->{bytes} : ''), $bytes, 'the worked bytes of kind 2');
}
diag "$cnt records read";
diag "not installed: @missing" if @missing;
done_testing;
