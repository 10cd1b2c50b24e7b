# SPDX-License-Identifier: GPL-3.0-or-later
# For the tests of marks, in Perl: TAP, and t/tool/mark_print as a function from text to tables or an error.
use strict;
use warnings;
use File::Temp qw(tempfile);

my $printer = ($ENV{abs_top_builddir} // '.') . '/t/tool/mark_print';
my $tests = 0;

sub ok {
  my ($good, $what) = @_;
  $tests++;
  print $good ? "ok $tests - $what\n" : "not ok $tests - $what\n";
  return $good;
}

sub note { print map { "# $_\n" } split /\n/, join '', @_; }

sub is_text {
  my ($have, $want, $what) = @_;
  ok($have eq $want, $what) || note("expected:\n$want", "found:\n$have");
}

sub like {
  my ($have, $want, $what) = @_;
  ok(scalar($have =~ $want), $what) || note("expected: $want", "found:\n$have");
}

sub done {
  print "1..$tests\n";
  exit 0;
}

sub need_printer {
  return if -x $printer;
  print "1..0 # SKIP $printer is not built (make check builds it)\n";
  exit 0;
}

sub printer { return $printer; }

# The answers to several inputs, one process for all of them.
sub run_marks {
  my ($fh, $file) = tempfile(UNLINK => 1);
  print $fh "$_\nrun\n" for @_;
  close $fh;
  my $out = `'$printer' <'$file' 2>&1`;
  my $status = $?;
  my @answers = split /^\.\n/m, $out;
  note("mark_print: status $status, " . @answers . ' answers for ' . @_ . ":\n" . substr $out, -2000)
    if $status || @answers != @_;
  return @answers;
}

sub run_mark { return (run_marks(@_))[0] // ''; }

# The same with a function of 256 bytes at 0x100 around it, called f.
sub in_f { return run_mark("frame 0x100 0x200\nsymbol 0x100 0x100 f\n$_[0]"); }

1;
