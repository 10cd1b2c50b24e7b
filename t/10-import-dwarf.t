#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# The DWARF import of small programs, built in every way that changes how lines and inlined calls are described: at
# each instruction its answer is llvm-symbolizer's (oracle/lines.pl), or, where llvm-symbolizer can't read the
# variant, what the same program gives without it.  Damaged copies are imported or refused, by two threads as by one.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename;
use File::Temp qw(tempdir);

my $here = dirname (abs_path ($0));
my $build = $ENV{abs_top_builddir} || '.';
my $print = $ENV{DWARF_PRINT} || "$build/t/tool/dwarf_print";
$print = abs_path ($print) if -x $print;
my $fuzzer = $ENV{FUZZ_DWARF} || "$build/t/fuzz/fuzz_dwarf";
$fuzzer = abs_path ($fuzzer) if -x $fuzzer;
my $dir = tempdir (CLEANUP => !$ENV{KEEP});
chdir $dir or die;

sub have
{
  my ($tool) = @_;
  return scalar grep { -x "$_/$tool" } split /:/, $ENV{PATH};
}

sub spew
{
  my ($name, $text) = @_;
  open my $out, '>', $name or die "$name: $!\n";
  print $out $text;
  close $out;
}

mkdir 'inc';
spew ('inc/util.h', <<'E');
#ifndef UTIL_H
#define UTIL_H
static inline int clamp (int v, int lo, int hi)
{
  if (v < lo)
    return lo;
  return v > hi ? hi : v;
}
static inline __attribute__ ((always_inline)) unsigned mix (unsigned h, const char *s)
{
  while (*s)
    {
      h ^= (unsigned char) *s++;
      h *= 16777619u;
      if (h & 0x100)
        h = (h << 3) | (h >> 29);
    }
  return h;
}
extern int one (int), two (const char *), dead (int), generated (int);
#endif
E
spew ('one.c', <<'E');
#include "util.h"
#include <stdio.h>
#include <stdlib.h>
static inline int deep3 (int x) { return clamp (x * 3, -100, 1000) + 1; }
static inline int deep2 (int x) { int s = 0; for (int i = 0; i < x; i++) s += deep3 (i ^ x); return s; }
static inline int deep1 (int x) { return deep2 (x) + deep2 (x + 1); }
int __attribute__ ((noinline)) one (int x)
{
  int sum = 0;
  for (int i = 0; i < x; i++)
    {
      if (i % 7 == 3)
        {
          fprintf (stderr, "%d\n", i);
          abort ();
        }
      sum += deep1 (i);
    }
  return sum;
}
int dead (int x) { return deep1 (x) - deep2 (x); }
E
spew ('two.c', <<'E');
#include "util.h"
#include <string.h>
static int table[64];
int two (const char *s)
{
  unsigned h = mix (2166136261u, s);
  for (unsigned i = 0; i < 64; i++)
    table[i] = clamp ((int) (h >> (i & 15)), 0, 99) + (int) strlen (s);
  switch (h % 5)
    {
    case 0: return table[h % 64];
    case 1: return clamp (table[3], 1, 5);
    case 2: return (int) mix (h, "again");
    default: return 0;
    }
}
# line 1000 "generated.y"
int generated (int a) { return clamp (a, 3, 4); }
E
spew ('main.c', <<'E');
#include "util.h"
int main (int argc, char **argv)
{
  int r = one (argc);
  for (int i = 0; i < argc; i++)
    r += two (argv[i]) + clamp (i, 0, 3) + generated (i);
  return r & 127;
}
E
spew ('empty.c', "int two (const char *s) { return *s; }\n");
spew ('nested.c', <<'E');
#include "util.h"
static inline int outer (int n)
{
  int bias = n / 2;
  __attribute__ ((noinline)) int inner (int x) { return clamp (x + bias, 0, n); }
  int s = 0;
  for (int i = 0; i < n; i++)
    s += inner (i);
  return s;
}
int generated (int a) { return outer (a) + outer (a + 1); }
E
spew ('cxx.cc', <<'E');
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>
namespace shapes {
struct Base { virtual ~Base () {} virtual int area () const = 0; };
template <int N> struct Poly : Base {
  std::vector<int> sides;
  explicit Poly (int s) : sides (N, s) {}
  int area () const override { int a = 0; for (int s : sides) a += s * N; return a; }
};
inline int total (const std::vector<std::unique_ptr<Base>> &v)
{
  int t = 0;
  std::for_each (v.begin (), v.end (), [&t] (const std::unique_ptr<Base> &b) { t += b->area (); });
  return t;
}
}
int main (int argc, char **argv)
{
  std::map<std::string, int> counts;
  std::vector<std::unique_ptr<shapes::Base>> v;
  for (int i = 0; i < argc; i++)
    {
      struct Local { static int twice (int x) { return x * 2; } };
      counts[argv[i]] += Local::twice (i);
      v.push_back (std::make_unique<shapes::Poly<3>> (i));
      v.push_back (std::make_unique<shapes::Poly<5>> (i));
    }
  try { return shapes::total (v) + counts.at ("x"); } catch (const std::exception &e) { return e.what ()[0]; }
}
E
spew ('more.cc', <<'E');
#include <map>
#include <string>
#include <vector>
std::vector<int> grow (int n) { std::vector<int> v; for (int i = 0; i < n; i++) v.push_back (i); return v; }
int pick (std::map<std::string, int> &m, const char *k) { m[k]++; return m.at (k); }
E
spew ('asm.s', <<'E');
        .text
        .globl  generated
        .type   generated, @function
