#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that want to be slow or large: a finding, or a failure that is said, at once.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
# shellcheck source=SCRIPTDIR/lib/verify.sh
. "$tap_src/t/lib/verify.sh"
need perl timeout
case $($CC -dumpmachine) in x86_64*) ;; *) skip_all 'the program is in assembly for amd64' ;; esac

cat >p.c <<'EOC'
#include <stdlib.h>
int __attribute__ ((noinline)) sum (int n) { int s = 0; for (int i = 0; i < n; i++) s += rand (); return s; }
int main (int argc, char **argv) { return sum (argc) + !argv; }
EOC
# shellcheck disable=SC2086
succeeds 'a program is linked' $CC -g -O2 -fPIE -pie p.c -o good $flags

# within SECONDS PATTERN FILE WHAT: ends in that time, by itself, and what it says matches.
within () {
  run timeout "$1" "$pctab_verify" --min-coverage=0 "$3"
  [ "$status" -lt 124 ] && printf '%s\n' "$out" | grep -Eq -- "$2" && ! printf '%s\n' "$out" | grep -q 'by signal'
  ok $? "$4"
  [ "$status" -lt 124 ] && printf '%s\n' "$out" | grep -Eq -- "$2" || diag "status $status" "$(printf '%s\n' "$out" | head -n 5)"
}

for n in 64 100 1000 4096 12288 16384 16400 17000; do
  head -c "$n" good >cut
  within 5 'PV104|PE114|PT104|could not be verified|0 tables' cut "the first $n bytes"
done
head -c -1 good >cut
within 5 'PE114|PV104' cut 'all but the last byte'
cp good big && truncate -s 2G big
within 5 '0 errors' big 'sparse, 2 GiB behind the end'
cp good broken && edit broken section .text size=0x7fffffffffff
within 5 'PE114' broken 'code of 128 TiB'
# address SECTION
address () {
  readelf -SW good | sed -n "s/.* \\$1  *PROGBITS  *\\([0-9a-f]*\\) .*/\\1/p"
}
for far in 100000000 ff0000000000; do
  cp good broken && edit broken section .text addr=0x$(printf %x $((0x$(address .text) + 0x$far))) &&
    edit broken section .eh_frame addr=0x$(printf %x $((0x$(address .eh_frame) + 0x$far)))
  within 5 'PE201' broken "code and frames 0x$far bytes away from the table's"
done
cp good broken && edit broken section .symtab off=0,size=0xfffffffffffffff0
within 5 'PE114' broken 'symbols that wrap around'
cp good broken && edit broken segment .text addr=0xfffffffffffff000,memsz=0xffffffffffffffff
within 5 'PE202' broken 'a segment that wraps around the address space'
cp good broken && edit broken section .note.gnu.build-id size=0x7fffffff
within 5 'PE204' broken 'a build ID of 2 GiB'
dynamic=$(readelf -dW good | awk '/^ 0x/ { if ($2 == "(RELASZ)") print 16 * n + 8; n++ }')
cp good broken && edit broken bytes ".dynamic+$dynamic" ffffffffffffff7f
within 5 'PE114' broken 'relocations without end'

# Quadratic ones: an FDE of many rows in many bytes, as often as there is room; overlapping sequences.
perl -e 'print "\t.text\n\t.globl main\nmain:\n\t.cfi_startproc\n";
         print "\tnop\n\t.cfi_def_cfa_offset ", 8 * ($_ % 2 + 1), "\n" for 1 .. 60000;
         print "\tret\n\t.cfi_endproc\n\t.size main, .-main\n\t.section .note.GNU-stack,\"\",\@progbits\n"' >long.s
# shellcheck disable=SC2086
succeeds 'a function of 60,000 rows' $CC long.s -o long $flags
within 60 '0 errors, 0 warnings' long 'it is verified in time'
done_testing
