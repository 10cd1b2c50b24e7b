#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# The importers of frames and symbols, on the cases of data/cfi and on entries written for each architecture; then a
# short round of damaged files.  Each good case is held against readelf too, where that reads the same.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);

my $here = dirname($0);
my $build = $ENV{abs_top_builddir} // '.';
my $printer = "$build/t/tool/model_print";
my $fuzzer = "$build/t/fuzz/fuzz_cfi";
my $dir = tempdir(CLEANUP => 1);
my $tests = 0;

sub ok {
  my ($good, $what) = @_;
  $tests++;
  print $good ? "ok $tests - $what\n" : "not ok $tests - $what\n";
  return $good;
}

sub note { print map { "# $_\n" } split /\n/, join '', @_; }

sub skip_all {
  print "1..0 # SKIP $_[0]\n";
  exit 0;
}

sub have { return !system "command -v $_[0] >/dev/null 2>&1"; }

sub run {
  my ($command) = @_;
  my $out = `$command 2>&1`;
  return ($out, $? >> 8, $? & 127);
}

sub is_text {
  my ($have, $want, $what) = @_;
  return ok(1, $what) if $have eq $want;
  ok(0, $what);
  note("expected:\n$want", "found:\n$have");
  return 0;
}

# The lines of OUT that a case with WANT speaks about.
sub of_interest {
  my ($out, @want) = @_;
  my $symbols = grep { /^symbol/ } @want;
  my $frames = !$symbols || grep { /^frame/ } @want;
  my %stat = map { /^(stat \S+)/ ? ($1 => 1) : () } @want;
  my @lines = grep { /^symbol/ ? $symbols : /^(stat \S+)/ ? $stat{$1} : $frames } split /\n/, $out;
  return $symbols ? sort @lines : @lines;
}

sub slurp {
  open my $in, '<', $_[0] or die "$_[0]: $!\n";
  local $/;
  return scalar <$in>;
}

# Assembles and links a case: the file's name, or undef with the tools' words.
sub build_case {
  my ($source, $name) = @_;
  my ($out, $rc) = run("as --64 -I '$here/data/cfi' -o '$dir/$name.o' '$source'"
    . " && ld -e 0 -Ttext=0x401000 --section-start=.got.plt=0x500000 --build-id=none -o '$dir/$name' '$dir/$name.o'"
    . " && objcopy --rename-section .frame_raw=.eh_frame --rename-section .debug_raw=.debug_frame '$dir/$name'");
  note($out) if $out;
  return $rc ? undef : "$dir/$name";
}

sub check_case {
  my ($source) = @_;
  my ($name) = $source =~ m|([^/]+)\.s$|;
  my $text = slurp($source);
  my @want = $text =~ /^#= (.*)$/mg;
  my ($message) = $text =~ /^#! (.*)$/m;
  my $file = build_case($source, $name) or return ok(0, "$name: can't be built");
  my ($out, $rc, $signal) = run("'$printer' '$file'");
  if (defined $message) {
    $out =~ s/^model_print: \Q$file\E: //;
    return ok($rc == 1 && !$signal && $out =~ /^\Q$message\E/ && $out =~ /\A.*; .*\n\z/, "$name: $message")
      || note("status $rc, signal $signal: $out");
  }
  my @have = of_interest($out, @want);
  is_text(join("\n", @have), join("\n", grep({ /^symbol/ } @want) ? sort @want : @want),
    "$name: " . @want . ' lines of frames, symbols and numbers');
  return if $text =~ /no-readelf/ || !grep { /^frame/ } @want;
  ($out, $rc) = run("perl '$here/oracle/frames.pl' '$printer' '$file'");
  ok(!$rc, "$name: readelf says the same") || note($out);
}

# A little ELF file around a CFI section: enough for every machine, class and byte order, without its assembler.
sub elf_file {
  my ($name, $machine, $is64, $big, $section, $type, $data) = @_;
  my $e = $big ? '>' : '<';
  my ($half, $word, $long) = ("S$e", "L$e", $is64 ? "Q$e" : "L$e");
  my ($head, $entry) = $is64 ? (64, 64) : (52, 40);
  my $names = "\0.text\0$section\0.shstrtab\0";
  my $text = "\0" x 256;
  my @sections = (['.text', 1, 6, 0x401000, $text], [$section, $type, 2, 0x402000, $data],
    ['.shstrtab', 3, 0, 0, $names]);
  my ($body, $table) = ('', "\0" x $entry);
  for (@sections) {
    my ($n, $t, $flags, $addr, $bytes) = @$_;
    $table .= pack "$word$word$long$long$long$long$word$word$long$long", index($names, $n), $t, $flags, $addr,
      $head + length $body, length $bytes, 0, 0, 1, 0;
    $body .= $bytes;
  }
  my $header = pack 'a4CCCCx8', "\x7fELF", $is64 ? 2 : 1, $big ? 2 : 1, 1, 0;
  $header .= pack "$half$half$word$long$long$long$word$half$half$half$half$half$half", 2, $machine, 1, 0, 0,
    $head + length $body, 0, $head, $is64 ? 56 : 32, 0, $entry, 4, 3;
  open my $out, '>:raw', "$dir/$name" or die "$dir/$name: $!\n";
  print $out $header, $body, $table;
  close $out;
  return "$dir/$name";
}

