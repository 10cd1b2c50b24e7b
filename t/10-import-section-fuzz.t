#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged records: refused with a message, or a model as it has to be; never a crash or a hang.  .ci/run does more.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need as ld
[ "$(uname -m)" = x86_64 ] || skip_all 'the file is amd64 assembly'
fuzzer=$tap_build/t/fuzz/fuzz_records
as --64 -gdwarf-5 -I "$tap_src/t/data/section" -o fuzz.o "$tap_src/t/data/section/fuzz.s" \
  && ld -e one -Ttext=0x401000 -o fuzz fuzz.o || exit 99
for seed in 1 2 3; do
  run "$fuzzer" fuzz "${FUZZ_COUNT:-4000}" $seed
  ok "$status" "seed $seed: $(printf '%s' "$out" | tail -n 1)"
  [ "$status" = 0 ] || diag "$out"
done
done_testing
