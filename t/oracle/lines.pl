#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# lines.pl --print=PROGRAM [--max=N] [--show=N] [--names] FILE...
#
# Compares what the DWARF import says of PCs (PROGRAM is t/tool/dwarf_print) with llvm-symbolizer: the chain of
# inlined calls with names, files and lines.  PCs are all instruction addresses of FILE by objdump -d, or N of them,
# drawn with a fixed seed.  The outermost function's name is left out unless --names says so: it comes from the symbol
# table, not from DWARF.  TAP, one line a file.
use strict;
use warnings;
use Getopt::Long;
use File::Temp qw(tempdir);

my ($print, $max, $show, $names, $symbolizer) = (undef, 200_000, 5, 0, $ENV{LLVM_SYMBOLIZER} || 'llvm-symbolizer');
GetOptions ('print=s' => \$print, 'max=i' => \$max, 'show=i' => \$show, 'names' => \$names,
            'symbolizer=s' => \$symbolizer) && defined $print && @ARGV
  or die "usage: lines.pl --print=PROGRAM [--max=N] [--show=N] [--names] FILE...\n";

my $dir = tempdir (CLEANUP => 1);
my $objdump = $ENV{OBJDUMP} || 'objdump';

sub instructions
{
  my ($file) = @_;
  my @pcs;
  open my $in, '-|', $objdump, '-d', '--no-show-raw-insn', $file or die "objdump: $!\n";
  while (<$in>)
    {
      push @pcs, $1 if /^\s*([0-9a-f]+):\s/;
    }
  close $in or die "objdump failed on $file\n";
  return \@pcs;
}

# N of the PCs: a linear congruential generator, so that every run and every Perl draws the same.
sub draw
{
  my ($pcs, $n) = @_;
  return $pcs if @$pcs <= $n;
  my $state = 20260101;
  my @drawn;
  for (1 .. $n)
    {
      $state = ($state * 1103515245 + 12345) % 2147483648;
      push @drawn, $pcs->[int ($state / 2147483648 * @$pcs)];
    }
  return \@drawn;
}

# A list of frames "name<tab>file<tab>line" for each PC, in order.
sub ours
{
  my ($file, $list) = @_;
  my (@answers, $last);
  open my $in, '-|', "'$print' '$file' <'$list' 2>'$dir/err'" or die "$print: $!\n";
  while (<$in>)
    {
      chomp;
      my ($pc, $idx, $name, $path, $line) = split /\t/, $_, -1;
      push @answers, [] if $idx == 0;
      push @{ $answers[-1] }, [$name, $path, $line];
    }
  close $in or die "$print failed on $file: " . `cat $dir/err`;
  return \@answers;
}

sub theirs
{
  my ($file, $list) = @_;
  my @answers = ([]);
  open my $in, '-|', "'$symbolizer' --obj='$file' --functions=linkage --inlines --no-demangle <'$list' 2>/dev/null"
    or die "$symbolizer: $!\n";
  while (my $name = <$in>)
    {
      chomp $name;
      if ($name eq '')
        {
          push @answers, [];
          next;
        }
      my $place = <$in>;
      chomp $place;
      my ($path, $line) = $place =~ /^(.*):(\d+):\d+$/ or die "$symbolizer: can't read '$place'\n";
      ($path, $line) = ('??', 0) if $path eq '';
      push @{ $answers[-1] }, [$name, $path, $line];
    }
  close $in or die "$symbolizer failed on $file\n";
  pop @answers;
  return \@answers;
}

sub text
{
  my ($frames) = @_;
  my @lines;
  for my $i (0 .. $#$frames)
    {
      my $name = $i == $#$frames && !$names ? '-' : $frames->[$i][0];
      push @lines, "$name $frames->[$i][1]:$frames->[$i][2]";
    }
  return join ' <- ', @lines;
}

my ($test, $failed) = (0, 0);
print '1..', scalar @ARGV, "\n";
for my $file (@ARGV)
  {
    my $pcs = draw (instructions ($file), $max);
    open my $out, '>', "$dir/pcs" or die "$dir/pcs: $!\n";
    print $out "0x$_\n" for @$pcs;
    close $out;
    my ($a, $b) = (ours ($file, "$dir/pcs"), theirs ($file, "$dir/pcs"));
    my ($differ, $frames, $known) = (0, 0, 0);
    $test++;
    for my $i (0 .. $#$pcs)
      {
        my ($x, $y) = (text ($a->[$i] || []), text ($b->[$i] || []));
        # Where DWARF says nothing, llvm-symbolizer gives the symbol table's STT_FILE name with line 0.
        $y = '- ??:0' if $x eq '- ??:0' && $y =~ m{^- [^/]+:0$};
        $frames += @{ $b->[$i] || [] };
        $known++ if $y !~ /^- \?\?:0$/;
        next if $x eq $y;
        print "# 0x$pcs->[$i]\n#   import:          $x\n#   llvm-symbolizer: $y\n" if $differ++ < $show;
      }
    my $good = @$pcs && @$a == @$b && @$a == @$pcs && !$differ;
    $failed++ unless $good;
    printf "%s %d - %s: %d PCs (%d with lines), %d frames, %d differences\n", $good ? 'ok' : 'not ok', $test, $file,
      scalar @$pcs, $known, $frames, $differ;
  }
exit ($failed ? 1 : 0);
