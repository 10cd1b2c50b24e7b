#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where an accepted thread goes on: at every PC of restart ranges of 19 to 24 bytes side by side where its range begins,
# up to 20 bytes before; at -5 at the entry, however far; refused where the resume PC is 0, behind the PC or further
# before it, or has another frame rule.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

tool=$tap_build/t/tool/decide_restart
[ -x "$tool" ] || skip_all 't/tool/decide_restart is not built'
run "$tool"
is "$status" 0 'all go on where they should'
diag "$out"
is "$(printf '%s\n' "$out" | grep -Ec ': [1-9][0-9]* PCs go on, [1-9][0-9]* are refused')" 8 'on eight architectures'
done_testing
