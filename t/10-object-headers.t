#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later <pctab/mark.h> compiles without a warning in C and C++ of all standards,
# 64 and 32 bit, pedantic and -masm=intel, in both compilers and for every architecture, and leaves the records that
# were asked for.  <pctab/asm.h> is refused in C.
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
my @WARNINGS = qw(-Wall -Wextra -Wshadow -Wundef -pedantic -Werror);
my ($cnt, $records, @missing) = (0, 0);

open my $out, '>', "$dir/a.c" or die;
print $out <<'EOF';
#include <pctab/mark.h>
extern volatile int v;
int f (int *p, int w);
int f (int *p, int w)
{
  int old = w;
#if defined __x86_64__ || defined __i386__
#ifdef INTEL
  PCTAB_RESTART_ASM ("mov %0, [%1]", : "=&r" (old) : "r" (p) : "memory");
#else
  PCTAB_RESTART_ASM ("{movl %1, %0|mov %0, %1}", : "=&r" (old) : "m" (*p));
#endif
#else
  PCTAB_RESTART_ASM ("nop", : "+r" (old) : "m" (*p));
#endif
  PCTAB_UNSAFE_ASM ("nop\n\tnop", :);
  PCTAB_UNSAFE_ASM ("nop" /* adjacent */ "\n\tnop\n", : : "r" (w), "r" (p) : "memory");
  PCTAB_UNSAFE
    {
      v = 1;
      PCTAB_UNSAFE { v = 2; }
      v = 4;
    }
  if (v) PCTAB_UNSAFE v = 5; else old++;
  return old;
}
PCTAB_UNSAFE_FUNCTION int g (int w);
int g (int w) { return w + v; }
PCTAB_NOPREEMPT static int h (int w) { return w + v; }
PCTAB_PREEMPT int i (int w);
int i (int w) { return h (w) + v; }
EOF
close $out;

sub compile {
  my ($what, @command) = @_;
  my $said;
  my $status = quiet(\$said, @command, @WARNINGS, "-I$src/include", '-c', "$dir/a.c", '-o', "$dir/a.o");
  if ($status || length $said) { fail("$what: compiles in silence"); diag $said; return; }
  $cnt++;
  my $e = read_elf("$dir/a.o");
  my %kinds;
  $kinds{$_->{kind} . ($_->{value} // $_->{which})}++ for read_records($e);
  is_deeply(\%kinds, {'mark-3' => 1, 'mark-2' => 2, point1 => 3, point2 => 3}, "$what: records");
  $records += $kinds{$_} for keys %kinds;
  my @functions = sort map { $_->{name} =~ /^\.text\.pctab\.(\w+)\.\d+\.\d+$/ ? $1 : () } @{$e->{sections}};
  is("@functions", 'nopreempt preempt unsafe', "$what: three functions in sections of their own");
  return;
}

my @native = grep { installed($_) } qw(gcc clang);
my @native_cxx = grep { installed($_) } qw(g++ clang++);
push @missing, grep { !installed($_) } qw(clang g++ clang++);
my $is_x86 = `uname -m` =~ /^(x86_64|i.86)/;
my $said;
my $has32 = $is_x86 && !quiet(\$said, qw(gcc -m32 -w -c), "$dir/a.c", "-I$src/include", '-o', "$dir/a.o");
for my $bits ($is_x86 ? ('-m64', $has32 ? '-m32' : ()) : '-O0') {
  for my $cc (@native) {
    compile("$cc $bits -std=$_", $cc, $bits, "-std=$_", '-O2') for qw(c99 c11 gnu11 c17 gnu17 gnu2x);
    compile("$cc $bits $_", $cc, $bits, '-std=c11', $_) for qw(-O0 -O3 -Os -g -ffunction-sections -fPIC);
    compile("$cc $bits -masm=intel", $cc, $bits, '-std=c11', '-O2', '-masm=intel', '-DINTEL') if $is_x86;
  }
  for my $cc (@native_cxx) {
    compile("$cc $bits -std=$_", $cc, '-xc++', $bits, "-std=$_", '-O2') for qw(c++11 c++14 c++17 c++20 gnu++20);
    compile("$cc $bits -O0 -fno-exceptions", $cc, '-xc++', $bits, '-O0', '-fno-exceptions');
  }
}
compile('clang -fno-integrated-as', 'clang', '-std=c11', '-O2', '-fno-integrated-as') if installed('clang');
for my $tools (toolchains(\@missing)) {
  next if $tools->{arch} eq 'amd64';
  my @cc = (@{$tools->{cc}}, '-ffreestanding', '-std=c11');
  my $name = "$tools->{arch}, $tools->{assembler} with its compiler:";
  compile("$name $_", @cc, $_) for qw(-O0 -O2);
  compile("$name $_", @cc, '-O2', $_)
    for $tools->{arch} eq 'arm' ? ('-mthumb') : $tools->{arch} eq 'mips' ? ('-mmicromips') : ();
}

# What is not ELF gets no records.
for my $cc (@native) {
  is(quiet(\$said, $cc, "-I$src/include", '-w', '-U__ELF__', '-c', "$dir/a.c", '-o', "$dir/a.o") . $said, '0', "$cc: what is not ELF compiles");
  is(scalar read_records(read_elf("$dir/a.o")), 0, "$cc: and has no records");
  open my $bad, '>', "$dir/bad.c" or die; print $bad "#include <pctab/asm.h>\n"; close $bad;
  ok(quiet(\$said, $cc, "-I$src/include", '-c', "$dir/bad.c", '-o', "$dir/bad.o") && $said =~ /C and C\+\+ take <pctab\/mark.h>/,
     "$cc: <pctab/asm.h> in C is refused");
}
diag "$cnt compilations, $records records";
diag "not installed: @missing" if @missing;
diag 'no gcc -m32' if !$has32;
done_testing;
