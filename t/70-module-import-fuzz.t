#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A loaded file whose headers, .eh_frame_hdr, .eh_frame, symbols or hash tables are damaged in memory: a table that both
# readers take, or none.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
fuzz=$tap_build/t/fuzz/fuzz_import
[ -x "$fuzz" ] || skip_all 't/fuzz/fuzz_import is not built'
echo 'int table[64]; int twice (int n) { int v[n]; v[n / 2] = table[n]; return v[n / 2] * 2; }
  int plain (int n) { return twice (n) + table[1]; } int other (void) { return plain (3); }' >lib.c
# seeds WHAT FILE COUNT
seeds () {
  local seed
  for seed in 1 2 3; do
    succeeds "$1, seed $seed" "$fuzz" "$2" "$3" $seed
    diag "$out"
  done
}
for style in gnu sysv; do
  "$CC" -O1 -fPIC -shared -fasynchronous-unwind-tables -Wl,--hash-style=$style -o lib-$style.so lib.c || skip_all "$CC can't link"
  seeds "a small library, --hash-style=$style" "$PWD/lib-$style.so" 1500
done
seeds 'libz' "$(ldd "$pctab_dump" | awk '$1 ~ /^libz\./ { print $3 }')" 200
done_testing
