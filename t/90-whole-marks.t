#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later
# From <pctab/mark.h> to pctab-dump --lookup: at every byte of the program's own code UnsafePoint's value, and where it
# starts, is what labels, and the records of a link without pctab, say.  Both compilers and linkers, LTO, --gc-sections,
# --icf=all, shared objects, `ld -r`; its joined sections are refused by name.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
my ($src, $build);
BEGIN { $src = $ENV{abs_top_srcdir} // dirname(__FILE__) . '/..'; $build = $ENV{abs_top_builddir} // '.'; }
use lib "$src/t/lib", "$src/t/oracle/lib";
use Cwd qw(abs_path);
use Records qw(read_elf read_records);
use Toolchains qw(installed quiet);
use Wanted qw(wanted instructions);

($src, $build) = (abs_path($src), abs_path($build));
my ($link, $dump) = ("$build/linker/pctab-link", "$build/symtab/pctab-dump");
my ($so) = grep { -e $_ } "$build/linker/.libs/pctab.so", "$build/linker/pctab.so";
plan skip_all => "pctab-link, pctab.so and pctab-dump are not built in $build" if !$so || !-x $link || !-x $dump;
my $dir = tempdir(CLEANUP => 1);
my $data = "$src/t/data/object";
my %cnt = (pcs => 0, ranges => 0);

sub run_ok {
  my ($what, @command) = @_;
  my $said;
  my $status = quiet(\$said, @command);
  is($status . $said, '0', $what);
  return !$status;
}

# What UnsafePoint has to be at each PC of [from, to): a hash of PC to [value, start or undef].
sub expected {
  my ($e, $plain) = @_;
  my $want = wanted($e);
  my %at;
  for my $kind (['r', -3], ['u', -2]) {
    for my $range (@{$want->{$kind->[0]}}) { $at{$_} = [$kind->[1], $range->[0]] for $range->[0] .. $range->[1] - 1; }
  }
  $cnt{ranges} += @{$want->{u}} + @{$want->{r}};
  # A pair's extent is the compiler's: where it is without pctab, moved as the code was.
  my ($old, $new) = map { my %at = map { ($_->{name} => $_->{value}) } @{$_->{symbols}}; $at{branches} // $at{_Z8branchesi} } $plain, $e;
  my @open;
  for (sort { $a->{address}{offset} <=> $b->{address}{offset} || $b->{which} <=> $a->{which} } grep { $_->{kind} eq 'point' } read_records($plain)) {
    if ($_->{which} == 1) { push @open, $_->{address}{offset}; next; }
    my $begin = pop @open;
    $at{$_ + $new - $old} = [-2] for $begin .. $_->{address}{offset} - 1;
    $cnt{ranges}++;
  }
  return \%at;
}

# check WHAT, FILE, the same file linked without pctab
sub check {
  my ($what, $path, $plain_path) = @_;
  my $e = read_elf($path);
  my @raw = grep { $_->{name} =~ /^\.pc(data|sp|ln)$/ } @{$e->{sections}};
  is(scalar @raw, 0, "$what: no raw section is left");
  my $want = expected($e, read_elf($plain_path));
  # The functions of the two files.
  my @functions = grep { $_->{type} == 2 && $_->{size} && $_->{name} =~ /branches|unrolled|other|twin_|main$|cell|shared_inline|dead/ } @{$e->{symbols}};
  my @pcs = map { my $f = $_; map { $f->{value} + $_ } 0 .. $f->{size} - 1 } @functions;
  open my $in, '>', "$dir/pcs" or die; printf $in "%x\n", $_ for @pcs; close $in;
  open my $out, '-|', "$dump --lookup $path <$dir/pcs" or die;
  my ($wrong, %values, $cnt) = ('');
  while (my $line = <$out>) {
    my $pc = shift @pcs;
    $cnt++;
    my ($value, $start) = $line =~ /"unsafe_point":\{"value":(-?\d+),"name":"[^"]*","start":"0x([0-9a-f]+)"/
      or ($wrong .= $line, next);
    my $w = $want->{$pc} // [-1];
    my $same = $value == $w->[0] || $w->[0] == -3 && $value == -4;
    $same &&= hex $start == $w->[1] if $w->[0] == -3;
    $wrong .= sprintf "%x: %d from %s, wanted %d\n", $pc, $value, $start, $w->[0] if !$same;
    $values{$value}++;
  }
  is($wrong, '', "$what: $cnt PCs have the value that they should");
  cmp_ok($values{$_} // 0, '>', 0, "$what: $_ is there") for -1, -2, -3;
  $cnt{pcs} += $cnt;
  return;
}

# The program with pctab and without, by one linker.  NAME, WHAT, linker, driver, [objects], [flags].
sub both {
  my ($what, $ld, $driver, $objects, $flags) = @_;
  my @command = ($driver, @$objects, @$flags, "-fuse-ld=$ld");
  # Laid out as with pctab: with the lines for functions that have an attribute.
  my $script = do { local (@ARGV, $/) = "$src/linker/" . ($ld eq 'lld' ? 'pctab-lld.ld' : 'pctab.ld'); <> };
  open my $out, '>', "$dir/plain.ld" or die; print $out $script =~ /(SECTIONS\n\{\n  \.text\.pctab.*?INSERT [^;]*;)/s; close $out;
  run_ok("$what: links without pctab", @command, '-o', "$dir/plain", "-Wl,-T,$dir/plain.ld") or return;
  if ($ld eq 'bfd') {
    run_ok("$what: links", @command, '-o', "$dir/prog", "-Wl,-T,$src/linker/pctab.ld,-plugin,$so") or return;
  } else {
    my $said;
    quiet(\$said, 'gcc', '-c', '-xc', '/dev/null', '-o', "$dir/like.o");
    run_ok("$what: placeholder", $link, "--placeholder=$dir/place.o", "--like=$dir/like.o") or return;
    run_ok("$what: links", @command, "$dir/place.o", '-o', "$dir/prog", "-Wl,-T,$src/linker/pctab-lld.ld") or return;
    run_ok("$what: pctab-link", $link, "$dir/prog") or return;
  }
  run_ok("$what: runs", "$dir/prog") if !grep { $_ eq '-shared' } @$flags;
  check($what, "$dir/prog", "$dir/plain");
  return;
}

sub objects {
  my ($cc, @flags) = @_;
  my @objects;
  for ('good-marked', 'good-marked-other') {
    my $said;
    quiet(\$said, @$cc, "-I$src/include", @flags, '-c', "$data/$_.c", '-o', "$dir/$_.o") and diag $said;
    push @objects, "$dir/$_.o";
  }
  return \@objects;
}

my @linkers = ('bfd', installed('ld.lld') ? 'lld' : ());
for my $cc (grep { installed($_->[0]) } ['gcc'], ['clang'], ['g++', '-xc++'], ['clang++', '-xc++']) {
  my $name = $cc->[0];
  for my $ld (@linkers) {
    both("$name, $ld, -O0", $ld, $name, objects($cc, '-O0'), []);
    both("$name, $ld, -O3 -funroll-loops", $ld, $name, objects($cc, '-O3', '-funroll-loops'), []);
    both("$name, $ld, shared", $ld, $name, objects($cc, '-O2', '-fPIC'), ['-shared']);
    both("$name, $ld, --gc-sections, first function dead", $ld, $name, objects($cc, '-O2', '-ffunction-sections', '-DFIRST_DEAD'), ['-Wl,--gc-sections']);
    both("$name, $ld, -flto", $ld, $name, objects($cc, '-O2', '-flto'), ['-O2', '-flto']) if ($name =~ /clang/) == ($ld eq 'lld');
    both("$name, lld, --icf=all", $ld, $name, objects($cc, '-O2', '-ffunction-sections'), ['-Wl,--icf=all']) if $ld eq 'lld';
  }
}
objects(['gcc'], '-O2', '-ffunction-sections', '-DFIRST_DEAD');
my @parts = ("$dir/good-marked.o", "$dir/good-marked-other.o");
run_ok('GNU ld -r --unique', 'ld', '-r', @parts, '-o', "$dir/r.o", map { "--unique=$_" } '.pcdata', '.pcsp', '.pcln');
both("GNU ld -r --unique, $_, --gc-sections", $_, 'gcc', ["$dir/r.o"], ['-Wl,--gc-sections']) for @linkers;
if (@linkers > 1) {
  run_ok('lld -r', 'ld.lld', '-r', @parts, '-o', "$dir/r.o");
  both("lld -r, $_, --gc-sections", $_, 'gcc', ["$dir/r.o"], ['-Wl,--gc-sections']) for @linkers;
}
run_ok('GNU ld -r', 'ld', '-r', @parts, '-o', "$dir/joined.o");
my $said;
ok(quiet(\$said, 'gcc', "$dir/joined.o", '-o', "$dir/refused", "-Wl,-T,$src/linker/pctab.ld,-plugin,$so") && $said =~ /--unique/, 'GNU ld -r without --unique is refused, by naming the flag');
diag $said;
ok(!-e "$dir/refused", 'and leaves no output');
diag "$cnt{pcs} PCs, $cnt{ranges} ranges";
diag 'not installed: ' . join ' ', grep { !installed($_) } qw(clang clang++ g++ ld.lld);
done_testing;
