#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# The classes that oracle/lookup.pl excepts, one minimal case each (data/oracle): what we answer, what llvm-symbolizer
# answers, and the raw rows of readelf's that say who is right.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);

my $src = $ENV{abs_top_srcdir} // dirname(abs_path($0)) . '/..';
my $build = abs_path($ENV{abs_top_builddir} // '.');
my $dump = "$build/symtab/pctab-dump";
my $so = -e "$build/linker/.libs/pctab.so" ? "$build/linker/.libs/pctab.so" : "$build/linker/pctab.so";
my $flags = "-Wl,-T,$src/linker/pctab.ld,-plugin,$so";
my $dir = tempdir(CLEANUP => 1);
my ($tests, $failed) = (0, 0);

sub ok {
  my ($good, $what) = @_;
  $tests++;
  $failed++ unless $good;
  print $good ? "ok $tests - $what\n" : "not ok $tests - $what\n";
  return $good;
}

sub skip {
  my ($what, $why) = @_;
  $tests++;
  print "ok $tests - $what # SKIP $why\n";
}

sub have { return !system "command -v $_[0] >/dev/null 2>&1"; }

sub capture {
  my ($command) = @_;
  return scalar `$command`;
}

# "symbol OFFSET SIZE TYPE BIND NAME" and "frame FROM..TO" of the raw rows, offsets from .text.
sub raw_rows {
  my ($file, $text) = @_;
  my @rows;
  for (split /\n/, capture("readelf -sW $file")) {
    next unless /^\s*\d+: ([0-9a-f]+)\s+(\d+) (\w+)\s+(\w+)\s+\w+\s+(?:\[.*?\]\s+)?\d+ (.+)$/;
    push @rows, sprintf 'symbol %d %d %s %s %s', hex($1) - $text, $2, $3, $4, $5 if hex $1 >= $text;
  }
  for (split /\n/, capture("readelf -wF $file 2>/dev/null")) {
    push @rows, sprintf 'frame %d..%d', hex($1) - $text, hex($2) - $text if /FDE.* pc=([0-9a-f]+)\.\.([0-9a-f]+)/;
  }
  return @rows;
}

sub case_of {
  my ($path) = @_;
  my $name = basename($path);
  open my $in, '<', $path or die "$path: $!\n";
  my (@ours, @theirs, @raw, $target);
  while (<$in>) {
    if (/^#= (\d+) (\S+)/) { push @ours, [$1, $2]; }
    elsif (/^#! (\d+) (\S+)/) { push @theirs, [$1, $2]; }
    elsif (/^#r (.*\S)/) { push @raw, $1; }
    elsif (/^# target: (\S+)/) { $target = $1; }
  }
  my $cc = $target ? "$target-gcc" : $ENV{CC} || 'gcc';
  return skip($name, "$cc is not installed") unless have($cc);
  return skip($name, 'written for x86-64') if !$target && capture("$cc -dumpmachine") !~ /^x86_64/;
  my $prog = "$dir/$name.out";
  ok(!system("$cc -nostdlib -static -Wl,-e,0 -Wl,--build-id=none '$path' -o '$prog' $flags"), "$name: links") or return;
  my ($text) = capture("readelf -SW $prog") =~ /\] \.text\s+PROGBITS\s+([0-9a-f]+)/;
  $text = hex $text;
  my @rows = raw_rows($prog, $text);
  for my $want (@raw) {
    ok(scalar(grep { /^$want$/ } @rows), "$name: readelf: $want") or print map { "#   $_\n" } @rows;
  }
  for (@ours) {
    my ($off, $want) = @$_;
    my $answer = capture(sprintf "$dump --lookup $prog %x", $text + $off);
    my ($func) = $answer =~ /"func":(?:"([^"]*)"|null)/;
    ok(($func // '-') eq $want, "$name: at $off: $want") or print "#   $answer";
  }
  return unless have('llvm-symbolizer');
  for (@theirs) {
    my ($off, $want) = @$_;
    my ($func) = split /\n/, capture(sprintf "llvm-symbolizer --obj=$prog --functions=linkage --no-demangle 0x%x", $text + $off);
    # A later LLVM may be right; then the class is of no use any more.
    print "# $name: llvm-symbolizer now says '$func' at $off, no longer '$want'\n" if $func !~ /^$want$/;
  }
  my $out = capture("perl $src/t/oracle/lookup.pl --dump=$dump --excepted-max=1 --addr2line=0 "
                    . ($target ? "--objdump=$target-objdump " : '') . "'$prog' 2>&1");
  my $class = $name =~ s/\.s$//r;
  ok($out =~ /^ok 1 /m, "$name: the oracle sees no other difference") or print $out =~ s/^/#   /mgr;
  print map { "# $_\n" } grep { /excepted: / } split /\n/, $out;
  return unless @theirs && $out =~ /(\d+) excepted;/ && $1;
  ok($out =~ /excepted: $class: /, "$name: and counts this one as $class");
}

unless (-x $dump && -e $so && have('readelf')) {
  print "1..0 # SKIP pctab-dump, pctab.so or readelf is missing\n";
  exit 0;
}
case_of($_) for sort glob "$src/t/data/oracle/*.s";
print "1..$tests\n";
exit($failed ? 1 : 0);
