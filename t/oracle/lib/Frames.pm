# SPDX-License-Identifier: GPL-3.0-or-later
# What binutils says of a file's frames, as text that compares: read by frames.pl and lookup.pl.
#
# Two readings of binutils' are held against each other: `readelf -wf` (the instructions, run here) says what is expected;
# `readelf -wF` (its own rows) must say the same as far as it goes - it prints "exp" for any expression and "u" for
# undefined as well as for "no rule yet".  Where the two disagree readelf's rows are wrong by its own instructions: such a
# place is counted apart and shown.
package Frames;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(arch_of lines_of expected_frames frame_texts register_names);

# machine name in readelf -h => [sp, fp, has a link register, saves SP in any place]
my %arch = (
  'Advanced Micro Devices X86-64' => [7, 6, 0],
  'Intel 80386' => [4, 5, 0],
  'AArch64' => [31, 29, 1],
  'ARM' => [13, 11, 1],
  'RISC-V' => [2, 8, 1],
  'IBM S/390' => [15, 11, 1, 1],
  'PowerPC64' => [1, 31, 1],
  'MIPS R3000' => [29, 30, 1],
);

# What readelf calls the registers, as far as it printed them: number => name.
my %names;

sub register_names { return \%names; }

sub lines_of {
  my @cmd = @_;
  open my $fh, '-|', @cmd or die "Frames.pm: can't run $cmd[0]: $!\n";
  my @lines = <$fh>;
  close $fh;
  chomp @lines;
  return \@lines;
}

