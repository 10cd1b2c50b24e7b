#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Marks against symbols and instructions.  Writes C and assembly with marks at random, each between two labels that stay
# in the symbol table, links them, and works out from the labels alone what UnsafePoint has to be at each byte of the
# functions: pctab-dump has to say the same value and startpc.  Each stretch begins where objdump, which is not shown the
# labels, sees an instruction begin.
#
#   marks.pl --dir=WORK --include=DIR --dump=PCTAB_DUMP --flags=LINK_FLAGS [--marks=N] [--seed=N] ARCH...
#
# A TAP line for each architecture; its cross compiler is found in PATH.
use strict;
use warnings;

my %opt = (marks => 10000, seed => 1);
for (@ARGV) { $opt{$1} = $2 if /^--(\w+)=(.*)/s; }
my @wanted = grep { !/^--/ } @ARGV;

# For each architecture: the tools' prefix, instructions with the most bytes that each takes, how a function returns, what
# an assembly file begins with, more flags of the compiler, and C's compiler if it is not gcc.  Nothing of it is ever run.
my $X86 = sub {
  my $r = shift;
  return [["nop", 1], ["xchgw %ax, %ax", 2], ["nopl (%$r)", 3], ["nopl 8(%$r)", 4], ["nopl 8(%$r,%$r,1)", 5],
    ["nopw 8(%$r,%$r,1)", 6], ["nopl 0x12345(%$r)", 7], ["nopl 0x12345(%$r,%$r,1)", 8]];
};
my %arch = (
  amd64 => ['x86_64-linux-gnu-', $X86->('rax'), 'ret', '', ''],
  'amd64-clang' => ['x86_64-linux-gnu-', $X86->('rax'), 'ret', '', '', 'clang'],
  386 => ['i686-linux-gnu-', $X86->('eax'), 'ret', '', ''],
  arm64 => ['aarch64-linux-gnu-', [['nop', 4], ['add x9, x9, 0', 4], ['mov x10, x10', 4]], 'ret', '', ''],
  # Frames of ARM are in .debug_frame.
  arm => ['arm-linux-gnueabihf-', [['nop', 4], ['add r9, r9, #0', 4], ['mov r9, r9', 4]], 'bx lr',
    ".syntax unified\n.thumb\n", '-g'],
  riscv64 => ['riscv64-linux-gnu-', [['nop', 4], ['addi x5, x5, 100', 4], ['add x5, x5, x6', 4]], 'ret', '', ''],
  s390x => ['s390x-linux-gnu-', [['nopr %r0', 2], ['nop 0(%r0)', 4], ['brcl 0, .', 6]], 'br %r14', '', ''],
  ppc64le => ['powerpc64le-linux-gnu-', [['nop', 4], ['ori 9, 9, 0', 4]], 'blr', '', ''],
  mips => ['mipsel-linux-gnu-', [['nop', 4], ['addiu $9, $9, 0', 4]], "jr \$31\n\tnop", ".set noreorder\n", ''],
);
my $RESTART_MAX = 20;

# --- writing programs ---

my ($insns, $ids);

sub any { return $_[int rand @_]; }

# CNT instructions at random, of at most BYTES.
sub some_insns {
  my ($cnt, $bytes) = @_;
  my @text;
  while (@text < $cnt) {
    my @fit = grep { $_->[1] <= $bytes } @$insns;
    last unless @fit;
    my $insn = any(@fit);
    push @text, $insn->[0];
    $bytes -= $insn->[1];
  }
  return @text;
}

# One mark in C: KIND u is unsafe, r a restart range.
sub c_mark {
  my $kind = shift // any(qw(u u u r r));
  my $id = $ids++;
  my @text = $kind eq 'u' ? some_insns(1 + int rand 8, 100) : some_insns(1 + int rand 6, $RESTART_MAX);
  my $text = join '\n\t', "mk_${kind}_${id}_b_%=:", (map { s/%/%%/gr } @text), "mk_${kind}_${id}_e_%=:";
  return ($kind eq 'u' ? 'PCTAB_UNSAFE_ASM' : 'PCTAB_RESTART_ASM') . " (\"$text\", :);";
}

