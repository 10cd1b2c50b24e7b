#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later <pctab/mark.h>'s records after a link that knows nothing of pctab: one for
# each copy of the code that is left, where the labels are, and none for code that is gone.  Both compilers, both
# linkers: inlining, unrolling, COMDAT, LTO, --gc-sections with the first function dead and live, --icf=all, shared
# objects, `ld -r`.
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;
my $src;
BEGIN { $src = $ENV{abs_top_srcdir} // dirname(__FILE__) . '/..'; }
use lib "$src/t/lib", "$src/t/oracle/lib";
use Records qw(read_elf read_records);
use Toolchains qw(installed quiet);
use Wanted qw(wanted instructions);

my $dir = tempdir(CLEANUP => 1);
my $data = "$src/t/data/object";
my %cnt = (links => 0, u => 0, r => 0, points => 0, boundaries => 0);
my @unique = map { "--unique=$_" } qw(.pcdata .pcsp .pcln);

sub hexes { return join ' ', map { ref $_ ? sprintf '%x-%x', @$_ : sprintf '%x', $_ } @_; }

# The points of one kind as brackets, in the order of addresses: [begin, end] of each pair, the inner first.
sub pairs {
  my ($what, @points) = @_;
  my (@open, @pairs, @bad);
  for (sort { $a->{address}{offset} <=> $b->{address}{offset} || $b->{which} <=> $a->{which} } @points) {
    if ($_->{which} == 1) { push @open, $_; next; }
    my $begin = pop @open;
    if (!$begin || $begin->{number} != $_->{number}) { push @bad, $_; next; }
    push @pairs, [$begin->{address}{offset}, $_->{address}{offset}];
  }
  is(scalar @open + @bad, 0, "$what: points pair");
  return @pairs;
}

sub check {
  my ($what, $path, $runs) = @_;
  my $e = read_elf($path);
  my $want = wanted($e);
  my @records = read_records($e);
  my @dead = grep { !$_->{address}{offset} } @records;
  is(scalar @dead, 0, "$what: no record of code that is gone");
  my %got;
  for (grep { $_->{kind} eq 'mark' } @records) {
    push @{$got{$_->{value} == -2 ? 'u' : 'r'}}, [$_->{address}{offset}, $_->{address}{offset} + $_->{bytes}];
  }
  for my $kind (qw(u r)) {
    my @sorted = sort { $a->[0] <=> $b->[0] } @{$got{$kind} // []};
    is(hexes(@sorted), hexes(@{$want->{$kind}}), "$what: " . @sorted . ($kind eq 'u' ? ' unsafe' : ' restart') . ' ranges are where the labels are');
    $cnt{$kind} += @sorted;
  }
  my @pairs = pairs($what, grep { $_->{kind} eq 'point' } @records);
  my @uncovered = grep { my $p = $_; !grep { $_->[0] <= $p->[0] && $p->[1] <= $_->[1] } @pairs } @{$want->{p}};
  is(hexes(@uncovered), '', "$what: " . @pairs . ' pairs of points hold what is in the block');
  is(scalar @pairs, scalar @{$want->{p}}, "$what: one pair a copy");
  $cnt{points} += @pairs;
  my $at = instructions('objdump', $path);
  my @off = grep { !$at->{$_} } map { my $a = $_->{address}{offset}; ($a, $_->{bytes} ? $a + $_->{bytes} : ()) } @records;
  is(hexes(@off), '', "$what: begin and end are instructions'");
  $cnt{boundaries} += @records;
  cmp_ok(scalar @{$want->{$_}}, '>', 0, "$what: there is something to compare") for qw(u r p);
  is(quiet(\my $out, $path), 0, "$what: runs") if $runs;
  $cnt{links}++;
  return $e;
}

# link WHAT, [COMPILER...], [FLAGS OF BOTH...], [FLAGS OF THE LINK...]: compiles both files, links, compares.
sub link_check {
  my ($what, $cc, $flags, $link) = @_;
  my @objects;
  my @command = (@$cc, '-g0', "-I$src/include", @$flags);
  for ('good-marked', 'good-marked-other') {
    my $out;
    quiet(\$out, @command, '-c', "$data/$_.c", '-o', "$dir/$_.o") and return fail("$what: compiles") || diag $out;
    push @objects, "$dir/$_.o";
  }
  my ($driver) = $cc->[0];
  return link_objects($what, $driver, [grep { !/^-xc/ } @$flags], \@objects, $link);
}

sub link_objects {
  my ($what, $driver, $flags, $objects, $link) = @_;
  my $out;
  quiet(\$out, $driver, @$flags, @$objects, '-o', "$dir/prog", @$link) and return fail("$what: links") || diag $out;
  return check($what, "$dir/prog", !grep { $_ eq '-shared' } @$link);
}

# ld -r of both files, then the link.
sub relocatable {
  my ($what, $driver, $linker, $flags, $link) = @_;
  my $out;
  quiet(\$out, $driver, '-g0', "-I$src/include", '-O2', '-ffunction-sections', '-DFIRST_DEAD', '-c', "$data/$_.c", '-o', "$dir/$_.o") for 'good-marked', 'good-marked-other';
  quiet(\$out, @$linker, '-r', "$dir/good-marked.o", "$dir/good-marked-other.o", '-o', "$dir/r.o", @$flags) and return fail("$what: ld -r") || diag $out;
  return link_objects($what, $driver, [], ["$dir/r.o"], $link);
}

sub has { my ($e, $name) = @_; return scalar grep { $_->{name} eq $name } @{$e->{symbols}}; }

my $lld = installed('ld.lld');
my $clang = installed('clang');
my @compilers = (['gcc'], $clang ? ['clang'] : ());
push @compilers, ['g++', '-xc++'] if installed('g++');
push @compilers, ['clang++', '-xc++'] if $clang && installed('clang++');
for my $cc (@compilers) {
  my $name = $cc->[0];
  for my $ld ('bfd', $lld ? 'lld' : ()) {
    my @ld = ("-fuse-ld=$ld");
    link_check("$name, $ld, $_", $cc, [$_], \@ld) for qw(-O0 -O1 -Og);
    link_check("$name, $ld, -O2 -fPIC -shared", $cc, ['-O2', '-fPIC'], [@ld, '-shared']);
    link_check("$name, $ld, -O3 -funroll-loops", $cc, ['-O3', '-funroll-loops'], \@ld);
    link_check("$name, $ld, -Os -m32", $cc, ['-Os', '-m32'], [@ld, '-m32']) if $cc->[0] eq 'gcc' && !quiet(\my $x, 'gcc', '-m32', '-w', '-xc', '/dev/null', '-nostdlib', '-Wl,-e0', '-o', "$dir/x");
    # gcc's plugin is for GNU ld, clang's for lld.
    link_check("$name, $ld, -O2 -flto", $cc, ['-O2', '-flto'], \@ld) if ($name =~ /clang/) == ($ld eq 'lld');
    my @gc = ('-O2', '-ffunction-sections', '-fdata-sections');
    my $e = link_check("$name, $ld, --gc-sections, first function live", $cc, \@gc, [@ld, '-Wl,--gc-sections']);
    ok($e && !has($e, 'dead_middle') && has($e, 'branches'), "$name, $ld, --gc-sections: the dead function is gone") if $name !~ /\+/;
    $e = link_check("$name, $ld, --gc-sections, first function dead", $cc, [@gc, '-DFIRST_DEAD'], [@ld, '-Wl,--gc-sections']);
    ok($e && !has($e, 'dead_first') && has($e, 'branches'), "$name, $ld, --gc-sections: the first function is gone") if $name !~ /\+/;
  }
  next if !$lld || $name =~ /\+/;
  my $e = link_check("$name, lld --icf=all", $cc, ['-O2', '-ffunction-sections'], ['-fuse-ld=lld', '-Wl,--icf=all']);
  my %at = map { ($_->{name} => $_->{value}) } $e ? @{$e->{symbols}} : ();
  ok(defined $at{twin_marked} && $at{twin_marked} != $at{twin_plain} && $at{twin_marked} != $at{twin_restart} && $at{twin_restart} != $at{twin_plain},
     "$name, lld --icf=all: marked functions are not folded into others");
}
SKIP: {
  skip 'ld.lld is not installed', 3 if !$lld;
  relocatable('lld -r, then lld --gc-sections', 'gcc', ['ld.lld'], [], ['-fuse-ld=lld', '-Wl,--gc-sections']);
  relocatable('lld -r, then GNU ld --gc-sections', 'gcc', ['ld.lld'], [], ['-Wl,--gc-sections']);
  relocatable('GNU ld -r --unique, then lld --gc-sections', 'gcc', ['ld'], \@unique, ['-fuse-ld=lld', '-Wl,--gc-sections']);
}
relocatable('GNU ld -r --unique, then GNU ld --gc-sections', 'gcc', ['ld'], \@unique, ['-Wl,--gc-sections']);

# Without --unique the records of all functions are in one section: what pctab-link refuses (when it meets it).
quiet(\my $out, 'ld', '-r', "$dir/good-marked.o", "$dir/good-marked-other.o", '-o', "$dir/joined.o");
my @joined = grep { $_->{name} eq '.pcdata' } @{read_elf("$dir/joined.o")->{sections}};
my @apart = grep { $_->{name} eq '.pcdata' } @{read_elf("$dir/good-marked.o")->{sections}};
cmp_ok(scalar @joined, '<', scalar @apart, 'GNU ld -r without --unique joins ' . @apart . ' sections of one object to ' . @joined);
diag "$cnt{links} files: $cnt{u} unsafe and $cnt{r} restart ranges, $cnt{points} pairs compared with labels; "
  . "$cnt{boundaries} records with objdump -d";
diag 'not installed: ' . join ' ', grep { !installed($_) } qw(clang clang++ g++ ld.lld);
done_testing;
