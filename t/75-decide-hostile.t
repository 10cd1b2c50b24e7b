#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Any stack and any registers end in a verdict: every byte of a good stack changed by itself, wild SP, FP, LR, PC and
# bounds, words that point anywhere, a table overwritten after it was opened; in made-up programs of every architecture
# and in a real one's table.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"

tool=$tap_build/t/fuzz/fuzz_decide
[ -x "$tool" ] || skip_all 't/fuzz/fuzz_decide is not built'
succeeds 'a program to take a table from' "$CC" -O2 -g "$tap_src/t/bench/pair.c" -o pair "$flags"
run "$tool" pair "${CASES:-20000}" "${SEED:-1}"
is "$status" 0 'each is decided within its bounds'
diag "$out"
like "$out" '^[0-9]+ threads in 9 programs' 'eight architectures and a real table'
for verdict in OK OTHER_STACK UNKNOWN_CODE CALLER_UNKNOWN CALLER_UNSAFE NO_RULE BAD_STACK WRONG_END BROKEN_TABLE; do
  like "$out" " $verdict [1-9]" "$verdict among them"
done
done_testing
