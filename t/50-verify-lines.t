#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Lines against .debug_line: two builds that differ in nothing but .loc, and the one's line program in the other's file.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
need perl objcopy

cat >p.c <<'EOC'
#include <stdlib.h>
static inline int twice (int v)
{
  return v + rand ();
}
int __attribute__ ((noinline)) sum (int n)
{
  int s = 0;
  for (int i = 0; i < n; i++)
    s += twice (i);
  return s;
}
int __attribute__ ((noinline)) other (int n)
{
  return n + rand ();
}
int main (int argc, char **argv)
{
  return sum (argc) + other (argc) + !argv;
}
EOC
$CC -g1 -O2 -fPIE -ffunction-sections -S p.c -o p.s || skip_all "$CC makes no assembly"
sed 's/\(\.loc 1 \)10 /\111 /' p.s >line.s
sed 's/"p\.c"/"q.c"/' p.s >file.s
awk '/^other:/ { skip = 1 } /\.size[\t ]other/ { skip = 0 } !(skip && /\.loc/)' p.s >less.s
# shellcheck disable=SC2086
build () { # NAME OPTION...
  local name=$1
  shift
  $CC -c "$name.s" -o "$name.o" && $CC -pie "$name.o" -o "$name" $flags "$@"
}
for name in p line file less; do
  succeeds "$name is linked" build $name
  is "$(rules_of $name)" '' "$name: nothing is found"
done

# mixed FROM INTO: INTO with FROM's line program.
mixed () {
  objcopy --dump-section .debug_line=lines "$1" && objcopy --update-section .debug_line=lines "$2" broken
}
succeeds 'lines of another' mixed line p
is "$(rules_of broken)" PX201 'PX201: one line is another'
like "$(cat verified)" 'p\.c:10, debug information: .*p\.c:11 ' 'the message has both'
is "$("$pctab_verify" broken >/dev/null; echo $?)" 0 'which is a warning'
# A file's name is in .debug_line_str with DWARF 5, in .debug_line before.
files () {
  mixed file p && { ! readelf -SW file | grep -q debug_line_str ||
    { objcopy --dump-section .debug_line_str=strings file && objcopy --update-section .debug_line_str=strings broken; }; }
}
succeeds 'files of another' files
is "$(rules_of broken)" PX202 'PX202: another file'
succeeds 'more lines' mixed p less
is "$(rules_of broken)" PX203 'PX203: lines that the table has not'
succeeds 'fewer lines' mixed less p
is "$(rules_of broken)" PX204 'PX204: lines that the table alone has'
like "$(cat verified)" '[0-9]+ of [0-9]+ bytes' 'it says how much'
breaks PX205 p 'a version that there is not' bytes .debug_line+4 0900
breaks PX205 p 'a program longer than its section' bytes .debug_line+0 ffffff00
breaks PX205 p 'an operation that is cut off' bytes ".debug_line+$((0x$(readelf -SW p | awk '$2 == ".debug_line" { print $6 } $3 == ".debug_line" { print $7 }') - 3))" 00ff7f

# The same through compression, and with DWARF 4.
if objcopy --compress-debug-sections=zlib p packed 2>/dev/null; then
  is "$(rules_of packed)" '' 'compressed: nothing is found'
  mixed line p && objcopy --compress-debug-sections=zlib broken packed
  is "$(rules_of packed)" PX201 'compressed: PX201'
fi
# shellcheck disable=SC2086
succeeds 'with DWARF 4' $CC -gdwarf-4 -O2 -ffunction-sections p.c -o four $flags
is "$(rules_of four)" '' 'DWARF 4: nothing is found'

# Discarded code lies at 0 and is as large as what is kept; units speak of each other's functions.
cat >a.cc <<'EOC'
#include <cstdlib>
template<class T> __attribute__ ((noinline)) T both (T v) { return v + rand (); }
int __attribute__ ((noinline)) A (int v) { return both (v); }
#ifdef MAIN
int main () { return both (1) + both (2L); }
void dead () { asm (".fill 20000, 1, 0x90"); }
#endif
EOC
# shellcheck disable=SC2086
cxx () {
  g++ -g -O2 -ffunction-sections -c -DA=one a.cc -o a1.o && g++ -g -O1 -ffunction-sections -c -DA=two a.cc -o a2.o &&
    g++ -g -O2 -ffunction-sections -c -DMAIN -DA=three a.cc -o a3.o && g++ -g a1.o a2.o a3.o -o cxx -Wl,--gc-sections $flags
}
if have g++; then
  succeeds 'a program of units that share functions, with discarded code' cxx
  is "$(rules_of cxx)" '' 'nothing is found'
fi

# Where nothing agrees it is said once.
perl -e 'print "\t.text\n\t.globl main\nmain:\n\t.file 1 \"x.c\"\n\t.cfi_startproc\n"; print "\t.loc 1 ", $_ + 5, "\n\tnop\n" for 1 .. 70000;
         print "\tret\n\t.cfi_endproc\n\t.size main, .-main\n\t.section .note.GNU-stack,\"\",%progbits\n"' >many.s
sed 's/\.loc 1 6$/.loc 1 9999999/; s/\.loc 1 70005$/.loc 1 7/' many.s >shift.s
perl -pi -e 's/\.loc 1 (\d+)/".loc 1 " . ($1 + 1)/e' shift.s
if build many && build shift && mixed shift many; then
  is "$(rules_of broken)" 'PX201 PX206' 'PX206: more differs than is listed'
fi
done_testing
