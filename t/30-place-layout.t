#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The two ways of writing: a small file is written anew without slack, a large one filled in place when the room serves;
# every other byte of the file stays what the linker wrote.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
cat >a.c <<'X'
#include <stdio.h>
int main (void) { puts ("runs"); return 0; }
X
"$CC" -g -c a.c
how () { printf '%s\n' "$out" | sed -n 's/.*(\(new file\|in place\)).*/\1/p'; }
unfinished=$flags,-plugin-opt=link=/bin/true

# others FILE: everything but the table, its length and the offsets: sections' bytes by name, and program headers.
others () {
  perl -e '
    use strict; use warnings;
    my $path = shift;
    open my $f, "<:raw", $path or die; my $d = do { local $/; <$f> };
    my ($phoff, $shoff) = unpack "x32QQ", $d;
    my ($phnum, $shnum, $strndx) = unpack "x56vx2vv", $d;
    my @s = map { [unpack "VVQQQQVVQQ", substr $d, $shoff + 64 * $_, 64] } 0 .. $shnum - 1;
    for my $s (@s) {
      my ($name) = split /\0/, substr $d, $s[$strndx][4] + $s->[0], 200;
      next if ($name // "") eq ".pctab";
      my $sum = $s->[1] == 8 ? 0 : unpack "%32C*", substr $d, $s->[4], $s->[5];
      print join(" ", $name // "", @$s[1, 2, 3, 5, 6, 7, 8, 9], $sum), "\n";
    }
    for my $i (0 .. $phnum - 1) {
      my @p = unpack "VVQQQQQQ", substr $d, $phoff + 56 * $i, 56;
      print "segment @p[0, 1, 3, 7]\n";
    }
    print unpack("H*", substr $d, 0, 40), "\n";' "$1"
}

# both NAME ARGUMENTS...: finishes a link's output in both ways and compares.
both () {
  local name=$1
  shift
  "$CC" "$@" -o fresh $unfinished,-plugin-opt=reserve=500000 || { ok 1 "$name: links"; return; }
  cp fresh renewed
  cp fresh filled && ln filled held
  run "$pctab_link" --stats filled
  is "$(how)" 'in place' "$name: a file with a second name is filled in place"
  rm held
  run "$pctab_link" --stats renewed
  is "$(how)" 'new file' "$name: else a small one is written anew"
  placed filled && placed renewed
  ok $? "$name: both have the table in its place"
  table_bytes filled >one
  table_bytes renewed >two
  cmp one two
  ok $? "$name: with the same $(stat -c %s one) bytes"
  others fresh >want
  others filled >got1
  others renewed >got2
  cmp want got1 && cmp want got2
  ok $? "$name: everything else is what the linker wrote ($(wc -l <want) lines)"
  [ "$(stat -c %s renewed)" -lt $(($(stat -c %s fresh) - 400000)) ]
  ok $? "$name: the room is gone from the new file"
  [ ! -x filled ] || [ "$("./filled")$("./renewed")" = runsruns ]
  ok $? "$name: both run"
}
if [ "$("$CC" -dumpmachine | cut -d- -f1)" = x86_64 ]; then
  both program -g a.o
  both emit-relocs -g a.o -Wl,--emit-relocs
  both static -g a.o -static
  both compressed -g -gz a.c
  printf '.section .far,"aw",@progbits\n.fill 5000,1,7\n.section .note.GNU-stack,"",@progbits\n' | as -o far.o -
  both 'a segment behind the table' -no-pie a.o far.o -Wl,--section-start=.far=0x20000000
  printf '.section .other,"",@progbits\n.balign 4096\n.fill 5000,1,7\n.section .empty,"",@progbits\n.section .zero,"",@nobits\n.skip 99\n.section .note.GNU-stack,"",@progbits\n' | as -o other.o -
  both 'sections that are not loaded' a.o other.o
fi

# A table that does not fit the room.
"$CC" -g a.o -o fresh $unfinished,-plugin-opt=reserve=16
head -c 3000000 /dev/urandom >junk
objcopy --add-section .junk=junk fresh large
run "$pctab_link" --stats large
is "$status $(how)" '0 new file' 'a large file without the room is written anew'
placed large && [ "$(./large)" = runs ]
ok $? 'runs, and the table is in its place'
"$CC" -g a.o -o fresh $unfinished,-plugin-opt=reserve=500000
objcopy --add-section .junk=junk fresh large
run "$pctab_link" --stats large
is "$status $(how)" '0 in place' 'a large file with the room is filled in place'
placed large && [ "$(./large)" = runs ]
ok $? 'runs, and the table is in its place'
objcopy --dump-section .junk=junk2 large /dev/null && cmp junk junk2
ok $? 'the large section is unchanged'

# What comes behind the last section.
"$CC" -g a.o -o fresh $unfinished
cp fresh tailed && head -c 100 /dev/urandom >>tailed && cp tailed before
fails 'bytes appended to the file' 'carries 1[01][0-9] bytes behind its last section; finish it before they are appended|carries 100 bytes' "$pctab_link" tailed
cmp tailed before
ok $? 'leave it as it was'

# A finished table is replaced by --force only.
"$CC" -g a.o -o prog $flags
cp prog before
for way in one two; do
  [ $way = one ] || ln prog second
  run "$pctab_link" --force --stats prog
  placed prog && cmp prog before
  ok $? "--force gives the same file again: $(how)"
done
rm second
strip prog
succeeds '--force after strip' "$pctab_link" --force prog
placed prog && [ "$(./prog)" = runs ]
ok $? 'the table is replaced'

# Headers that lie.
cat >mutate.pl <<'X'
use strict; use warnings;
my ($in, $out, $seed) = @ARGV;
srand $seed;
open my $f, '<:raw', $in or die; my $d = do { local $/; <$f> };
my ($phoff, $shoff) = unpack 'x32QQ', $d;
my @spots = ([0, 64], [$phoff, 56 * 14], [$shoff, length ($d) - $shoff]);
for (1 .. 1 + int rand 4) {
  my $spot = $spots[rand @spots];
  my $at = $spot->[0] + int rand $spot->[1];
  substr $d, $at, 1, chr (rand () < 0.3 ? 255 : int rand 256) if $at < length $d;
}
open $f, '>:raw', $out or die; print $f $d;
X
"$CC" -g a.o -o fresh $unfinished
cases=300 refused=0 done=0 bad=0
for seed in $(seq $cases); do
  perl mutate.pl fresh mutated "$seed"
  cp mutated before
  timeout 20 "$pctab_link" mutated >text 2>&1
  status=$?
  case $status in
  0) done=$((done + 1)) ;;
  1)
    refused=$((refused + 1))
    cmp -s mutated before && [ "$(wc -l <text)" = 1 ] || { bad=$((bad + 1)); diag "seed $seed: changed, or not one line" "$(cat text)"; }
    ;;
  *) bad=$((bad + 1)); diag "seed $seed: status $status" "$(head -5 text)" ;;
  esac
done
is "$bad" 0 "$cases files with damaged headers: $refused refused unchanged with one line, $done finished, no crash"
done_testing