generated:
        movl    %edi, %eax
        addl    $3, %eax
        nop
        ret
        .size   generated, .-generated
        .section .text.other,"ax",@progbits
other:
        nop
        ret
E

my @c = qw(one.c two.c main.c);
my @cxx = qw(cxx.cc more.cc);

# Each: name; compiler, flags, sources; then perhaps: what to do with the program, the tool that this needs, a command
# to run before, how to compare.
my @cases;

sub compiler_cases
{
  my ($cc, $cpp) = @_;
  my $lto = $cc eq 'clang' ? 'lld' : undef;
  for my $level (0 .. 3)
    {
      push @cases, ["$cc -O$level", $cc, "-g -O$level", \@c], ["$cpp -O$level", $cpp, "-g -O$level", \@cxx];
    }
  for my $version (2 .. 5)
    {
      push @cases, ["$cc -gdwarf-$version", $cc, "-g -O2 -gdwarf-$version", \@c];
      push @cases, ["$cpp -gdwarf-$version", $cpp, "-g -O2 -gdwarf-$version", \@cxx] if $version > 3;
    }
  for my $flags ('-g1', '-gdwarf64', '-static -no-pie', '-static-pie', "-fdebug-prefix-map=$dir=.",
                 '-ffunction-sections -Wl,--gc-sections', '-gdwarf-4 -ffunction-sections -Wl,--gc-sections',
                 '-ffunction-sections -Wl,--gc-sections -fuse-ld=lld',
                 '-gdwarf-4 -ffunction-sections -Wl,--gc-sections -fuse-ld=lld', '-ffunction-sections -fuse-ld=gold',
                 $lto ? '-flto -fuse-ld=lld' : '-flto', '-gz=zlib', '-gz=zlib-gnu', '-fdebug-types-section',
                 '-gdwarf-4 -fdebug-types-section', '-m32')
    {
      my $need = $flags =~ /lld/ ? 'ld.lld' : $flags =~ /gold/ ? 'gold' : undef;
      push @cases, ["$cc $flags", $cc, "-g -O2 $flags", \@c, undef, $need];
      push @cases, ["$cpp $flags", $cpp, "-g -O2 $flags", \@cxx, undef, $need];
    }
  for my $version (4, 5)
    {
      my $flags = "-g -O2 -gsplit-dwarf -gdwarf-$version";
      for my $lang ([$cc, \@c], [$cpp, \@cxx])
        {
          my ($compiler, $sources) = @$lang;
          my $plain = sub { plain ($_[0], $compiler, "-g -O2 -gdwarf-$version", $sources) };
          push @cases, ["$compiler -gsplit-dwarf -gdwarf-$version", $compiler, $flags, $sources, $plain, undef, undef,
                        'same'];
          push @cases, ["$compiler -gsplit-dwarf -gdwarf-$version, a .dwp", $compiler, $flags, $sources,
                        sub { package_of ($_[0]) && $plain->($_[0]) }, 'llvm-dwp', undef, 'same'];
          push @cases, ["$compiler -gsplit-dwarf -gdwarf-$version, .dwo missing", $compiler, $flags, $sources,
                        sub { unlink glob '*.dwo' }];
        }
    }
}

