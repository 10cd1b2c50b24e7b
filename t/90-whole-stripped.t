#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Links that leave things out: -s and -S keep the frames byte for byte and take names from .dynsym, lines from nowhere;
# so does a program without -g; --stats says so in one line, and require=lines makes it an error.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl nm
cat >a.c <<'X'
#include <stdio.h>
#include <stdlib.h>
int shared (int);
static __attribute__ ((noinline)) int hidden (int v) { return printf ("%d\n", v); }
static inline int twice (int v) { return hidden (v) + hidden (v + 1); }
__attribute__ ((weak)) int weak (int v) { return twice (v) + 2; }
int alias (int v) __attribute__ ((alias ("weak")));
int cold (int v) { if (__builtin_expect (v > 1000000, 0)) { hidden (v); abort (); } return twice (v) + 1; }
int visible (int v) { return cold (v) + weak (v) - alias (v); }
int main (void) { return visible (1) + shared (1) - 18; }
X
cat >b.c <<'X'
static __attribute__ ((noinline)) int inner (int v) { volatile char room[300]; room[v] = 3; return room[v] * v; }
int shared (int v) { return inner (v) + 5; }
X
# Symbols and frames that do not coincide: two functions in one frame, a function longer and one shorter than its frame,
# one without a frame, a frame without a function.
cat >c.s <<'X'
  .text
  .globl first, second, short, long, bare
  .type first, %function
  .type second, %function
  .type short, %function
  .type long, %function
  .type bare, %function
first:
  .cfi_startproc
  .fill 8, 1, 0
  .size first, . - first
second:
  .cfi_adjust_cfa_offset 16
  .fill 8, 1, 0
  .cfi_endproc
  .size second, . - second
short:
  .cfi_startproc
  .fill 8, 1, 0
  .size short, . - short
  .cfi_adjust_cfa_offset 32
  .fill 8, 1, 0
  .cfi_endproc
long:
  .cfi_startproc
  .fill 8, 1, 0
  .cfi_endproc
  .fill 8, 1, 0
  .size long, . - long
bare:
  .fill 16, 1, 0
  .size bare, . - bare
  .cfi_startproc
  .cfi_adjust_cfa_offset 48
  .fill 16, 1, 0
  .cfi_endproc
  .section .note.GNU-stack,"",%progbits
X
"$CC" -c c.s -o c.o

# hot FILE: the bytes of the hot parts, 0 to 18.
cat >hot.pl <<'X'
use strict; use warnings;
local $/; binmode STDIN; my $t = <STDIN>;
my ($order) = unpack ('V', substr $t, 8, 4) < 65536 ? 'V' : 'N';
my ($parts) = unpack $order, substr $t, 60, 4;
die "no table\n" unless $parts > 18;
for (0 .. 18) {
  my ($off, $len) = unpack "${order}2", substr $t, 72 + 8 * $_, 8;
  print "$_: $len ", unpack ('H*', substr $t, $off, $len), "\n";
}
X
hot () { table_bytes "$1" | perl hot.pl; }

hot_digest () { "$pctab_dump" --json --stats "$1" | sed -n 's/.*"hot":"\([0-9a-f]*\)".*/\1/p'; }

