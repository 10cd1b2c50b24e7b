#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every verdict is reached, on every architecture (HALF_CALL on mips alone), by made-up threads that differ from an
# accepted one in one thing, the bound itself beside what is one too far.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

tool=$tap_build/t/tool/decide_check
[ -x "$tool" ] || skip_all 't/tool/decide_check is not built'
run "$tool" verdicts
is "$status" 0 "$(printf '%s\n' "$out" | tail -n 1) are as they should be"
[ "$status" = 0 ] || diag "$out"
def=$tap_src/include/pctab/verdict.def
archs=$(sed -n 's/^ARCH (\([a-z0-9]*\), .*/\1/p' "$tap_src/symtab/arch.def")
for verdict in $(sed -n 's/^VERDICT (\([A-Z_]*\), .*/\1/p' "$def"); do
  want=$(echo $archs)
  [ "$verdict" = HALF_CALL ] && want=mips
  is "$(printf '%s\n' "$out" | awk -v v="$verdict" '$2 == v && $3 > 0 { printf "%s%s", n++ ? " " : "", $1 }')" "$want" \
    "$verdict: $(printf '%s\n' "$out" | awk -v v="$verdict" '$2 == v { n += $3 } END { print n + 0 }') cases"
done
done_testing
