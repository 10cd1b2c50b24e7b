#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later <pctab/asm.h> in GNU as and clang for every architecture: each record is
# where the labels beside it are, on instruction boundaries, in its code's group; PCTAB_NO_MARKS leaves the same code;
# mistakes are errors that say what is missing.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
my $src;
BEGIN { $src = $ENV{abs_top_srcdir} // dirname(__FILE__) . '/..'; }
use lib "$src/t/lib", "$src/t/oracle/lib";
use Records qw(read_elf read_records record_text place_text);
use Toolchains qw(toolchains quiet);

my $dir = tempdir(CLEANUP => 1);
my ($ranges, $boundaries, @missing) = (0, 0);

# name => value, or a function's flags
my %MARK = (entry => -5, (map { ("unsafe$_" => -2) } 1 .. 6), map { ("restart$_" => -3) } 1 .. 5);
my %FLAGS = (ranges => 8 | 1 | 4, open_ended => 8 | 16, framed => 8 | 2, group => 8);
# The return address at a function's entry, and the CFA: kind, register, offset; SP + .
my %ENTRY = (amd64 => [1, 0, -8, 8], 386 => [1, 0, -4, 4], arm64 => [2, 30, 0, 0], arm => [2, 14, 0, 0], riscv64 => [2, 1, 0, 0],
             s390x => [2, 14, 0, 160], ppc64le => [2, 65, 0, 0], mips => [2, 31, 0, 0]);

sub assemble {
  my ($tools, $what, $text, @options) = @_;
  open my $out, '>', "$dir/a.S" or die; print $out $text; close $out;
  my $said;
  my $status = quiet(\$said, @{$tools->{cc}}, "-I$src/include", @options, '-c', "$dir/a.S", '-o', "$dir/a.o");
  if (defined $what) { is($status . $said, '0', "$what: assembles in silence"); }
  return $status ? undef : defined wantarray ? read_elf("$dir/a.o") : 1;
}

# SECTION+OFFSET of each label.
sub labels {
  my ($e) = @_;
  return map { defined $_->{section} && length $_->{name} ? ($_->{name} => place_text($e, {section => $_->{section}, offset => $_->{value}})) : () }
    @{$e->{symbols}};
}

sub length_of {
  my ($label, $name) = @_;
  my ($begin, $end) = map { ($label->{"$name$_"} // 'none') =~ /\+0x([0-9a-f]+)$/ ? hex $1 : -1 } '_b', '_e';
  return $end - $begin;
}

# Where instructions begin, by section.
sub instructions {
  my ($tools) = @_;
  quiet(\my $out, $tools->{objdump}, '-dz', "$dir/a.o");
  my (%at, $section);
  for (split /\n/, $out) {
    $section = $1 if /^Disassembly of section (\S+):/;
    $at{"$section+0x$1"} = 1 if /^\s+([0-9a-f]+):\t/;
  }
  return %at;
}

sub expected {
  my ($tools, $label) = @_;
  my @want = map { "mark " . ($label->{"${_}_b"} // $_) . ' bytes=' . length_of($label, $_) . " value=$MARK{$_}" } keys %MARK;
  push @want, map { "function $label->{\"${_}_b\"} bytes=" . length_of($label, $_) . " flags=$FLAGS{$_}" } keys %FLAGS;
  my ($kind, $reg, $off, $sp) = @{$ENTRY{$tools->{arch}}};
  my $ra = join '', " ra=$kind", $reg ? " ra_reg=$reg" : '', $off ? " ra_off=$off" : '';
  my @at = map { $label->{$_} =~ /\+0x(.*)/ ? hex $1 : -1 } qw(frame_b row1_b row2_b row3_b);
  my @advance = map { $at[$_] - $at[$_ - 1] } 1 .. 3;
  push @want, "frame $label->{frame_b} bytes=" . length_of($label, 'frame') . ' flags=0 [+0: cfa=1' . ($sp ? " cfa_off=$sp" : '') . "$ra]"
    . " [+$advance[0]: cfa=1 cfa_off=32 ra=1 ra_off=-8 fp=1 fp_off=-16]"
    . " [+$advance[1]: cfa=2 cfa_off=48$ra fp=1 fp_off=-24] [+$advance[2]: cfa=1 cfa_off=16$ra]";
  return @want;
}

sub check {
  my ($tools, $what, $text, @options) = @_;
  my $e = assemble($tools, $what, $text, @options) or return;
  my %label = labels($e);
  my @records = read_records($e);
  my @want = expected($tools, \%label);
  is(join("\n", sort map { record_text($e, $_) } @records), join("\n", sort @want), "$what: " . @want . ' records are where the labels are');
  $ranges += @records;
  my %at = instructions($tools);
  my @off = grep { !$at{place_text($e, $_->{address})} } @records;
  is(join(' ', map { place_text($e, $_->{address}) } @off), '', "$what: they begin at instructions");
  $boundaries += @records;
  my @wrong = grep { my $s = $e->{sections}[$_->{section}]; !($s->{flags} & 0x80) || $s->{link} != $_->{address}{section} } @records;
  is(scalar @wrong, 0, "$what: each is tied to the section of its code");
  my @loose = grep { ($e->{sections}[$_->{section}]{flags} ^ $e->{sections}[$_->{address}{section}]{flags}) & 0x200 } @records;
  is(scalar @loose, 0, "$what: and in its group");
  my %code = map { ($_->{name} => $_->{bytes}) } grep { $_->{flags} & 4 } @{$e->{sections}};
  my $off = assemble($tools, "$what: PCTAB_NO_MARKS", $text, @options, '-DPCTAB_NO_MARKS') or return;
  is_deeply({map { ($_->{name} => $_->{bytes}) } grep { $_->{flags} & 4 } @{$off->{sections}}}, \%code, "$what: PCTAB_NO_MARKS: the same code");
  is(scalar read_records($off), 0, "$what: PCTAB_NO_MARKS: no records");
  return;
}

my @ERRORS = (
  ['PCTAB_UNSAFE_END', 'PCTAB_UNSAFE_END without PCTAB_UNSAFE_BEGIN'],
  ['PCTAB_RESTART_END', 'PCTAB_RESTART_END without PCTAB_RESTART_BEGIN'],
  ["PCTAB_UNSAFE_BEGIN\nnop\nPCTAB_UNSAFE_BEGIN", 'PCTAB_UNSAFE_END is missing between'],
  ["PCTAB_RESTART_BEGIN\nnop\nPCTAB_RESTART_BEGIN", 'PCTAB_RESTART_END is missing between'],
  ['PCTAB_FUNCTION_END', 'PCTAB_FUNCTION_END without PCTAB_FUNCTION'],
  ["PCTAB_FUNCTION a\nnop\nPCTAB_FUNCTION b", 'PCTAB_FUNCTION_END is missing before'],
  ["PCTAB_UNSAFE_BEGIN\nnop\nPCTAB_FUNCTION b", 'PCTAB_UNSAFE_END or PCTAB_RESTART_END is missing before'],
  ['PCTAB_RESTART_AT_ENTRY', 'PCTAB_RESTART_AT_ENTRY without PCTAB_FUNCTION'],
  ['PCTAB_NOPREEMPT', 'a flag of a function without PCTAB_FUNCTION'],
  ["PCTAB_FUNCTION a\nnop\nPCTAB_FRAME 8", 'PCTAB_FRAME without PCTAB_FUNCTION name, nocfi'],
);

sub check_errors {
  my ($tools, $what) = @_;
  my @missed;
  for (@ERRORS) {
    my ($text, $message) = @$_;
    open my $out, '>', "$dir/bad.S" or die; print $out "#include <pctab/asm.h>\n$text\n"; close $out;
    my $said;
    my $status = quiet(\$said, @{$tools->{cc}}, "-I$src/include", '-c', "$dir/bad.S", '-o', "$dir/bad.o");
    push @missed, "$text: $said" if !$status || index($said, $message) < 0;
  }
  is(join("\n", @missed), '', "$what: " . @ERRORS . ' mistakes are errors that say what is wrong');
  return;
}

my $text = do { local (@ARGV, $/) = "$src/t/data/object/good-ranges.S"; <> };
for my $tools (toolchains(\@missing)) {
  my $what = "$tools->{arch}, $tools->{assembler}";
  check($tools, $what, $text);
  check($tools, "$what, Thumb", $text, '-mthumb') if $tools->{arch} eq 'arm';
  check($tools, "$what, microMIPS", $text, '-mmicromips') if $tools->{arch} eq 'mips';
  check_errors($tools, $what);
}
diag "$ranges records compared with labels, $boundaries with objdump -d";
diag "not installed: @missing" if @missing;
done_testing;
