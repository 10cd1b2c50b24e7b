#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later Functions with an attribute: whole, each in a section of its own,
# collected by the scripts of both linkers in all kinds of links and by the lines in the manual page; gone when they
# are dead; in .text without a script.  A program that has none is linked as if the scripts did not speak of them.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need readelf nm perl
cat >a.c <<'X'
#include <pctab/mark.h>
#include <stdio.h>
#include <stdlib.h>
int cold (int) __attribute__ ((cold, noinline));
int cold (int v) { if (v > 100) abort (); return v; }
/* What a compiler would inline, clone, merge or split. */
PCTAB_UNSAFE_FUNCTION static int one (int v, int w) { if (__builtin_expect (v > 50, 0)) { cold (v); puts ("cold"); abort (); } return v * 3 + w; }
PCTAB_NOPREEMPT static int two (int v, int w) { if (__builtin_expect (v > 50, 0)) { cold (v); puts ("cold"); abort (); } return v * 3 + w; }
PCTAB_PREEMPT int three (int v) { return v * 3; }
PCTAB_NOPREEMPT int dead (int v);
int dead (int v) { return v * 7; }
int main (int argc, char **argv)
{
  (void) argv;
  int v = one (argc, 7) + two (argc, 7) + three (argc);
  puts (v == 23 ? "runs" : "wrong");
  return 0;
}
X
sed '/mark.h/d; s/^PCTAB_[A-Z_]*//' a.c >none.c
I=-I$tap_src/include
perl -0ne 'print /(SECTIONS\n\{\n  \.text\.pctab.*?INSERT [^;]*;)/s' "$pctab_ld" >only.ld
perl -0pe 's/SECTIONS\n\{\n  \.text\.pctab.*?INSERT [^;]*;\n//s' "$pctab_ld" >without.ld
perl -0pe 's/SECTIONS\n\{\n  \.text\.pctab.*?INSERT [^;]*;\n//s' "$pctab_lld_ld" >without-lld.ld
! grep -q 'text\.pctab' without.ld without-lld.ld && [ -s only.ld ]
ok $? 'the lines are found in the scripts'

# where FILE: "function section" of the three.
where () {
  readelf -SW "$1" | sed -n 's/^ *\[ *\([0-9]*\)\] \([^ ]*\).*/\1 \2/p' >sections
  readelf -sW "$1" | awk 'NR == FNR { name[$1] = $2; next } $4 == "FUNC" && $8 ~ /^(one|two|three|dead)(\.|$)/ { print $8, name[$7] }' sections - | sort -u
}
want='one .text.pctab.unsafe
three .text.pctab.preempt
two .text.pctab.nopreempt'
both="dead .text.pctab.nopreempt
$want"

# mode NAME WANT COMMAND...: one's whole, no clones or parts of them.
mode () {
  local name=$1 expected=$2
  shift 2
  rm -f prog
  succeeds "$name: links" "$@" a.c -o prog
  is "$(where prog)" "$expected" "$name: the functions are collected, whole"
  case " $* " in
  *' -shared '*) ;;
  *) is "$(./prog)" runs "$name: runs" ;;
  esac
}
for cc in gcc clang; do
  have $cc || { skip "$cc" "$cc is not installed"; continue; }
  for how in '' -no-pie -static -static-pie '-ffunction-sections -Wl,--emit-relocs' '-fPIC -shared' -O0 -O3; do
    # shellcheck disable=SC2086
    mode "$cc, GNU ld $how" "$both" $cc $I -O2 $how -fuse-ld=bfd $flags
  done
  mode "$cc, GNU ld --gc-sections" "$want" $cc "$I" -O2 -fuse-ld=bfd -Wl,--gc-sections "$flags"
  have ld.lld || { skip "$cc, lld" 'ld.lld is not installed'; continue; }
  $cc "$I" -c a.c && "$pctab_link" --placeholder=place.o --like=a.o
  for how in '' -no-pie -static -static-pie '-ffunction-sections -Wl,--emit-relocs' '-fPIC -shared' -O0 -O3 -Wl,--icf=all; do
    # shellcheck disable=SC2086
    mode "$cc, lld $how" "$both" $cc $I -O2 $how -fuse-ld=lld place.o -Wl,-T,"$pctab_lld_ld"
    succeeds "$cc, lld $how: pctab-link" "$pctab_link" prog
  done
  mode "$cc, lld --gc-sections" "$want" $cc "$I" -O2 -fuse-ld=lld -Wl,--gc-sections place.o -Wl,-T,"$pctab_lld_ld"
done
mode 'gcc -flto' "$want" gcc "$I" -O2 -flto -fuse-ld=bfd "$flags"
if have clang ld.lld; then
  mode 'clang -flto' "$want" clang "$I" -O2 -flto -fuse-ld=lld place.o -Wl,-T,"$pctab_lld_ld"
fi