sub c_statement {
  my ($helpers) = @_;
  my $r = rand;
  return '  ' . c_mark() . "\n" if $r < 0.7;
  return "  a = helper_" . int(rand $helpers) . " (a);\n" if $r < 0.75;
  return "#pragma GCC unroll 4\n  for (int i = 0; i < 8; i++)\n    {\n      a ^= sink + i;\n      " . c_mark() . "\n    }\n"
    if $r < 0.8;
  return "  if (a > sink)\n    {\n      " . c_mark() . "\n      a = other (a);\n    }\n" if $r < 0.85;
  return any("  a = a * 3 + sink;\n", "  a += other (a);\n", "  sink = a;\n");
}

# A block around statements: the labels lie in it, where its points are the compiler decides.
sub c_block {
  my $id = $ids++;
  my $insn = $insns->[0][0] =~ s/%/%%/gr;
  return "  PCTAB_UNSAFE { sink = a; __asm__ volatile (\"mk_p_${id}_b_%=:\\n\\t$insn\\nmk_p_${id}_e_%=:\" :); sink = a + 1; }\n";
}

sub write_c {
  my ($path, $file, $marks) = @_;
  my $last = $ids + $marks;
  my $text = "#include <pctab/mark.h>\nextern volatile int sink;\nextern int other (int);\n";
  my $helpers = 6;
  for my $i (0 .. $helpers - 1) {
    $text .= "static inline __attribute__ ((always_inline)) int\nhelper_$i (int a)\n{\n  a += sink;\n  " . c_mark()
      . "\n  return a ^ $i;\n}\n";
  }
  for (my $i = 0; $ids < $last; $i++) {
    my $whole = rand() < 0.1;
    my $block = !$whole && rand() < 0.1;
    my $name = "gen_" . ($whole ? 'whole' : $block ? 'block' : 'c') . "_${file}_$i";
    $text .= $whole ? 'PCTAB_UNSAFE_FUNCTION ' : '__attribute__ ((noinline)) ';
    $text .= "int\n$name (int a)\n{\n" . join '', map { $block && rand() < 0.3 ? c_block() : c_statement($helpers) } 0 .. rand 14;
    $text .= c_block() if $block;
    $text .= "  return a;\n}\n";
  }
  $text .= "volatile int sink;\nint other (int a) { return a + sink; }\nint main (void) { return 0; }\n" if $file == 0;
  write_file($path, $text);
}

sub write_file {
  my ($path, $text) = @_;
  open my $out, '>', $path or die "$path: $!\n";
  print $out $text;
  close $out or die "$path: $!\n";
}

# Pieces of an assembly function: marks side by side, unsafe code in a restart range, or across its end, or left open.
sub s_begin { my ($kind, $id) = @_; return "mk_${kind}_${id}_b_S:\n" . ($kind eq 'u' ? 'PCTAB_UNSAFE_BEGIN' : 'PCTAB_RESTART_BEGIN') . "\n"; }
sub s_end { my ($kind, $id) = @_; return ($kind eq 'u' ? 'PCTAB_UNSAFE_END' : 'PCTAB_RESTART_END') . "\nmk_${kind}_${id}_e_S:\n"; }
sub s_insns { return map { "\t$_\n" } some_insns(@_); }

sub s_piece {
  my $r = rand;
  return s_insns(1 + int rand 4, 100) if $r < 0.25;
  my ($a, $b) = ($ids, $ids + 1);
  if ($r < 0.6) {
    $ids++;
    return (s_begin('u', $a), s_insns(1 + int rand 6, 100), s_end('u', $a));
  }
  if ($r < 0.9) {
    $ids++;
    return (s_begin('r', $a), s_insns(1 + int rand 10, $RESTART_MAX), s_end('r', $a));
  }
  $ids += 2;
  return (s_begin('r', $a), s_insns(1, 6), s_begin('u', $b), s_insns(1, 6), s_end('u', $b), s_insns(int rand 2, 8), s_end('r', $a))
    if $r < 0.95;
  return (s_begin('r', $a), s_insns(int rand 2, 8), s_begin('u', $b), s_insns(1, 8), s_end('r', $a), s_insns(2, 20), s_end('u', $b));
}

