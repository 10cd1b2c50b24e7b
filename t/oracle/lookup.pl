#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Holds every answer of `pctab-dump --lookup` against other tools' over a whole program.
#
#   lookup.pl [--dump=PCTAB-DUMP] [--sample=N] [--seed=S] [--addr2line=N] [--show=N]
#             [--objdump=PROGRAM] [--excepted-max=0.001] FILE...
#
# PCs: every instruction address of `objdump -d`, or N of them drawn with a fixed seed, and every frame's first one.
# - names, files, lines and inlined calls: llvm-symbolizer's decide.  A function may have several names at its address:
#   LLVM's has to be one of them, ours the one that is documented.
# - CFA, return address, frame pointer: readelf's (lib/Frames.pm), and the largest SP delta is the rows' maximum.
# - nothing else may be known in a PLT, in gaps, and where no tool knows anything.
# addr2line's differences from LLVM are counted and shown, over N PCs.  TAP, one line a file.
#
# Where the other tool is wrong the PC is counted by class (see class_of): at most 0.1% of a program's PCs together, and
# each class has its case in t/data/oracle, with the raw rows that show it (60-lookup-excepted.t).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use File::Temp qw(tempdir);
use Getopt::Long;
use Frames qw(arch_of lines_of expected_frames frame_texts register_names);

my ($dump, $sample, $seed, $beside, $show) = ('pctab-dump', 200_000, 20260101, 2_000, 5);
my $symbolizer = $ENV{LLVM_SYMBOLIZER} || 'llvm-symbolizer';
my $excepted_max = 0.001;
my $objdump = $ENV{OBJDUMP} || 'objdump';
my $UNKNOWN_MAX = 0.001;
my $NO_FRAME = '- - - max=-';
GetOptions('dump=s' => \$dump, 'sample=i' => \$sample, 'seed=i' => \$seed, 'addr2line=i' => \$beside, 'show=i' => \$show,
           'symbolizer=s' => \$symbolizer, 'objdump=s' => \$objdump, 'excepted-max=f' => \$excepted_max)
  && @ARGV or die "usage: lookup.pl [--dump=PCTAB-DUMP] [--sample=N] [--seed=S] [--addr2line=N] [--show=N] FILE...\n";
my $dir = tempdir(CLEANUP => 1);

sub instructions {
  my ($file) = @_;
  my @pcs;
  open my $in, '-|', $objdump, '-d', '--no-show-raw-insn', $file or die "objdump: $!\n";
  while (<$in>) { push @pcs, hex $1 if /^\s*([0-9a-f]+):\t/; }
  close $in or die "objdump failed on $file\n";
  return \@pcs;
}

# N of the PCs, by a generator of our own: every run and every Perl draws the same.
sub draw {
  my ($pcs, $n) = @_;
  return $pcs if @$pcs <= $n;
  my ($state, @drawn) = ($seed);
  for (1 .. $n) {
    $state = ($state * 1103515245 + 12345) % 2147483648;
    push @drawn, $pcs->[int($state / 2147483648 * @$pcs)];
  }
  return \@drawn;
}

sub write_pcs {
  my ($path, $pcs) = @_;
  open my $out, '>', $path or die "$path: $!\n";
  printf $out "0x%x\n", $_ for @$pcs;
  close $out or die "$path: $!\n";
}

