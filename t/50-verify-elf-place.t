#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the table lies: each rule is broken by one change of a header, and exactly that rule is found.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
need perl

cat >p.c <<'EOC'
#include <stdlib.h>
int __attribute__ ((noinline)) sum (int n) { int s = 0; for (int i = 0; i < n; i++) s += rand (); return s; }
int main (int argc, char **argv) { return sum (argc) + !argv; }
EOC
# Where nothing but the header is to differ there is no debug information that would differ as well.
# shellcheck disable=SC2086
succeeds 'a program is linked' $CC -O2 -fPIE -pie p.c -o good $flags
is "$(rules_of good)" '' 'nothing is found in it'

breaks PE101 good 'another section is named .pctab' section .comment name=@.pctab
breaks PE102 good 'the section is writable' section .pctab flags=3
breaks PE102 good 'the section is mergeable' section .pctab flags=0x12
breaks PE103 good 'its segment is no PT_LOAD any more' segment .pctab type=0
breaks PE104 good 'another section is in its segment' segment .pctab memsz=+4096 section .comment flags=2,addr=@.pctab+0x800
breaks PE105 good 'the segment is writable' segment .pctab flags=6
breaks PE105 good 'the segment is executable' segment .pctab flags=5
breaks PE105 good 'the segment is not readable' segment .pctab flags=0
breaks PE106 good 'the segment is longer in memory' segment .pctab memsz=+8
breaks PE106 good 'the segment is shorter in the file' segment .pctab filesz=-8
breaks PE106 good 'the segment is elsewhere in the file' segment .pctab off=-0x1000
breaks PE107 good 'the segment is aligned to 8' segment .pctab align=8
breaks PE107 good 'the alignment is no power of two' segment .pctab align=0x1800
breaks PE107 good 'the address is no multiple of the section'"'"'s alignment' section .pctab align=0x100000
stack=$(readelf -lW good | awk '/^  [A-Z]/ { if ($1 == "GNU_STACK") print n; if ($1 != "Type") n++ }')
breaks PE108 good 'another segment is in its page' segment "$stack" \
  type=1,flags=4,off=0,addr=@.pctab,memsz=16,filesz=0,align=0x1000
breaks PE108 good 'another section is over it' section .comment flags=2,addr=@.pctab+0x10,size=8
breaks PE109 good 'a section is over its bytes' section .comment off=@.pctab+16
breaks PE109 good 'a section reaches into its bytes' section .comment flags=2,off=@.pctab,off=-8,addr=0x80000000
breaks PE110 good 'a section that is not loaded comes before it' section .comment off=0x400
breaks PE113 good 'the file is for another machine' header machine=183
breaks PE114 good 'a section reaches beyond the end' section .comment size=0x7fffffff
breaks PE114 good 'a segment reaches beyond the end' segment "$stack" type=1,flags=4,off=0x7fffffff,addr=0x80000000,memsz=16,filesz=16

# One change more is no other rule's business: both are found.
cp good broken
edit broken segment .pctab flags=6,memsz=+8
is "$(rules_of broken)" 'PE105 PE106' 'two changes: two rules'
done_testing
