#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged headers and sections around a table: findings or a failure that is said, no crash, in time.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
fuzz=$tap_build/t/fuzz/fuzz_file
[ -x "$fuzz" ] || skip_all 't/fuzz/fuzz_file is not built'
# shellcheck disable=SC2086
"$CC" -O2 -g -fPIE -pie "$tap_src/t/bench/pair.c" -o prog $flags || skip_all 'a program does not link here'
for mode in --no-libdw ''; do
  # shellcheck disable=SC2086
  run "$fuzz" $mode prog 600 1
  ok "$status" "${mode:-with libdw}: 600 damaged copies"
  diag "$out"
done
done_testing
