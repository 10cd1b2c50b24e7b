#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Random threads in random programs of every architecture get the verdict, frame and resume PC that a second decision
# gives, made from the program's model without table or stack.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

tool=$tap_build/t/tool/decide_random
[ -x "$tool" ] || skip_all 't/tool/decide_random is not built'
run "$tool" "${CASES:-1600}" "${SEED:-1}"
is "$status" 0 "both agree: $(printf '%s\n' "$out" | tail -n 1)"
diag "$out"
is "$(printf '%s\n' "$out" | grep -c '^[A-Z_]* [0-9][0-9]')" 12 'twelve verdicts, each more than nine times'
done_testing
