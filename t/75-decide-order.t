#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Of several reasons to refuse the first by verdict.def's order is the verdict: a thread that has nearly all of them
# loses one after the other.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

tool=$tap_build/t/tool/decide_check
[ -x "$tool" ] || skip_all 't/tool/decide_check is not built'
run "$tool" order
is "$status" 0 "$(printf '%s\n' "$out" | tail -n 1), eight architectures"
[ "$status" = 0 ] || diag "$out"
done_testing