# What the section headers and the symbol table say: plt, data => [start, end)...; symbols => those in code;
# unsized => [address, name] of those without a size, labels => [address] of those without type and size; files => {names
# of STT_FILE}.
sub facts_of {
  my ($file) = @_;
  my %facts = map { ($_ => []) } qw(plt data symbols labels unsized spans starts);
  my (%code, @symbols, $table);
  for (@{lines_of('readelf', '-SW', $file)}) {
    next unless /^\s*\[\s*(\d+)\]\s+(\S+)\s+\S+\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S+\s+([A-Z]*X[A-Z]*)\s/;
    my ($idx, $name, $addr, $size) = ($1, $2, hex $3, hex $4);
    $code{$idx} = [$addr, $addr + $size];
    push @{$facts{plt}}, $code{$idx} if $name =~ /^(?:\.i?plt|\.glink$)/;
  }
  for (@{lines_of('readelf', '-sW', $file)}) {
    $table = $1 if /^Symbol table '(\S+)'/;
    next unless /^\s*\d+: ([0-9a-f]+)\s+(0x[0-9a-f]+|\d+) (\w+)\s+(\w+)\s+\w+\s+(?:\[.*?\]\s+)?(\w+) (.+)$/;
    my %s = (table => $table, addr => hex $1, size => $2, type => $3, bind => $4, section => $5, name => $6);
    $s{size} = hex $s{size} if $s{size} =~ /^0x/;
    $facts{files}{$s{name}} = 1 if $s{type} eq 'FILE';
    my $code = $code{$s{section}} or next;
    next unless $s{addr} >= $code->[0] && $s{addr} < $code->[1];
    $s{name} =~ s/@.*// if $table eq '.dynsym';
    push @symbols, \%s;
  }
  my $full = grep { $_->{table} eq '.symtab' } @symbols;
  for my $s (grep { !$full || $_->{table} eq '.symtab' } @symbols) {
    if ($s->{type} eq 'OBJECT') { push @{$facts{data}}, [$s->{addr}, $s->{addr} + $s->{size}] if $s->{size}; }
    elsif ($s->{type} =~ /^(?:I?FUNC|NOTYPE)$/) { push @{$facts{symbols}}, $s; }
    next if $s->{size};
    push @{$facts{unsized}}, [$s->{addr}, $s->{name}];
    push @{$facts{labels}}, [$s->{addr}] if $s->{type} eq 'OBJECT' || ($s->{type} eq 'NOTYPE' && $s->{bind} eq 'LOCAL');
  }
  return \%facts;
}

# Adds to FACTS which symbols are functions: untyped ones too, but local ones only with a size or a frame of their own:
# names => {address => [name...], best first}; starts => [address], spans => [start, end) of those with a size, sorted.
sub find_functions {
  my ($facts, $frames) = @_;
  my %framed = map { ($_->[0] => 1) } @$frames;
  for my $s (@{$facts->{symbols}}) {
    next if $s->{type} eq 'NOTYPE' && $s->{bind} eq 'LOCAL' && !$s->{size} && !$framed{$s->{addr}};
    next if $s->{type} eq 'NOTYPE' && $s->{name} =~ /^\.L|^\$(?:x|[adt](?:\.|$))/;
    push @{$facts->{names}{$s->{addr}}}, $s;
    push @{$facts->{starts}}, [$s->{addr}];
    push @{$facts->{spans}}, [$s->{addr}, $s->{addr} + $s->{size}] if $s->{size};
  }
  for my $at (values %{$facts->{names}}) {
    my %seen;
    my @sorted = sort { rank($a) <=> rank($b) || !$a->{size} <=> !$b->{size} || $a->{name} cmp $b->{name} } @$at;
    $at = [grep { !$seen{$_}++ } map { $_->{name} } @sorted];
  }
  @{$facts->{$_}} = sort { $a->[0] <=> $b->[0] } @{$facts->{$_}} for qw(spans starts labels unsized);
}

# Global before weak before local, a function before a bare label.
sub rank {
  my ($s) = @_;
  return ($s->{type} eq 'NOTYPE' ? 4 : 0) + ($s->{bind} eq 'LOCAL' ? 2 : $s->{bind} eq 'WEAK' ? 1 : 0);
}

sub inside {
  my ($spans, $pc) = @_;
  for (@$spans) { return 1 if $pc >= $_->[0] && $pc < $_->[1]; }
  return 0;
}

# The frames of readelf's, sorted: [start, end, [row's address...], [row's text...], largest SP delta].
sub frames_of {
  my ($file, $facts, $count) = @_;
  my $arch = arch_of($file);
  my $texts = frame_texts(expected_frames($file, $arch, $count), $arch, $count);
  my @frames;
  for my $key (keys %$texts) {
    my (undef, $start, $end) = split ' ', $key;
    next if inside($facts->{plt}, hex $start);
    my $frame = [hex $start, hex $end, [], [], 0];
    for (@{$texts->{$key}}) {
      my ($loc, $text) = split ' ', $_, 2;
      push @{$frame->[2]}, hex $loc;
      push @{$frame->[3]}, $text;
      # Below SP there is no CFA: such a row (glibc has some behind its epilogues) says no more than one without SP.
      my $delta = $text =~ /^sp\+(\d+)/ ? $1 + 0 : undef;
      if (!defined $delta) { $frame->[4] = undef; }
      elsif (defined $frame->[4] && $delta > $frame->[4]) { $frame->[4] = $delta; }
    }
    push @frames, $frame;
  }
  return [sort { $a->[0] <=> $b->[0] } @frames];
}