# more_refused: "got" and "want" differ in nothing but functions that are not preemptible in "got" besides those of "want".
more_refused () {
  perl -e 'my ($got, $want) = map { open my $f, "<", $_ or die; [<$f>] } @ARGV;
    for (0 .. 18) {
      next if $_ == 11 || $got->[$_] eq $want->[$_];
      print "# part $_ differs\n";
      exit 1;
    }
    my ($g, $w) = map { pack "H*", (split " ", $_->[11])[2] // "" } $got, $want;
    $w .= "\0" x (length ($g) - length $w);
    exit (($g & $w) ne $w)' got want
}

# equal_hot WHAT FILE WITH: where a static link leaves out symbols, what is of libc can no longer be told: more is refused
# there, not less.
equal_hot () {
  hot "$2" >got && hot "$3" >want && [ "$(wc -l <got)" = 19 ] && [ "$(wc -c <got)" -gt 500 ] && {
    { cmp -s got want && [ -n "$(hot_digest "$2")" ] && [ "$(hot_digest "$2")" = "$(hot_digest "$3")" ]; } ||
      { [ "$mode" = -static ] && "$pctab_dump" --stats "$2" | grep -q 'no symbols to tell' && more_refused; }
  }
  ok $? "$1: the hot part equals the whole link's ($(awk '{ sum += $2 } END { print sum }' got) bytes)"
}

# names FILE: "ENTRY NAME" of the functions that have one.
names () {
  "$pctab_dump" --json "$1" | perl -ne 'print "$1 $2\n" if /^\{"entry":"0x([0-9a-f]+)".*?"name":"([^"]*)"/' | sort
}

for mode in '' -no-pie -static '-shared -fPIC'; do
  for g in -g -g0; do
    what="cc $g $mode"
    # shellcheck disable=SC2086
    for left_out in '' -s -Wl,-S '-s -rdynamic' -Wl,-x -Wl,--discard-all,--strip-all; do
      out_file=p$(printf %s "$left_out" | tr -dc 'a-z-SD')
      [ "$out_file" != "p-s-rdynamic" ] || [ "$mode" != -static ] || continue
      run "$CC" -O2 $g $mode a.c b.c c.o -o "$out_file" -Wl,--build-id=none $left_out $flags
      [ "$status" = 0 ] && [ -z "$out" ] && placed "$out_file"
      ok $? "$what $left_out: links in silence"
      [ -z "$out" ] || diag "$out"
      # -rdynamic adds to .dynsym and so moves what comes behind it: compared with a whole link of the same kind.
      whole=p
      if [ "$out_file" = p-s-rdynamic ]; then
        "$CC" -O2 $g $mode a.c b.c c.o -o whole -Wl,--build-id=none -rdynamic $flags
        whole=whole
      fi
      equal_hot "$what $left_out" "$out_file" $whole
    done
  done
done
# The last round was of shared objects; now a program with -g.
"$CC" -O2 -g a.c b.c c.o -o whole -rdynamic -Wl,--build-id=none $flags
"$CC" -O2 -g a.c b.c c.o -o lineless -rdynamic -Wl,--build-id=none -Wl,-S $flags
"$CC" -O2 -g a.c b.c c.o -o nameless -Wl,--build-id=none -s $flags
"$CC" -O2 -g a.c b.c c.o -o dynamic -rdynamic -Wl,--build-id=none -s $flags
"$CC" -O2 a.c b.c c.o -o plain -rdynamic -Wl,--build-id=none $flags

names whole >want
names lineless >got
cmp want got && [ "$(wc -l <want)" -gt 12 ]
ok $? "-S: the same $(wc -l <want) names"
is "$(names nameless | wc -l)" 0 '-s: no names where .dynsym has none'
names whole | while read -r entry name; do
  nm -D dynamic | grep -q "^0*$entry [TWi] $name\$" && echo "$entry $name"
done >want
# Those without a frame have no place but their symbol; all the same they are there.
names dynamic >got
cmp want got && grep -q ' visible$' got && grep -q ' bare$' got && ! grep -q ' hidden$' got
ok $? "-s -rdynamic: the $(wc -l <got) names of .dynsym"
diff want got | sed 's/^/# /'

# One line of figures.
for file in lineless nameless dynamic plain; do
  run "$pctab_link" --force --stats $file
  is "$status $(printf '%s\n' "$out" | wc -l)" '0 1' "--stats, $file: one line"
  like "$out" ', 0 lines, .*; no line information$' "--stats, $file: says that there are no lines"
  fails "require=lines, $file" \
    "$file: has no line information, which require=lines asks for; compile with -g and link without -s and -S\$" \
    "$pctab_link" --force --require=lines $file
  like "$("$pctab_dump" --stats $file)" 'lines +none: the file was linked without line information' \
    "pctab-dump --stats, $file: says so"
done
run "$pctab_link" --force --stats whole
like "$out" ', [1-9][0-9]* lines, [^;]*$' '--stats, the whole link: has lines, and says no such thing'
rm -f prog
for left_out in -s -Wl,-S; do
  fails "require=lines, cc -g $left_out" 'prog: has no line information, which require=lines asks for' \
    "$CC" -g a.c b.c c.o -o prog $left_out $flags,-plugin-opt=require=lines
  [ ! -e prog ]
  ok $? "require=lines, cc -g $left_out: no output"
done

# Stripped afterwards nothing is lost.
table_bytes whole >want
strip whole && table_bytes whole >got && cmp want got && [ "$(names whole | wc -l)" -gt 12 ]
ok $? 'strip afterwards keeps names and lines'
done_testing
