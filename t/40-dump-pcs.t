#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# PCs: as arguments and on standard input, run-time addresses by --base and --maps, return addresses by --return; what is
# no PC is refused.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objdump
cat >a.c <<'X'
#include <stdio.h>
#include <string.h>
extern int leaf (int v);
__attribute__ ((noinline, noclone)) int caller (int v) { int r = leaf (v); return r + 1; }
__attribute__ ((noinline, noreturn)) extern void stop (void);
__attribute__ ((noinline, noclone)) void last_call (void) { stop (); }
void *inside;
int leaf (int v) { inside = __builtin_return_address (0); return v * 2; }
int main (int argc, char **argv)
{
  caller (argc);
  printf ("caller %p\nleaf %p\nlast_call %p\nmain %p\nreturn %p\n", (void *) caller, (void *) leaf, (void *) last_call,
          (void *) main, inside);
  FILE *in = fopen ("/proc/self/maps", "r");
  if (!in)
    return 1;
  for (char line[5000]; fgets (line, sizeof line, in);)
    printf ("map %s", line);
  if (argc > 9)
    last_call ();
  return argv[0] == NULL;
}
void stop (void) { for (;;) ; }
X
mkdir real
"$CC" -O1 -g -fno-inline -fPIE -pie a.c -o real/prog $flags && placed real/prog
ok $? 'a PIE that prints where its functions are'
./real/prog >said
ok $? 'it runs'
sed -n 's/^map //p' said >maps
base=$(grep '/real/prog$' maps | head -n 1 | cut -d- -f1)
# name MODE... PC: "function entry" that is found
name () { "$pctab_dump" --lookup "$@" | sed 's/.*"func":"\{0,1\}\([^",]*\)"\{0,1\},"entry":"\{0,1\}\([^",]*\)"\{0,1\},.*/\1 \2/'; }
for f in caller leaf last_call main; do
  pc=$(sed -n "s/^$f //p" said)
  is "$(name --base "$base" real/prog "$pc")" "$f $pc" "--base 0x$base: $f is at $pc"
  is "$(name --maps maps real/prog "$pc")" "$f $pc" "--maps: $f is at $pc"
done
pc=$(sed -n 's/^leaf //p' said)
is "$(name real/prog "$pc")" 'null null' 'without them a run-time address is nowhere'
is "$(name --base "0x$base" real/prog "$pc")" "leaf $pc" '--base takes 0x as well'
ln real/prog prog2
run "$pctab_dump" --lookup --maps maps prog2 "$pc"
is "$status" 1 '--maps: a file that is not mapped is an error'
like "$out" '^pctab-dump: maps: does not name prog2' '--maps: and says so'
cp real/prog prog
is "$(name --maps maps prog "$pc")" "leaf $pc" '--maps: a copy elsewhere goes by its name'
(cd real && name --maps ../maps prog "$pc") >got
is "$(cat got)" "leaf $pc" '--maps: a relative path'
run "$pctab_dump" --lookup --maps absent real/prog 0
like "$status $out" '^1 pctab-dump: absent: ' '--maps: no such file'
run "$pctab_dump" --lookup --maps maps --base 0 real/prog 0
is "$status" 2 '--base and --maps together is usage'
run "$pctab_dump" --lookup --base xyz real/prog 0
like "$status $out" "^2 pctab-dump: --base: 'xyz' is no address" '--base: what is no address'
"$pctab_dump" --json --stats --base "$base" real/prog >json
like "$(cat json)" "\"table\":\"0x[0-9a-f]{8,}\"" '--base holds for --json as well'

# A shared object and a program at fixed addresses.
"$CC" -O1 -g -shared -fPIC -x c - -o libf.so $flags <<'X'
int f (int v) { return v + 1; }
X
link=$("$pctab_dump" --functions libf.so | sed -n 's/^0x\([0-9a-f]*\)-.*  f  .*/\1/p')
at=$(printf '%x' $((0x$link + 0x7f0000000000)))
is "$(name --base 7f0000000000 libf.so "$at")" "f 0x$at" '--base: a shared object'
"$CC" -O1 -g -no-pie a.c -o fixed $flags
./fixed >said_fixed
pc=$(sed -n 's/^leaf //p' said_fixed)
sed -n 's/^map //p' said_fixed >maps_fixed
is "$(name fixed "$pc") $(name --maps maps_fixed fixed "$pc")" "leaf $pc leaf $pc" 'a program that is not position-independent'

