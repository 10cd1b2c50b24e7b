#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Whole programs from Debian's sources, linked with the plugin: every answer of pctab-dump agrees with llvm-symbolizer and
# readelf (oracle/lookup.pl), at every instruction or at a fixed random 200,000.
# shellcheck source=SCRIPTDIR/lib/tap.sh
. "${abs_top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}/t/lib/tap.sh"
need perl objdump readelf llvm-symbolizer
corpus=${PCTAB_CORPUS:-$tap_build/t/corpus}
cnt=0
for name in lua sqlite cxx openssl; do
  run sh "$tap_src/t/corpus/build.sh" "$corpus" "$name"
  if [ "$status" = 77 ]; then
    skip "$name" "$(printf '%s\n' "$out" | tail -n 1)"
    continue
  fi
  ok "$status" "$name: its objects are there"
  [ "$status" = 0 ] || { diag "$out"; continue; }
  OUT=$tmp/$name sh "$corpus/$name/link.sh" $flags >log 2>&1 && placed "$name"
  ok $? "$name: links with the plugin"
  run perl "$tap_src/t/oracle/lookup.pl" --dump="$pctab_dump" --sample=200000 "$name"
  ok "$status" "$name: all answers agree"
  diag "$out"
  cnt=$((cnt + 1))
  rm -f "$name"
done
diag "$cnt of 4 programs"
done_testing