# Per machine: e_machine, 64 bit, byte orders, SP, FP, return address column, and the CFA at entry counted from SP.  The
# same function everywhere: at 4 it has saved FP and the return address, at 8 the CFA counts from FP, at 12 from r3, at
# 16 the return address is back in its column and the frame pointer in place; an operation 0x2d in between says nothing.
my @machines = (
  ['amd64', 62, 1, [0], 7, 6, 16],
  ['386', 3, 0, [0], 4, 5, 8],
  ['arm64', 183, 1, [0, 1], 31, 29, 30],
  ['arm', 40, 0, [0, 1], 13, 11, 14],
  ['riscv64', 243, 1, [0], 2, 8, 1],
  ['s390x', 22, 1, [1], 15, 11, 14],
  ['ppc64le', 21, 1, [0, 1], 1, 31, 65],
  ['mips', 8, 0, [0, 1], 29, 30, 31],
);

sub entry {
  my ($e, $id, $bytes) = @_;
  return pack("L$e", 4 + length $bytes) . $id . $bytes;
}

sub machine_case {
  my ($name, $machine, $is64, $big, $sp, $fp, $ra, $eh) = @_;
  my $e = $big ? '>' : '<';
  my $link = $machine != 62 && $machine != 3;
  my $align = $is64 ? 8 : 4;
  my $init = pack('C3', 0x0c, $sp, 16) . ($link ? '' : pack 'C2', 0x80 | $ra, 1);
  my $program = pack 'C*', 0x44, 0x80 | $fp, 2, 0x05, $ra, 1, 0x2d, 0x44, 0x0d, $fp, 0x44, 0x0d, 3, 0x44, 0x0c, $sp, 8,
    0xc0 | $fp, 0x06, $ra;
  my $cie_head = pack('C', 1) . ($eh ? "zR\0" : "\0") . pack 'CCC', 1, 0x80 - $align, $ra;
  my ($cie, $fde, $section);
  if ($eh) {
    $cie = entry($e, pack("L$e", 0), $cie_head . pack('CC', 1, 0x1b) . $init);
    my $at = 0x402000 + 8 + length $cie;
    $fde = entry($e, pack("L$e", 4 + length $cie), pack("l${e}L${e}C", 0x401010 - $at, 32, 0) . $program);
  } else {
    $cie = entry($e, pack("L$e", 0xffffffff), $cie_head . $init);
    my $address = $is64 ? "Q$e" : "L$e";
    $fde = entry($e, pack("L$e", 0), pack("$address$address", 0x401010, 32) . $program);
  }
  $section = $eh ? '.eh_frame' : '.debug_frame';
  my $what = "$name " . ($big ? 'big' : 'little') . " endian $section";
  my $file = elf_file("machine-$tests", $machine, $is64, $big, $section, 1, $cie . $fde);
  my ($out) = run("'$printer' frames '$file'");
  my $saved = sprintf 'c-%d c-%d', $align, 2 * $align;
  my $free = ($link ? "r$ra" : "c-$align") . ' s';
  is_text($out, "frame 401010 401030\n401010 sp+16 $free\n401014 sp+16 $saved\n401018 fp+16 $saved\n"
    . "40101c r3+16 $saved\n401020 sp+8 $free\n", $what);
}

sub fuzz_case {
  my ($source, $cnt) = @_;
  my ($name) = $source =~ m|([^/]+)\.s$|;
  my ($out, $rc, $signal) = run("'$fuzzer' '$dir/$name' $cnt 11");
  my ($accepted, $refused) = $out =~ /: (\d+) accepted, (\d+) refused/;
  my $outcome = $accepted ? "$accepted accepted, $refused refused" : $out =~ s/\n.*//sr;
  ok(!$rc && !$signal && $accepted && $refused, "$name: $cnt damaged copies: $outcome")
    || note("status $rc, signal $signal: $out");
}

-x $printer or skip_all("$printer is not built (make check builds it)");
for ('as', 'ld', 'objcopy', 'readelf') { have($_) or skip_all("$_ is missing: install binutils"); }
my ($target) = run('as --64 --version');
$target =~ /x86_64|i[3-6]86/ or skip_all('the assembler is not one for x86-64');
my @cases = sort glob "$here/data/cfi/{good,bad}-*.s";
check_case($_) for @cases;
for my $m (@machines) {
  my ($name, $machine, $is64, $orders, $sp, $fp, $ra) = @$m;
  for my $big (@$orders) {
    machine_case($name, $machine, $is64, $big, $sp, $fp, $ra, $_) for 1, 0;
  }
}
if (-x $fuzzer) {
  fuzz_case($_, 500) for grep { /good-/ } @cases;
} else {
  note("$fuzzer is not built: no damaged files");
}
note(scalar(@cases) . ' cases, ' . scalar(@machines) . ' machines');
print "1..$tests\n";
