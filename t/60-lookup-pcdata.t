#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Flags, reasons and pcdata tables are what the model says, at every byte of code, for all architectures and both byte
# orders: random models, with several tables, texts far apart and long functions; restart ranges of 19 to 22 bytes side
# by side; functions of 1 to 100,000 rows.  With SSE2 and without.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

vector=$tap_build/t/tool/pcdata_check
portable=$tap_build/t/tool/pcdata_check_portable
[ -x "$vector" ] && [ -x "$portable" ] || skip_all "t/tool/pcdata_check and pcdata_check_portable are not built"

run "$vector" random 160 1
ok "$status" 'random models: values, starts, flags, reasons, names'
diag "$out"
run "$portable" random 48 2
ok "$status" 'random models, without SSE2'
diag "$out"
run "$vector" sizes
ok "$status" 'ranges of 19 to 22 bytes side by side, 1 to 100,000 of them'
diag "$out"

# What the steps before it must not let through does not become another table.
run "$vector" refused
is "$status" 0 'stretches that are not whole instructions of one function are refused'
is "$(printf '%s\n' "$out" | grep -c '^model: pcdata table 0: what is marked at offset 0x')" 6 'each with table and offset'

# A table that says otherwise does not open.
run "$vector" broken
is "$status" 0 "tables that break a rule are refused: $(printf '%s\n' "$out" | grep -c 'flags or pcdata tables') of them"
[ "$status" = 0 ] || diag "$out"
done_testing
