#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A table with a flipped bit is refused, whichever byte it is in: by the reader that maps it, or when the cold part's
# digest is asked for.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl
cat >a.c <<'X'
static inline int twice (int v) { return 2 * v; }
int f (int v) { return v ? twice (v) : f (v + 1); }
void _start (void) { for (;;) f (3); }
X
"$CC" -O1 -g -nostdlib -static a.c -o prog $flags || skip_all 'a bare program does not link here'
placed prog
ok $? 'a small table'
cat >flip.pl <<'X'
use strict; use warnings;
my ($dump, $path, $off, $len) = @ARGV;
open my $f, '+<:raw', $path or die "$path: $!\n";
my (%said, $cnt, @accepted);
for my $at ($off .. $off + $len - 1) {
  my $bit = 1 << ($at * 5 + 3) % 8;
  seek $f, $at, 0; read $f, my $byte, 1;
  seek $f, $at, 0; print $f chr (ord ($byte) ^ $bit); $f->flush;
  my $out = `$dump --stats $path 2>&1`;
  $cnt++;
  my $said = $out =~ s/\A.*?: //sr =~ s/\s+\z//r;
  if ($? == 0) { push @accepted, sprintf '%#x', $at - $off }
  elsif ($? >> 8 != 1 || $out =~ tr/\n// != 1) { push @accepted, sprintf '%#x (status %d: %s)', $at - $off, $?, $out }
  else { $said{$said}++ }
  seek $f, $at, 0; print $f $byte; $f->flush;
}
print "$cnt bytes\n";
print "accepted: @accepted\n" if @accepted;
print "$said{$_} times: $_\n" for sort { $said{$b} <=> $said{$a} } keys %said;
exit (@accepted ? 1 : 0);
X
run perl flip.pl "$pctab_dump" prog "$(printf '%d' "$(printf '%s' "$facts" | sed 's/.* off=\(0x[0-9a-f]*\).*/\1/')")" \
  "$(printf '%s' "$facts" | sed 's/.* size=\([0-9]*\).*/\1/')"
ok "$status" "a bit flipped in each byte: refused with one line, exit 1"
diag "$out"
"$pctab_dump" --stats prog >/dev/null
ok $? 'unchanged it is read'
done_testing
