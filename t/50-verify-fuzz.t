#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged tables, digests made right every other time: the verifier finds what it has to, agrees with symtab's reader, and
# ends.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
fuzz=$tap_build/t/fuzz/fuzz_verify
make=$tap_build/t/tool/table_make
[ -x "$fuzz" ] && [ -x "$make" ] || skip_all "t/fuzz/fuzz_verify and t/tool/table_make are not built"
# shellcheck disable=SC2086
"$CC" -O2 -g "$tap_src/t/bench/pair.c" -o prog $flags || skip_all 'a program does not link here'
"$make" little && "$make" big --big
for f in prog little big; do
  run "$fuzz" $f 500 1
  ok "$status" "$f: 500 damaged copies"
  diag "$out"
done
done_testing