# What the table says of them.
gcc "$I" -O2 a.c -o prog "$flags"
# says FUNCTION PATTERN
says () {
  like "$("$pctab_dump" --lookup prog "$(nm prog | awk -v f="$1" '$3 == f { print $1 }')")" "$2" "the table: $1"
}
says one '"value":-2,"name":"unsafe"'
says two '"flags":\["nopreempt"\],"reason":\{"number":3,'
says three '"flags":\[\],"reason":null.*"value":-1'
gcc "$I" -O2 -c a.c
for r in 'ld -r' "ld -r -T $pctab_ld"; do
  # shellcheck disable=SC2086
  $r a.o -o r.o && gcc r.o -o prog -fuse-ld=bfd "$flags"
  is "$(where prog)" "$both" "$r, then the link: collected"
done

# Without our scripts, and by the manual page's lines.
gcc "$I" -O2 a.c -o prog
is "$(where prog | awk '{ print $2 }' | sort -u)" .text 'without a script: in .text'
sed 's/\\-/-/g; s/\\&//g' "$tap_src/man/pctab-link.1" | grep '^\.text\.pctab\.[a-z]* : { \*(' >lines
is "$(wc -l <lines)" 3 'the manual page has three lines'
is "$(sed 's/^ *//' only.ld | grep '^\.text')" "$(cat lines)" 'and they are those of the scripts'
ld --verbose | sed -n '/^====/,/^====/p' | sed '1d;$d' | awk '/^  \.text +:/ { while ((getline l <"lines") > 0) print l } { print }' >own.ld
gcc "$I" -O2 a.c -o prog -no-pie -Wl,-T,own.ld 2>&1
is "$(where prog)" "$both" 'pasted into a script of one'"'"'s own: collected'
# A script that places the table but does not collect them: not in silence.
ld --verbose | sed -n '/^====/,/^====/p' | sed '1d;$d' \
  | sed 's/^  \.stab .*/  .pctab ALIGN (CONSTANT (MAXPAGESIZE)) + CONSTANT (MAXPAGESIZE) : { KEEP (*(.pctab)) }\n&/' >lost.ld
so=-plugin,${flags##*,-plugin,}
printf 'static %s void f (void) { __asm__ volatile ("nop"); }\nint main (void) { f (); return 0; }\n' PCTAB_NOPREEMPT | sed '1i#include <pctab/mark.h>' >local.c
for c in a.c local.c; do
  gcc "$I" -O2 -c $c -o lost.o
  rm -f prog
  fails "$c: a script that does not collect them" 'lost\.o: has functions with an attribute .* paste the lines for' \
    gcc lost.o -o prog -fuse-ld=bfd -Wl,-T,lost.ld,"$so"
done
awk '/^  \.text +:/ { while ((getline l <"lines") > 0) print l } { print }' lost.ld >kept.ld
succeeds 'with the lines: it links' gcc lost.o -o prog -fuse-ld=bfd -Wl,-T,kept.ld,"$so"
printf '#include <pctab/mark.h>\nPCTAB_UNSAFE_FUNCTION int dead (void) { return 1; }\nint main (void) { return 0; }\n' >dead.c
succeeds 'dead code that has one is no matter' gcc "$I" -Wl,--gc-sections dead.c -o prog -fuse-ld=bfd -Wl,-T,lost.ld,"$so"
if have ld.lld; then
  sed '/text\.pctab/d; s/^INSERT BEFORE .plt;//; s/^SECTIONS$/&/' "$pctab_lld_ld" | awk '/^SECTIONS/ && n++ { skip = 1 } skip && /^}/ { skip = 0; next } !skip' >lost-lld.ld
  gcc -fuse-ld=lld lost.o place.o -o prog -Wl,-T,lost-lld.ld,--trace >inputs
  fails 'lld: a script that does not collect them' 'lost\.o: has functions with an attribute' "$pctab_link" --inputs=inputs prog
fi

# No such function: the same file.
for how in '' -no-pie -static '-fPIC -shared' -Wl,--gc-sections; do
  # shellcheck disable=SC2086
  { gcc -O2 $how none.c -o one -fuse-ld=bfd "$flags"; gcc -O2 $how none.c -o two -fuse-ld=bfd "${flags/"$pctab_ld"/$PWD/without.ld}"; }
  cmp one two
  ok $? "none, GNU ld $how: the same bytes"
  if have ld.lld; then
    # shellcheck disable=SC2086
    { gcc -O2 $how none.c place.o -o one -fuse-ld=lld -Wl,-T,"$pctab_lld_ld"; gcc -O2 $how none.c place.o -o two -fuse-ld=lld -Wl,-T,without-lld.ld; }
    cmp one two
    ok $? "none, lld $how: the same bytes"
  fi
done
echo 'const int datum = 5;' | gcc -fPIC -xc -c -o data.o -
objcopy -R .text data.o bare.o
for o in data.o bare.o; do
  ld -shared --gc-sections "$o" -o one.so -T only.ld
  ok $? "$o, GNU ld: a library of data alone links"
  have ld.lld && ld.lld -shared --gc-sections "$o" place.o -o one.so -T "$pctab_lld_ld"
  ok $? "$o, lld: a library of data alone links"
done
done_testing
