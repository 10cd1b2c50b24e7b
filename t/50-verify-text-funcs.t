#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The table's functions are executable code.
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
. "$tap_src/t/lib/verify.sh"
need perl objcopy

cat >p.c <<'EOC'
#include <stdlib.h>
int __attribute__ ((noinline)) sum (int n) { int s = 0; for (int i = 0; i < n; i++) s += rand (); return s; }
int main (int argc, char **argv) { return sum (argc) + !argv; }
int __attribute__ ((section (".text.last"))) last (int n) { return n; }
EOC
# shellcheck disable=SC2086
succeeds 'a program is linked' $CC -O2 -fPIE -pie p.c -o good $flags
is "$(rules_of good)" '' 'nothing is found in it'

# The digest of the text is made right again, so that it is not what finds it.
breaks PE201 good 'a function leaves its section' section .text size=-1 text
succeeds 'without call frame information' objcopy -R .eh_frame -R .eh_frame_hdr good bare
is "$(rules_of bare)" '' 'nothing is found'
breaks PE201 bare 'the section is not executable' section .text flags=2 text
funcs=$("$pctab_verify" --format=json bare | sed -n 's/.*"frames":\([0-9]*\),.*/\1/p')
is "$(grep -c 'PE201' verified)" "$funcs" "one finding a function ($funcs)"
breaks PE202 good 'the segment is not executable' segment .text flags=4
breaks PE202 good 'the segment is shorter' segment .text memsz=-0x10,filesz=-0x10

# Without section headers there are the segments.
if have eu-strip && have sstrip; then
  cp good headless && sstrip headless
else
  cp good headless
  edit headless header shoff=0,shnum=0,shstrndx=0
fi
is "$(rules_of headless)" '' 'a file without section headers: nothing is found'
breaks PE201 headless 'and its segment is not executable' segment 3 flags=4
done_testing