# Return addresses.
ret=$(sed -n 's/^return //p' said)
is "$(name --maps maps --return real/prog "$ret" | cut -d' ' -f1)" caller '--return: a return address'
end=$("$pctab_dump" --functions real/prog | sed -n 's/^0x[0-9a-f]*-0x\([0-9a-f]*\)  last_call  .*/\1/p')
like "$("$pctab_dump" --lookup --return real/prog "$end")" "^\{\"pc\":\"0x$end\",\"func\":\"last_call\"" \
  '--return: behind a last call it is still the caller, and the PC is printed as given'
is "$(name real/prog "$end" | cut -d' ' -f1 | grep -c last_call)" 0 'without --return it is not'

# What PCs look like.
first=$("$pctab_dump" --lookup real/prog 1000)
for text in 1000 0x1000 0X1000 00001000 0x0000000000001000; do
  is "$("$pctab_dump" --lookup real/prog $text)" "$first" "as an argument: $text"
  is "$(echo $text | "$pctab_dump" --lookup real/prog)" "$first" "on standard input: $text"
done
is "$(printf '\n1000\r\n\n  1000  \n\t1000' | "$pctab_dump" --lookup real/prog)" "$first
$first
$first" 'blank lines, blanks, carriage returns, no newline at the end'
is "$("$pctab_dump" --lookup real/prog </dev/null; echo $?)" 0 'no PCs, no output'
for text in g 10g 0x 0xg 12345678123456789 '1 2' 'main' '0x10 x' ; do
  run "$pctab_dump" --lookup real/prog "$text"
  is "$status $out" "1 pctab-dump: real/prog: '$text' is no PC; give hexadecimal numbers" "no PC: '$text'"
done
printf '1000\nzz\n1000\n' | "$pctab_dump" --lookup real/prog >got 2>err
is "$? $(cat got)" "1 $first" 'what stands before a line that is no PC is answered'
like "$("$pctab_dump" --lookup real/prog ffffffffffffffff 0)" '^\{"pc":"0xffffffffffffffff","func":null.*' 'the last address'

# Many, in any order, give what each gives alone.
objdump -d --no-show-raw-insn real/prog | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' >all
perl -e 'chomp (my @p = <>); my $s = 7; for (1 .. 10000) { $s = ($s * 1103515245 + 12345) % 2147483648; print $p[$s % @p], "\n" }' <all >many
"$pctab_dump" --lookup real/prog <many >got
is "$? $(wc -l <got)" '0 10000' '10,000 PCs'
"$pctab_dump" --lookup real/prog <all >each
cat >same.pl <<'X'
use strict; use warnings;
my %each; open my $in, '<', 'each' or die; while (<$in>) { $each{$1} = $_ if /"pc":"0x(\w+)"/ }
open $in, '<', 'many' or die; open my $got, '<', 'got' or die;
while (my $pc = <$in>) { chomp $pc; my $l = <$got>; die "$pc: $l" if $l ne $each{$pc} }
X
run perl same.pl
ok "$status" 'each the same as in the order of addresses'
diag "$out"
# One by one, in processes of their own: nothing is left over from a PC before.
bad=0
while read -r pc; do
  [ "$("$pctab_dump" --lookup real/prog "$pc")" = "$(grep "^{\"pc\":\"0x$pc\"" each)" ] || bad=1
done <all
ok $bad "and as alone ($(wc -l <all) PCs)"

run "$pctab_dump" --lookup
is "$status" 2 'no file is usage'
run "$pctab_dump" real/prog extra
is "$status" 2 'a second file is usage'
run "$pctab_dump" --nonsense real/prog
is "$status" 2 'an unknown option is usage'
run "$pctab_dump" --help
like "$status $out" '^0 Usage: pctab-dump' '--help'
run "$pctab_dump" --version
like "$status $out" '^0 pctab-dump [0-9]' '--version'
done_testing