# The last element of LIST whose key is at or below PC, or undef.
sub last_below {
  my ($list, $pc, $key) = @_;
  my ($lo, $hi) = (0, scalar @$list);
  while ($lo < $hi) {
    my $mid = ($lo + $hi) >> 1;
    if (($key ? $list->[$mid][0] : $list->[$mid]) <= $pc) { $lo = $mid + 1; }
    else { $hi = $mid; }
  }
  return $lo ? $lo - 1 : undef;
}

# The element of sorted SPANS that PC is in, or undef.
sub span_of {
  my ($spans, $pc) = @_;
  my $i = last_below($spans, $pc, 1) // return undef;
  return $pc < $spans->[$i][1] ? $spans->[$i] : undef;
}

# "CFA RA FP max=N" of readelf's at PC.
sub expected_rule {
  my ($frames, $pc) = @_;
  my $f = span_of($frames, $pc) // return $NO_FRAME;
  my ($cfa, $ra, $fp) = split ' ', $f->[3][last_below($f->[2], $pc)];
  # The answer has one null for both: nothing is known, and there is no caller.
  $ra = '?' if $ra eq 'u';
  return "$cfa $ra $fp max=" . ($f->[4] // '-');
}

my $STRING = qr/"(?:[^"\\]|\\.)*"/;
my $FRAME = qr/\{"func":(?:null|$STRING),"file":(?:null|$STRING),"line":\d+\}/;
my $PLACE = qr/\{"register":$STRING,"offset":-?\d+\}/;
my %numbers; # register name => number

