#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later Marks don't change machine code: the same bytes and relocations with
# marks, with PCTAB_NO_MARKS, and with asm volatile and attributes written without <pctab/mark.h>, at -O0 to -O3, both
# compilers, all architectures.  Where a branch reaches just as far as the compiler thinks the lines of an asm
# statement take, only the first two are the same.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
my $src;
BEGIN { $src = $ENV{abs_top_srcdir} // dirname(__FILE__) . '/..'; }
use lib "$src/t/lib", "$src/t/oracle/lib";
use Records qw(read_elf read_records);
use Toolchains qw(toolchains installed quiet);

my $dir = tempdir(CLEANUP => 1);
my ($pairs, $bytes, @missing) = (0, 0);

# Section => bytes and relocations of its code, by functions' names where there are some; markers of ours left out.
sub code_of {
  my ($path) = @_;
  my $e = read_elf($path);
  my ($w, $x) = map { "$_$e->{order}" } 'L', $e->{bits} == 64 ? 'Q' : 'L';
  my %code;
  for my $s (grep { $_->{flags} & 4 } @{$e->{sections}}) {
    my ($name) = map { $_->{name} } grep { $_->{type} == 2 && defined $_->{section} && $_->{section} == $s->{index} && $_->{name} !~ /^wanted_/ }
      @{$e->{symbols}};
    $bytes += length $s->{bytes};
    my @relocations;
    for my $r (grep { ($_->{type} == 4 || $_->{type} == 9) && $_->{info} == $s->{index} } @{$e->{sections}}) {
      for (my $at = 0; $at < length $r->{bytes}; $at += $r->{entsize}) {
        my ($off, $info, $addend) = unpack "$x$x" . ($r->{type} == 4 ? $x : ''), substr $r->{bytes}, $at, $r->{entsize};
        my ($type, $number) = $e->{bits} == 64 ? ($info & 0xffffffff, $info >> 32) : ($info & 255, $info >> 8);
        next if $type == 0; # R_*_NONE
        push @relocations, "$off:$type:" . (length $e->{symbols}[$number]{name} ? $e->{symbols}[$number]{name} : 'section') . ':' . ($addend // 0);
      }
    }
    $code{$name // $s->{name}} .= unpack('H*', $s->{bytes}) . " @relocations";
  }
  return \%code;
}

sub compile {
  my ($what, $name, @command) = @_;
  my $said;
  my $status = quiet(\$said, @command, "-I$src/include", '-c', '-o', "$dir/$name.o");
  return 1 if !$status;
  fail("$what: compiles");
  diag $said;
  return 0;
}

# same WHAT, [PLAIN OPTIONS...], COMMAND...
sub same {
  my ($what, $plain, @command) = @_;
  compile($what, 'on', @command) && compile($what, 'off', @command, '-DPCTAB_NO_MARKS') or return;
  cmp_ok(scalar read_records(read_elf("$dir/on.o")), '>', 3, "$what: has marks");
  my $on = code_of("$dir/on.o");
  is_deeply(code_of("$dir/off.o"), $on, "$what: the same code as with PCTAB_NO_MARKS");
  $pairs++;
  return if !$plain;
  compile($what, 'plain', @command, @$plain) or return;
  is_deeply(code_of("$dir/plain.o"), $on, "$what: the same code as without the header");
  $pairs++;
  return;
}

my @levels = qw(-O0 -O1 -O2 -O3);
for my $tools (toolchains(\@missing)) {
  for my $level ($tools->{arch} eq 'amd64' ? @levels : '-O2', '-Os') {
    # For size an asm statement's lines decide what is inlined, unless it is `asm inline`, as ours are.
    my @plain = ('-DPLAIN', $level eq '-Os' ? '-DINLINE=__inline__' : ());
    same("$tools->{arch}, $tools->{cc}[0], $level", \@plain, @{$tools->{cc}}, $level, '-ffunction-sections', "$src/t/data/object/good-marked.c");
  }
}
for my $cxx (grep { installed($_) } qw(g++ clang++)) {
  same("$cxx $_", ['-DPLAIN'], $cxx, '-xc++', $_, '-ffunction-sections', "$src/t/data/object/good-marked.c") for @levels;
}

# Branches over so many lines that their count decides.
open my $out, '>', "$dir/far.c" or die;
print $out <<'EOF';
#include "marked.h"
int g (int);
#define FOUR(x) x; x; x; x
#define MANY(x) FOUR (FOUR (FOUR (x)))
int far_loop (int v, double d) { do { MANY (RESTART); v = g (v); d *= 1.37; } while (v); return (int) d; }
EOF
close $out;
for my $tools (toolchains([])) {
  my @cc = (@{$tools->{cc}}, "-I$src/t/data/object");
  same("$tools->{arch}, $tools->{cc}[0], far", undef, @cc, '-O1', "$dir/far.c");
  next if $tools->{arch} ne 'arm64' || $tools->{assembler} ne 'clang';
  # tbz reaches 8192 instructions: between 512 and 1024 statements, each taken for 8 to 16.
  for my $k (8 .. 16) {
    open my $far, '>', "$dir/branch.c" or die;
    print $far "#include \"marked.h\"\n#define FOUR(x) x; x; x; x\nint g (int);\n",
      "int f (int v, int w) { if (v & 64) { FOUR (FOUR (FOUR (@{['UNSAFE; ' x $k]}))); w += g (v); } return w; }\n";
    close $far;
    same("arm64, clang, tbz over @{[64 * $k]} statements", undef, @cc, '-O1', "$dir/branch.c");
  }
}
diag "$pairs pairs of objects, $bytes bytes of code read";
diag "not installed: @missing" if @missing;
done_testing;
