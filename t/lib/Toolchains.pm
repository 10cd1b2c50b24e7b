# SPDX-License-Identifier: GPL-3.0-or-later
# The eight architectures' assemblers: GNU's (by gcc, or as alone) and clang's.
package Toolchains;
use strict;
use warnings;
use Exporter qw(import);
our @EXPORT_OK = qw(toolchains installed nop_len quiet);

# name, GNU triplet, clang's target, bits; the GNU tools' prefix follows from the triplet.
my @ARCHS = (
  ['amd64', 'x86_64-linux-gnu', 'x86_64-linux-gnu', 64],
  ['386', 'i686-linux-gnu', 'i386-linux-gnu', 32],
  ['arm64', 'aarch64-linux-gnu', 'aarch64-linux-gnu', 64],
  ['arm', 'arm-linux-gnueabihf', 'arm-linux-gnueabihf', 32],
  ['riscv64', 'riscv64-linux-gnu', 'riscv64-linux-gnu', 64],
  ['s390x', 's390x-linux-gnu', 's390x-linux-gnu', 64],
  ['ppc64le', 'powerpc64le-linux-gnu', 'powerpc64le-linux-gnu', 64],
  ['mips', 'mipsel-linux-gnu', 'mipsel-linux-gnu', 32],
);

sub installed {
  my ($tool) = @_;
  return scalar grep { -x "$_/$tool" } split /:/, $ENV{PATH};
}

# {arch, bits, assembler, cc (command words), objdump} for each that is installed; the others' names in @$missing.
sub toolchains {
  my ($missing) = @_;
  my @all;
  for (@ARCHS) {
    my ($arch, $triplet, $target, $bits) = @$_;
    my $objdump = "$triplet-objdump";
    my %common = (arch => $arch, bits => $bits, objdump => $objdump);
    if (!installed($objdump) || !installed("$triplet-gcc")) { push @$missing, "$triplet-gcc"; }
    else { push @all, {%common, assembler => 'gas', cc => ["$triplet-gcc"]}; }
    if (!installed('clang')) { push @$missing, "clang for $arch"; }
    else {
      my @cc = ('clang', "--target=$target", $arch eq 'riscv64' ? '-march=rv64gc' : ());
      push @all, {%common, assembler => 'clang', cc => \@cc};
    }
  }
  return @all;
}

# Runs a command; its exit status, and what it said in ${$out}.
sub quiet {
  my ($out, @command) = @_;
  my $pid = open my $in, '-|';
  die "fork: $!\n" if !defined $pid;
  if (!$pid) { open STDERR, '>&', \*STDOUT; exec { $command[0] } @command or exit 127; }
  $$out = do { local $/; <$in> } // '';
  close $in;
  return $?;
}

# The bytes of one `nop`, from the disassembly of two.
sub nop_len {
  my ($tools, $dir) = @_;
  open my $s, '>', "$dir/nop.s" or die; print $s "nop\nnop\n"; close $s;
  my $out;
  quiet(\$out, @{$tools->{cc}}, '-c', "$dir/nop.s", '-o', "$dir/nop.o") and die "$tools->{arch}: $out\n";
  quiet(\$out, $tools->{objdump}, '-dz', "$dir/nop.o");
  my ($second) = (map { /^\s+([0-9a-f]+):\t/ ? hex $1 : () } split /\n/, $out)[1];
  return $second;
}

1;