sub text_of {
  my ($json) = @_;
  return undef if $json eq 'null';
  my $s = substr $json, 1, -1;
  $s =~ s/\\u00(..)/chr hex $1/ge;
  $s =~ s/\\(["\\])/$1/g;
  $s =~ s/\\(?:x(..)|\\)/defined $1 ? chr hex $1 : '\\'/ge;
  return $s;
}

sub register {
  my ($json) = @_;
  my $name = text_of($json);
  return 'r' . ($numbers{$name} // ($name =~ /^r(\d+)$/ ? $1 : "($name)"));
}

sub show_cfa {
  my ($json) = @_;
  return '?' if $json eq 'null';
  my ($base, $off, $reg, $idx, $scale, $add) = $json =~
    /^\{"base":"(sp|fp|expr)","offset":(-?\d+)(?:,"register":($STRING))?(?:,"index":($STRING),"scale":(\d+))?(?:,"deref":true,"add":(-?\d+))?\}$/
    or return "unreadable $json";
  return sprintf '%s%+d', $base, $off if $base ne 'expr';
  $reg = register($reg);
  return sprintf '%s%+d', $reg, $off unless defined $add;
  return sprintf '*(%s%+d)%+d', $reg, $off, $add unless defined $idx;
  return sprintf '*(%s+%s*%d%+d)%+d', $reg, register($idx), $scale, $off, $add;
}

sub show_at {
  my ($json) = @_;
  my ($reg, $off) = $json =~ /"register":($STRING)(?:,"offset":(-?\d+))?/;
  return defined $off ? sprintf '(%s%+d)', register($reg), $off : register($reg);
}

# One line of ours: {pc, func, entry, frames => [[name, file, line]...], rule => text, cfa => whether one is known}.
sub parse_line {
  my ($line) = @_;
  my ($pc, $func, $entry, $frames, $cfa, $ra, $fp, $rule, $delta, $max, $pcdata) = $line =~ /^\{"pc":"0x([0-9a-f]+)",
    "func":(null|$STRING),"entry":(null|"0x[0-9a-f]+"),"frames":\[((?:$FRAME(?:,$FRAME)*)?)\],
    "cfa":(null|\{[^{}]*\}),"ra":(null|\{"saved":-?\d+\}|\{"register":$STRING\}|\{"at":$PLACE\}),
    "fp":(null|-?\d+)(?:,"fp_rule":("unknown"|\{"register":$STRING\}|\{"at":$PLACE\}))?,
    "spdelta":(null|\d+),"maxspdelta":(null|\d+),
    "flags":\[[^\]]*\],"reason":(?:null|\{[^{}]*\}),
    "pcdata":\{"unsafe_point":(null|\{"value":-?\d+[^{}]*\})(?:,"tables":\[.*\])?\}\}$/x
    or die "lookup.pl: can't read: $line\n";
  my @frames;
  while ($frames =~ /\{"func":(null|$STRING),"file":(null|$STRING),"line":(\d+)\}/g) {
    my ($f, $file, $n) = ($1, $2, $3);
    push @frames, [text_of($f) // '??', text_of($file) // '??', $n];
  }
  my $cfa_text = show_cfa($cfa);
  $ra = $ra eq 'null' ? '?' : $ra =~ /^\{"saved":(.*)\}$/ ? sprintf 'c%+d', $1 : show_at($ra);
  $fp = $fp ne 'null' ? sprintf 'c%+d', $fp : !defined $rule ? 's' : $rule eq '"unknown"' ? '?' : show_at($rule);
  my $want_delta = $cfa_text =~ /^sp\+(\d+)/ ? $1 : 'null';
  $cfa_text .= "[spdelta $delta]" if $delta ne $want_delta;
  return {pc => hex $pc, func => text_of($func), entry => $entry eq 'null' ? undef : hex substr($entry, 3, -1),
          frames => \@frames, rule => "$cfa_text $ra $fp max=" . ($max eq 'null' ? '-' : $max), cfa => $cfa ne 'null',
          pcdata => $pcdata ne 'null'};
}

# LLVM's next answer from IN: [[name, file, line]...], innermost first.
sub next_theirs {
  my ($in) = @_;
  my @frames;
  while (defined(my $name = <$in>)) {
    chomp $name;
    return \@frames if $name eq '';
    my $place = <$in> // die "lookup.pl: $symbolizer stopped\n";
    chomp $place;
    my ($path, $line) = $place =~ /^(.*):(\d+):\d+$/ or die "lookup.pl: $symbolizer says '$place'\n";
    push @frames, [$name, $path eq '' ? '??' : $path, $line];
  }
  die "lookup.pl: $symbolizer stopped too early\n";
}

# Whether PC is data as far as anyone knows: in an object, or behind a label that has neither a type nor a size, where no
# function and no frame is.  objdump disassembles such bytes all the same.
sub is_data {
  my ($facts, $pc, $rule) = @_;
  return 1 if inside($facts->{data}, $pc);
  return 0 if $rule ne $NO_FRAME;
  my $span = last_below($facts->{spans}, $pc, 1);
  my $label = last_below($facts->{labels}, $pc, 1) // return 0;
  my $start = last_below($facts->{starts}, $pc, 1);
  return 0 if defined $start && $facts->{labels}[$label][0] <= $facts->{starts}[$start][0];
  return !defined $span || ($pc >= $facts->{spans}[$span][1] && $facts->{labels}[$label][0] >= $facts->{spans}[$span][1]);
}

sub show_frames { return join ' <- ', map { "$_->[0] $_->[1]:$_->[2]" } @{$_[0]}; }

# The class of a difference that is known to be LLVM's mistake, or undef.  All come from its taking the last symbol at or
# below the PC as the function when that symbol has no size:
# label-in-function: the PC lies within the size of the function around that label;
# behind-function: the PC lies in padding, behind the function that the label is in or the frame that the symbol has;
# mapping-symbol: the symbol is a mark of the assembler's ($x, $d).
sub class_of {
  my ($ours, $theirs, $facts, $frames, $rule) = @_;
  my ($pc, $name) = ($ours->{pc}, $theirs->[-1][0]);
  my $i = last_below($facts->{unsized}, $pc, 1) // return undef;
  my $at = $facts->{unsized}[$i][0];
  $i-- while $i && $facts->{unsized}[$i][1] ne $name && $facts->{unsized}[$i - 1][0] == $at;
  return undef unless $facts->{unsized}[$i][1] eq $name;
  return 'mapping-symbol' if $name =~ /^\$[adtx]/;
  my ($span, $frame) = map { span_of($_, $at) } $facts->{spans}, $frames;
  return 'label-in-function' if $span && $span->[0] < $at && $pc < $span->[1] && ($ours->{entry} // 0) == $span->[0];
  return 'behind-function' if !defined $ours->{entry} && $rule eq $NO_FRAME
    && (($span && $span->[1] <= $pc) || ($frame && $frame->[1] <= $pc));
  return undef;
}

# What is wrong with OURS beside THEIRS; undef: nothing.
sub difference {
  my ($ours, $theirs, $rule, $facts) = @_;
  my $have = $rule eq $NO_FRAME && $ours->{rule} eq '? ? s max=-' ? $NO_FRAME : $ours->{rule};
  return "frame: ours '$have', readelf '$rule'" if $have ne $rule;
  my ($o, $t) = ($ours->{frames}, $theirs);
  # Where debug information says nothing LLVM gives the name of an STT_FILE symbol, with line 0.
  $t = [[$t->[0][0], '??', 0]] if @$t == 1 && $t->[0][2] == 0 && $facts->{files}{$t->[0][1]};
  my $nothing = @$t == 1 && $t->[0][0] eq '??' && $rule eq $NO_FRAME;
  if (inside($facts->{plt}, $ours->{pc}) || is_data($facts, $ours->{pc}, $rule) || ($nothing && !@$o)) {
    return undef if !@$o && !defined $ours->{func} && !$ours->{pcdata};
    return "known where nothing is: '" . show_frames($o) . "', LLVM '" . show_frames($t) . "'";
  }
  return 'no frames' unless @$o;
  my $names = defined $ours->{entry} && $facts->{names}{$ours->{entry}};
  return "name: '$ours->{func}' instead of '$names->[0]'" if $names && ($ours->{func} // '') ne $names->[0];
  return "name: the last frame has another than the function" if $o->[-1][0] ne ($ours->{func} // '??');
  my $other = $t->[-1][0];
  if ($other ne $o->[-1][0] && !($names && grep { $_ eq $other } @$names)) {
    return "name: '$o->[-1][0]', LLVM '$other'";
  }
  my ($x, $y) = map { my @f = map { [@$_] } @$_; $f[-1][0] = '-'; show_frames(\@f) } $o, $t;
  return "frames: '$x', LLVM '$y'" if $x ne $y;
  return undef;
}

# addr2line -i beside LLVM, over some of the PCs: [compared, different], with the first few shown.
sub compare_addr2line {
  my ($file, $pcs, $theirs) = @_;
  return (0, 0) if !@$pcs || system 'command -v addr2line >/dev/null';
  write_pcs("$dir/beside", $pcs);
  my ($i, $differ, %answers) = (-1, 0);
  open my $in, '-|', "addr2line -a -i -f -e '$file' <'$dir/beside' 2>/dev/null" or die "addr2line: $!\n";
  my @all;
  while (my $line = <$in>) {
    chomp $line;
    if ($line =~ /^0x[0-9a-f]+$/) { push @all, []; next; }
    my $place = <$in> // last;
    my ($path, $n) = $place =~ /^(.*):(\d+|\?)/;
    push @{$all[-1]}, [$line, ($path // '') eq '' ? '??' : $path, ($n // '?') eq '?' ? 0 : $n];
  }
  close $in;
  for $i (0 .. $#$pcs) {
    my ($x, $y) = map { join ' <- ', map { "$_->[1]:$_->[2]" } @$_ } $all[$i] || [], $theirs->[$i];
    next if $x eq $y || ($x eq '??:0' && $y =~ /:0$/);
    printf "# addr2line at 0x%x: '%s', LLVM '%s'\n", $pcs->[$i], $x, $y if $differ++ < 2;
  }
  return (scalar @$pcs, $differ);
}

my ($test, $failed) = (0, 0);
$| = 1;
print '1..', scalar @ARGV, "\n";
for my $file (@ARGV) {
  $test++;
  my %count = map { ($_ => 0) } qw(fdes skipped readelf_rows readelf_wrong overlaps partly covered unlisted);
  my $facts = facts_of($file);
  my $frames = frames_of($file, $facts, \%count);
  find_functions($facts, $frames);
  my $names = register_names();
  # AArch64 and PowerPC: as far as readelf's own instructions did not name them.
  %numbers = (lr => 65, (map { ("x$_" => $_) } 0 .. 30), (map { ($names->{$_} => $_) } keys %$names));
  my $all = instructions($file);
  my $pcs = draw($all, $sample);
  my %drawn = map { ($_ => 1) } @$pcs;
  push @$pcs, grep { !$drawn{$_}++ } map { $_->[0] } @$frames;
  write_pcs("$dir/pcs", $pcs);
  open my $ours, '-|', "'$dump' --lookup '$file' <'$dir/pcs'" or die "$dump: $!\n";
  open my $theirs, '-|', "'$symbolizer' --obj='$file' --functions=linkage --inlines --no-demangle <'$dir/pcs' 2>/dev/null"
    or die "$symbolizer: $!\n";
  my ($differ, $calls, $lined, $framed, $unknown, $plt, $data, $gaps, %class, @beside, @beside_pcs) = (0) x 8;
  my $step = $beside ? int(@$pcs / $beside) || 1 : @$pcs + 1;
  for my $i (0 .. $#$pcs) {
    my $line = <$ours> // die "lookup.pl: $dump stopped at PC $i\n";
    chomp $line;
    my ($o, $t) = (parse_line($line), next_theirs($theirs));
    die "lookup.pl: answer $i is for another PC\n" if $o->{pc} != $pcs->[$i];
    my $rule = expected_rule($frames, $pcs->[$i]);
    $calls += @{$o->{frames}};
    $lined++ if @{$o->{frames}} && $o->{frames}[0][2];
    $framed++ if $o->{cfa};
    $unknown++ if !$o->{cfa} && $rule ne $NO_FRAME;
    $plt++ if inside($facts->{plt}, $pcs->[$i]);
    $data++ if is_data($facts, $pcs->[$i], $rule);
    $gaps++ if !@{$o->{frames}};
    if ($i % $step == 0 && @beside < $beside) {
      push @beside, $t;
      push @beside_pcs, $pcs->[$i];
    }
    my $what = difference($o, $t, $rule, $facts) // next;
    my $class = class_of($o, $t, $facts, $frames, $rule);
    if (defined $class) {
      printf "# 0x%x: %s: %s\n", $pcs->[$i], $class, $what if $class{$class}++ < 1;
      next;
    }
    printf "# 0x%x: %s\n", $pcs->[$i], $what if $differ++ < $show;
  }
  close $ours or die "lookup.pl: $dump failed on $file\n";
  my $left = <$theirs>;
  close $theirs;
  my ($compared, $beside_differ) = compare_addr2line($file, \@beside_pcs, \@beside);
  my $excepted = 0;
  $excepted += $_ for values %class;
  my $good = @$pcs && !$differ && $excepted <= $excepted_max * @$pcs && $unknown <= $UNKNOWN_MAX * @$pcs
    && !$count{readelf_wrong} && !$count{overlaps} && !$count{partly};
  $failed ||= !$good;
  printf "%s %d - %s: %d PCs of %d compared: %d with lines, %d calls, %d with frames, %d unknown CFA, %d in a PLT, %d in data,"
    . " %d where nothing is known; %d functions' frames; %d differences, %d excepted; addr2line differs from LLVM at %d of %d\n",
    $good ? 'ok' : 'not ok', $test, $file, scalar @$pcs, scalar @$all, $lined, $calls, $framed, $unknown, $plt, $data, $gaps,
    scalar @$frames, $differ, $excepted, $beside_differ, $compared;
  print "#   excepted: $_: $class{$_}\n" for sort keys %class;
  print "#   readelf's rows against its instructions: $count{readelf_wrong} wrong of $count{readelf_rows};"
    . " overlapping frames: " . ($count{overlaps} + $count{partly}) . "\n" if $count{readelf_wrong} || $count{overlaps} || $count{partly};
}
exit($failed ? 1 : 0);