compiler_cases ('gcc', 'g++');
compiler_cases ('clang', 'clang++');
my @some = (@c[0, 1], 'main.o');
push @cases, ['a unit without -g', 'gcc', '-O2', \@some, undef, undef, 'gcc -g -O2 -c -Iinc main.c'];
push @cases, ['DWARF 4 and 5 in one', 'gcc', '-O2 -g', \@some, undef, undef, 'gcc -g -O2 -gdwarf-4 -c -Iinc main.c'];
push @cases, ['gcc and clang in one', 'gcc', '-O2 -g', \@some, undef, 'clang', 'clang -g -O2 -c -Iinc main.c'];
push @cases, ["nested functions -O$_", 'gcc', "-O$_ -g", ['one.c', 'nested.c', 'main.c', 'empty.c']] for 0, 2;
push @cases, ['assembly', 'gcc', '-O2 -g -Wa,-g', ['one.c', 'asm.s', 'main.c', 'empty.c']] if `uname -m` =~ /x86_64/;
push @cases, ['no debug information', 'gcc', '-O2', \@c];
for my $how ('zlib', 'zlib-gnu', 'zstd')
  {
    push @cases, ["objcopy --compress-debug-sections=$how", 'gcc', '-O2 -g', \@c,
                  sub { compressed ($_[0], $how) }, 'objcopy', undef, 'same'];
  }
for my $version (4, 5)
  {
    my $flags = "-O2 -g -gdwarf-$version";
    push @cases, ["dwz, DWARF $version", 'g++', $flags, \@cxx, sub { system ("dwz $_[0] 2>/dev/null") == 0 }, 'dwz'];
    push @cases, ["dwz -m, DWARF $version", 'g++', $flags, \@cxx, sub { dwz_multi ($_[0], $flags) }, 'dwz', undef,
                  'same'];
    push @cases, ["dwz -m, DWARF $version, the other file missing", 'g++', $flags, \@cxx,
                  sub { dwz_multi ($_[0], $flags) && unlink "$_[0].sup" }, 'dwz', undef, 'lines'];
  }

for my $target (qw(aarch64-linux-gnu arm-linux-gnueabihf i686-linux-gnu mipsel-linux-gnu powerpc64le-linux-gnu
                   riscv64-linux-gnu s390x-linux-gnu))
  {
    push @cases, ["$target-gcc -gdwarf-$_", "$target-gcc", "-g -O2 -gdwarf-$_", \@c, undef, "$target-objdump"] for 4, 5;
  }
push @cases, ["damaged: gcc $_", 'gcc', "-g -O2 $_", \@c, undef, undef, undef, 'fuzz'] for '-gdwarf-4', '-gdwarf-5';
push @cases, ['damaged: clang', 'clang', '-g -O2', \@c, undef, undef, undef, 'fuzz'];
push @cases, ['damaged: g++, compressed', 'g++', '-g -O2 -gz=zlib', \@cxx, undef, undef, undef, 'fuzz'];
push @cases, ['damaged: dwz -m', 'g++', '-g -O2', \@cxx, sub { dwz_multi ($_[0], '-g -O2') }, 'dwz', undef, 'fuzz'];
push @cases, ["damaged: s390x", "s390x-linux-gnu-gcc", '-g -O2', \@c, undef, undef, undef, 'fuzz'];
push @cases, ["damaged: .dwo, DWARF $_", 'gcc', "-g -O2 -gsplit-dwarf -gdwarf-$_", \@c, undef, undef, undef, 'dwo']
  for 4, 5;

# llvm-symbolizer 14 does not find functions with DW_AT_ranges in .dwo files, nor anything under zstd.
sub plain
{
  my ($file, $cc, $flags, $sources) = @_;
  return build ("$file.plain", $cc, $flags, $sources);
}

sub compressed
{
  my ($file, $how) = @_;
  return system ("cp $file $file.plain && objcopy --compress-debug-sections=$how $file 2>/dev/null") == 0;
}

sub package_of
{
  my ($file) = @_;
  return system ("llvm-dwp -e $file -o $file.dwp >/dev/null 2>&1") == 0 && unlink glob '*.dwo';
}

# A supplementary file takes two programs that have something in common.
sub dwz_multi
{
  my ($file, $flags) = @_;
  return system ("cp $file $file.plain && g++ $flags -DOTHER -o $file.other cxx.cc more.cc"
                 . " && dwz -m $file.sup -M $file.sup $file $file.other 2>/dev/null") == 0 && -e "$file.sup";
}

