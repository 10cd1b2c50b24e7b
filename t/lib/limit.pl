#!/usr/bin/env perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs one test, in a process group of its own, and sees to it that nothing of it outlives it.
#
#   t/lib/limit.pl TEST...
#
# A test that goes on for longer than $TEST_SECONDS (1200), or ends and leaves a process behind, which would hold the
# driver's pipe open and keep `make check` waiting, fails: what still runs is listed and killed.
use strict;
use warnings;
no warnings 'exec';
use POSIX ();

my $seconds = $ENV{TEST_SECONDS} || 1200;
$| = 1;
my $group = fork;
defined $group or die "limit.pl: fork: $!\n";
if (!$group) {
  setpgrp;
  exec { $ARGV[0] } @ARGV or print("Bail out! $ARGV[0] can't be run: $!\n"), POSIX::_exit(127);
}
# Also here, as the child may not have come to it yet.
eval { setpgrp $group, $group };

# The processes of the group that are not dead.
sub left { grep { /^\s*\d+\s+$group\s+[^Z]/ } `ps -e -o pid= -o pgid= -o stat= -o etime= -o wchan= -o args=` }

sub end {
  my ($why) = @_;
  print map { "# $_\n" } $why, map { chomp; substr $_, 0, 300 } left();
  kill 'KILL', -$group;
  print "Bail out! $why\n";
  exit 99;
}

for my $signal (qw(HUP INT TERM)) {
  $SIG{$signal} = sub { kill 'TERM', -$group; sleep 1; kill 'KILL', -$group; POSIX::_exit(99) };
}
$SIG{ALRM} = sub { end("no end after $seconds seconds") };
alarm $seconds;
waitpid $group, 0;
my $status = $?;
alarm 0;
# What the test has killed may need a moment.
for (1 .. 20) {
  kill 0, -$group or exit($status & 127 ? 99 : $status >> 8);
  last if !left();
  select undef, undef, undef, 0.1;
}
end('the test has ended, and what it has started has not') if left();
exit($status & 127 ? 99 : $status >> 8);