sub write_s {
  my ($path, $return, $head, $marks) = @_;
  my $last = $ids + $marks;
  my $text = "#include <pctab/asm.h>\n$head\t.text\n";
  for (my $i = 0; $ids < $last; $i++) {
    $text .= "\t.balign 4\nPCTAB_FUNCTION gen_s_$i\n";
    if (rand() < 0.2) {
      my $id = $ids++;
      $text .= join '', "mk_n_${id}_b_S:\n", s_insns(1 + int rand 12, 100), rand() < 0.3 ? s_piece() : (),
        "PCTAB_RESTART_AT_ENTRY\nmk_n_${id}_e_S:\n";
    }
    $text .= join '', s_piece() for 0 .. rand 10;
    $text .= "\t$return\n";
    if (rand() < 0.1) { # the function's end ends it, and the label is there
      my $kind = any(qw(u r));
      $text .= join '', s_begin($kind, $ids), s_insns(1 + int rand 3, $RESTART_MAX), "mk_${kind}_${ids}_e_S:\n";
      $ids++;
    }
    $text .= "PCTAB_FUNCTION_END\n";
  }
  write_file($path, "$text\t.section .note.GNU-stack,\"\",%progbits\n");
}

# --- what the labels say ---

sub lines_of {
  my ($command) = @_;
  open my $in, '-|', $command or die "$command: $!\n";
  chomp(my @lines = <$in>);
  close $in or die "marks.pl: failed: $command\n";
  return @lines;
}

# Functions: [start, end, name] by address; ranges: [kind, start, end], from pairs of labels.
sub symbols_of {
  my ($file, $thumb) = @_;
  my (@functions, %pairs);
  for (lines_of("readelf -sW '$file'")) {
    my ($addr, $size, $type, $name) = /^\s*\d+: ([0-9a-f]+)\s+(\d+|0x[0-9a-f]+) (\S+)\s+\S+\s+\S+\s+(?:\[.*?\]\s+)?\S+\s+(\S+)$/ or next;
    $addr = hex $addr;
    if ($type eq 'FUNC' && $name =~ /^gen_/) {
      $addr &= ~1 if $thumb;
      push @functions, [$addr, $addr + ($size =~ /^0x/ ? hex $size : $size), $name];
    } elsif ($name =~ /^mk_(\w)_(\d+)_([be])_(\w+)$/) {
      my $pair = $pairs{"$2_$4"} //= [$1];
      die "marks.pl: $name is there twice\n" if defined $pair->[$3 eq 'b' ? 1 : 2];
      $pair->[$3 eq 'b' ? 1 : 2] = $addr;
    }
  }
  my @ranges = sort { $a->[1] <=> $b->[1] || $a->[2] <=> $b->[2] } values %pairs;
  die "marks.pl: a label without its partner\n" if grep { !defined $_->[1] || !defined $_->[2] } @ranges;
  my %seen;
  return ([sort { $a->[0] <=> $b->[0] } grep { !$seen{$_->[0]}++ } @functions], \@ranges);
}

