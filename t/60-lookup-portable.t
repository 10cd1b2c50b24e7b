#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The lookup that machines without SSE2 get answers as the one with it does: every fourth byte of a static program's code.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

vector=$tap_build/t/tool/table_read
portable=$tap_build/t/tool/table_read_portable
[ -x "$vector" ] && [ -x "$portable" ] || skip_all "t/tool/table_read and table_read_portable are not built"
need objdump perl

echo 'int main (void) { return 0; }' >main.c
run "$CC" -O2 -static main.c -o prog "$flags"
is "$status$out" 0 'a static program links'
objdump -h prog | perl -ne 'if (/ \.text +(\S+) +(\S+)/) { for ($i = 0; $i < hex $1; $i += 4) { printf "%x\n", $i + hex $2 } }' >pcs
"$vector" rows prog <pcs >with
"$portable" rows prog <pcs >without
[ "$(wc -l <with)" -gt 50000 ] && [ "$(wc -l <with)" = "$(wc -l <pcs)" ]
ok $? "each of $(wc -l <pcs) PCs has an answer"
[ "$(grep -vc none with)" -gt 50000 ]
ok $? "$(grep -vc none with) of them are in functions"
cmp with without
ok $? 'both lookups answer alike'
done_testing