sub answers
{
  my ($file, $pcs) = @_;
  my $text = `$print $file <$pcs 2>err`;
  return $? ? undef : $text;
}

# The import of FILE answers as that of FILE.plain: in all, or in files (without directory, which dwz moves away too)
# and lines of the innermost frame alone.
sub same_as_plain
{
  my ($file, $lines) = @_;
  system ("objdump -d --no-show-raw-insn $file | sed -n 's/^ *\\([0-9a-f]*\\):.*/\\1/p' >pcs");
  my @both = map { answers ($_, 'pcs') } $file, "$file.plain";
  return (0, "$print failed: " . `cat err`) unless defined $both[0] && defined $both[1];
  if ($lines)
    {
      for my $text (@both)
        {
          my @innermost = map { join "\t", (split /\t/)[0, 3, 4] } grep { /^\S+\t0\t/ } split /\n/, $text;
          $text = join "\n", map { s{\t[^\t]*/}{\t}r } @innermost;
        }
    }
  my $cnt = () = $both[1] =~ /\n/g;
  return ($both[0] eq $both[1] && $cnt > 100, "$cnt frames, against the same program without it");
}

# Damaged copies of FILE, or of a .dwo file of its, are imported or refused.
sub damaged
{
  my ($file, $dwo) = @_;
  my $cnt = $ENV{FUZZ_CASES} || 300;
  my $text = `$fuzzer $file $cnt 1 @{[$dwo ? "$file-one.dwo" : '']} 2>&1`;
  my $good = $? == 0;
  return ($good && $text =~ /: [1-9]\d* accepted, [1-9]\d* refused/, $text =~ s/\n(?=.)/; /gr =~ s/\n//r);
}

# Objects stay beside the program, and with them their .dwo files.
sub build
{
  my ($file, $cc, $flags, $sources, $before) = @_;
  return 0 if $before && system ($before);
  my @objects;
  for my $source (@$sources)
    {
      push @objects, $source;
      next unless $source =~ /\.(?:cc?|s)$/;
      ($objects[-1] = "$file-$source") =~ s/\.\w+$/.o/;
      return 0 if system ("$cc $flags -Iinc -c -o $objects[-1] $source 2>err");
    }
  return system ("$cc $flags -o $file @objects 2>err") == 0;
}

sub run_case
{
  my ($n, $name, $cc, $flags, $sources, $then, $need, $before, $how) = @_;
  for my $tool ($cc, $need)
    {
      return "ok $n - $name # SKIP $tool is missing" if $tool && !have ($tool);
    }
  return "ok $n - $name # SKIP $fuzzer is not built" if $name =~ /^damaged/ && !-x $fuzzer;
  local $ENV{OBJDUMP} = $need && $need =~ /objdump/ ? $need : 'objdump';
  my $file = "p$n";
  unlink glob '*.dwo *.o';
  return "ok $n - $name # SKIP $cc can't build that here" unless build ($file, $cc, $flags, $sources, $before);
  return "ok $n - $name # SKIP " . ($need || 'a tool') . " can't do that here" if $then && !$then->($file);
  my ($good, $what);
  if ($name =~ /^damaged/)
    {
      ($good, $what) = damaged ($file, $how eq 'dwo');
    }
  elsif ($how)
    {
      ($good, $what) = same_as_plain ($file, $how eq 'lines');
    }
  else
    {
      my $text = `perl $here/oracle/lines.pl --print=$print $file 2>&1`;
      $good = $? == 0;
      ($what) = $text =~ /: (\d+ PCs.*)$/m;
      print map { "# $_\n" } split /\n/, $text unless $good;
    }
  return ($good ? 'ok' : 'not ok') . " $n - $name: " . ($what || 'no answer');
}

for my $tool ('llvm-symbolizer', 'objdump', 'gcc')
  {
    next if have ($tool);
    print "1..0 # SKIP $tool is missing\n";
    exit 0;
  }
if (!-x $print)
  {
    print "1..0 # SKIP $print is not built\n";
    exit 0;
  }
@cases = grep { index ($_->[0], $ENV{ONLY}) >= 0 } @cases if defined $ENV{ONLY};
print '1..', scalar @cases, "\n";
my $failed = 0;
for my $n (1 .. @cases)
  {
    my $line = run_case ($n, @{ $cases[$n - 1] });
    $failed++ if $line =~ /^not/;
    print "$line\n";
  }
exit ($failed ? 1 : 0);