# Values of the bytes of function F, whose RANGES these are: unsafe above restart above restart at entry; what follows
# unsafe code in a restart range is unsafe; restart ranges get -3 and -4 in turn.
sub expected_values {
  my ($f, $ranges) = @_;
  my ($start, $end, $name) = @$f;
  my @value = (-1) x ($end - $start);
  for my $r (grep { $_->[0] eq 'n' } @$ranges) { @value[$start - $start .. $r->[2] - 1 - $start] = (-5) x ($r->[2] - $start); }
  my @unsafe = (0) x @value;
  @unsafe = (1) x @value if $name =~ /_whole_/;
  for my $r (grep { $_->[0] eq 'u' } @$ranges) { @unsafe[$r->[1] - $start .. $r->[2] - 1 - $start] = (1) x ($r->[2] - $r->[1]); }
  my $restart = -3;
  for my $r (grep { $_->[0] eq 'r' } @$ranges) {
    my ($from, $to) = ($r->[1] - $start, $r->[2] - $start);
    die sprintf "marks.pl: a range of %d bytes was written\n", $to - $from if $to - $from > $RESTART_MAX || $to <= $from;
    my ($cut) = grep { $unsafe[$_] } $from .. $to - 1;
    $cut //= $to;
    @unsafe[$cut .. $to - 1] = (1) x ($to - $cut);
    next if $cut == $from;
    @value[$from .. $cut - 1] = ($restart) x ($cut - $from);
    $restart = -7 - $restart;
  }
  for (0 .. $#value) { $value[$_] = -2 if $unsafe[$_]; }
  return \@value;
}

# --- comparing ---

my %count;

sub complain {
  my ($pc, $name, $what) = @_;
  printf "# 0x%x in %s: %s\n", $pc, $name, $what if $count{differ}++ < 6;
}

# VALUE and START of the dump at each byte of F.  In a function with blocks the labels say the least that is unsafe.
sub compare_function {
  my ($f, $ranges, $answers, $boundary) = @_;
  my ($start, $end, $name) = @$f;
  my $want = expected_values($f, $ranges);
  my $blocks = $name =~ /_block_/;
  my %inner;
  for my $r (grep { $_->[0] eq 'p' } @$ranges) { $inner{$_} = 1 for $r->[1] .. $r->[2] - 1; }
  my ($begin, $last) = ($start, undef);
  for my $pc ($start .. $end - 1) {
    my ($value, $from) = @{$answers->{$pc} // die "marks.pl: no answer\n"};
    my $wanted = $want->[$pc - $start];
    $count{bytes}++;
    if ($blocks) {
      # What a block adds is unsafe, and no more than that can be said.
      complain($pc, $name, "value $value in a block") if $value != -2 && ($inner{$pc} || $wanted == -2);
      complain($pc, $name, "value $value") if $value != -2 && $wanted > -2 && $value != -1;
      $wanted = $value;
    }
    $begin = $pc if !defined $last || $last != $wanted;
    $last = $wanted;
    complain($pc, $name, "value $value, by the labels $wanted") if $value != $wanted;
    complain($pc, $name, sprintf "startpc 0x%x, by the labels 0x%x", $from, $begin) if $from != $begin;
    complain($pc, $name, 'a value begins within an instruction') if $from == $pc && !$boundary->{$pc};
  }
}

# Answers of the dump: pc => [value, startpc].
sub answers_of {
  my ($file, $functions) = @_;
  open my $out, '>', "$opt{dir}/pcs" or die "$opt{dir}/pcs: $!\n";
  for my $f (@$functions) { print $out map { sprintf "%x\n", $_ } $f->[0] .. $f->[1] - 1; }
  close $out;
  my %answers;
  for (lines_of("'$opt{dump}' --lookup '$file' <'$opt{dir}/pcs'")) {
    my ($pc, $value, $start) = /^\{"pc":"0x([0-9a-f]+)".*"unsafe_point":\{"value":(-?\d+),(?:"name":"[^"]*",)?"start":"0x([0-9a-f]+)"/
      or die "marks.pl: can't read: $_\n";
    $answers{hex $pc} = [$value, hex $start];
  }
  return \%answers;
}

# Where instructions begin, by a disassembler that knows nothing of the labels.
sub boundaries_of {
  my ($file, $objdump) = @_;
  my $copy = "$opt{dir}/unlabelled";
  my $objcopy = $objdump =~ s/objdump$/objcopy/r;
  system("$objcopy -w -N 'mk_*' '$file' '$copy'") == 0 or die "marks.pl: $objcopy failed\n";
  return {map { /^\s*([0-9a-f]+):\t/ ? (hex $1 => 1) : () } lines_of("$objdump -d -z --no-show-raw-insn '$copy'")};
}

sub compare_program {
  my ($file, $arch) = @_;
  my ($functions, $ranges) = symbols_of($file, $arch eq 'arm');
  my $answers = answers_of($file, $functions);
  my $boundary = boundaries_of($file, "$arch{$arch}[0]objdump");
  my $next = 0;
  for my $f (@$functions) {
    my @mine;
    while ($next < @$ranges && $ranges->[$next][1] < $f->[1]) {
      my $r = $ranges->[$next++];
      complain($r->[1], $f->[2], 'a label is in no function') if $r->[1] < $f->[0] || $r->[2] > $f->[1];
      complain($r->[1], $f->[2], 'a range begins within an instruction') unless $boundary->{$r->[1]};
      complain($r->[2], $f->[2], 'a range ends within an instruction') unless $boundary->{$r->[2]} || $r->[2] == $f->[1];
      $count{$r->[0]}++;
      $count{full}++ if $r->[0] eq 'r' && $r->[2] - $r->[1] == $RESTART_MAX;
      push @mine, $r;
    }
    compare_function($f, \@mine, $answers, $boundary);
  }
  complain($ranges->[$next][1], '?', 'a label is in no function') if $next < @$ranges;
  $count{functions} = @$functions;
}

# --- one architecture ---

sub run {
  my ($command) = @_;
  my $out = `$command 2>&1`;
  return 1 unless $?;
  print map { "# $_\n" } $command, (split /\n/, $out)[0 .. 5];
  return 0;
}

sub build {
  my ($arch, $program) = @_;
  my ($prefix, $list, $return, $head, $more, $cc) = @{$arch{$arch}};
  $cc //= "${prefix}gcc";
  my @levels = qw(-O2 -O0 -O1 -O3 -Os);
  my $dir = $opt{dir};
  ($insns, $ids) = ($list, 0);
  srand $opt{seed};
  unlink glob "$dir/*.[cSo]";
  write_c("$dir/c$_.c", $_, $opt{marks} / 10) for 0 .. $#levels;
  write_s("$dir/s.S", $return, $head, $opt{marks} / 2);
  my $flags = "-fasynchronous-unwind-tables -I'$opt{include}' $more";
  for (0 .. $#levels) {
    # Half of ARM's code is Thumb.
    my $mode = $arch eq 'arm' && $_ % 2 ? '-marm' : '';
    return 0 unless run("$cc $levels[$_] $flags $mode -c '$dir/c$_.c' -o '$dir/c$_.o'");
  }
  return run("${prefix}gcc $flags -c '$dir/s.S' -o '$dir/s.o'")
    && run("${prefix}gcc '$dir'/*.o -o '$program' $opt{flags}");
}

my ($test, $failed) = (0, 0);
for my $arch (@wanted) {
  $test++;
  my ($prefix, $cc) = @{$arch{$arch} // die "marks.pl: $arch is not known\n"}[0, 5];
  my ($missing) = grep { system "command -v $_ >/dev/null" } "${prefix}gcc", "${prefix}objdump", $cc // ();
  if ($missing) {
    print "ok $test - $arch # SKIP $missing is not installed\n";
    next;
  }
  %count = map { ($_ => 0) } qw(u r n p full bytes functions differ);
  my $program = "$opt{dir}/$arch";
  my $good = build($arch, $program);
  compare_program($program, $arch) if $good;
  my $ranges = $count{u} + $count{r} + $count{n} + $count{p};
  $good &&= !$count{differ} && $ranges >= $opt{marks} * 0.9 && $count{bytes};
  $failed ||= !$good;
  print $good ? 'ok' : 'not ok', " $test - $arch: $ranges marked ranges ($count{u} unsafe, $count{r} restart, $count{full} of them $RESTART_MAX bytes,"
    . " $count{n} at entry, $count{p} in blocks) in $count{functions} functions, $count{bytes} bytes: $count{differ} differences\n";
}
print "1..$test\n";
exit($failed ? 1 : 0);
