#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Translates what gcc -S says of frames and lines, by .cfi_* and .loc directives, to records of OBJECT-FORMAT, as a back end
# would emit them that knows pctab: for x86-64.  The result has neither those directives nor debug information.
#
#   gcc_native.pl <FILE.s >NATIVE.s
#
# A row of lines begins where the assembler makes one: at a .loc with a view; without, at the instruction behind it, or at
# the next .loc if that comes first.  A frame's row begins at its directive.  Of rows at one place the last one holds.  .loc
# knows no inlined calls, so records have none: file and line are those of the innermost call.
use strict;
use warnings;

my ($SP, $FP, $RA) = (7, 6, 16);
my $EMITS = qr/^\.(?:p2align|align|balign|byte|value|short|2byte|long|4byte|quad|8byte|octa|skip|zero|space|fill|string|
  ascii|asciz|uleb128|sleb128|float|double|org|incbin|nops)\w?\b/x;

my $section = '.text';
my @section_stack;
my %sections;  # name => {anchor, pos: counts what may have bytes, rows => [[label, pos, file, line]...]}
my %functions; # symbol of type function => {label, pos, section}
my %files;     # number => path
my ($dir, $labels, $pending) = ('', 0);
my %count = (functions => 0, steps => 0, frames => 0, rows => 0);