sub arch_of {
  my ($file) = @_;
  my ($machine) = map { /^\s*Machine:\s+(.*\S)/ ? $1 : () } @{lines_of('readelf', '-h', $file)};
  return $arch{$machine // ''} || die "$file: no machine that Frames.pm knows\n";
}

# Executable sections as [start, end), touching ones joined: an FDE counts only when its code is there.
sub texts_of {
  my ($file) = @_;
  my @found;
  for (@{lines_of('readelf', '-SW', $file)}) {
    next unless /^\s*\[\s*\d+\]\s+\S+\s+\S+\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S+\s+(\S+)/;
    my ($addr, $size, $flags) = (hex $1, hex $2, $3);
    push @found, [$addr, $addr + $size] if $flags =~ /A/ && $flags =~ /X/ && $size;
  }
  my @texts;
  for (sort { $a->[0] <=> $b->[0] } @found) {
    if (@texts && $_->[0] <= $texts[-1][1]) { $texts[-1][1] = $_->[1] if $_->[1] > $texts[-1][1]; }
    else { push @texts, [@$_]; }
  }
  return \@texts;
}

sub text_at {
  my ($texts, $addr) = @_;
  for (@$texts) { return $_ if $addr >= $_->[0] && $addr < $_->[1]; }
  return undef;
}

# An expression as readelf prints it, as a place: "reg+off", "*(...)+add", "plt", "cfa+off" or undef.
sub place_of {
  my ($exp) = @_;
  my @ops = split /; /, $exp;
  my @n;
  for (@ops) {
    if (/^DW_OP_breg(\d+) \(.*\): (-?\d+)$/) { push @n, ['breg', $1, $2]; }
    elsif (/^DW_OP_bregx: (\d+) \(.*\) (-?\d+)$/) { push @n, ['breg', $1, $2]; }
    elsif (/^DW_OP_lit(\d+)$/) { push @n, ['num', $1]; }
    elsif (/^DW_OP_const\w+: (-?\d+)$/) { push @n, ['num', $1]; }
    elsif (/^DW_OP_plus_uconst: (\d+)$/) { push @n, ['num', $1], ['plus']; }
    elsif (/^DW_OP_deref_size: \d+$/) { push @n, ['deref']; }
    elsif (/^DW_OP_(\w+)$/) { push @n, [$1] if $1 ne 'nop'; }
    else { return undef; }
  }
  my $shape = join ' ', map { $_->[0] } @n;
  my $v = sub { $n[$_[0]][$_[1]] };
  return sprintf 'r%d%+d', $v->(0, 1), $v->(0, 2) if $shape eq 'breg';
  return sprintf 'r%d%+d', $v->(0, 1), $v->(0, 2) + $v->(1, 1) if $shape eq 'breg num plus';
  return sprintf '*(r%d%+d)+0', $v->(0, 1), $v->(0, 2) if $shape eq 'breg deref';
  return sprintf '*(r%d%+d)%+d', $v->(0, 1), $v->(0, 2), $v->(2, 1) if $shape eq 'breg deref num plus';
  return sprintf '*(r%d%+d)+0', $v->(0, 1), $v->(0, 2) + $v->(1, 1) if $shape eq 'breg num plus deref';
  return sprintf '*(r%d+r%d*%d%+d)%+d', $v->(0, 1), $v->(1, 1), $v->(2, 1), $v->(0, 2) + $v->(1, 2) * $v->(2, 1),
    $v->(6, 1)
    if $shape eq 'breg breg num mul plus deref num plus';
  return sprintf '*(r%d%+d)%+d', $v->(0, 1), $v->(0, 2), -$v->(2, 1) if $shape eq 'breg deref num minus';
  return sprintf '*(r%d+r%d*%d%+d)%+d', $v->(3, 1), $v->(0, 1), 1 << $v->(1, 1),
    $v->(3, 2) + ($v->(0, 2) << $v->(1, 1)), $v->(6, 1)
    if $shape eq 'breg num shl breg plus deref num plus';
  return 'plt' if $shape eq 'breg breg num and num ge num shl plus';
  return sprintf 'cfa%+d', $v->(0, 1) if $shape eq 'num plus';
  return undef;
}

# The registers' places in our words.
sub show_value {
  my ($v, $column, $cfa, $none) = @_;
  my ($how, $what) = @$v;
  return $none if $how eq 'none' || $how eq 'same' || ($how eq 'reg' && $what == $column);
  return 'u' if $how eq 'undefined';
  return sprintf 'c%+d', $what if $how eq 'offset';
  return "r$what" if $how eq 'reg';
  if ($how eq 'exp') {
    my $place = place_of($what);
    return '?' unless defined $place && $place !~ /^[*p]/;
    return "c$1" if $place =~ /^cfa(.*)/;
    my ($reg, $off) = $place =~ /^r(\d+)(.*)/;
    return sprintf 'c%+d', $off - $1 if $cfa =~ /^r$reg([-+]\d+)$/;
    return "($place)";
  }
  if ($how eq 'vexp') {
    my $place = place_of($what);
    return $1 if defined $place && $place =~ /^(r\d+)\+0$/ && $1 ne "r$column";
    return $none if defined $place && $place eq "r$column+0";
  }
  return '?';
}

# Is the caller's SP elsewhere than at the CFA?  In a frame of SP's or FP's own a slot holds it, or on s390x whatever does;
# where the CFA is read from memory, as in signal frames, both are read.
sub other_sp {
  my ($v, $cfa, $arch) = @_;
  my ($how, $what) = @$v;
  return 0 if $how =~ /^(?:none|same|undefined)$/ || ($how eq 'val_offset' && $what == 0);
  return 0 if ($how eq 'reg' && $what == $arch->[0]) || $cfa !~ /^r(\d+)[-+]/;
  my $own = $1 == $arch->[0] || $1 == $arch->[1];
  return 0 if $own && $arch->[3];
  return !$own
    if $how eq 'offset' || ($how eq 'exp' && (place_of($what) // '') =~ /^(?:cfa|r)/);
  return 1;
}

sub show_state {
  my ($st, $cie, $arch, $count) = @_;
  my ($sp, $fp, $link) = @$arch;
  my $cfa;
  if (defined $st->{exp}) {
    $cfa = place_of($st->{exp});
    if (!defined $cfa) { $count->{other}{$st->{exp}}++; }
    $cfa = '?' if !defined $cfa || $cfa =~ /^[pc]/;
  } else {
    $cfa = defined $st->{reg} ? sprintf 'r%d%+d', $st->{reg}, $st->{off} : '?';
  }
  $cfa = '?' if other_sp($st->{sp}, $cfa, $arch);
  my $ra = show_value($st->{ra}, $cie->{ra}, $cfa, $link ? "r$cie->{ra}" : '?');
  my $fpv = show_value($st->{fp}, $fp, $cfa, 's');
  $fpv = '?' if $fpv eq 'u';
  $cfa =~ s/^r$sp([-+])/sp$1/;
  $cfa =~ s/^r$fp([-+])/fp$1/;
  return "$cfa $ra $fpv";
}

# readelf -wF's columns may say less than STATE, never something else.
sub agrees {
  my ($row, $st, $names) = @_;
  my ($cfa, $ra, $fp) = @$row;
  if (defined $st->{exp}) { return 0 if $cfa ne 'exp'; }
  elsif (defined $st->{reg}) {
    my ($name, $off) = $cfa =~ /^(\w+)([-+]\d+)$/ or return 0;
    return 0 unless $off == $st->{off} && ($names->{$st->{reg}} // "r$st->{reg}") eq $name;
  }
  for (['ra', $ra], ['fp', $fp]) {
    my ($how, $what) = @{$st->{$_->[0]}};
    my $have = $_->[1] // 'u';
    my $want = $how eq 'none' || $how eq 'undefined' ? 'u' : $how eq 'same' ? 's'
      : $how eq 'offset' ? sprintf 'c%+d', $what
      : $how eq 'val_offset' ? sprintf 'v%+d', $what : $how eq 'reg' ? "r$what" : $how;
    return 0 if $have ne $want;
  }
  return 1;
}

# One raw instruction; returns the address it moves to, if it does.
sub run_line {
  my ($line, $st, $cie, $fp, $stack, $names) = @_;
  my $which = sub { $_[0] == $cie->{ra} ? 'ra' : $_[0] == $cie->{sp} ? 'sp' : $_[0] == $fp ? 'fp' : undef };
  while ($line =~ /\br(\d+) \((\w+)\)/g) { $names->{$1} = $2; }
  return hex $1 if $line =~ /^DW_CFA_(?:MIPS_)?advance_loc\d?: \d+ to ([0-9a-f]+)/
    || $line =~ /^DW_CFA_set_loc: ([0-9a-f]+)/;
  if ($line =~ /^DW_CFA_(?:GNU_negative_)?offset(?:_extended)?(?:_sf)?: r(\d+)(?: \(\w+\))? at cfa([-+]\d+)/) {
    my $w = $which->($1);
    $st->{$w} = ['offset', $2] if $w;
  } elsif ($line =~ /^DW_CFA_val_offset(?:_sf)?: r(\d+)(?: \(\w+\))? is cfa([-+]\d+)/) {
    my $w = $which->($1);
    $st->{$w} = ['val_offset', $2] if $w;
  } elsif ($line =~ /^DW_CFA_restore(?:_extended)?: r(\d+)/) {
    my $w = $which->($1);
    $st->{$w} = $cie->{state} ? $cie->{state}{$w} : ['none'] if $w;
  } elsif ($line =~ /^DW_CFA_(undefined|same)(?:_value)?: r(\d+)/) {
    my $w = $which->($2);
    $st->{$w} = [$1] if $w;
  } elsif ($line =~ /^DW_CFA_register: r(\d+)(?: \(\w+\))? in r(\d+)/) {
    my $w = $which->($1);
    $st->{$w} = ['reg', $2] if $w;
  } elsif ($line =~ /^DW_CFA_(val_)?expression: r(\d+)(?: \(\w+\))? \((.*)\)$/) {
    my $w = $which->($2);
    $st->{$w} = [$1 ? 'vexp' : 'exp', $3] if $w;
  } elsif ($line =~ /^DW_CFA_def_cfa(?:_sf)?: r(\d+)(?: \(\w+\))? ofs (-?\d+)/) {
    @$st{qw(reg off exp)} = ($1, $2, undef);
  } elsif ($line =~ /^DW_CFA_def_cfa_register: r(\d+)/) {
    @$st{qw(reg exp)} = ($1, undef);
  } elsif ($line =~ /^DW_CFA_def_cfa_offset(?:_sf)?: (-?\d+)/) {
    $st->{off} = $1;
  } elsif ($line =~ /^DW_CFA_def_cfa_expression \((.*)\)$/) {
    $st->{exp} = $1;
  } elsif ($line =~ /^DW_CFA_remember_state/) {
    push @$stack, {%$st};
  } elsif ($line =~ /^DW_CFA_restore_state/) {
    %$st = %{pop @$stack};
  } elsif ($line !~ /^DW_CFA_(?:nop|GNU_args_size|GNU_window_save|AARCH64_negate)/) {
    die "Frames.pm: readelf says '$line', which this script does not know\n";
  }
  return undef;
}

# Entries of a readelf listing: {section, off, kind, cie, pc, end, lines}.
sub entries_of {
  my ($lines) = @_;
  my ($section, @entries) = ('');
  for (@$lines) {
    if (/^Contents of the (\S+) section/) { $section = $1; }
    elsif (/^([0-9a-f]{8,16}) [0-9a-f]+ [0-9a-f]+ CIE(?:.*\bra=(\d+))?/) {
      push @entries, {section => $section, off => hex $1, kind => 'CIE', ra => $2, lines => []};
    } elsif (/^([0-9a-f]{8,16}) [0-9a-f]+ [0-9a-f]+ FDE cie=([0-9a-f]+) pc=([0-9a-f]+)\.\.([0-9a-f]+)/) {
      push @entries, {section => $section, off => hex $1, kind => 'FDE', cie => hex $2, pc => hex $3, end => hex $4,
                      lines => []};
    } elsif (@entries && /\S/ && !/ZERO terminator/) { push @{$entries[-1]{lines}}, $_; }
  }
  return \@entries;
}

# readelf -wF's rows: address => [CFA, ra, fp].
sub rows_of {
  my ($entry, $fp_name) = @_;
  my (@columns, %rows);
  for (@{$entry->{lines}}) {
    s/ \(\w+\)//g; # a register may carry a second name
    my @words = split;
    if ($words[0] eq 'LOC') { @columns = @words; next; }
    my %at;
    @at{@columns} = @words;
    $rows{hex $at{LOC}} = [$at{CFA}, $at{ra}, defined $fp_name ? $at{$fp_name} : undef];
  }
  return \%rows;
}

# Runs an entry's instructions: address => state, the last one at an address.
sub run_entry {
  my ($entry, $cie, $fp, $names, $first) = @_;
  my %st = %$first;
  my ($loc, %states, @stack) = ($entry->{pc} // 0);
  for (@{$entry->{lines}}) {
    next unless /^\s+(DW_CFA_.*?)\s*$/;
    my $to = run_line($1, \%st, $cie, $fp, \@stack, $names);
    next unless defined $to;
    $states{$loc} = {%st};
    $loc = $to;
  }
  $states{$loc} = {%st};
  return (\%states, \%st);
}

sub expected_frames {
  my ($file, $arch, $count) = @_;
  my $texts = texts_of($file);
  my $raw = entries_of(lines_of('readelf', '--debug-dump=frames,no-follow-links', $file));
  my $interp = entries_of(lines_of('readelf', '--debug-dump=frames-interp,no-follow-links', $file));
  my %interp = map { ("$_->{section} $_->{off}" => $_) } @$interp;
  my (%cies, @fdes);
  for my $e (@$raw) {
    next unless $e->{kind} eq 'CIE';
    for (@{$e->{lines}}) { $e->{ra} = $1 if /Return address column:\s+(\d+)/; }
    my %nothing = (ra => ['none'], fp => ['none'], sp => ['none'], off => 0);
    $e->{sp} = $arch->[0];
    (undef, $e->{state}) = run_entry($e, {ra => $e->{ra}, sp => $e->{sp}}, $arch->[1], \%names, \%nothing);
    $cies{"$e->{section} $e->{off}"} = $e;
  }
  # Names of registers come from the instructions of all, so rows are compared after them.
  for my $e (grep { $_->{kind} eq 'FDE' } @$raw) {
    my $cie = $cies{"$e->{section} $e->{cie}"} or die sprintf "Frames.pm: FDE %x has no CIE\n", $e->{off};
    $e->{pc} &= ~1 if $arch->[0] == 13;
    my $text = text_at($texts, $e->{pc});
    $count->{fdes}++;
    if (!$text || $e->{end} <= $e->{pc}) { $count->{skipped}++; next; }
    $e->{end} = $text->[1] if $e->{end} > $text->[1];
    ($e->{states}) = run_entry($e, $cie, $arch->[1], \%names, $cie->{state});
    $e->{cie_entry} = $cie;
    push @fdes, $e;
  }
  for my $e (@fdes) {
    my $rows = rows_of($interp{"$e->{section} $e->{off}"}, $names{$arch->[1]} // "r$arch->[1]");
    for my $loc (sort { $a <=> $b } keys %$rows) {
      $count->{readelf_rows}++;
      my $st = $e->{states}{$loc};
      next if $st && agrees($rows->{$loc}, $st, \%names);
      $count->{readelf_wrong}++;
      printf "%s: readelf: FDE %x: row %x is '%s' although its instructions say '%s'\n", $file, $e->{off}, $loc,
        join(' ', map { $_ // '-' } @{$rows->{$loc}}), $st ? show_state($st, $e->{cie_entry}, $arch, {}) : 'nothing'
        if $count->{readelf_wrong} <= 5;
    }
    $count->{unlisted}++ if grep { $_ < $e->{end} && !exists $rows->{$_} } keys %{$e->{states}};
  }
  return \@fdes;
}

# Frame lines as the importer's printer writes them: .debug_frame only where .eh_frame says nothing, neighbours merged.
sub frame_texts {
  my ($fdes, $arch, $count) = @_;
  my @eh = grep { $_->{section} eq '.eh_frame' } @$fdes;
  my @frames = @eh;
  my $covered = sub {
    my ($lo, $hi) = @_;
    grep { $_->{pc} < $hi && $_->{end} > $lo } @eh;
  };
  for (grep { $_->{section} ne '.eh_frame' } @$fdes) {
    my @over = @eh ? $covered->($_->{pc}, $_->{end}) : ();
    if (!@over) { push @frames, $_; }
    elsif (@over > 1 || $over[0]{pc} > $_->{pc} || $over[0]{end} < $_->{end}) { $count->{partly}++; }
    else { $count->{covered}++; }
  }
  my ($n, %out, $last) = (0);
  my $sorted = [sort { $a->{pc} <=> $b->{pc} || $a->{off} <=> $b->{off} } @frames];
  for my $e (@$sorted) {
    if ($last && $e->{pc} < $last->{end}) { $count->{overlaps}++; next; }
    $last = $e;
    my @rows;
    for my $loc (sort { $a <=> $b } keys %{$e->{states}}) {
      next if $loc >= $e->{end};
      my $text = show_state($e->{states}{$loc}, $e->{cie_entry}, $arch, $count);
      push @rows, sprintf '%x %s', $loc, $text unless @rows && $rows[-1] =~ /^\S+ \Q$text\E$/;
    }
    $out{sprintf 'frame %x %x', $e->{pc}, $e->{end}} = \@rows;
  }
  return \%out;
}

1;