sub put { print @_, "\n"; }
sub new_label { return '.Lpctab' . $labels++; }
sub here { return $sections{$section} //= {pos => 0, rows => []}; }

sub put_label {
  my $label = new_label();
  put("$label:");
  return $label;
}

# --- lines ---

# The pending .loc takes effect.
sub flush_loc {
  return unless $pending;
  my ($s, $rows) = (here(), here()->{rows});
  if (@$rows && $rows->[-1][1] == $s->{pos}) { @{$rows->[-1]}[2, 3] = @$pending; }
  else { push @$rows, [put_label(), $s->{pos}, @$pending]; }
  $pending = undef;
}

sub path_of {
  my ($name) = @_;
  return $name =~ m|^/| ? $name : "$dir/$name";
}

sub put_string {
  my ($s) = @_;
  $s =~ s/([\\"])/\\$1/g;
  put("\t.asciz \"$s\"");
}

# A record of KIND about the code at LABEL, with what BODY puts.
sub put_record {
  my ($name, $kind, $label, $body) = @_;
  my ($begin, $end) = (new_label(), new_label());
  put("\t.pushsection $name,\"o?\",\"progbits\",", here()->{anchor});
  put("$begin:\n\t.byte 1,$kind,8,0\n\t.4byte $end-$begin\n\t.8byte $label");
  $body->();
  put("$end:\n\t.popsection\n\t.reloc $label, BFD_RELOC_NONE, $begin");
}

# At the end of function F: its lines.  The first step is what holds at its start, whoever said so.
sub put_lines {
  my ($f) = @_;
  my ($s, $end) = (here(), put_label());
  return if $s->{pos} == $f->{pos};
  my ($first, @steps) = (undef);
  for my $row (@{$s->{rows}}) {
    if ($row->[1] <= $f->{pos}) { $first = $row; }
    elsif ($row->[1] < $s->{pos}) { push @steps, $row; }
  }
  unshift @steps, [$f->{label}, $f->{pos}, $first ? @$first[2, 3] : (undef, 0)];
  # Rows before are not needed any more, but for the last.
  $s->{rows} = [$s->{rows}[-1] // ()];
  my (%string, @strings);
  for my $step (@steps) {
    next unless defined $step->[2];
    $string{$step->[2]} //= push @strings, $files{$step->[2]} // die "gcc_native.pl: file $step->[2] is not declared\n";
  }
  $count{functions}++;
  $count{steps} += @steps;
  put_record('.pcln', 32, $f->{label}, sub {
    my ($begin, $stop) = (new_label(), new_label());
    put("\t.4byte $end-$f->{label}\n\t.4byte $stop-$begin\n\t.4byte 0\n$begin:");
    put_string($_) for @strings;
    put("$stop:");
    my $last = $f->{label};
    for my $step (@steps) {
      put("\t.4byte $step->[0]-$last,0,", defined $step->[2] ? $string{$step->[2]} : 0, ",$step->[3]");
      $last = $step->[0];
    }
  });
}

# --- frames ---

my $frame; # {label, rows => [[label, pos, rule]...], state, saved => [...], dirty, flags}

sub rule_of {
  my ($state) = @_;
  my ($cfa, $ra, $fp) = @$state{qw(cfa ra fp)};
  my ($kind, $reg, $off) = @$cfa;
  ($kind, $reg) = $reg == $SP ? (1, 0) : $reg == $FP ? (2, 0) : (3, $reg) if $kind eq 'reg';
  ($kind) = (4) if $kind eq 'deref';
  return "\t.byte $kind,$reg,$ra->[0],$ra->[1],$fp->[0],$fp->[1],0,0\n\t.4byte $off,0,$ra->[2],$fp->[2]";
}

# What was said since the last bytes takes effect.
sub flush_cfi {
  return unless $frame && $frame->{dirty};
  my ($rule, $rows, $pos) = (rule_of($frame->{state}), $frame->{rows}, here()->{pos});
  $frame->{dirty} = 0;
  if (@$rows && $rows->[-1][1] == $pos) { $rows->[-1][2] = $rule; }
  elsif ($rows->[-1][2] ne $rule) { push @$rows, [put_label(), $pos, $rule]; }
}

# A DWARF expression of one register and an offset, perhaps a load: [register, offset, whether].
sub expression {
  my @bytes = @_;
  my $op = shift @bytes;
  die "gcc_native.pl: an expression that is not known\n" unless defined $op && $op >= 0x70 && $op <= 0x8f;
  my ($off, $shift, $b) = (0, 0);
  do {
    $b = shift @bytes // die "gcc_native.pl: an expression is cut off\n";
    $off |= ($b & 0x7f) << $shift;
    $shift += 7;
  } while ($b & 0x80);
  $off -= 1 << $shift if $b & 0x40;
  my $load = @bytes && $bytes[0] == 6 ? shift @bytes : 0;
  die "gcc_native.pl: an expression that is not known\n" if @bytes;
  return ($op - 0x70, $off, $load);
}

sub escape {
  my ($state, $op, @bytes) = @_;
  if ($op == 0x0f && @bytes) {
    my ($reg, $off, $load) = expression(@bytes[1 .. $#bytes]);
    $state->{cfa} = [$load ? 'deref' : 'reg', $reg, $off];
  } elsif ($op == 0x10 && @bytes > 1) {
    my ($reg, $off, $load) = expression(@bytes[2 .. $#bytes]);
    $state->{fp} = $load ? [4, 0, 0] : [2, $reg, $off] if $bytes[0] == $FP;
    die "gcc_native.pl: the return address by an expression\n" if $bytes[0] == $RA;
  } else {
    die "gcc_native.pl: .cfi_escape $op is not known\n";
  }
}

# What a register's place becomes: of the caller's frame pointer and the return address alone.
sub set_place {
  my ($state, $reg, $fp, $ra) = @_;
  $state->{fp} = $fp if $reg == $FP;
  $state->{ra} = $ra if $reg == $RA;
}

my %on_cfi = (
  def_cfa => sub { $_[0]{cfa} = ['reg', $_[1], $_[2]] },
  def_cfa_register => sub { $_[0]{cfa} = ['reg', $_[1], $_[0]{cfa}[2]] },
  def_cfa_offset => sub { $_[0]{cfa} = [@{$_[0]{cfa}}[0, 1], $_[1]] },
  adjust_cfa_offset => sub { $_[0]{cfa} = [@{$_[0]{cfa}}[0, 1], $_[0]{cfa}[2] + $_[1]] },
  offset => sub { set_place($_[0], $_[1], [1, 0, $_[2]], [1, 0, $_[2]]) },
  rel_offset => sub { my $off = $_[2] - $_[0]{cfa}[2]; set_place($_[0], $_[1], [1, 0, $off], [1, 0, $off]) },
  register => sub { set_place($_[0], $_[1], [3, $_[2], 0], [2, $_[2], 0]) },
  restore => sub { set_place($_[0], $_[1], [0, 0, 0], [1, 0, -8]) },
  same_value => sub { set_place($_[0], $_[1], [0, 0, 0], [0, 0, 0]) },
  undefined => sub { set_place($_[0], $_[1], [4, 0, 0], [3, 0, 0]) },
  escape => sub { escape(@_) },
  remember_state => sub { push @{$frame->{saved}}, {%{$_[0]}} },
  restore_state => sub { $frame->{state} = pop @{$frame->{saved}} },
  signal_frame => sub { $frame->{flags} = 1 },
  sections => sub { }, personality => sub { }, lsda => sub { });

my %registers = (rax => 0, rdx => 1, rcx => 2, rbx => 3, rsi => 4, rdi => 5, rbp => 6, rsp => 7, (map { ("r$_" => $_) } 8 .. 15),
  rip => 16);

sub start_frame {
  $frame = {label => put_label(), flags => 0, saved => [], dirty => 0,
            state => {cfa => ['reg', $SP, 8], ra => [1, 0, -8], fp => [0, 0, 0]}};
  $frame->{rows} = [[$frame->{label}, here()->{pos}, rule_of($frame->{state})]];
  here()->{anchor} //= $frame->{label};
}

sub end_frame {
  my ($end, $f) = (put_label(), $frame);
  $frame = undef;
  return if $f->{rows}[0][1] == here()->{pos};
  $count{frames}++;
  $count{rows} += @{$f->{rows}};
  put_record('.pcsp', 16, $f->{label}, sub {
    put("\t.4byte $end-$f->{label},$f->{flags}");
    my $last = $f->{label};
    for my $row (@{$f->{rows}}) {
      put("\t.4byte $row->[0]-$last\n$row->[2]");
      $last = $row->[0];
    }
  });
}

sub cfi {
  my ($what, $operands) = @_;
  return start_frame() if $what eq 'startproc';
  return end_frame() if $what eq 'endproc';
  my $do = $on_cfi{$what} or die "gcc_native.pl: .cfi_$what is not known\n";
  my @operands = map { exists $registers{$_} ? $registers{$_} : /^0x/ ? hex : $_ } map { s/^\s*%?|\s+$//gr } split /,/, $operands;
  $do->($frame ? $frame->{state} : {}, @operands);
  $frame->{dirty} = 1 if $frame;
}

# --- the source ---

sub change_section {
  my ($name, $operands) = @_;
  my $new = $name =~ /^\.(?:text|data|bss)$/ ? $name : $operands =~ /^"?([^",\s]+)/ ? $1 : $section;
  if ($name eq '.pushsection') { push @section_stack, $section; }
  elsif ($name eq '.popsection') { $new = pop @section_stack; }
  $section = $new;
}

while (my $line = <STDIN>) {
  chomp $line;
  my $text = $line =~ s/^\s+//r;
  my ($word, $operands) = $text =~ /^(\S+)\s*(.*)$/ or next;
  next if $word =~ /^#/;
  if ($word =~ /^\.(?:text|data|bss|section|pushsection|popsection)$/) {
    change_section($word, $operands);
    put($line) unless $section =~ /^\.debug_/;
  } elsif ($section =~ /^\.debug_/) {
    next;
  } elsif ($word =~ /^\.(?:previous|subsection)$/) {
    die "gcc_native.pl: $word is not known\n";
  } elsif ($word eq '.file') {
    my ($number, @names) = $operands =~ /^(\d+)\s+"((?:[^"\\]|\\.)*)"(?:\s+"((?:[^"\\]|\\.)*)")?/ or next;
    $dir = $names[0] if $number == 0 && defined $names[1];
    $files{$number} = defined $names[1] ? $names[1] =~ m|^/| ? $names[1] : "$names[0]/$names[1]" : $names[0];
    $files{$number} = path_of($files{$number} =~ s/\\(.)/$1/gr);
  } elsif ($word eq '.loc') {
    flush_loc();
    $pending = [(split ' ', $operands)[0, 1]];
    flush_loc() if $operands =~ / view /;
  } elsif ($word =~ /^\.cfi_(\w+)$/) {
    cfi($1, $operands);
  } elsif ($word =~ /^(\S+):$/) {
    put($line);
    next unless exists $functions{$1};
    flush_cfi();
    $functions{$1} = {label => put_label(), pos => here()->{pos}};
    here()->{anchor} //= $functions{$1}{label};
  } elsif ($word eq '.type' && $operands =~ /^(\S+),\s*[@%]function/) {
    put($line);
    $functions{$1} = undef;
  } elsif ($word eq '.size' && $operands =~ /^(\S+),/ && $functions{$1}) {
    put_lines($functions{$1});
    put($line);
  } elsif ($word !~ /^\./ || $word =~ $EMITS) {
    flush_loc() if $word !~ /^\./;
    flush_cfi();
    here()->{pos}++;
    put($line);
  } else {
    put($line);
  }
}
print STDERR "$count{functions} functions, $count{steps} steps, $count{frames} frames, $count{rows} rows\n";
